package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/scanners/iac/yamldoc"
)

const (
	maxDepth  = 100
	maxValues = 1_000_000 // with every alias written out
)

// document is a description as plain values: maps, lists, strings, booleans,
// json.Number and nil.
type document struct {
	root  map[string]any
	lines map[place]int
}

// place is a path of the description, or with a method one of its operations.
type place struct{ path, method string }

var errLarge = errors.New("it has over a million values, or its aliases multiply")

// read reads a document of strangers, in JSON or YAML.
func read(data []byte) (*document, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var failure error
	if bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")) {
		d, err := readJSON(data)
		if err == nil {
			return d, nil
		}
		failure = err // it may be YAML that looks like JSON
	}
	d, err := readYAML(data)
	if failure != nil && err != nil {
		err = failure
	}
	return d, err
}

// reader reads JSON.
type reader struct {
	data   []byte
	dec    *json.Decoder
	values int
	doc    *document

	line, upTo int // the line of the data's byte upTo
}

func readJSON(data []byte) (*document, error) {
	r := &reader{data: data, dec: json.NewDecoder(bytes.NewReader(data)), doc: &document{lines: map[place]int{}}, line: 1}
	r.dec.UseNumber()
	v, err := r.value(nil)
	if err == nil {
		if _, end := r.dec.Token(); end != io.EOF {
			err = errors.New("there is something behind it")
		}
	}
	var e *lineError
	if err != nil && !errors.As(err, &e) && err != errLarge {
		err = &lineError{r.here(), "it is not valid JSON"}
	}
	if err != nil {
		return nil, err
	}
	r.doc.root, _ = v.(map[string]any) // it begins with {
	return r.doc, nil
}

// here is the line of what was read last.
func (r *reader) here() int {
	at := min(int(r.dec.InputOffset()), len(r.data))
	r.line += bytes.Count(r.data[r.upTo:at], []byte("\n"))
	r.upTo = at
	return r.line
}

// value reads a value; trail are the names above it, as far as they matter.
func (r *reader) value(trail []string) (any, error) {
	if r.values++; r.values > maxValues {
		return nil, errLarge
	}
	if len(trail) > maxDepth {
		return nil, &lineError{r.here(), "it is nested too deep"}
	}
	t, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		m := map[string]any{}
		for r.dec.More() {
			key, err := r.dec.Token()
			if err != nil {
				return nil, err
			}
			name := key.(string) // the decoder refuses other keys
			below := append(trail, name)
			r.doc.remember(below, r.here)
			if m[name], err = r.value(below); err != nil {
				return nil, err
			}
		}
		_, err = r.dec.Token()
		return m, err
	case json.Delim('['):
		list := []any{}
		for r.dec.More() {
			v, err := r.value(append(trail, ""))
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = r.dec.Token()
		return list, err
	}
	return t, nil
}

// remember keeps the line of a path or of an operation.
func (d *document) remember(trail []string, line func() int) {
	if len(trail) < 2 || len(trail) > 3 || trail[0] != "paths" {
		return
	}
	at := place{path: trail[1]}
	if len(trail) == 3 {
		at.method = trail[2]
	}
	d.lines[at] = line()
}

// readYAML reads YAML. Before it is parsed, what may become values is counted:
// a parsed value takes two hundred bytes and more.
func readYAML(data []byte) (*document, error) {
	marks := 0
	for _, c := range []string{"\n", ":", ",", "[", "{", "- ", "? "} {
		marks += bytes.Count(data, []byte(c))
	}
	if marks > 2*maxValues {
		return nil, errLarge
	}
	var n, next yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	err := dec.Decode(&n)
	if err == io.EOF {
		return nil, errors.New("it is empty")
	}
	if err == nil {
		if err = dec.Decode(&next); err == nil {
			return nil, &lineError{next.Line, "it has several YAML documents"}
		}
	}
	if err != io.EOF {
		line, why := yamldoc.Reason(err)
		return nil, &lineError{line, "it is not valid YAML: " + why}
	}
	w := &writer{doc: &document{lines: map[place]int{}}}
	v, err := w.value(&n, nil)
	if err != nil {
		return nil, err
	}
	root, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("it is no description of an API")
	}
	w.doc.root = root
	return w.doc, nil
}

// writer writes out YAML.
type writer struct {
	doc    *document
	values int
}

func (w *writer) value(n *yaml.Node, trail []string) (any, error) {
	if w.values++; w.values > maxValues {
		return nil, errLarge
	}
	if len(trail) > maxDepth {
		return nil, &lineError{n.Line, "it is nested too deep, or an alias contains itself"}
	}
	switch n.Kind {
	case yaml.DocumentNode:
		return w.value(n.Content[0], trail)
	case yaml.AliasNode:
		return w.value(n.Alias, append(trail, ""))
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			v, err := w.value(c, append(trail, ""))
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case yaml.MappingNode:
		return w.mapping(n, trail)
	}
	return scalar(n), nil
}

// mapping writes out a mapping. What is merged into it gives way to its own.
func (w *writer) mapping(n *yaml.Node, trail []string) (any, error) {
	m := map[string]any{}
	merged := map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return nil, &lineError{key.Line, "a key is not a name"}
		}
		if key.Tag == "!!merge" {
			v, err := w.value(value, append(trail, ""))
			if err != nil {
				return nil, err
			}
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			for _, from := range list {
				from, _ := from.(map[string]any)
				for k, v := range from {
					if _, ok := merged[k]; !ok {
						merged[k] = v
					}
				}
				if w.values += len(from); w.values > maxValues {
					return nil, errLarge
				}
			}
			continue
		}
		below := append(trail, key.Value)
		w.doc.remember(below, func() int { return n.Content[i].Line })
		v, err := w.value(value, below)
		if err != nil {
			return nil, err
		}
		m[key.Value] = v
	}
	for k, v := range merged {
		if _, ok := m[k]; !ok {
			m[k] = v
		}
	}
	return m, nil
}

// scalar reads a scalar as JSON has it: dates are strings.
func scalar(n *yaml.Node) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(n.Value, "true")
	case "!!int", "!!float":
		var i int64
		if n.ShortTag() == "!!int" && n.Decode(&i) == nil {
			return i
		}
		var f float64
		if n.Decode(&f) == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
	}
	return n.Value
}
