package config

import (
	"errors"
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// DecodeNode keeps the node for later. Part of NodeDecoder.
func (s *Section) DecodeNode(got Section) error {
	*s = got
	return nil
}

// Absent reports that the file does not have the section, or that it is empty.
func (s Section) Absent() bool { return s.node == nil || s.node.Tag == "!!null" }

// Decode fills the struct that into points to. Keys are the yaml tags of its
// fields; an absent section leaves it as it is.
func (s Section) Decode(into any) error {
	if s.asked != nil {
		*s.asked = reflect.TypeOf(into).Elem()
		return errAsked
	}
	if s.Absent() {
		return nil
	}
	return decoder{file: s.file}.value(s.node, addressable(into), s.name, 0)
}

// errAsked is what a section says whose reader is only asked for its type.
var errAsked = errors.New("the section is not there: it only asks what it would be read into")

// TypeOf finds out what a reader decodes its section into, so that nobody has
// to say it a second time. It is nil for a reader that decodes nothing.
func TypeOf(read func(Section) error) reflect.Type {
	var t reflect.Type
	_ = read(Section{asked: &t}) // which is errAsked, unless it decodes nothing
	return t
}

// Position formats where the section begins, as file:line.
func (s Section) Position() string {
	if s.node == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.file, s.node.Line)
}

// Line is the line on which the section begins, 0 for an absent one.
func (s Section) Line() int {
	if s.node == nil {
		return 0
	}
	return s.node.Line
}

// Errorf makes an error that points at the section's first line.
func (s Section) Errorf(format string, args ...any) error {
	if s.node == nil {
		return fmt.Errorf(format, args...)
	}
	return decoder{file: s.file}.fail(s.node, format, args...)
}

// Pair is a key of a section with its value.
type Pair struct {
	Key   Section // Errorf and Position point at the key itself
	Name  string
	Value Section
}

// Text returns the value of a section that is a single word.
func (s Section) Text() (string, error) {
	return decoder{file: s.file}.scalar(s.node, s.name, "a word")
}

// Pairs lists the keys of a section in the order of the file.
func (s Section) Pairs() ([]Pair, error) {
	if s.Absent() {
		return nil, nil
	}
	var out []Pair
	err := decoder{file: s.file}.pairs(s.node, s.name, func(k, v *yaml.Node) error {
		out = append(out, Pair{
			Key:   Section{file: s.file, name: join(s.name, k.Value), node: k},
			Name:  k.Value,
			Value: Section{file: s.file, name: join(s.name, k.Value), node: v},
		})
		return nil
	})
	return out, err
}

// addressable returns the value that a pointer points to.
func addressable(p any) reflect.Value { return reflect.ValueOf(p).Elem() }
