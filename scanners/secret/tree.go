package secret

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// file is a file of the working tree.
type file struct {
	path string // relative to the scanned directory
}

// treeFiles lists what the walk saw.
func treeFiles(t *scanners.Tree) []file {
	files := make([]file, 0, len(t.Files()))
	for _, f := range t.Files() {
		files = append(files, file{f.Path})
	}
	return files
}

// treeSource yields the files of the working tree.
type treeSource struct {
	tree   *scanners.Tree
	files  []file
	engine engine
	depth  int    // of archives
	cache  *cache // nil: none

	looked  finding.Looked
	skipped int
	seen    []treeFile // that were scanned here, if there is a cache
	notes   []finding.Note
}

// treeFile is a file that was scanned to its end.
type treeFile struct {
	path string
	hash []byte // SHA-256
	text int64  // bytes of it
}

func (s *treeSource) result() (finding.Looked, []finding.Note) {
	if s.skipped > 0 {
		s.notes = append(s.notes, finding.Note{Level: finding.Information, Message: fmt.Sprintf(
			"%s not read: lockfiles, images, fonts and vendored code that gitleaks' rules pass over by name", text.Count(s.skipped, "file"))})
	}
	return s.looked, s.notes
}

func (s *treeSource) fragments(ctx context.Context, yield func(fragment) error) error {
	for _, f := range s.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.looked.Files++
		if size, known := s.known(f.path); known {
			s.looked.Bytes += size
			continue
		}
		if s.engine.skips(f.path) {
			s.skipped++
			continue
		}
		var stop error // what ended the scan, as opposed to what is wrong with the file
		c := &chunker{path: f.path, yield: func(f fragment) error { stop = yield(f); return stop }, unpack: unpackTo(s.depth, s.engine.skips)}
		if s.engine.byPath(f.path) {
			c.yield(fragment{path: f.path})
		}
		err := s.read(f.path, c)
		s.looked.Bytes += c.total
		if stop != nil {
			return stop
		}
		if err != nil {
			s.notes = append(s.notes, gap(f.path, err))
		}
	}
	return nil
}

func (s *treeSource) read(path string, c *chunker) error {
	f, err := s.tree.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if s.cache == nil {
		_, err = content(f, c)
		return err
	}
	h := sha256.New()
	binary, err := content(io.TeeReader(f, h), c)
	if err == nil && !binary {
		s.seen = append(s.seen, treeFile{path, h.Sum(nil), c.total})
	}
	return err
}

// known reports whether a file is as the cache has it.
func (s *treeSource) known(path string) (size int64, ok bool) {
	if !s.cache.knows(path) {
		return 0, false
	}
	f, err := s.tree.Open(path)
	if err != nil {
		return 0, false // for the reader to note
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, 2*maxText)); err != nil {
		return 0, false
	}
	return s.cache.takeFile(path, h.Sum(nil))
}

// gap notes that a file was not scanned, or not to its end.
func gap(path string, err error) finding.Note {
	n := finding.Note{Level: finding.Gap, Path: path}
	if errors.Is(err, errUnpacked) || errors.Is(err, errArchive) {
		n.Message = err.Error()
	} else if errors.Is(err, errTooLong) {
		n.Message = fmt.Sprintf("text over the limit of %d MiB: only the beginning was scanned", maxText>>20)
	} else {
		n.Message = "cannot be read: " + fileio.Cause(err).Error()
	}
	return n
}

// regular reports whether path, which git names, is a regular file now. The
// lookup follows no link out of root.
func regular(root *os.Root, path string) bool {
	info, err := root.Lstat(filepath.FromSlash(path))
	if errors.Is(err, fs.ErrNotExist) {
		return false // deleted, not committed; or outside a sparse checkout
	}
	if err != nil {
		return true // unreadable is for the reader to note
	}
	return info.Mode().IsRegular()
}
