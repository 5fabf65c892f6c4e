package kustomize

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/text"
)

// node is a value of a document. It never changes once it is made: an edit
// makes new nodes for what it changes and shares the others, so that a value
// can be part of many objects, and of one object many times.
type node struct {
	kind   kind
	text   string // of a scalar
	tag    string // of a scalar: !!str, !!int …
	block  bool   // a scalar in the style that keeps its lines: |
	fields []field
	items  []*node
	at     Place
}

type kind uint8

const (
	scalar kind = iota
	list
	object_
)

type field struct {
	name  string
	value *node
	at    Place // of the name; it stays when the value is replaced
}

// str makes a string.
func str(s string, at Place) *node { return &node{text: s, tag: "!!str", at: at} }

// isNull reports whether a value is null.
func (n *node) isNull() bool { return n.kind == scalar && n.tag == "!!null" }

// get returns what a path of names leads to, or nil.
func (n *node) get(names ...string) *node {
	for _, name := range names {
		i := n.index(name)
		if i < 0 {
			return nil
		}
		n = n.fields[i].value
	}
	return n
}

// string returns the text of the scalar at a path, or "".
func (n *node) string(names ...string) string {
	if v := n.get(names...); v != nil && v.kind == scalar && !v.isNull() {
		return v.text
	}
	return ""
}

// index finds a field.
func (n *node) index(name string) int {
	if n == nil {
		return -1
	}
	for i := range n.fields {
		if n.fields[i].name == name {
			return i
		}
	}
	return -1
}

// parsed is a file that was read.
type parsed struct {
	docs []*node
	err  error
}

// parse returns the documents of a file, but for empty ones. It is done once
// for each file.
func (b *build) parse(p string) ([]*node, error) {
	if f := b.files[p]; f != nil {
		return f.docs, f.err
	}
	f := &parsed{}
	f.docs, f.err = b.readFile(p)
	if b.ctx.Err() == nil && !errors.Is(f.err, errSpent) {
		b.files[p] = f
	}
	return f.docs, f.err
}

func (b *build) readFile(p string) ([]*node, error) {
	data, err := b.read(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("is not in the scanned tree")
	case err != nil:
		return nil, errors.New("cannot be read")
	case len(data) > maxFile:
		return nil, fmt.Errorf("is over %d MiB", maxFile>>20)
	}
	if b.bytes += len(data); b.bytes > maxRead {
		return nil, errSpent
	}
	return b.documents(data, Place{Path: p})
}

// documents parses text whose first line is the one after at.
func (b *build) documents(data []byte, at Place) (docs []*node, err error) {
	defer func() {
		if p := recover(); p != nil {
			docs, err = nil, errAt(0, "cannot be parsed")
		}
	}()
	if err := b.spend(1 + len(data)/16); err != nil {
		return nil, err
	}
	d := yaml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	for {
		var root yaml.Node
		switch err := d.Decode(&root); {
		case err == io.EOF:
			return docs, nil
		case err != nil:
			return nil, parseError(err, at.Line)
		}
		c := converter{purse: &b.purse, at: at, open: map[*yaml.Node]bool{}}
		n, err := c.convert(&root, 0)
		if err != nil {
			return nil, err
		}
		if n != nil && !n.isNull() {
			docs = append(docs, n)
		}
	}
}

// converter makes nodes of YAML, with aliases and merges resolved.
type converter struct {
	*purse
	at    Place
	count int
	open  map[*yaml.Node]bool // aliases that are being written out
}

func (c *converter) convert(y *yaml.Node, depth int) (*node, error) {
	line := c.at.Line + y.Line
	if depth > maxDepth {
		return nil, errAt(line, "is nested too deep")
	}
	if c.count++; c.count > maxValues {
		return nil, errAt(line, "has too many values, or its aliases multiply")
	}
	if err := c.spend(stepsOfValue); err != nil {
		return nil, err
	}
	n := &node{at: Place{c.at.Path, line}}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) == 0 {
			return nil, nil
		}
		return c.convert(y.Content[0], depth)
	case yaml.AliasNode:
		if c.open[y.Alias] {
			return nil, errAt(line, "has an alias that contains itself")
		}
		c.open[y.Alias] = true
		defer delete(c.open, y.Alias)
		return c.convert(y.Alias, depth+1)
	case yaml.ScalarNode:
		n.text, n.tag, n.block = y.Value, y.ShortTag(), y.Style&yaml.LiteralStyle != 0
	case yaml.SequenceNode:
		n.kind = list
		for _, item := range y.Content {
			v, err := c.convert(item, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, v)
		}
	case yaml.MappingNode:
		n.kind = object_
		return n, c.mapping(n, y, depth)
	}
	return n, nil
}

// mapping fills in the fields. Of equal names the last one counts; what is
// merged in counts where there is no field of that name.
func (c *converter) mapping(n *node, y *yaml.Node, depth int) error {
	places := map[string]int{}
	put := func(name string, v *node, replace bool) {
		if i, ok := places[name]; !ok {
			places[name] = len(n.fields)
			n.fields = append(n.fields, field{name, v, v.at})
		} else if replace {
			n.fields[i].value = v
		}
	}
	var merged []*node
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := y.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return errAt(c.at.Line+key.Line, "has a key that is not a name")
		}
		v, err := c.convert(y.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		if key.ShortTag() == "!!merge" {
			merged = append(merged, v)
			continue
		}
		if line := c.at.Line + y.Content[i].Line; v.at.Line != line {
			moved := *v // people look for a field at its name
			moved.at.Line = line
			v = &moved
		}
		put(key.Value, v, true)
	}
	for _, m := range merged {
		for _, from := range append([]*node{m}, m.items...) {
			if err := c.spend(len(from.fields)); err != nil {
				return err
			}
			for _, f := range from.fields {
				put(f.name, f.value, false)
			}
		}
	}
	return nil
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// parseError words a parser's error, without what it quotes from the file.
func parseError(err error, before int) error {
	why, line := text.OneLine(err.Error(), 200), 0
	if m := yamlLine.FindStringSubmatch(why); m != nil {
		line, _ = strconv.Atoi(m[1])
		line += before
		why = why[len(m[0]):]
	}
	why = strings.TrimPrefix(why, "yaml: ")
	if i := strings.IndexAny(why, "\"`'"); i >= 0 {
		why = why[:i]
	}
	return errAt(line, "cannot be parsed: %s", strings.TrimRight(why, ": "))
}
