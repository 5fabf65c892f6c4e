package secret

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/git"
)

// diffSink turns the files of a diff into fragments.
type diffSink struct {
	ctx    context.Context
	git    *git.Git
	engine engine
	depth  int // of archives

	commit *commit // nil: staged changes
	files  int     // that the diff adds or changes
	chunk  chunker
	skip   bool            // the engine passes over the current file
	skips  map[string]bool // by path: the test is not cheap, and paths recur
	blobs  *git.Blobs
	binary map[string]bool // ids of blobs that hold no text
	notes  []finding.Note
}

// maxRemembered bounds each of the maps of a diffSink, in entries.
const maxRemembered = 100_000

func newDiffSink(ctx context.Context, g *git.Git, e engine, yield func(fragment) error) diffSink {
	return diffSink{ctx: ctx, git: g, engine: e, skips: map[string]bool{}, chunk: chunker{yield: yield}}
}

func (s *diffSink) File(path string) error {
	skip, known := s.skips[path]
	if !known {
		skip = s.engine.skips(path)
		if len(s.skips) == maxRemembered {
			clear(s.skips)
		}
		s.skips[path] = skip
	}
	s.files++
	s.skip = skip
	s.chunk.path = path
	if !skip && s.engine.byPath(path) {
		return s.chunk.yield(fragment{path: path, commit: s.commit})
	}
	return nil
}

func (s *diffSink) Hunk(line int) error {
	s.chunk.start(line)
	return nil
}

func (s *diffSink) Added(p []byte) error {
	if s.skip {
		return nil
	}
	return s.chunk.write(p)
}

func (s *diffSink) HunkEnd() error {
	if s.skip {
		return nil
	}
	return s.chunk.flush()
}

// Binary looks into the blob itself: an attribute can make git call any text
// binary, and so does UTF-16.
func (s *diffSink) Binary(path, blob string) (err error) {
	if s.skip || s.binary[blob] {
		return nil
	}
	if s.blobs == nil {
		if s.blobs, err = s.git.OpenBlobs(s.ctx); err != nil {
			return err
		}
		s.binary = map[string]bool{}
	}
	binary := false
	s.chunk.unpack = unpackTo(s.depth, s.engine.skips)
	err = s.blobs.Read(blob, func(r io.Reader) (err error) {
		binary, err = content(r, &s.chunk)
		return err
	})
	if binary {
		if len(s.binary) == maxRemembered {
			clear(s.binary)
		}
		s.binary[blob] = true
	}
	if notToItsEnd(err) {
		n := gap(path, err)
		n.Message += " (" + s.where(12) + ")"
		s.notes = append(s.notes, n)
		return nil
	}
	if err != nil {
		return fmt.Errorf("secret: %s: reading a file that git does not show: %w", s.where(64), err)
	}
	return nil
}

// where names what the diff belongs to, a commit by so many digits.
func (s *diffSink) where(digits int) string {
	if s.commit == nil {
		return "staged changes"
	}
	return "commit " + s.commit.hash[:min(digits, len(s.commit.hash))]
}

// closeBlobs ends the reader of blobs, if there is one, and returns the error
// that matters: err, unless that only says that the reader is gone.
func (s *diffSink) closeBlobs(err error) error {
	if s.blobs == nil {
		return err
	}
	if end := s.blobs.Close(); err == nil || end != nil && errors.Is(err, git.ErrBlobEnd) {
		return end
	}
	return err
}
