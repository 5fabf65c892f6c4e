package verify

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

const (
	maxBody  = 64 << 10 // bytes of an answer that are read
	maxDepth = 32       // of its nesting
)

// body is an answer's content, as text and as what it says.
type body struct {
	text string
	tree any // nil where it is not in its format
}

var errDeep = errors.New("nested too deep")

// parse reads an answer. One that is not in the expected format, as a block
// page, has a text only.
func parse(b []byte, asXML bool) body {
	out := body{text: string(bytes.TrimSpace(b))}
	read := treeOfJSON
	if asXML {
		read = treeOfXML
	}
	if tree, err := read(b); err == nil {
		out.tree = tree
	}
	return out
}

// treeOfJSON measures the nesting before it builds anything.
func treeOfJSON(b []byte) (any, error) {
	depth := 0
	for d := json.NewDecoder(bytes.NewReader(b)); ; {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxDepth {
			return nil, errDeep
		}
	}
	var tree any
	err := json.Unmarshal(b, &tree)
	return tree, err
}

// treeOfXML gives elements the shape of JSON's: those with elements inside are
// maps, the others are their text. Of elements with the same name the last counts.
func treeOfXML(b []byte) (any, error) {
	root := map[string]any{}
	open := []map[string]any{root}
	var names []string
	var chars strings.Builder
	for d := xml.NewDecoder(bytes.NewReader(b)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(names) == maxDepth {
				return nil, errDeep
			}
			names = append(names, t.Name.Local)
			open = append(open, map[string]any{})
			chars.Reset()
		case xml.CharData:
			chars.Write(t)
		case xml.EndElement:
			last := len(names) - 1
			parent, own := open[last], open[last+1]
			if len(own) == 0 {
				parent[names[last]] = strings.TrimSpace(chars.String())
			} else {
				parent[names[last]] = own
			}
			names, open = names[:last], open[:last+1]
			chars.Reset()
		}
	}
}

// matcher recognises an answer.
type matcher func(body) bool

// at finds a value by the names that lead to it: "error.code".
func (b body) at(path string) any {
	here := b.tree
	for name := range strings.SplitSeq(path, ".") {
		m, ok := here.(map[string]any)
		if !ok {
			return nil
		}
		here = m[name]
	}
	return here
}

// has wants a value of the type of like, and not an empty text.
func has[T string | float64 | []any | map[string]any](path string) matcher {
	return func(b body) bool {
		v, ok := b.at(path).(T)
		return ok && any(v) != any("")
	}
}

// is wants one of some values. Case does not count: providers change it.
func is(path string, values ...any) matcher {
	return func(b body) bool {
		got := b.at(path)
		for _, v := range values {
			want, isText := v.(string)
			have, ok := got.(string)
			if isText && ok && strings.EqualFold(want, have) || !isText && got == v {
				return true
			}
		}
		return false
	}
}

// begins wants a text that begins so.
func begins(path, prefix string) matcher {
	return func(b body) bool {
		s, ok := b.at(path).(string)
		return ok && strings.HasPrefix(s, prefix)
	}
}

// plain wants one of some texts, and nothing else.
func plain(texts ...string) matcher {
	return func(b body) bool {
		for _, t := range texts {
			if b.text == t {
				return true
			}
		}
		return false
	}
}

// object wants any JSON object.
func object(b body) bool {
	_, ok := b.tree.(map[string]any)
	return ok
}

func all(ms ...matcher) matcher {
	return func(b body) bool {
		for _, m := range ms {
			if !m(b) {
				return false
			}
		}
		return true
	}
}

func either(ms ...matcher) matcher {
	return func(b body) bool {
		for _, m := range ms {
			if m(b) {
				return true
			}
		}
		return false
	}
}
