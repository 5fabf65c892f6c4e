package secret

import (
	"bytes"
	"context"

	"github.com/scangate/scangate/finding"
)

// fragment is a piece of text that is scanned on its own.
type fragment struct {
	path   string
	text   string
	line   int     // number of the first line, from 1
	cut    bool    // the text begins inside that line, so its columns are unknown
	commit *commit // nil: the working tree
}

// A source yields what there is to scan. It is used by one goroutine, once.
type source interface {
	// fragments calls yield for each fragment, and returns the first error of
	// yield or of its own. An error means that something was missed.
	fragments(ctx context.Context, yield func(fragment) error) error
	// result is what was looked at and what was not, once fragments is done.
	result() (finding.Looked, []finding.Note)
}

const (
	// chunkSize bounds a fragment, in bytes. A regular expression cannot be
	// interrupted, so it also bounds how long a cancelled scan goes on.
	chunkSize = 128 << 10
	// chunkOverlap is repeated at the start of the next fragment, so that what
	// spans a few lines (a private key) is whole in one of the two.
	chunkOverlap = 16 << 10
	// maxToken bounds the search for a place between two words to cut at.
	maxToken = 4 << 10
)

// chunker cuts a text of any length into fragments: between lines where it
// can, else between words, so that no secret is seen cut short.
type chunker struct {
	path   string
	commit *commit
	yield  func(fragment) error
	unpack *unpacking // nil: archives are binary

	buf   []byte
	line  int  // number of the first line in buf
	cut   bool // buf begins inside that line
	fresh int  // bytes at the end of buf that were in no fragment yet
	total int64
}

// start begins a text at a line.
func (c *chunker) start(line int) {
	c.buf, c.line, c.cut, c.fresh = c.buf[:0], line, false, 0
}

// write takes the next bytes of the text.
func (c *chunker) write(p []byte) error {
	c.total += int64(len(p))
	for len(p) > 0 {
		n := min(len(p), chunkSize-len(c.buf))
		c.buf = append(c.buf, p[:n]...)
		c.fresh += n
		p = p[n:]
		if len(c.buf) == chunkSize {
			if err := c.chunk(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush ends the text.
func (c *chunker) flush() error {
	if c.fresh == 0 {
		return nil
	}
	c.fresh = 0
	return c.emit(len(c.buf))
}

// chunk emits the front of a full buffer and keeps what comes after, and the
// overlap.
func (c *chunker) chunk() error {
	end := bytes.LastIndexByte(c.buf, '\n') + 1
	if end <= 2*chunkOverlap {
		end = wordEnd(c.buf)
	}
	if err := c.emit(end); err != nil {
		return err
	}
	next, cut := end-chunkOverlap, false
	if i := bytes.IndexByte(c.buf[next:end], '\n'); i >= 0 && next+i+1 < end {
		next += i + 1
	} else {
		cut = true
		if i := bytes.IndexFunc(c.buf[next:next+maxToken], notToken); i >= 0 {
			next += i
		}
	}
	lines := bytes.Count(c.buf[:next], []byte{'\n'})
	c.cut = cut
	c.line += lines
	c.fresh = len(c.buf) - end
	c.buf = c.buf[:copy(c.buf, c.buf[next:])]
	return nil
}

func (c *chunker) emit(end int) error {
	return c.yield(fragment{path: c.path, text: string(c.buf[:end]), line: c.line, cut: c.cut, commit: c.commit})
}

// wordEnd returns the end of the last whole word of b, or of b itself when its
// last word is longer than any token.
func wordEnd(b []byte) int {
	for i := len(b); i > len(b)-maxToken; i-- {
		if notToken(rune(b[i-1])) {
			return i
		}
	}
	return len(b)
}

// notToken reports that r does not occur inside a token or password.
func notToken(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\n', '"', '\'', '`', ',', ';', '(', ')', '{', '}', '[', ']', '<', '>', '\\':
		return true
	}
	return false
}
