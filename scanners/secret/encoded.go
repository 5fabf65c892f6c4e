package secret

import (
	"slices"
	"strings"

	"github.com/zricethezav/gitleaks/v8/detect/codec"
)

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

// part is a piece of a text that was decoded.
type part struct {
	source  piece // in the text as it was
	text    string
	at      int // where it is in the decoded text
	changed []*codec.EncodedSegment
}

// decoding is a text that is decoded again and again, as gitleaks does it.
type decoding struct {
	table   *charTable
	source  string
	text    string // what it is now
	parts   []part // where it may differ from source
	passes  int
	whole   bool // parts is one, and all of the text
	decoder *codec.Decoder
}

func newDecoding(t *charTable, source string) *decoding {
	d := &decoding{table: t, source: source, text: source}
	var lines []piece
	if lines, d.whole = t.encodedLines(source); d.whole {
		d.parts = []part{{source: piece{0, len(source)}, text: source}}
	}
	for _, l := range lines {
		d.parts = append(d.parts, part{source: l, text: source[l.from:l.to], at: l.from})
	}
	return d
}

// pass decodes once more and reports whether anything changed.
func (d *decoding) pass() bool {
	if len(d.parts) == 0 {
		return false
	}
	if d.decoder == nil {
		d.decoder = codec.NewDecoder()
	}
	d.passes++
	changed := d.decode()
	if !d.whole && d.table.endsOpen(d.parts) {
		// The code point was encoded. It takes in what is behind its part.
		d.whole = true
		d.parts = []part{{source: piece{0, len(d.source)}, text: d.source}}
		for range d.passes {
			changed = d.decode()
		}
	}
	if !changed {
		return false
	}
	var b strings.Builder
	from := 0
	for i := range d.parts {
		p := &d.parts[i]
		b.WriteString(d.source[from:p.source.from])
		p.at = b.Len()
		b.WriteString(p.text)
		from = p.source.to
	}
	b.WriteString(d.source[from:])
	d.text = b.String()
	return true
}

func (d *decoding) decode() (changed bool) {
	for i := range d.parts {
		p := &d.parts[i]
		if d.passes > 1 && !d.whole && len(p.changed) == 0 {
			continue // nor will it ever change
		}
		p.text, p.changed = d.decoder.Decode(p.text, p.changed)
		changed = changed || len(p.changed) > 0
	}
	return changed
}

// endsOpen reports whether a part ends with a code point.
func (t *charTable) endsOpen(parts []part) bool {
	return slices.ContainsFunc(parts, func(p part) bool {
		end := p.text[max(len(p.text)-6, 0):]
		return strings.HasPrefix(end, "U+") && t.hexDigits(end[2:], 4)
	})
}

// touches reports whether a piece of the text holds or borders on something
// that the last pass decoded: nothing else is new.
func (d *decoding) touches(s piece) bool {
	for i := range d.parts {
		p := &d.parts[i]
		if p.at <= s.to && s.from <= p.at+len(p.text) && len(codec.SegmentsWithDecodedOverlap(p.changed, s.from-p.at, s.to-p.at)) > 0 {
			return true
		}
	}
	return false
}

// move says that lines of a text were decoded, to the same or other lines.
type move struct{ source, now piece }

// moves returns the lines that the text has in place of those of source.
func (d *decoding) moves() moves {
	m := make(moves, 0, len(d.parts))
	for i := range d.parts {
		p := &d.parts[i]
		m = append(m, move{p.source, piece{p.at, p.at + len(p.text)}})
	}
	return m
}

// moves are all moves between two texts, in order.
type moves []move

// now returns where a place between two lines went.
func (all moves) now(place int) int {
	shift := 0
	for _, m := range all {
		if m.source.from >= place {
			break
		}
		shift = m.now.to - m.source.to
	}
	return place + shift
}

// source returns where a piece of the decoded text came from, or, for what was
// decoded, its whole lines.
func (all moves) source(p piece) piece {
	return piece{all.back(p.from, false), all.back(p.to, true)}
}

func (all moves) back(place int, end bool) int {
	shift := 0
	for _, m := range all {
		if place < m.now.from {
			break
		}
		if place <= m.now.to {
			if end {
				return m.source.to
			}
			return m.source.from
		}
		shift = m.now.to - m.source.to
	}
	return place - shift
}
