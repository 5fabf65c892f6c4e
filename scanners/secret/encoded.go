package secret

import "strings"

const (
	minBase64 = 16 // characters, as gitleaks' decoder has it
	minHex    = 32
)

// The classes of characters that the decoder looks for.
const (
	isHex    = 1 << iota
	isBase64 // in either alphabet
	isLikely // in base64; a text without one is left alone
)

// charKind returns the classes of a byte and its values as a digit of base64.
func charKind(c byte) (kinds, value uint8) {
	switch {
	case '0' <= c && c <= '9':
		return isHex | isBase64 | isLikely, c - '0' + 52
	case 'a' <= c && c <= 'f':
		return isHex | isBase64, c - 'a' + 26
	case 'A' <= c && c <= 'F':
		return isHex | isBase64, c - 'A'
	case 'a' <= c && c <= 'z':
		return isBase64, c - 'a' + 26
	case 'A' <= c && c <= 'Z':
		return isBase64, c - 'A'
	case c == '+', c == '-':
		return isBase64 | isLikely, 62
	case c == '/', c == '_':
		return isBase64 | isLikely, 63
	}
	return 0, 0
}

// charTable is charKind of every byte.
type charTable struct{ kinds, value [256]uint8 }

func newCharTable() *charTable {
	t := &charTable{}
	for c := range 256 {
		t.kinds[c], t.value[c] = charKind(byte(c))
	}
	return t
}

// piece is a piece of a text.
type piece struct{ from, to int }

// encodedLines returns the lines of text that gitleaks' decoder may change,
// line ends left out, in order: all that it does change, and few others. The
// decoder looks at one line at a time, unless a line ends with a code point
// (U+0041): then it takes in the line end too, and whole is true.
func (t *charTable) encodedLines(text string) (lines []piece, whole bool) {
	add := func(at int) {
		if n := len(lines); n > 0 && at < lines[n-1].to {
			return
		}
		from := strings.LastIndexByte(text[:at], '\n') + 1
		to := strings.IndexByte(text[at:], '\n')
		if to < 0 {
			to = len(text)
		} else {
			to += at
		}
		lines = append(lines, piece{from, to})
	}
	t.eachEscape(text, add)
	escaped := lines
	lines = nil
	t.eachRun(text, add)
	lines, escaped = nil, merge(escaped, lines)
	for at := 0; ; at += len("U+") {
		i := strings.Index(text[at:], "U+")
		if i < 0 {
			return merge(escaped, lines), false
		}
		if at += i; t.hexDigits(text[at+2:], 4) {
			if at+6 < len(text) && text[at+6] == '\n' {
				return nil, true
			}
			add(at)
		}
	}
}

// merge joins two ordered lists of lines.
func merge(a, b []piece) []piece {
	if len(a) == 0 {
		return b
	}
	out := make([]piece, 0, len(a)+len(b))
	for len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && a[0].from <= b[0].from {
			a, b = b, a
		}
		if n := len(out); n == 0 || out[n-1] != b[0] {
			out = append(out, b[0])
		}
		b = b[1:]
	}
	return out
}

// hexDigits reports whether text begins with so many.
func (t *charTable) hexDigits(text string, n int) bool {
	if len(text) < n {
		return false
	}
	for i := range n {
		if t.kinds[text[i]]&isHex == 0 {
			return false
		}
	}
	return true
}

// eachEscape calls found with the place of each %41 and \u0041.
func (t *charTable) eachEscape(text string, found func(int)) {
	var places []int
	for at := 0; ; at++ {
		i := strings.IndexByte(text[at:], '%')
		if i < 0 {
			break
		}
		if at += i; t.hexDigits(text[at+1:], 2) {
			places = append(places, at)
		}
	}
	escapes := len(places)
	for at := 0; ; at++ {
		i := strings.IndexByte(text[at:], '\\')
		if i < 0 {
			break
		}
		at += i
		if rest := text[at+1:]; rest != "" && rest[0]|0x20 == 'u' && t.hexDigits(rest[1:], 4) {
			places = append(places, at)
		}
	}
	// Both are in order, and found wants them in order too.
	for i, j := 0, escapes; i < escapes || j < len(places); {
		if j == len(places) || i < escapes && places[i] < places[j] {
			found(places[i])
			i++
		} else {
			found(places[j])
			j++
		}
	}
}

// eachRun calls found with the place of each run of characters of base64 that
// may decode to ASCII, as base64 or, where it begins with many, as hex digits.
func (t *charTable) eachRun(text string, found func(int)) {
	for at := minBase64 - 1; at < len(text); at += minBase64 {
		if t.kinds[text[at]]&isBase64 == 0 {
			continue // no run that is long enough can be around here
		}
		from, to := at, at+1
		for from > 0 && t.kinds[text[from-1]]&isBase64 != 0 {
			from--
		}
		for to < len(text) && t.kinds[text[to]]&isBase64 != 0 {
			to++
		}
		if to-from >= minBase64 && t.decodes(text[from:to]) {
			found(from)
		}
		// The next run is at least one character away from this one.
		for at+minBase64 <= to {
			at += minBase64
		}
	}
}

// decodes reports whether the decoder may find something in a run of
// characters of base64.
func (t *charTable) decodes(run string) bool {
	n := 0
	for n < len(run) && t.kinds[run[n]]&isHex != 0 {
		n++
	}
	if n >= minHex { // taken for hex digits first, and the rest on its own
		return n%2 == 0 && t.hexPrints(run[:n]) || len(run)-n >= minBase64 && t.base64Prints(run[n:])
	}
	return t.base64Prints(run)
}

func (t *charTable) hexPrints(run string) bool {
	nibble := func(c byte) byte {
		if c <= '9' {
			return c - '0'
		}
		return c&0x0F + 9
	}
	for i := 0; i+1 < len(run); i += 2 {
		if !printable(nibble(run[i])<<4 | nibble(run[i+1])) {
			return false
		}
	}
	return true
}

// base64Prints looks at what is whole: the last group of a run may be short.
func (t *charTable) base64Prints(run string) bool {
	likely := uint8(0)
	for i := 0; i+3 < len(run); i += 4 {
		a, b, c, d := t.value[run[i]], t.value[run[i+1]], t.value[run[i+2]], t.value[run[i+3]]
		if !printable(a<<2|b>>4) || !printable(b<<4|c>>2) || !printable(c<<6|d) {
			return false
		}
		likely |= t.kinds[run[i]] | t.kinds[run[i+1]] | t.kinds[run[i+2]] | t.kinds[run[i+3]]
	}
	for i := len(run) &^ 3; i < len(run); i++ {
		likely |= t.kinds[run[i]]
	}
	return likely&isLikely != 0
}

// printable is what the decoder takes for text.
func printable(b byte) bool { return '\x08' < b && b < '\x7f' }
