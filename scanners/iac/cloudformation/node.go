package cloudformation

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/scanners/iac/jsondoc"
)

type kind byte

const (
	scalar kind = iota
	mapping
	sequence
)

// node is a value of a template, whatever it is written in. Lines count from 1.
type node struct {
	kind       kind
	tag        string // !!str, !!int, !!bool, !!float, !!null, !!timestamp, !Ref, …; empty for lists and mappings
	text       string // of a scalar
	start, end int
	pairs      []pair
	items      []*node
}

type pair struct {
	name  string
	line  int // of the name
	value *node
}

// get returns the value of a key, nil when there is none. Keys do not repeat.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for _, p := range n.pairs {
		if p.name == name {
			return p.value
		}
	}
	return nil
}

// is reports whether there is a value of a kind.
func (n *node) is(k kind) bool { return n != nil && n.kind == k }

// literal returns the text of a string.
func (n *node) literal() (string, bool) {
	if n == nil || n.kind != scalar || n.tag != "!!str" {
		return "", false
	}
	return n.text, true
}

// fromJSON takes over a JSON value.
func fromJSON(j *jsondoc.Node, twice func(line int)) *node {
	n := &node{start: j.Start, end: j.End, text: j.Text}
	switch j.Kind {
	case jsondoc.Object:
		n.kind = mapping
		for _, m := range j.Members {
			n.pairs = append(n.pairs, pair{m.Name, m.Line, fromJSON(m.Value, twice)})
		}
		n.pairs = unique(n.pairs, twice)
	case jsondoc.Array:
		n.kind = sequence
		for _, v := range j.Items {
			n.items = append(n.items, fromJSON(v, twice))
		}
	case jsondoc.String:
		n.tag = "!!str"
	case jsondoc.Bool:
		n.tag = "!!bool"
	case jsondoc.Number:
		n.tag = "!!float"
		if _, err := strconv.Atoi(j.Text); err == nil {
			n.tag = "!!int"
		}
	default:
		n.tag = "!!null"
	}
	return n
}

// unique leaves the last of several pairs with the same name.
func unique(pairs []pair, twice func(line int)) []pair {
	last := make(map[string]int, len(pairs))
	for i, p := range pairs {
		last[p.name] = i
	}
	if len(last) == len(pairs) {
		return pairs
	}
	var out []pair
	for i, p := range pairs {
		if last[p.name] == i {
			out = append(out, p)
		} else {
			twice(p.line)
		}
	}
	return out
}

// yamlReader takes over YAML values, of a document that yamldoc.Check has
// looked at.
type yamlReader struct {
	lines []string // of the file, for where values end
	seen  map[*yaml.Node]*node
	twice func(line int)
}

// value takes over y, which ends at line limit or before.
func (r *yamlReader) value(y *yaml.Node, limit int) *node {
	if y.Kind == yaml.AliasNode {
		if n := r.seen[y.Alias]; n != nil {
			return n
		}
		y = y.Alias
	}
	n := &node{start: y.Line, end: y.Line}
	if y.Tag != "" && !strings.HasPrefix(y.Tag, "!!") && strings.HasPrefix(y.Tag, "!") {
		n.tag = y.Tag
	}
	limit = max(limit, y.Line)
	switch y.Kind {
	case yaml.MappingNode:
		n.kind = mapping
		r.pairs(n, y, limit)
	case yaml.SequenceNode:
		n.kind = sequence
		for i, item := range y.Content {
			to := limit
			if i+1 < len(y.Content) {
				to = y.Content[i+1].Line - 1
			}
			n.items = append(n.items, r.value(item, to))
			n.end = max(n.end, r.ended(item, n.items[i]))
		}
	default:
		n.text = y.Value
		if n.tag == "" {
			n.tag = y.ShortTag()
		}
		n.end = r.scalarEnd(y, limit)
	}
	if y.Style&yaml.FlowStyle != 0 {
		n.end = r.closed(n.end, limit)
	}
	r.seen[y] = n
	return n
}

// pairs takes over what a mapping holds; what it merges in stands behind.
func (r *yamlReader) pairs(n *node, y *yaml.Node, limit int) {
	var merged []pair
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		to := limit
		if i+2 < len(y.Content) {
			to = y.Content[i+2].Line - 1
		}
		v := r.value(value, to)
		n.end = max(n.end, r.ended(value, v))
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, v.pairs...)
			for _, item := range v.items {
				merged = append(merged, item.pairs...)
			}
			continue
		}
		n.pairs = append(n.pairs, pair{key.Value, key.Line, v})
	}
	n.pairs = unique(n.pairs, r.twice)
	have := map[string]bool{}
	for _, p := range n.pairs {
		have[p.name] = true
	}
	for _, p := range merged {
		if !have[p.name] {
			have[p.name] = true
			n.pairs = append(n.pairs, p)
		}
	}
}

// ended is where a value ends: an alias ends where it stands.
func (r *yamlReader) ended(y *yaml.Node, n *node) int {
	if y.Kind == yaml.AliasNode {
		return y.Line
	}
	return n.end
}

// scalarEnd is the last line of a scalar that another value follows after
// limit: comments, empty lines and brackets do not belong to it.
func (r *yamlReader) scalarEnd(y *yaml.Node, limit int) int {
	block := y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	end := min(limit, len(r.lines))
	for ; end > y.Line; end-- {
		line := strings.TrimSpace(r.lines[end-1])
		if line != "" && (block || line[0] != '#' && strings.Trim(line, "]},- ") != "") {
			break
		}
	}
	return max(end, y.Line)
}

// closed is the line of the bracket that ends a list or mapping in brackets,
// whose last value ends at from.
func (r *yamlReader) closed(from, limit int) int {
	for line := from; line <= limit && line <= len(r.lines); line++ {
		text := r.lines[line-1]
		if line > from {
			text, _, _ = strings.Cut(text, "#")
		}
		if strings.ContainsAny(text, "]}") {
			return line
		}
	}
	return from
}
