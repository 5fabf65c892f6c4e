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
	"golang.org/x/sync/errgroup"
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
		s.notes = append(s.notes, scanners.Tally(finding.Information, fmt.Sprintf(
			"{%d file} not read: lockfiles, images, fonts and vendored code that gitleaks' rules pass over by name", s.skipped)))
	}
	return s.looked, s.notes
}

func (s *treeSource) fragments(ctx context.Context, yield func(fragment) error) error {
	hashes := s.hashes(ctx)
	for i, f := range s.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.looked.Files++
		if size, known := s.cache.takeFile(f.path, hashes[i]); known {
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

// hashers is how many files are hashed at a time: opening them is most of it.
const hashers = 4

// hashes returns the hash of each file that the cache knows by its path; nil of
// the others, and of those that cannot be read, which the reader will note.
func (s *treeSource) hashes(ctx context.Context) [][]byte {
	all := make([][]byte, len(s.files))
	var group errgroup.Group
	group.SetLimit(hashers)
	for from := 0; from < len(s.files) && s.cache != nil; from += 64 {
		group.Go(func() error {
			for i := from; i < min(from+64, len(s.files)) && ctx.Err() == nil; i++ {
				if s.cache.knows(s.files[i].path) {
					all[i] = s.hash(s.files[i].path)
				}
			}
			return nil
		})
	}
	group.Wait()
	return all
}

func (s *treeSource) hash(path string) []byte {
	f, err := s.tree.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, 2*maxText)); err != nil {
		return nil
	}
	return h.Sum(nil)
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
