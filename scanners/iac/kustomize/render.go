package kustomize

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// writer writes an object as YAML in the plainest style there is: one scalar
// on each line, so that every line has a place that it comes from.
type writer struct {
	*purse
	path  string // of the object
	left  int    // bytes that may be written
	text  []byte
	lines []int
	set   map[int]Place // where lines that are not of path come from
}

// value writes n. The cursor is behind "key:", behind "- ", or at the start.
// Line is that of the nearest value around it that is of the object's file.
func (w *writer) value(n *node, depth, line int, item bool) error {
	if depth > maxDeep {
		return errAt(0, "is nested too deep")
	}
	cost := stepsOfLine
	if n.at.Path != w.path {
		cost += stepsOfPlace
	}
	if err := w.spend(cost); err != nil {
		return err
	}
	if len(w.text) > w.left {
		return errSpent
	}
	if n.at.Path == w.path {
		line = n.at.Line
	}
	switch {
	case n.kind == scalar:
		if depth > 0 && !item {
			w.text = append(w.text, ' ')
		}
		w.text = append(w.text, n.literal()...)
		w.end(n, line)
	case n.kind == list && len(n.items) == 0:
		w.text = append(w.text, " []"...)
		w.end(n, line)
	case n.kind == object_ && len(n.fields) == 0:
		w.text = append(w.text, " {}"...)
		w.end(n, line)
	case n.kind == list:
		if depth > 0 {
			w.end(n, line)
		}
		for _, v := range n.items {
			w.indent(depth)
			w.text = append(w.text, '-', ' ')
			if err := w.value(v, depth+1, line, true); err != nil {
				return err
			}
		}
	default:
		if depth > 0 && !item {
			w.end(n, line)
		}
		for i, f := range n.fields {
			if i > 0 || !item {
				w.indent(depth)
			}
			w.text = append(append(w.text, name(f.name)...), ':')
			own := line
			if f.at.Path == w.path {
				own = f.at.Line
			}
			if err := w.value(f.value, depth+1, own, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// end ends a line that is about n.
func (w *writer) end(n *node, line int) {
	if n.at.Path != w.path && n.at.Line > 0 {
		w.set[len(w.lines)] = n.at
	}
	w.text = append(w.text, '\n')
	w.lines = append(w.lines, line)
}

func (w *writer) indent(depth int) {
	for range depth {
		w.text = append(w.text, ' ', ' ')
	}
}

// name writes a key.
func name(s string) []byte {
	if s == "" || s[0]|0x20 < 'a' || s[0]|0x20 > 'z' || !plain(s) {
		return quote(s)
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return quote(s) // or some parser makes of it what is no name
	}
	return []byte(s)
}

// plain reports whether a text holds nothing that means something to YAML.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '_', c == '-', c == '+', c == '.', c == '/':
		default:
			return false
		}
	}
	return s != ""
}

// literal writes a scalar: numbers and their like as they were, all else as a
// string in quotes, which is JSON and so is YAML.
func (n *node) literal() []byte {
	switch n.tag {
	case "!!null":
		return []byte("null")
	case "!!int", "!!float", "!!bool":
		if plain(n.text) {
			return []byte(n.text)
		}
	}
	return quote(n.text)
}

// quote writes a string in double quotes, of which every YAML parser makes the
// same string again.
func quote(s string) []byte {
	out := []byte{'"'}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == '\n':
			out = append(out, '\\', 'n')
		case unicode.IsPrint(r):
			out = utf8.AppendRune(out, r)
		default:
			out = fmt.Appendf(out, "\\U%08X", r)
		}
	}
	return append(out, '"')
}
