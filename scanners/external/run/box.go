package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/scangate/scangate/text"
)

// Box is a tool's own place on disk: an empty home, a directory for temporary
// files, and one for what goes in and out. Tools that run one after the other
// may share a box; its methods are not for several goroutines at once, except Run.
type Box struct {
	dir     string
	root    *os.Root
	without mechanisms // for tests: what to do as if the system had not
}

// mechanisms are those that not every system has or permits.
type mechanisms struct{ namespaces, landlock, seccomp, ptrace bool }

// The directories of a box.
const (
	homeDir = "home"
	tempDir = "tmp"
	fileDir = "files"
)

// NewBox makes a box among the system's temporary files. The caller closes it.
func NewBox() (*Box, error) {
	dir, err := os.MkdirTemp("", "scangate-tool-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a directory for a tool: %w", err)
	}
	b := &Box{dir: dir}
	if b.dir, err = filepath.EvalSymlinks(dir); err == nil {
		b.root, err = os.OpenRoot(b.dir)
	}
	for _, name := range []string{homeDir, tempDir, fileDir} {
		if err == nil {
			err = b.root.Mkdir(name, 0o700)
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot make a directory for a tool: %w", err), os.RemoveAll(dir))
	}
	return b, nil
}

// Path is where a file of the box is, for an argument of the tool. The name is
// a relative path; one that leads out of the box is a file that never exists.
func (b *Box) Path(name string) string {
	if !filepath.IsLocal(name) {
		name = "invalid"
	}
	return filepath.Join(b.dir, fileDir, name)
}

// Home is the tool's home directory.
func (b *Box) Home() string { return filepath.Join(b.dir, homeDir) }

// Write puts a file where Path(name) is, for the tool to read.
func (b *Box) Write(name string, content []byte) error {
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%s leads out of the tool's directory", quote(name))
	}
	name = filepath.Join(fileDir, name)
	if err := b.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return b.root.WriteFile(name, content, 0o600)
}

// Read returns the file at Path(name), which the tool was asked to write. It
// must be a regular file, no link, of at most limit bytes; an error is
// fs.ErrNotExist if it is not there and ErrCut if it is over the limit.
func (b *Box) Read(name string, limit int64) ([]byte, error) {
	inside := filepath.Join(fileDir, name)
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("%s leads out of the tool's directory", quote(name))
	}
	info, err := b.root.Lstat(inside)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &failure{fs.ErrNotExist, "the tool did not write " + quote(name)}
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("the tool's %s is not a regular file", quote(name))
	}
	if err != nil {
		return nil, err
	}
	// Something of the tool's may still live and put another file there.
	f, err := b.root.OpenFile(inside, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(info, now) {
		return nil, fmt.Errorf("the tool's %s changed while it was opened", quote(name))
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		data, err = nil, &failure{ErrCut, fmt.Sprintf("the tool's %s is over %s", quote(name), size(limit))}
	}
	return data, err
}

// Close removes the box and everything in it.
func (b *Box) Close() error {
	defer b.root.Close()
	err := os.RemoveAll(b.dir)
	if err != nil {
		// A tool may have closed its directories to all, or nested them deeper
		// than that can follow.
		if err = flatten(b.root); err == nil {
			err = os.Remove(b.dir)
		}
	}
	if err != nil {
		return fmt.Errorf("cannot remove a tool's directory: %w", err)
	}
	return nil
}

// Run runs one tool in a box that is gone afterwards.
func Run(ctx context.Context, c Command) (Result, error) {
	b, err := NewBox()
	if err != nil {
		return Result{Exit: -1}, err
	}
	r, err := b.Run(ctx, c)
	if left := b.Close(); left != nil {
		r.Notes = append(r.Notes, text.OneLine(left.Error(), maxSaid))
	}
	return r, err
}

// size words a number of bytes.
func size(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return text.Count(int(n), "byte")
}
