package layer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/text"
)

// WalkDir visits a directory as if it were the only layer of an image. Links
// are not followed, and nothing outside of the directory is reached, whatever
// changes meanwhile. Directories are visited before what is in them, in the
// order of the names. The kernel's own file systems (proc, sys and dev at the
// top) are not entered. Content is opened when it is first read.
//
// Problems and errors are as those of Walk. The names that hide something in
// layers mean nothing here.
func WalkDir(ctx context.Context, dir string, lim Limits, visit func(Entry, io.Reader) error) (Stats, []string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Stats{}, nil, fmt.Errorf("the directory cannot be opened: %w", fileio.Cause(err))
	}
	defer root.Close()
	w := dirWalk{ctx: ctx, root: root, lim: lim, visit: visit}
	info, err := root.Lstat(".")
	if err == nil {
		w.stats.Entries++
		err = visit(Entry{Path: ".", Kind: Dir, Mode: info.Mode()}, nothing{})
	}
	if err == nil {
		err = w.dir(".")
	}
	if errors.Is(err, errEnough) {
		w.problems.add(fmt.Sprintf("only the first %s were looked at", text.Count(lim.Entries, "entry")))
		err = nil
	}
	return w.stats, w.problems.list(), err
}

type dirWalk struct {
	ctx      context.Context
	root     *os.Root
	lim      Limits
	visit    Visit
	stats    Stats
	problems problems
}

// errEnough ends the walk at the limit of entries.
var errEnough = errors.New("enough entries")

func (w *dirWalk) dir(name string) error {
	list, err := w.list(name)
	if err != nil {
		w.problems.entry(name, "cannot be listed: "+fileio.Cause(err).Error())
	}
	for _, d := range list {
		if w.ctx.Err() != nil {
			return context.Cause(w.ctx)
		}
		if w.stats.Entries >= w.lim.Entries {
			return errEnough
		}
		p := path.Join(name, d.Name())
		if len(p) > maxPath {
			w.problems.entry(p, fmt.Sprintf("has a name of more than %d bytes, and was left out", maxPath))
			continue
		}
		info, err := w.root.Lstat(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it went away
		}
		if err != nil {
			w.problems.entry(p, "cannot be read: "+fileio.Cause(err).Error())
			continue
		}
		if err := w.entry(p, info); err != nil {
			return err
		}
	}
	return nil
}

// list reads a directory, but no more of it than can still be looked at.
func (w *dirWalk) list(name string) ([]fs.DirEntry, error) {
	d, err := w.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	list, err := d.ReadDir(w.lim.Entries - w.stats.Entries + 1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

func (w *dirWalk) entry(p string, info fs.FileInfo) error {
	w.stats.Entries++
	e := Entry{Path: p, Mode: info.Mode()}
	var r io.Reader = nothing{}
	switch {
	case info.IsDir():
		e.Kind = Dir
	case info.Mode().IsRegular():
		e.Kind, e.Size = File, info.Size()
		w.stats.Files++
		w.stats.Bytes += info.Size()
		f := &lazyFile{ctx: w.ctx, root: w.root, name: p}
		defer f.close()
		r = f
	case info.Mode()&fs.ModeSymlink != 0:
		e.Kind = Symlink
		if link, err := w.root.Readlink(p); err == nil {
			e.Link = symlinkTarget(p, link)
		}
	default:
		e.Kind = Device
	}
	if err := w.visit(e, r); err != nil {
		return err
	}
	if e.Kind != Dir || p == "proc" || p == "sys" || p == "dev" {
		return nil
	}
	return w.dir(p)
}

// lazyFile opens a file when it is read: few are.
type lazyFile struct {
	ctx  context.Context
	root *os.Root
	name string
	f    *os.File
	err  error
}

func (l *lazyFile) Read(p []byte) (int, error) {
	if l.ctx.Err() != nil {
		return 0, context.Cause(l.ctx)
	}
	if l.f == nil && l.err == nil {
		l.open()
	}
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.f.Read(p)
	if err != nil && err != io.EOF {
		err = fileio.Cause(err)
	}
	return n, err
}

func (l *lazyFile) open() {
	// What was a file may be a named pipe by now, and keep who opens it waiting.
	f, err := l.root.OpenFile(l.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		l.err = fileio.Cause(err)
		return
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		l.err = errors.New("it is no regular file any more")
		return
	}
	l.f = f
}

func (l *lazyFile) close() {
	if l.f != nil {
		l.f.Close()
	}
	l.f, l.err = nil, fs.ErrClosed
}
