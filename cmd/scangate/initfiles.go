package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/fileio"
)

// draft is a file to write, unless there is one.
type draft struct {
	dir     string // which nothing leads out of
	name    string // below that, with slashes
	shown   string // as seen from the current directory
	there   bool   // and left as it is
	content []byte
	about   string // what it does, one line
}

// shownBelow joins a directory and what is below it, for people.
func shownBelow(dir, name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }

// look finds out whether there is such a file.
func (d *draft) look() error {
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", d.shown, fileio.Cause(err))
	}
	defer root.Close()
	info, err := root.Lstat(d.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return d.failed(root, err)
	case info.IsDir():
		return fmt.Errorf("cannot write %s: it is a directory: move it away", d.shown)
	}
	d.there = true
	return nil
}

// failed words why the file cannot be written.
func (d *draft) failed(root *os.Root, err error) error {
	for dir := path.Dir(d.name); dir != "."; dir = path.Dir(dir) {
		info, lerr := root.Lstat(dir)
		if _, serr := root.Stat(dir); lerr == nil && serr != nil && info.Mode()&fs.ModeSymlink != 0 {
			return fmt.Errorf("cannot write %s: %s is a link that leads to no directory of the repository: make it one", d.shown, dir)
		}
	}
	return fmt.Errorf("cannot write %s: %w", d.shown, fileio.Cause(err))
}

// writeDrafts writes all files that are not there, or none: whole ones are made
// beside their places, and put there once all of them are made.
func writeDrafts(drafts []draft) (err error) {
	var undo, end []func()
	defer func() { // after the other one
		for _, e := range end {
			e()
		}
	}()
	defer func() {
		for _, u := range slices.Backward(undo) {
			if err != nil {
				u()
			}
		}
	}()
	var put []func() error
	for i := range drafts {
		d := &drafts[i]
		if d.there {
			continue
		}
		root, err := os.OpenRoot(d.dir)
		if err != nil {
			return fmt.Errorf("cannot write %s: %w", d.shown, fileio.Cause(err))
		}
		end = append(end, func() { root.Close() })
		tmp, made, err := prepareDraft(root, d)
		for _, m := range made {
			undo = append(undo, func() { root.Remove(m) })
		}
		if err != nil {
			return d.failed(root, err)
		}
		put = append(put, func() error {
			if err := putNew(root, tmp, d.name); err != nil {
				return d.failed(root, err)
			}
			undo = append(undo, func() { root.Remove(d.name) })
			return nil
		})
	}
	for _, p := range put {
		if err := p(); err != nil {
			return err
		}
	}
	return nil
}

// prepareDraft makes the directories for a file and the file under a passing
// name. made is all that is new, also after an error.
func prepareDraft(root *os.Root, d *draft) (tmp string, made []string, err error) {
	dir := path.Dir(d.name)
	if dir != "." {
		parts := strings.Split(dir, "/")
		for i := range parts {
			part := path.Join(parts[:i+1]...)
			err := root.Mkdir(part, 0o755)
			if err == nil {
				made = append(made, part)
			} else if !errors.Is(err, fs.ErrExist) {
				return "", made, err
			}
		}
	}
	tmp = path.Join(dir, ".scangate-"+rand.Text()+".tmp")
	f, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", made, err
	}
	made = append(made, tmp)
	_, err = f.Write(d.content)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return tmp, made, err
}

// putNew gives a file its name, which nothing has.
func putNew(root *os.Root, tmp, name string) error {
	err := root.Link(tmp, name)
	switch {
	case err == nil:
		root.Remove(tmp)
		return nil
	case errors.Is(err, fs.ErrExist):
		return err
	}
	// Not every file system has hard links.
	if _, err := root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return fs.ErrExist
	}
	return root.Rename(tmp, name)
}
