package scanners

import (
	"bytes"
	"io"
	"strings"
	"time"
)

// maxMarkedLine bounds the lines in which marks are looked for, in bytes.
const maxMarkedLine = 64 << 10

// markReader is given a file piece by piece, and keeps the marks on the wanted
// lines and the ones above them. It holds one line at a time.
type markReader struct {
	wanted map[int]bool
	now    time.Time

	last  int // the last wanted line; 0: not counted yet
	lines int // that are complete
	line  []byte
	long  bool // the current line is over the limit
	found map[int]*mark
}

// Write takes the next piece. It never fails. Part of io.Writer.
func (r *markReader) Write(p []byte) (int, error) {
	n := len(p)
	for !r.done() && len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			r.keep(p)
			break
		}
		r.keep(p[:i])
		r.end()
		p = p[i+1:]
	}
	return n, nil
}

// done reports that nothing behind what was read is wanted.
func (r *markReader) done() bool {
	if r.last == 0 {
		for line := range r.wanted {
			r.last = max(r.last, line)
		}
	}
	return r.lines >= r.last
}

// near reports that the current line is wanted, or the next one.
func (r *markReader) near() bool { return r.wanted[r.lines+1] || r.wanted[r.lines+2] }

func (r *markReader) keep(p []byte) {
	if !r.near() || r.long {
		return
	}
	if r.long = len(r.line)+len(p) > maxMarkedLine; !r.long {
		r.line = append(r.line, p...)
	}
}

// end completes the current line.
func (r *markReader) end() {
	if r.near() && !r.long {
		if m := readMark(strings.TrimSuffix(string(r.line), "\r"), r.now); m != nil {
			if r.found == nil {
				r.found = map[int]*mark{}
			}
			r.found[r.lines+1] = m
		}
	}
	r.lines++
	r.line, r.long = r.line[:0], false
}

// finish reads on to the end of the last wanted line, which whoever read so far
// may not have needed, and returns the marks.
func (r *markReader) finish(rest io.Reader) map[int]*mark {
	if !r.done() && !r.long {
		io.Copy(r, io.LimitReader(rest, maxMarkedLine+1)) // what cannot be read has no marks
	}
	if !r.done() {
		r.end()
	}
	return r.found
}
