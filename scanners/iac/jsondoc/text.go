package jsondoc

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text reads a string in quotes. It may go over several lines, as Azure
// allows; bytes that are no UTF-8 become the replacement character.
func (p *parser) text() (string, error) {
	p.at++
	rest := p.data[p.at:]
	end := bytes.IndexAny(rest, "\"\\")
	if end >= 0 && rest[end] == '"' { // nothing to decode
		p.at += end + 1
		p.line += bytes.Count(rest[:end], []byte("\n"))
		return strings.ToValidUTF8(string(rest[:end]), "\ufffd"), nil
	}
	var b strings.Builder
	for p.at < len(p.data) {
		c := p.data[p.at]
		p.at++
		switch c {
		case '"':
			return strings.ToValidUTF8(b.String(), "\ufffd"), nil
		case '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		case '\n':
			p.line++
			fallthrough
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail("a string does not end")
}

// escape reads what follows a backslash.
func (p *parser) escape(b *strings.Builder) error {
	c := p.peek()
	p.at++
	switch c {
	case '"', '\\', '/':
		b.WriteByte(c)
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'u':
		r, ok := p.unit()
		if !ok {
			return p.fail("an escape sequence is not complete")
		}
		if utf16.IsSurrogate(r) {
			before := p.at
			second, ok := rune(0), p.take(`\u`)
			if ok {
				second, ok = p.unit()
			}
			if r = utf16.DecodeRune(r, second); !ok || r == utf8.RuneError {
				p.at = before
			}
		}
		b.WriteRune(r)
	default:
		return p.fail("an escape sequence is not known")
	}
	return nil
}

// unit reads four hexadecimal digits.
func (p *parser) unit() (rune, bool) {
	if len(p.data)-p.at < 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(string(p.data[p.at:p.at+4]), 16, 16)
	p.at += 4
	return rune(v), err == nil
}
