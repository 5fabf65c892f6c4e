package system

import (
	"bufio"
	"context"
	"errors"
	"io"
)

// maxLine bounds a line, in bytes: a package that provides ten thousand
// names has one of a third of this.
const maxLine = 1 << 20

// lines reads a file line by line in bounded memory.
type lines struct {
	ctx  context.Context
	r    *bufio.Reader
	buf  []byte
	n    int
	cut  bool // the line that next returned is over maxLine: this is its beginning
	fail error
}

// newLines reads at most limit bytes of r.
func newLines(ctx context.Context, r io.Reader, limit int64) *lines {
	return &lines{ctx: ctx, r: bufio.NewReaderSize(io.LimitReader(r, limit), 64<<10)}
}

// next returns a line without its end, valid until the next call, or false at
// the end of the file, or when it cannot be read: then fail says why.
func (l *lines) next() ([]byte, bool) {
	l.n++
	if l.fail = ended(l.ctx, l.n); l.fail != nil {
		return nil, false
	}
	l.cut = false
	line, err := l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.long(line)
	}
	if l.fail != nil {
		return nil, false
	}
	if err != nil && !errors.Is(err, io.EOF) {
		l.fail = errors.New("it cannot be read to its end")
		return nil, false
	}
	if len(line) == 0 && err != nil {
		return nil, false
	}
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, true
}

// long collects a line that is larger than the buffer.
func (l *lines) long(part []byte) ([]byte, error) {
	l.buf = l.buf[:0]
	for {
		if room := maxLine - len(l.buf); len(part) > room {
			l.cut = true
			part = part[:room]
		}
		l.buf = append(l.buf, part...)
		var err error
		part, err = l.r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			if l.fail = l.ctx.Err(); l.fail != nil {
				return nil, l.fail
			}
			continue
		}
		if room := maxLine - len(l.buf); len(part) > room {
			l.cut = true
			part = part[:room]
		}
		l.buf = append(l.buf, part...)
		return l.buf, err
	}
}
