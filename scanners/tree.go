package scanners

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
)

// maxTreeFiles bounds the walk. A tree beyond it is refused rather than
// scanned in part.
const maxTreeFiles = 2_000_000

// skippedDirs are never entered: version control, our own results, and what
// package managers download. Their lockfiles say the same, once.
var skippedDirs = map[string]bool{
	".git": true, ".hg": true, ".svn": true, ".scangate": true,
	"node_modules": true, ".terraform": true,
}

// File is a regular file of a Tree.
type File struct {
	Path string // relative to the root, with forward slashes
	Size int64  // in bytes, when it was walked
}

// Tree is the directory to scan. It is walked once, and every scanner reads
// through it, so that nothing outside the root can be reached, whatever links
// the tree holds or grows while it is being read.
type Tree struct {
	root     *os.Root
	dir      string
	files    []File
	problems []finding.Note
}

// ErrTooLarge is returned by Tree.Read for a file over the reader's limit.
var ErrTooLarge = errors.New("file is over the size limit")

// Walk lists the regular files below dir. Symbolic links are not followed.
// What cannot be read becomes a note; only a dir that cannot be listed at all
// is an error.
func Walk(ctx context.Context, dir string) (*Tree, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(abs)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, errors.New("not a directory")
	}
	root, err := os.OpenRoot(abs)
	if err != nil {
		return nil, err
	}
	t := &Tree{root: root, dir: abs}
	if err := t.walk(ctx); err != nil {
		root.Close()
		return nil, err
	}
	return t, nil
}

func (t *Tree) walk(ctx context.Context) error {
	return fs.WalkDir(t.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if name == "." {
				return fmt.Errorf("cannot list the directory: %w", fileio.Cause(err))
			}
			t.problems = append(t.problems, finding.Note{Level: finding.Gap, Path: name, Message: "cannot be listed: " + fileio.Cause(err).Error()})
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			if name != "." && skippedDirs[d.Name()] {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				t.problems = append(t.problems, finding.Note{Level: finding.Gap, Path: name, Message: "cannot be read: " + fileio.Cause(err).Error()})
			}
			return nil
		}
		if len(t.files) == maxTreeFiles {
			return fmt.Errorf("more than %d files: scan its parts one by one", maxTreeFiles)
		}
		t.files = append(t.files, File{Path: name, Size: info.Size()})
		return nil
	})
}

// Close lets go of the root directory.
func (t *Tree) Close() error { return t.root.Close() }

// Dir is the absolute path of the root, for programs that must be told where
// to work. Files are read through Read and Open.
func (t *Tree) Dir() string { return t.dir }

// Files returns the regular files in lexical order of their paths. The caller
// must not change the slice.
func (t *Tree) Files() []File { return t.files }

// Problems names the directories and files that the walk could not read.
// Every scanner that relies on the walk has those gaps.
func (t *Tree) Problems() []finding.Note { return slices.Clone(t.problems) }

// FS is the tree as a file system, which no link leads out of. It shows what
// is there now, and also what Files leaves out.
func (t *Tree) FS() fs.FS { return t.root.FS() }

// Open opens a regular file of the tree for reading.
func (t *Tree) Open(name string) (*os.File, error) {
	f, err := t.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, fileio.Cause(err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.New("not a regular file")
	}
	return f, nil
}

// Read returns the content of a file, or ErrTooLarge when it holds more than
// limit bytes.
func (t *Tree) Read(name string, limit int64) ([]byte, error) {
	f, err := t.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fileio.Cause(err)
	}
	if info.Size() > limit {
		return nil, ErrTooLarge
	}
	buf := make([]byte, 0, info.Size()+1)
	for {
		n, err := f.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return nil, ErrTooLarge
		case errors.Is(err, io.EOF):
			return buf, nil
		case err != nil:
			return nil, fileio.Cause(err)
		case len(buf) == cap(buf):
			buf = slices.Grow(buf, len(buf))
		}
	}
}

// Has reports whether the walk saw a regular file of that path.
func (t *Tree) Has(name string) bool {
	_, ok := slices.BinarySearchFunc(t.files, name, func(f File, name string) int { return comparePaths(f.Path, name) })
	return ok
}

// comparePaths orders paths as fs.WalkDir visits them: element by element.
func comparePaths(a, b string) int {
	for {
		ea, ra, oka := strings.Cut(a, "/")
		eb, rb, okb := strings.Cut(b, "/")
		if c := strings.Compare(ea, eb); c != 0 {
			return c
		}
		if !oka || !okb {
			return strings.Compare(ra, rb)
		}
		a, b = ra, rb
	}
}
