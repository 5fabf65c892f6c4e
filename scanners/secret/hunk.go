package secret

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// hunk reads a hunk: exactly as many lines as its header says.
func (p *patchReader) hunk(f *patchFile, header string) error {
	ranges := strings.SplitN(header, " ", 4)
	if len(ranges) < 3 || ranges[2] != "@@" {
		return p.fail("a hunk header is malformed", nil)
	}
	_, before, ok := span(ranges[0], '-')
	line, after, ok2 := span(ranges[1], '+')
	if !ok || !ok2 {
		return p.fail("a hunk header is malformed", nil)
	}
	if err := p.open(f); err != nil {
		return err
	}
	wanted := f.opened
	open := false
	for before > 0 || after > 0 {
		kind, err := p.r.ReadByte()
		if err != nil {
			return p.cutShort(err)
		}
		switch {
		case kind == '+' && after > 0:
			if after--; wanted && !open {
				if err := p.sink.Hunk(line); err != nil {
					return err
				}
				open = true
			}
			line++
		case kind == '-' && before > 0:
			before--
		case kind == ' ' && before > 0 && after > 0:
			before, after, line = before-1, after-1, line+1
		case kind == '\\':
		default:
			return p.fail("a hunk has other lines than its header says", nil)
		}
		if kind == ' ' && open {
			if err := p.sink.HunkEnd(); err != nil {
				return err
			}
			open = false
		}
		if err := p.content(kind == '+' && wanted); err != nil {
			return err
		}
	}
	for next, _ := p.r.Peek(1); len(next) == 1 && next[0] == '\\'; next, _ = p.r.Peek(1) {
		if err := p.content(false); err != nil { // "\ No newline at end of file"
			return err
		}
	}
	if open {
		return p.sink.HunkEnd()
	}
	return nil
}

// content reads the rest of a line of a hunk, however long it is.
func (p *patchReader) content(added bool) error {
	for {
		piece, err := p.r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return p.cutShort(err)
		}
		if added {
			if err := p.sink.Added(piece); err != nil {
				return err
			}
		}
		if err == nil {
			return nil
		}
	}
}

func (p *patchReader) cutShort(err error) error {
	if err == io.EOF {
		return p.fail("it ends inside a hunk", io.ErrUnexpectedEOF)
	}
	return err
}

// span reads "-12,3" or "-12": the first line and the number of lines.
func span(s string, sign byte) (first, lines int, ok bool) {
	if s == "" || s[0] != sign {
		return 0, 0, false
	}
	a, b, both := strings.Cut(s[1:], ",")
	if !both {
		b = "1"
	}
	first, err := strconv.Atoi(a)
	lines, err2 := strconv.Atoi(b)
	return first, lines, err == nil && err2 == nil && first >= 0 && lines >= 0
}
