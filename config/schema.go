package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A Schema is a JSON Schema (draft 2020-12) or a part of one: what encoding/json
// makes of it is the same for the same content.
type Schema map[string]any

// Word is what a schema says of a key beside what follows from its type.
type Word struct {
	About   string   // a sentence for people
	Words   []string // the only ones that the text, or each text of the list, may be
	Default any      // what holds without the key, when that is one value
	Example any
	// Also are further keywords. They are all there is for a Section, whose
	// reader knows what is in it.
	Also Schema
}

// Null is a key with nothing behind it.
func Null() Schema { return Schema{"type": "null"} }

// Text is any single value that is there: what is not text to YAML is read as
// it is written.
func Text() Schema { return Schema{"type": []string{"string", "number", "boolean"}} }

// Some is Text that is not empty.
func Some() Schema {
	s := Text()
	s["minLength"] = 1
	return s
}

// Filled is Text that is not blank.
func Filled() Schema {
	s := Text()
	s["pattern"] = `\S`
	return s
}

// OneOf is one of some words, which editors then offer.
func OneOf(words ...string) Schema { return Schema{"enum": words} }

// AnyCase is one of some words, whatever their case. Editors offer them in lower
// case.
func AnyCase(words ...string) Schema {
	return Schema{"anyOf": []Schema{OneOf(words...), {"type": "string", "pattern": "^(" + CasePattern(words...) + ")$"}}}
}

// CasePattern is a regular expression of words whose case does not count, which
// those of JSON Schema have no flag for.
func CasePattern(words ...string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte('|')
		}
		for _, r := range w {
			if lower, upper := strings.ToLower(string(r)), strings.ToUpper(string(r)); lower != upper {
				b.WriteString("[" + upper + lower + "]")
			} else {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// OneOrMore is one such value, or a list of them that is not empty.
func OneOrMore(item Schema) Schema {
	return Schema{"anyOf": []Schema{item, {"type": "array", "minItems": 1, "items": item}}}
}

// Maybe is such a value, or nothing.
func Maybe(s Schema) Schema { return Schema{"anyOf": []Schema{s, Null()}} }

// Ref is what the schema has under a name in $defs.
func Ref(name string) Schema { return Schema{"$ref": "#/$defs/" + name} }

// Given is the condition that a mapping has a key with a text in it: the empty
// one stands for what is not there.
func Given(key string) Schema {
	return Schema{"type": "object", "required": []string{key}, "properties": Schema{key: Schema{"not": Schema{"enum": []any{nil, ""}}}}}
}

// Listed is the condition that a mapping has a key with a list that is not empty.
func Listed(key string) Schema {
	return Schema{"type": "object", "required": []string{key}, "properties": Schema{key: Schema{"type": "array", "minItems": 1}}}
}

// Fixed is the condition that a mapping has a key with that value.
func Fixed(key string, value any) Schema {
	return Schema{"type": "object", "required": []string{key}, "properties": Schema{key: Schema{"const": value}}}
}

// SchemaOf is the schema of what the decoder fills a value of type t from. There must
// be a word for each key, under its path with dots ("signature.key", also for
// the elements of a list), and none for another one: that is an error.
func SchemaOf(t reflect.Type, words map[string]Word) (Schema, error) {
	s := describer{words: words, used: map[string]bool{}}
	out, err := s.value(t, "")
	if err != nil {
		return nil, err
	}
	for _, path := range slices.Sorted(maps.Keys(words)) {
		if !s.used[path] {
			return nil, fmt.Errorf("schema: %s: there is no key %q", t, path)
		}
	}
	return out, nil
}

// describer makes schemas the way in which decoder reads values.
type describer struct {
	words map[string]Word
	used  map[string]bool
}

// durationPattern is what time.ParseDuration takes and is not below zero.
const durationPattern = `^\+?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`

// value is the counterpart of decoder.value.
func (d *describer) value(t reflect.Type, path string) (Schema, error) {
	pointer := reflect.PointerTo(t)
	switch {
	case pointer.Implements(nodeType):
		return Schema{}, nil
	case pointer.Implements(textType):
		return Schema{"type": []string{"string", "number", "boolean", "null"}}, nil
	case t == durationType:
		return Schema{"anyOf": []Schema{{"type": "string", "pattern": durationPattern}, {"const": 0}, Null()}}, nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return d.fields(t, path)
	case reflect.Map:
		item, err := d.value(t.Elem(), path)
		return Schema{"type": []string{"object", "null"}, "additionalProperties": item}, err
	case reflect.Slice:
		item, err := d.value(t.Elem(), path)
		return Schema{"type": []string{"array", "null"}, "items": present(item)}, err
	case reflect.Pointer:
		return d.value(t.Elem(), path)
	case reflect.String:
		return Schema{"type": []string{"string", "number", "boolean", "null"}}, nil
	case reflect.Bool:
		return Schema{"type": []string{"boolean", "null"}}, nil
	case reflect.Int:
		return Schema{"type": []string{"integer", "null"}}, nil
	}
	return nil, fmt.Errorf("schema: %s: no schema for %s", path, t)
}

// present takes the null out of what may be in a list.
func present(s Schema) Schema {
	s = maps.Clone(s)
	if types, ok := s["type"].([]string); ok {
		s["type"] = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "null" })
	}
	return s
}

// fields is the counterpart of decoder.fields.
func (d *describer) fields(t reflect.Type, path string) (Schema, error) {
	properties := Schema{}
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		name := join(path, key)
		word, ok := d.words[name]
		if !ok || word.About == "" {
			return nil, fmt.Errorf("schema: nothing says what the key %q of %s is: add it to the words of its schema", name, t)
		}
		d.used[name] = true
		s, err := d.value(t.Field(i).Type, name)
		if err != nil {
			return nil, err
		}
		properties[key] = word.onto(s)
	}
	return Schema{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}, nil
}

// onto adds what the word says to a schema.
func (w Word) onto(s Schema) Schema {
	s = maps.Clone(s)
	if w.Words != nil {
		var words []any
		for _, word := range w.Words {
			words = append(words, word)
		}
		if _, list := s["items"]; list {
			s["items"] = Schema{"enum": words}
		} else {
			delete(s, "type")
			s["enum"] = append(words, "", nil)
		}
	}
	maps.Copy(s, w.Also)
	s["description"] = w.About
	if w.Default != nil {
		s["default"] = w.Default
	}
	if w.Example != nil {
		s["examples"] = []any{w.Example}
	}
	return s
}
