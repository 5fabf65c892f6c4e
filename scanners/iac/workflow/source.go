package workflow

import (
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/rhysd/actionlint"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// source is the text of a file and where its lines start.
type source struct {
	text  string
	lines []int // as editors count them
	yaml  []int // as the YAML parser counts them, which knows more line ends
}

func newSource(text string) source {
	s := source{text: text, lines: []int{0}, yaml: []int{0}}
	for i, c := range text {
		switch {
		case c == '\n':
			s.lines = append(s.lines, i+1)
			s.yaml = append(s.yaml, i+1)
		case c == '\r' && !strings.HasPrefix(text[i+1:], "\n"), c == '\u0085', c == '\u2028', c == '\u2029':
			s.yaml = append(s.yaml, i+utf8.RuneLen(c))
		}
	}
	return s
}

// offset is where a position of the YAML parser is, whose columns are runes.
func (s source) offset(line, column int) int {
	if line < 1 || line > len(s.yaml) {
		return 0
	}
	at := s.yaml[line-1]
	for n := 1; n < column && at < len(s.text) && s.text[at] != '\n'; n++ {
		_, size := utf8.DecodeRuneInString(s.text[at:])
		at += size
	}
	return at
}

// location is the place between two offsets; with to 0 it has no end.
func (s source) location(from, to int) finding.Location {
	var l finding.Location
	l.StartLine, l.StartColumn = s.position(from)
	if l.EndLine = l.StartLine; to > from {
		l.EndLine, l.EndColumn = s.position(to)
	}
	return l
}

// position is a line and a column, in UTF-16 code units.
func (s source) position(at int) (line, column int) {
	line = sort.SearchInts(s.lines, at+1)
	if at-s.lines[line-1] > maxColumn {
		return line, 0 // nobody looks that far to the right
	}
	column = 1
	for _, c := range s.text[s.lines[line-1]:at] {
		column++
		if c > 0xffff {
			column++
		}
	}
	return line, column
}

const (
	maxColumn = 64 << 10 // bytes into a line
)

// properties are an anchor and a tag, which stand before a value.
var properties = regexp.MustCompile(`^(?:[&!][^\s]*[ \t]+)+`)

// start is where a value itself begins: behind an anchor, a tag, a quote and
// the header of a block.
func (s source) start(v *actionlint.String) int {
	at := s.offset(v.Pos.Line, v.Pos.Col)
	rest := s.text[at:]
	if i := strings.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	at += len(properties.FindString(rest))
	if at >= len(s.text) {
		return at
	}
	switch s.text[at] {
	case '"', '\'':
		at++
	case '|', '>':
		if i := strings.IndexByte(s.text[at:], '\n'); i >= 0 {
			at += i + 1
		}
	}
	return at
}

// extent is where a value on one line begins and ends.
func (s source) extent(v *actionlint.String) (from, to int) {
	from = s.start(v)
	if strings.HasPrefix(s.text[from:], v.Value) {
		to = from + len(v.Value)
	}
	return from, to
}

// places are where the expressions of a value are, in the order of the value.
// A value that is written with escapes has them nowhere: then it is the value.
func (s source) places(v *actionlint.String, found []expression) [][2]int {
	at := s.start(v)
	out := make([][2]int, len(found))
	for i, e := range found {
		next := strings.Index(s.text[at:], "${{")
		if next < 0 {
			out[i] = [2]int{s.offset(v.Pos.Line, v.Pos.Col), 0}
			continue
		}
		at += next
		out[i][0] = at
		if written := v.Value[e.from:e.to]; strings.HasPrefix(s.text[at:], written) {
			at += len(written)
			out[i][1] = at
		} else {
			at += len("${{")
		}
	}
	return out
}

// name makes an identifier of the file fit for a report.
func name(s string) string { return text.OneLine(s, 100) }
