package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/text"
)

const (
	maxDepth   = 32  // how deep the values of a configuration may nest
	maxName    = 80  // of a key in a message, in characters
	maxMessage = 600 // of a message
)

// decoder fills Go values from YAML nodes and is strict about everything: a
// key that no field has, a key given twice, a value of another kind.
type decoder struct{ file string }

var (
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	nodeType     = reflect.TypeFor[NodeDecoder]()
	durationType = reflect.TypeFor[time.Duration]()
)

// NodeDecoder is a type that reads a section of the configuration itself.
type NodeDecoder interface{ DecodeNode(Section) error }

func (d decoder) fail(n *yaml.Node, format string, args ...any) error {
	return &Error{File: d.file, Line: n.Line, Column: n.Column, Message: text.OneLine(fmt.Sprintf(format, args...), maxMessage)}
}

func (d decoder) value(n *yaml.Node, v reflect.Value, name string, depth int) error {
	if depth > maxDepth {
		return d.fail(n, "%s: nested too deep", name)
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return d.fail(n, "%s: anchors and aliases are not supported: write the value out", name)
	}
	if v.CanAddr() && v.Addr().Type().Implements(nodeType) {
		return v.Addr().Interface().(NodeDecoder).DecodeNode(Section{file: d.file, node: n, name: name})
	}
	if n.Tag == "!!null" {
		return nil // "key:" with nothing behind it leaves the default
	}
	if v.CanAddr() && v.Addr().Type().Implements(textType) {
		text, err := d.scalar(n, name, "a word")
		if err != nil {
			return err
		}
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
			return d.fail(n, "%s: %v", name, err)
		}
		return nil
	}
	if v.Type() == durationType {
		text, err := d.scalar(n, name, "a duration such as 48h")
		if err != nil {
			return err
		}
		dur, err := time.ParseDuration(text)
		if err != nil || dur < 0 {
			return d.fail(n, "%s: %q is not a duration such as 48h or 15m", name, text)
		}
		v.SetInt(int64(dur))
		return nil
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.fields(n, v, name, depth)
	case reflect.Map:
		return d.mapping(n, v, name, depth)
	case reflect.Slice:
		return d.sequence(n, v, name, depth)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(n, v.Elem(), name, depth+1)
	}
	return d.plain(n, v, name)
}

// plain decodes strings, booleans and integers.
func (d decoder) plain(n *yaml.Node, v reflect.Value, name string) error {
	want := map[reflect.Kind]string{reflect.Bool: "true or false", reflect.String: "text", reflect.Int: "a whole number"}[v.Kind()]
	text, err := d.scalar(n, name, want)
	if err != nil {
		return err
	}
	ok := true
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		ok = n.Tag == "!!bool"
		v.SetBool(strings.EqualFold(text, "true"))
	case reflect.Int:
		var i int
		ok = n.Tag == "!!int" && n.Decode(&i) == nil
		v.SetInt(int64(i))
	default:
		return fmt.Errorf("config: no decoding for %s", v.Type())
	}
	if !ok {
		return d.fail(n, "%s: want %s, not %q", name, want, text)
	}
	return nil
}

func (d decoder) scalar(n *yaml.Node, name, want string) (string, error) {
	if n.Kind != yaml.ScalarNode {
		return "", d.fail(n, "%s: want %s, not a %s", name, want, kindName(n))
	}
	return n.Value, nil
}

// fields decodes a mapping whose keys are the yaml tags of a struct.
func (d decoder) fields(n *yaml.Node, v reflect.Value, name string, depth int) error {
	byKey := map[string]int{}
	var keys []string
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("yaml"); key != "" && key != "-" {
			byKey[key] = i
			keys = append(keys, key)
		}
	}
	return d.pairs(n, name, func(k, val *yaml.Node) error {
		i, ok := byKey[k.Value]
		if !ok {
			return d.fail(k, "unknown key %q%s%s", k.Value, in(name), text.Suggest(k.Value, keys))
		}
		return d.value(val, v.Field(i), join(name, k.Value), depth+1)
	})
}

func (d decoder) mapping(n *yaml.Node, v reflect.Value, name string, depth int) error {
	v.Set(reflect.MakeMap(v.Type()))
	return d.pairs(n, name, func(k, val *yaml.Node) error {
		e := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(val, e, join(name, k.Value), depth+1); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(k.Value), e)
		return nil
	})
}

func (d decoder) sequence(n *yaml.Node, v reflect.Value, name string, depth int) error {
	if n.Kind != yaml.SequenceNode {
		return d.fail(n, "%s: want a list, not a %s", name, kindName(n))
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	itself := reflect.PointerTo(v.Type().Elem()).Implements(nodeType)
	for i, c := range n.Content {
		if c.Tag == "!!null" && !itself {
			return d.fail(c, "%s: an empty entry in a list", name)
		}
		if err := d.value(c, v.Index(i), fmt.Sprintf("%s[%d]", name, i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// pairs calls do for each key of a mapping, in the order of the file.
func (d decoder) pairs(n *yaml.Node, name string, do func(k, v *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return d.fail(n, "%s: want keys and values, not a %s", cmpName(name), kindName(n))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Kind != yaml.ScalarNode || k.Tag == "!!merge":
			return d.fail(k, "%s: a key must be a plain word", cmpName(name))
		case seen[k.Value]:
			return d.fail(k, "key %q%s is given twice", k.Value, in(name))
		}
		seen[k.Value] = true
		if err := do(k, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func in(name string) string {
	if name == "" {
		return ""
	}
	return " in " + name
}

func join(parent, key string) string {
	key = text.OneLine(key, maxName) // what is below it has the name, too
	if parent == "" {
		return key
	}
	return parent + "." + key
}

func cmpName(name string) string {
	if name == "" {
		return "the file"
	}
	return name
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "mapping"
	case yaml.SequenceNode:
		return "list"
	case yaml.AliasNode:
		return "alias"
	}
	return "single value"
}
