package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/fileio"
)

// local opens files and directories on the disk, within a directory if that
// is asked for.
type local struct {
	dir  string   // absolute
	root *os.Root // nil: anywhere
}

func newLocal(o Options) (*local, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fileio.Cause(err)
	}
	l := &local{dir: dir}
	if o.Within {
		if l.root, err = os.OpenRoot(dir); err != nil {
			return nil, fileio.Cause(err)
		}
	}
	return l, nil
}

func (l *local) Close() error {
	if l.root == nil {
		return nil
	}
	return l.root.Close()
}

// abs is where a path leads, for those that may lead anywhere.
func (l *local) abs(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(l.dir, p)
}

// inner is a path below the root.
func (l *local) inner(p string) (string, error) {
	if !filepath.IsLocal(p) {
		return "", errors.New("the path leads out of the directory that is scanned")
	}
	return p, nil
}

func (l *local) stat(p string) (fs.FileInfo, error) {
	if l.root == nil {
		return os.Stat(l.abs(p))
	}
	p, err := l.inner(p)
	if err != nil {
		return nil, err
	}
	return l.root.Stat(p)
}

// openDir opens a directory; no link in it leads out of it.
func (l *local) openDir(p string) (*os.Root, error) {
	if l.root == nil {
		return os.OpenRoot(l.abs(p))
	}
	p, err := l.inner(p)
	if err != nil {
		return nil, err
	}
	return l.root.OpenRoot(p)
}

func (l *local) openFile(p string) (*os.File, error) {
	if l.root == nil {
		return openRegular(os.OpenFile, l.abs(p))
	}
	p, err := l.inner(p)
	if err != nil {
		return nil, err
	}
	return openRegular(l.root.OpenFile, p)
}

// openRegular opens a regular file. A named pipe would keep it waiting.
func openRegular(open func(string, int, fs.FileMode) (*os.File, error), p string) (*os.File, error) {
	f, err := open(p, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fileio.Cause(err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, errors.New("it is not a regular file")
	}
	return f, nil
}

// split separates a path from the tag or digest after it. Either may contain
// colons: the longest path that exists is meant.
func (l *local) split(rest string) (path, tag, digest string, err error) {
	path = rest
	if at := strings.LastIndex(rest, "@"); at >= 0 && strings.HasPrefix(rest[at:], "@sha") {
		path, digest = rest[:at], rest[at+1:]
		if err := checkDigest(digest); err != nil {
			return "", "", "", err
		}
	}
	if path == "" {
		return "", "", "", errors.New("it names no path")
	}
	whole := path
	var first error
	for {
		_, err := l.stat(path)
		if err == nil {
			return path, strings.TrimPrefix(whole[len(path):], ":"), digest, nil
		}
		if first == nil || errors.Is(first, fs.ErrNotExist) && !errors.Is(err, fs.ErrNotExist) {
			first = err
		}
		colon := strings.LastIndex(path, ":")
		if colon <= 0 {
			if errors.Is(first, fs.ErrNotExist) {
				return "", "", "", errors.New("no such file or directory")
			}
			return "", "", "", fileio.Cause(first)
		}
		path = path[:colon]
	}
}

// name is what an image at a path is called: as its file is from the directory
// that is scanned.
func (l *local) name(p string) string {
	rel, err := filepath.Rel(l.dir, l.abs(p))
	if err != nil || !filepath.IsLocal(rel) || rel == "." {
		rel = filepath.Base(l.abs(p))
	}
	return filepath.ToSlash(rel)
}

// openDir opens a root file system.
func (b *builder) openDir(path string) error {
	l, err := newLocal(b.options)
	if err != nil {
		return err
	}
	defer l.Close()
	info, err := l.stat(path)
	switch {
	case path == "":
		return errors.New("it names no path")
	case err != nil:
		return fileio.Cause(err)
	case !info.IsDir():
		return errors.New("it is not a directory")
	}
	dir, err := filepath.EvalSymlinks(l.abs(path))
	if err != nil {
		return fileio.Cause(err)
	}
	if b.options.Within {
		top, err := filepath.EvalSymlinks(l.dir)
		if err != nil {
			return fileio.Cause(err)
		}
		if rel, err := filepath.Rel(top, dir); err != nil || !filepath.IsLocal(rel) {
			return errors.New("the path leads out of the directory that is scanned")
		}
	}
	b.img.Source, b.img.Name, b.img.Root = "dir", l.name(path), dir
	b.img.Config = &v1.ConfigFile{}
	b.img.Layers = []Layer{{HistoryIndex: -1}}
	return nil
}
