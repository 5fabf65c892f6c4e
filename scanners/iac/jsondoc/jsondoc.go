// Package jsondoc reads JSON that people write by hand, with comments and
// trailing commas, and that may be hostile. It keeps the lines of every value.
package jsondoc

import (
	"errors"
	"fmt"
)

// Kind is what a value is.
type Kind byte

// The kinds of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// Node is a value. Lines count from 1.
type Node struct {
	Kind    Kind
	Start   int      // the line of its first character
	End     int      // the line of its last one
	Text    string   // of a string, decoded; of a number or a bool, as it is written
	Items   []*Node  // of an array
	Members []Member // of an object, in the order of the file; names may repeat
}

// Member is a value with a name.
type Member struct {
	Name  string
	Line  int // of the name
	Value *Node
}

// Get returns the last member of that name, nil when there is none.
func (n *Node) Get(name string) *Node {
	if n == nil {
		return nil
	}
	for i := len(n.Members) - 1; i >= 0; i-- {
		if n.Members[i].Name == name {
			return n.Members[i].Value
		}
	}
	return nil
}

const (
	maxDepth = 100     // levels of objects and arrays
	maxNodes = 200_000 // values
)

// Error says what is wrong with a document, without quoting it.
type Error struct {
	Line   int
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Parse reads a document.
func Parse(data []byte) (*Node, error) {
	p := &parser{data: data, line: 1}
	p.take("\ufeff")
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.at < len(p.data) {
		return nil, p.fail("something follows the end of the document")
	}
	return n, nil
}

type parser struct {
	data  []byte
	at    int
	line  int
	nodes int
}

func (p *parser) fail(why string) error { return &Error{p.line, why} }

// peek returns the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.at < len(p.data) {
		return p.data[p.at]
	}
	return 0
}

// take reads text if it comes next.
func (p *parser) take(text string) bool {
	if len(p.data)-p.at >= len(text) && string(p.data[p.at:p.at+len(text)]) == text {
		p.at += len(text)
		return true
	}
	return false
}

// space passes over space and comments.
func (p *parser) space() error {
	for p.at < len(p.data) {
		switch c := p.data[p.at]; {
		case c == '\n':
			p.line++
			p.at++
		case c == ' ' || c == '\t' || c == '\r':
			p.at++
		case p.take("//"):
			for p.at < len(p.data) && p.data[p.at] != '\n' {
				p.at++
			}
		case p.take("/*"):
			for !p.take("*/") {
				if p.at == len(p.data) {
					return p.fail("a comment does not end")
				}
				if p.data[p.at] == '\n' {
					p.line++
				}
				p.at++
			}
		default:
			return nil
		}
	}
	return nil
}

// value reads a value, below depth others.
func (p *parser) value(depth int) (*Node, error) {
	if err := p.space(); err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, p.fail("is nested too deep")
	}
	if p.nodes++; p.nodes > maxNodes {
		return nil, p.fail("has too many values")
	}
	n := &Node{Start: p.line}
	var err error
	switch c := p.peek(); {
	case c == '{':
		n.Kind = Object
		err = p.object(n, depth)
	case c == '[':
		n.Kind = Array
		err = p.array(n, depth)
	case c == '"':
		n.Kind = String
		n.Text, err = p.text()
	case c == '-' || c >= '0' && c <= '9':
		n.Kind = Number
		n.Text, err = p.number()
	case p.take("true"):
		n.Kind, n.Text = Bool, "true"
	case p.take("false"):
		n.Kind, n.Text = Bool, "false"
	case p.take("null"):
	case p.at >= len(p.data):
		err = p.fail("ends too soon")
	default:
		err = p.fail("a value is expected")
	}
	n.End = p.line
	return n, err
}

func (p *parser) object(n *Node, depth int) error {
	p.at++
	for {
		if err := p.space(); err != nil {
			return err
		}
		if p.take("}") {
			return nil
		}
		if p.peek() != '"' {
			return p.fail("a name in quotes is expected")
		}
		line := p.line
		name, err := p.text()
		if err != nil {
			return err
		}
		if err := p.space(); err != nil {
			return err
		}
		if !p.take(":") {
			return p.fail("a colon is expected")
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Members = append(n.Members, Member{name, line, v})
		if more, err := p.comma('}'); err != nil || !more {
			return err
		}
	}
}

func (p *parser) array(n *Node, depth int) error {
	p.at++
	for {
		if err := p.space(); err != nil {
			return err
		}
		if p.take("]") {
			return nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, v)
		if more, err := p.comma(']'); err != nil || !more {
			return err
		}
	}
}

// comma reads what stands between values: a comma, or the end.
func (p *parser) comma(end byte) (more bool, err error) {
	if err := p.space(); err != nil {
		return false, err
	}
	switch {
	case p.take(","):
		return true, nil
	case p.take(string(end)):
		return false, nil
	case p.at >= len(p.data):
		return false, p.fail("ends too soon")
	}
	return false, p.fail("a comma or the end of the list is expected")
}

func (p *parser) number() (string, error) {
	from := p.at
	digits := false
	for p.at < len(p.data) {
		c := p.data[p.at]
		if c >= '0' && c <= '9' {
			digits = true
		} else if c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		p.at++
	}
	if !digits {
		return "", p.fail("a number is expected")
	}
	return string(p.data[from:p.at]), nil
}

// Place returns the line and the reason of an error of Parse.
func Place(err error) (line int, reason string) {
	var e *Error
	if errors.As(err, &e) {
		return e.Line, e.Reason
	}
	return 0, "cannot be read"
}
