package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// logSink turns a log into fragments, and checks its commits against the list
// that git log was given.
type logSink struct {
	ctx      context.Context
	source   *historySource
	expected []listed
	next     int  // how many of expected came
	repeats  bool // -m shows a merge once for each parent

	commit *commit
	chunk  chunker
	skip   bool            // the engine passes over the current file
	skips  map[string]bool // by path: the test is not cheap, and paths recur
	blobs  *blobReader
	binary map[string]bool // ids of blobs that hold no text
}

// maxCached bounds each cache of a logSink, in entries.
const maxCached = 100_000

func (s *logSink) Commit(hash string, time int64) error {
	if s.repeats && s.commit != nil && s.commit.hash == hash {
		return nil
	}
	if s.next == len(s.expected) || s.expected[s.next].hash != hash {
		return fmt.Errorf("secret: git log left out commits before %s or shows it out of turn: the scan is not complete", hash)
	}
	s.commit = &commit{hash: hash, time: time, index: s.expected[s.next].index}
	s.chunk.commit = s.commit
	s.next++
	if s.source.oldest == 0 || time < s.source.oldest {
		s.source.oldest = time
	}
	return nil
}

func (s *logSink) File(path string) error {
	skip, known := s.skips[path]
	if !known {
		skip = s.source.engine.skips(path)
		if len(s.skips) == maxCached {
			clear(s.skips)
		}
		s.skips[path] = skip
	}
	s.skip = skip
	s.chunk.path = path
	if !skip && s.source.engine.byPath(path) {
		return s.chunk.yield(fragment{path: path, commit: s.commit})
	}
	return nil
}

func (s *logSink) Hunk(line int) error {
	s.chunk.start(line)
	return nil
}

func (s *logSink) Added(p []byte) error {
	if s.skip {
		return nil
	}
	return s.chunk.write(p)
}

func (s *logSink) HunkEnd() error {
	if s.skip {
		return nil
	}
	return s.chunk.flush()
}

// Binary looks into the blob itself: an attribute can make git call any text
// binary, and so does UTF-16.
func (s *logSink) Binary(path, blob string) (err error) {
	if s.skip || s.binary[blob] {
		return nil
	}
	if s.blobs == nil {
		if s.blobs, err = s.source.repo.git.openBlobs(s.ctx); err != nil {
			return err
		}
		s.binary = map[string]bool{}
	}
	binary := false
	err = s.blobs.read(blob, func(r io.Reader) (err error) {
		binary, err = content(r, &s.chunk)
		return err
	})
	if binary {
		if len(s.binary) == maxCached {
			clear(s.binary)
		}
		s.binary[blob] = true
	}
	if errors.Is(err, errTooLong) {
		n := gap(path, err)
		n.Message += " (commit " + s.commit.hash[:12] + ")"
		s.source.notes = append(s.source.notes, n)
		return nil
	}
	if err != nil {
		return fmt.Errorf("secret: commit %s: reading a file that git does not show: %w", s.commit.hash, err)
	}
	return nil
}

// closeBlobs ends the reader of blobs, if there is one, and returns the error
// that matters: err, unless that only says that the reader is gone.
func (s *logSink) closeBlobs(err error) error {
	if s.blobs == nil {
		return err
	}
	if end := s.blobs.close(); err == nil || end != nil && errors.Is(err, errBlobEnd) {
		return end
	}
	return err
}

var _ patchSink = (*logSink)(nil)
