package secret

import (
	"slices"
	"strings"

	"github.com/zricethezav/gitleaks/v8/detect/codec"
)

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
