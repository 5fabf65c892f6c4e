package secret

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/scangate/scangate/scanners/git"
)

// commitFormat is the --format of git log: a line that begins with a NUL byte.
// Outside hunks git prints none, and inside a hunk every line is counted, so
// no content can pass for a commit.
const commitFormat = "%x00%H %ct"

// maxHeader bounds a line outside hunks, in bytes: two quoted paths.
const maxHeader = 64 << 10

// patchSink takes what the reader of a log meets, in order.
type patchSink interface {
	Commit(hash string, time int64) error
	// File begins a file that the commit adds or changes; not one it deletes.
	File(path string) error
	// Hunk begins added lines, the first of which has the given number.
	Hunk(line int) error
	// Added takes a piece of them, line ends included.
	Added(p []byte) error
	HunkEnd() error
	// Binary says that git does not show the file's content, which is in blob.
	Binary(path, blob string) error
}

// patchReader reads the output of `git log -p` as a stream. Anything that it
// does not know is an error: a log that is misread is a scan that misses.
type patchReader struct {
	r    *bufio.Reader
	sink patchSink

	plain  bool   // the output is one diff, without commits
	commit string // the current one, for errors
	file   *patchFile
	notice bool // the last line was a remerge message, which may go on
}

// patchFile is a file of a patch, while its headers are read.
type patchFile struct {
	git             string // what follows "diff --git "
	to              string // target of a rename or copy
	plus            string // path of the +++ line
	deleted, module bool
	blob            string // id after the change
	opened          bool
}

// readPatches reads r to its end. A stream that ends inside a hunk or a line
// gives io.ErrUnexpectedEOF.
func readPatches(r io.Reader, sink patchSink) error {
	return (&patchReader{r: bufio.NewReaderSize(r, maxHeader), sink: sink}).read()
}

// readDiff reads a diff that belongs to no commit, in the same way.
func readDiff(r io.Reader, sink patchSink) error {
	return (&patchReader{r: bufio.NewReaderSize(r, maxHeader), sink: sink, plain: true}).read()
}

func (p *patchReader) read() error {
	for {
		line, err := p.r.ReadSlice('\n')
		switch {
		case err == io.EOF && len(line) == 0:
			return p.endFile()
		case err == io.EOF:
			return p.fail("the last line is cut short", io.ErrUnexpectedEOF)
		case errors.Is(err, bufio.ErrBufferFull):
			return p.fail("a header line is too long", nil)
		case err != nil:
			return err
		}
		if err := p.header(string(line[:len(line)-1])); err != nil {
			return err
		}
	}
}

func (p *patchReader) fail(what string, err error) error {
	where := "git log before the first commit"
	switch {
	case p.plain:
		where = "git diff-index"
	case p.commit != "":
		where = "git log in commit " + p.commit
	}
	if err != nil {
		return fmt.Errorf("secret: cannot read the output of %s: %s: %w", where, what, err)
	}
	return fmt.Errorf("secret: cannot read the output of %s: %s", where, what)
}

// header takes a line outside hunks.
func (p *patchReader) header(line string) error {
	goesOn := p.notice && strings.HasPrefix(line, " ")
	p.notice = goesOn
	switch {
	case line == "" || goesOn:
		return nil
	case line[0] == 0 && !p.plain:
		return p.startCommit(line[1:])
	case p.commit == "" && !p.plain:
		return p.fail("something stands before it", nil)
	}
	if rest, ok := strings.CutPrefix(line, "diff --git "); ok {
		if err := p.endFile(); err != nil {
			return err
		}
		p.file = &patchFile{git: rest}
		return nil
	}
	if p.file == nil {
		return p.fail("a line belongs to no file", nil)
	}
	return p.extended(p.file, line)
}

// extended takes a line that follows "diff --git".
func (p *patchReader) extended(f *patchFile, line string) (err error) {
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case word == "@@":
		return p.hunk(f, rest)
	case word == "remerge":
		p.notice = true
	case word == "index":
		ids, mode, _ := strings.Cut(rest, " ")
		_, f.blob, _ = strings.Cut(ids, "..")
		if !git.IsHash(f.blob) {
			return p.fail("an index line has no object id", nil)
		}
		f.module = f.module || mode == "160000"
	case word == "+++":
		if rest != "/dev/null" {
			f.plus, err = stripPrefix(strings.TrimSuffix(rest, "\t"), "b/")
		}
	case strings.HasPrefix(line, "new file mode "):
		f.module = strings.HasSuffix(line, " 160000")
	case strings.HasPrefix(line, "deleted file mode "):
		f.deleted = true
	case strings.HasPrefix(line, "rename to "), strings.HasPrefix(line, "copy to "):
		_, to, _ := strings.Cut(rest, " ")
		f.to, err = unquote(to)
	case strings.HasPrefix(line, "Binary files ") && strings.HasSuffix(line, " differ"):
		return p.binary(f)
	case word == "---", word == "old", word == "new", word == "similarity", word == "dissimilarity",
		strings.HasPrefix(line, "rename from "), strings.HasPrefix(line, "copy from "):
	default:
		return p.fail("an unknown header line", nil)
	}
	if err != nil {
		return p.fail(err.Error(), nil)
	}
	return nil
}

func (p *patchReader) startCommit(line string) error {
	if err := p.endFile(); err != nil {
		return err
	}
	hash, seconds, _ := strings.Cut(line, " ")
	time, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || !git.IsHash(hash) {
		return p.fail("a commit line is malformed", nil)
	}
	p.commit = hash
	return p.sink.Commit(hash, time)
}

// open tells the sink about the file, once its headers are complete.
func (p *patchReader) open(f *patchFile) error {
	if f.opened || f.deleted || f.module {
		return nil
	}
	f.opened = true
	path, err := f.path()
	if err != nil {
		return p.fail(err.Error(), nil)
	}
	f.plus = path
	return p.sink.File(path)
}

func (p *patchReader) endFile() error {
	f := p.file
	if f == nil {
		return nil
	}
	p.file = nil
	return p.open(f)
}

func (p *patchReader) binary(f *patchFile) error {
	if err := p.open(f); err != nil || f.deleted || f.module {
		return err
	}
	if f.blob == "" {
		return p.fail("a binary file has no object id", nil)
	}
	return p.sink.Binary(f.plus, f.blob)
}

// path is the file's name after the change.
func (f *patchFile) path() (string, error) {
	if f.to != "" {
		return f.to, nil
	}
	if f.plus != "" {
		return f.plus, nil
	}
	// Without a rename both names are the same: "a/NAME b/NAME".
	if strings.HasPrefix(f.git, `"`) {
		if i := strings.LastIndex(f.git, ` "b/`); i > 0 {
			return stripPrefix(f.git[i+1:], "b/")
		}
	} else if n := (len(f.git) - len("a/ b/")) / 2; n > 0 {
		if name := f.git[2 : 2+n]; f.git == "a/"+name+" b/"+name {
			return name, nil
		}
	}
	return "", errors.New("a file's name cannot be told")
}
