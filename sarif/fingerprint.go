package sarif

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The rolling hash of github/codeql-action: a polynomial in hashBase over the
// last hashWindow UTF-16 code units that are not blanks, modulo 2^64.
const (
	hashWindow = 100
	hashBase   = 37
	endOfFile  = 65535 // fed once behind the last unit of the file

	// ringSize is the next power of two above the window, so that an index is a
	// mask and not a division.
	ringSize = 128
)

// maxHashedLines bounds the memory of LineHashes: eight bytes for each line up
// to the last one asked for.
const maxHashedLines = 1 << 26

// ErrTooManyLines is returned by LineHashes for a file whose wanted lines lie
// behind line 67,108,864.
var ErrTooManyLines = errors.New("too many lines to fingerprint")

// LineHashes returns GitHub's primaryLocationLineHash of the wanted lines
// (counted from 1) of a file. A wanted line that the file does not have is
// left out of the answer. It reads no further than it needs to. The algorithm
// is the one of github/codeql-action's src/fingerprints.ts, to the bit:
// another value makes GitHub close an alert and open a new one.
func LineHashes(r io.Reader, want map[int]bool) (map[int]string, error) {
	last := 0
	for line, wanted := range want {
		if wanted {
			last = max(last, line)
		}
	}
	if last < 1 {
		return map[int]string{}, nil
	}
	h := lineHasher{last: last, nextEmit: -1}
	h.power = 1
	for range hashWindow {
		h.power *= hashBase
	}
	if err := h.run(r); err != nil {
		return nil, err
	}
	return h.answer(want), nil
}

// lineHasher is the state between two code units.
type lineHasher struct {
	power uint64 // hashBase to the power of hashWindow
	hash  uint64
	ring  [ringSize]uint16 // the units in the window
	pos   int64            // how many units went in

	lineStart bool
	prevCR    bool
	last      int // no line behind this one is wanted

	// starts is a queue of the positions of line starts inside the window, whose
	// hashes are complete when the window has moved past them. There are at most
	// hashWindow of them.
	starts     [ringSize]int64
	head, tail int
	nextEmit   int64 // position at which the head of the queue is complete, or -1

	// hashes has one hash for each line, in order. The occurrence number of a
	// wanted line depends on all lines before it, and a list of hashes is several
	// times smaller and faster than a map of counters.
	hashes []uint64
}

// run feeds the file and the end of file.
func (h *lineHasher) run(r io.Reader) error {
	h.lineStart = true
	buf := make([]byte, 64<<10)
	var dec utf16Decoder
	empty := 0
	for !h.done() {
		n, err := r.Read(buf)
		for _, b := range buf[:n] {
			if b < 0x80 && dec.needed == 0 {
				h.feed(uint16(b))
				continue
			}
			dec.decode(b, h.feed)
		}
		if len(h.hashes) > maxHashedLines {
			return fmt.Errorf("%w: over %d", ErrTooManyLines, maxHashedLines)
		}
		if empty++; n > 0 {
			empty = 0
		}
		switch {
		case errors.Is(err, io.EOF):
			dec.flush(h.feed)
			h.feed(endOfFile)
			for range hashWindow {
				h.push(0)
			}
			return nil
		case err != nil:
			return err
		case empty > 100:
			return io.ErrNoProgress
		}
	}
	return nil
}

// done reports that the last wanted line has its hash.
func (h *lineHasher) done() bool { return len(h.hashes) >= h.last }

// feed takes one code unit of the file.
func (h *lineHasher) feed(c uint16) {
	switch c {
	case ' ', '\t':
		h.prevCR = false
		return
	case '\n':
		if h.prevCR {
			h.prevCR = false
			return
		}
	case '\r':
		c = '\n'
		h.prevCR = true
		h.open()
		h.lineStart = true
		h.push(c)
		return
	}
	h.prevCR = false
	h.open()
	if c == '\n' {
		h.lineStart = true
	}
	h.push(c)
}

// open starts a line at the current position, if the last unit ended one.
func (h *lineHasher) open() {
	if !h.lineStart {
		return
	}
	h.lineStart = false
	if h.head == h.tail {
		h.nextEmit = h.pos + hashWindow
	}
	h.starts[h.tail&(ringSize-1)] = h.pos
	h.tail++
}

// push moves the window by one unit. The hash of a line is the one of the
// window that begins with its first unit.
func (h *lineHasher) push(c uint16) {
	if h.pos == h.nextEmit {
		h.hashes = append(h.hashes, h.hash)
		h.head++
		h.nextEmit = -1
		if h.head != h.tail {
			h.nextEmit = h.starts[h.head&(ringSize-1)] + hashWindow
		}
	}
	// Before the ring is full the unit that leaves is zero, which is what the
	// untouched slot holds.
	outgoing := h.ring[(h.pos-hashWindow)&(ringSize-1)]
	h.hash = h.hash*hashBase + uint64(c) - h.power*uint64(outgoing)
	h.ring[h.pos&(ringSize-1)] = c
	h.pos++
}

// answer numbers the occurrences of the hashes of the wanted lines.
func (h *lineHasher) answer(want map[int]bool) map[int]string {
	seen := map[uint64]int{}
	for line, wanted := range want {
		if wanted && line >= 1 && line <= len(h.hashes) {
			seen[h.hashes[line-1]] = 0
		}
	}
	out := make(map[int]string, len(want))
	for i, hash := range h.hashes[:min(h.last, len(h.hashes))] {
		n, ok := seen[hash]
		if !ok {
			continue
		}
		seen[hash] = n + 1
		if want[i+1] {
			out[i+1] = strconv.FormatUint(hash, 16) + ":" + strconv.Itoa(n+1)
		}
	}
	return out
}
