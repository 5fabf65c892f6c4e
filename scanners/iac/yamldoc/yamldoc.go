// Package yamldoc reads YAML that may be hostile: documents of a file one by
// one, with bounds to what aliases and nesting come to.
package yamldoc

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/text"
)

// Document is one YAML document of a file, or the whole of a JSON file.
type Document struct {
	Text   []byte
	Offset int // lines before it
}

var separator = regexp.MustCompile(`(?m:^---[ \t]*(#.*)?\r?$\n?)`)

// Split splits a file at its separators.
func Split(data []byte) []Document {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var docs []Document
	from, lines := 0, 0
	cut := func(to, next int) {
		docs = append(docs, Document{data[from:to], lines})
		lines += bytes.Count(data[from:next], []byte("\n"))
		from = next
	}
	for _, m := range separator.FindAllIndex(data, -1) {
		cut(m[0], m[1])
	}
	cut(len(data), len(data))
	return docs
}

// Parse reads a document. The node is nil when there is nothing but comments
// and directives.
func Parse(text []byte) (*yaml.Node, error) {
	if Empty(text) {
		return nil, nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	if err := Check(&doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	return doc.Content[0], nil
}

// Empty reports whether a document is empty but for comments and directives,
// which stand before the first separator.
func Empty(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}

const (
	maxNodes = 200_000 // values in a document, with every alias written out
	maxDepth = 100
)

// Check refuses what others cannot digest, who write out aliases without a
// limit, and follow them in circles.
func Check(root *yaml.Node) error {
	sizes := map[*yaml.Node]int{}
	var walk func(n *yaml.Node, depth int) (int, error)
	walk = func(n *yaml.Node, depth int) (int, error) {
		if depth > maxDepth {
			return 0, lineError{n.Line, "is nested too deep"}
		}
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		if size, seen := sizes[n]; seen {
			if size < 0 {
				return 0, lineError{n.Line, "an alias contains itself"}
			}
			return size, nil
		}
		sizes[n] = -1
		total := 1
		for i, child := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 && child.Kind != yaml.ScalarNode && child.Kind != yaml.AliasNode {
				return 0, lineError{child.Line, "a key is not a name"}
			}
			size, err := walk(child, depth+1)
			if err != nil {
				return 0, err
			}
			if total += size; total > maxNodes {
				return 0, lineError{n.Line, "has too many values, or its aliases multiply"}
			}
		}
		sizes[n] = total
		return total, nil
	}
	_, err := walk(root, 0)
	return err
}

// lineError is an error with a line of the document, from 1.
type lineError struct {
	line int
	why  string
}

func (e lineError) Error() string { return e.why }

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:unmarshal errors:\s*)?line (\d+): `)

// Reason returns the line and the reason of a parser's error, without what it
// quotes from the file.
func Reason(err error) (line int, why string) {
	if e, ok := err.(lineError); ok {
		return e.line, e.why
	}
	why = text.OneLine(err.Error(), 200)
	if m := yamlLine.FindStringSubmatch(why); m != nil {
		line, _ = strconv.Atoi(m[1])
		why = why[len(m[0]):]
	}
	why = strings.TrimPrefix(why, "yaml: ")
	if i := strings.IndexAny(why, "\"`'"); i >= 0 {
		why = why[:i]
	}
	return line, strings.TrimRight(why, ": ")
}
