package cloudformation

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The engine's parser loses the lines of JSON that is written on few lines,
// cannot read policies that are written in brackets, and follows aliases and
// functions without a limit. So it is not given the file, but what the file
// means, written anew: every value, list, mapping and key on a line of its
// own, which leads back to where it stands in the file.

// writer writes a template anew.
type writer struct {
	text   strings.Builder
	places []place // by line, from 0
	bad    map[*node]bool
	inline map[string]*node // conditions, while those are written
	failed bool             // it came to too much
}

// place is what a line stands for.
type place struct {
	start, end int    // lines of the file
	resource   string // its logical id
	path       string // of the property
	inside     bool   // it is an argument of a function in the property
}

const (
	maxText = 16 << 20 // bytes of what is written
	maxKey  = 500      // bytes of a key; the engine's parser does not read keys of more than 1024
)

// line writes a line.
func (w *writer) line(indent int, text string, p place) {
	if w.text.Len()+len(text)+indent > maxText {
		w.failed = true
		return
	}
	for range indent {
		w.text.WriteByte(' ')
	}
	w.text.WriteString(text)
	w.text.WriteByte('\n')
	w.places = append(w.places, p)
}

// value writes a value. raw says that the engine reads a policy from the text.
func (w *writer) value(n *node, indent int, p place, raw bool) {
	if w.failed {
		return
	}
	p.start, p.end = n.start, n.end
	if w.bad[n] {
		w.line(indent, `!ImportValue ""`, p) // what is not known before it is deployed
		return
	}
	if name, arg, ok := function(n); ok {
		text, _ := arg.literal()
		switch {
		case name == "Ref" && text == notificationARNs:
			n = arns(n)
		case name == "Condition" && n.tag == "" && w.inline[text] != nil:
			// The engine may come to a condition before the one that it
			// refers to, and never finds out then.
			w.value(w.inline[text], indent, p, raw)
			return
		}
	}
	if n.kind != scalar && tag.MatchString(n.tag) {
		// A tag has its line, which is where the value starts.
		w.line(indent, n.tag, p)
	}
	switch {
	case n.kind == mapping:
		w.mapping(n, indent, p, raw)
	case n.kind == sequence:
		w.sequence(n, indent, p, raw)
	default:
		w.line(indent, scalarText(n), p)
	}
}

const notificationARNs = "AWS::NotificationARNs"

// arns is what the engine takes for a list that is known when it is deployed.
// It keeps the list in one place, where evaluations at the same time meet.
func arns(at *node) *node {
	n := &node{kind: sequence, start: at.start, end: at.end}
	for i := 1; i <= 2; i++ {
		n.items = append(n.items, &node{tag: "!!str", text: fmt.Sprintf("notification::arn::%d", i), start: at.start, end: at.end})
	}
	return n
}

func (w *writer) mapping(n *node, indent int, p place, raw bool) {
	written := 0
	for _, m := range n.pairs {
		if len(m.name) > maxKey {
			continue
		}
		// A mapping that holds a function's name among others is taken for a
		// call of it, or not, as chance has it.
		if len(n.pairs) > 1 && intrinsic[m.name] && !(raw && m.name == "Condition" && m.value.is(mapping)) {
			continue
		}
		child := place{resource: p.resource, path: p.path}
		if !p.inside && !intrinsic[m.name] {
			child.path = strings.TrimPrefix(p.path+"."+m.name, ".")
		} else {
			child.inside = true
		}
		if at := p; written == 0 {
			w.line(indent, quote(m.name)+":", at)
		} else {
			w.line(indent, quote(m.name)+":", place{start: m.line, end: m.value.end, resource: p.resource, path: child.path})
		}
		w.value(m.value, indent+1, child, raw || policyKeys[m.name])
		written++
	}
	if written == 0 {
		w.line(indent, "{}", p)
	}
}

// policyKeys are the properties that hold policies, which the engine reads
// from the text once more.
var policyKeys = map[string]bool{"PolicyDocument": true, "RepositoryPolicyText": true, "Policies": true}

func (w *writer) sequence(n *node, indent int, p place, raw bool) {
	written := 0
	for i, item := range n.items {
		if item.tag == "!!null" && item.kind == scalar {
			continue // the engine's parser stumbles over it
		}
		child := place{resource: p.resource, path: p.path, inside: p.inside || strings.HasPrefix(n.tag, "!")}
		if !child.inside {
			child.path += "[" + strconv.Itoa(i) + "]"
		}
		if at := p; written == 0 {
			w.line(indent, "-", at)
		} else {
			w.line(indent, "-", place{start: item.start, end: item.end, resource: p.resource, path: child.path})
		}
		w.value(item, indent+1, child, raw)
		written++
	}
	if written == 0 {
		w.line(indent, "[]", p)
	}
}

var (
	tag   = regexp.MustCompile(`^![A-Za-z][A-Za-z0-9:._]{0,60}$`)
	plain = regexp.MustCompile(`^[A-Za-z0-9.:+_-][A-Za-z0-9.:+_ -]{0,99}$`)
)

// scalarText writes a scalar so that it is read as what it was.
func scalarText(n *node) string {
	switch n.tag {
	case "!!null":
		return "~"
	case "!!int", "!!bool", "!!float", "!!timestamp":
		if plain.MatchString(n.text) && !strings.HasSuffix(n.text, ":") && !strings.HasSuffix(n.text, " ") && n.text != "-" && !strings.Contains(n.text, ": ") && !strings.HasPrefix(n.text, "- ") {
			return n.text
		}
	}
	if tag.MatchString(n.tag) {
		return n.tag + " " + quote(n.text)
	}
	return quote(n.text)
}

// quote writes a string in quotes. Dashes are written as numbers, because the
// engine replaces the first one of some lines.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == '-' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r >= utf8.RuneSelf && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
