package secret

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// sniffSize is how far into a file a NUL byte makes it binary: git's own
	// test, so that both halves of the scan agree.
	sniffSize = 8000
	// maxText bounds the text that is read from one file, in bytes.
	maxText = 64 << 20
)

// errTooLong is returned for a text over maxText.
var errTooLong = errors.New("text is over the size limit")

// content scans what r holds, unless it is binary. UTF-16 counts as text when
// it begins with a byte order mark. Archives are binary; what they hold is
// scanned if that was asked for.
func content(r io.Reader, c *chunker) (binary bool, err error) {
	br := bufio.NewReaderSize(r, 32<<10)
	head, err := br.Peek(sniffSize)
	if err != nil && err != io.EOF {
		return false, err
	}
	var text io.Reader = br
	if c.unpack != nil {
		if kind := archiveKind(head); kind != "" {
			return true, c.unpack.unpack(kind, br, c)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		br.Discard(2)
		text = &utf16Reader{r: br}
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		br.Discard(2)
		text = &utf16Reader{r: br, bigEndian: true}
	case bytes.IndexByte(head, 0) >= 0:
		return true, nil
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		br.Discard(3)
	}
	c.start(1)
	buf := make([]byte, 32<<10)
	for read := 0; ; {
		n, err := text.Read(buf)
		if read += n; read > maxText {
			return false, errTooLong
		}
		if err := c.write(buf[:n]); err != nil {
			return false, err
		}
		if err == io.EOF {
			return false, c.flush()
		}
		if err != nil {
			return false, err
		}
	}
}

// utf16Reader turns UTF-16 into UTF-8. What is not valid becomes U+FFFD.
type utf16Reader struct {
	r         *bufio.Reader
	bigEndian bool
	high      rune // a surrogate that waits for its second half
}

func (u *utf16Reader) Read(p []byte) (n int, err error) {
	for n+2*utf8.UTFMax <= len(p) {
		var pair [2]byte
		if _, err := io.ReadFull(u.r, pair[:]); err != nil {
			if err == io.ErrUnexpectedEOF {
				err = io.EOF // an odd last byte is no character
			}
			return n, err
		}
		unit := rune(pair[1])<<8 | rune(pair[0])
		if u.bigEndian {
			unit = rune(pair[0])<<8 | rune(pair[1])
		}
		if u.high != 0 {
			if r := utf16.DecodeRune(u.high, unit); r != utf8.RuneError {
				u.high = 0
				n += utf8.EncodeRune(p[n:], r)
				continue
			}
			u.high = 0
			n += utf8.EncodeRune(p[n:], utf8.RuneError)
		}
		if unit >= 0xD800 && unit < 0xDC00 {
			u.high = unit
			continue
		}
		n += utf8.EncodeRune(p[n:], unit)
	}
	return n, nil
}
