package run

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/scangate/scangate/text"
)

// Search says where programs may be.
type Search struct {
	Dirs []string // as in PATH; entries that are relative are passed over
	Tree string   // the scanned directory: nothing in it is ever run; may be empty
	Hint string   // how to install what is missing, for the error; may be empty
}

// Program is a program that was found.
type Program struct {
	Path  string   // absolute, as it is to be called: some programs look at their own name
	Real  string   // Path without symbolic links: what is hashed
	Notes []string // what is doubtful about it, one line each
}

// Find looks a program up by its name, or takes the absolute path that is
// given. Programs inside the scanned tree are refused, also those that a link
// from elsewhere leads to: a hostile repository may ship its own ./npm. Errors
// are ErrNotFound, ErrNotExecutable or ErrInTree.
func (s Search) Find(name string) (Program, error) {
	tree, err := s.tree()
	if err != nil {
		return Program{}, err
	}
	if filepath.IsAbs(name) {
		return s.take(filepath.Clean(name), tree)
	}
	if name == "" || name == "." || name == ".." || filepath.Base(name) != name {
		return Program{}, &failure{ErrNotFound, fmt.Sprintf("%s: a program is named without directories or by its absolute path", quote(name))}
	}
	var worst error
	for _, dir := range s.Dirs {
		if !filepath.IsAbs(dir) {
			continue
		}
		p, err := s.take(filepath.Join(dir, name), tree)
		if err == nil {
			return p, nil
		}
		if worst == nil || errors.Is(worst, ErrNotFound) {
			worst = err
		}
	}
	if worst == nil || errors.Is(worst, ErrNotFound) {
		return Program{}, s.fail(ErrNotFound, name, "is not installed")
	}
	return Program{}, worst
}

// Path is what of Dirs may be looked into, for Command.Path: directories that
// exist, named absolutely, outside the scanned tree.
func (s Search) Path() ([]string, error) {
	tree, err := s.tree()
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, dir := range s.Dirs {
		real, err := filepath.EvalSymlinks(dir)
		if err == nil && filepath.IsAbs(dir) && !within(real, tree) && !slices.Contains(dirs, dir) && !strings.ContainsRune(dir, filepath.ListSeparator) {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// tree is the scanned directory; nil when there is none.
func (s Search) tree() (fs.FileInfo, error) {
	if s.Tree == "" {
		return nil, nil
	}
	info, err := os.Stat(s.Tree)
	if err != nil {
		return nil, fmt.Errorf("cannot tell which programs are inside the scanned tree: %w", err)
	}
	return info, nil
}

// take looks at one path.
func (s Search) take(path string, tree fs.FileInfo) (Program, error) {
	found, err := exec.LookPath(path) // adds .exe where that is the custom
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Program{}, s.fail(ErrNotFound, path, "does not exist")
	case err != nil:
		return Program{}, s.fail(ErrNotExecutable, path, "is no program that this user may run")
	}
	real, err := filepath.EvalSymlinks(found)
	if err != nil {
		return Program{}, s.fail(ErrNotFound, found, "leads nowhere")
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(found)); err != nil || within(dir, tree) || within(real, tree) {
		return Program{}, s.fail(ErrInTree, found, "is inside the scanned tree, from which nothing is run")
	}
	info, err := os.Stat(real)
	if err != nil || !info.Mode().IsRegular() {
		return Program{}, s.fail(ErrNotExecutable, found, "is not a regular file")
	}
	return Program{Path: found, Real: real, Notes: doubts(real, info.Mode())}, nil
}

// doubts notes a program that others than its owner may replace.
func doubts(real string, mode fs.FileMode) []string {
	const everyone = 0o002
	if runtime.GOOS == "windows" { // which has no such modes
		return nil
	}
	var notes []string
	if mode&everyone != 0 {
		notes = append(notes, quote(real)+" can be written by everyone")
	}
	dir, err := os.Stat(filepath.Dir(real))
	if err == nil && dir.Mode()&everyone != 0 && dir.Mode()&fs.ModeSticky == 0 {
		notes = append(notes, "the directory of "+quote(real)+" can be written by everyone")
	}
	return notes
}

// within tells whether the path, which has no links, is a directory or below
// it. It compares the directories themselves: names may differ in case.
func within(path string, dir fs.FileInfo) bool {
	for dir != nil {
		if info, err := os.Stat(path); err != nil || os.SameFile(info, dir) {
			return true // what cannot be looked at is not trusted
		}
		up := filepath.Dir(path)
		if up == path {
			break
		}
		path = up
	}
	return false
}

func (s Search) fail(kind error, name, what string) error {
	line := quote(name) + " " + what
	if s.Hint != "" {
		line += "; " + text.OneLine(s.Hint, maxSaid)
	}
	return &failure{kind, line}
}

// quote makes a name fit for a message.
func quote(name string) string { return text.OneLine(name, maxSaid) }

// maxProgram bounds what Hash reads, in bytes.
const maxProgram = 4 << 30

// Hash returns the SHA-256 of a regular file, in lower-case hexadecimal.
// Of a script it covers the script only, neither its interpreter nor what it loads.
func Hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxProgram {
		return "", fmt.Errorf("%s is not a regular file of at most %d GiB", quote(path), maxProgram>>30)
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, maxProgram)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// unchanged checks a program against the digest that it must have.
func unchanged(program, want string) error {
	got, err := Hash(program)
	if err != nil {
		return fmt.Errorf("cannot verify %s: %w", quote(filepath.Base(program)), err)
	}
	if !strings.EqualFold(got, want) {
		return &failure{ErrChanged, fmt.Sprintf("%s has SHA-256 %s, not %s: it was changed or replaced and is not run", quote(program), got, quote(want))}
	}
	return nil
}
