package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/text"
)

// Document reads another YAML file of ours, as strictly as the configuration,
// and leaves what it means to the caller. The name is for messages.
func Document(data []byte, name string) (Section, error) {
	if len(data) > MaxSize {
		return Section{}, &Error{File: name, Line: 1, Column: 1, Message: fmt.Sprintf("over the limit of %d KiB", MaxSize>>10)}
	}
	root, err := read(data, name)
	switch {
	case err != nil:
		return Section{}, err
	case root == nil:
		return Section{}, &Error{File: name, Line: 1, Column: 1, Message: "the file is empty"}
	}
	return Section{file: name, node: root}, nil
}

// read parses the only YAML document of a file, and returns nil when it is
// empty.
func read(data []byte, name string) (*yaml.Node, error) {
	if err := checkUTF8(data, name); err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, syntaxError(data, name, err)
	}
	switch err := dec.Decode(&more); {
	case errors.Is(err, io.EOF):
	case err != nil:
		return nil, syntaxError(data, name, err)
	default:
		return nil, &Error{File: name, Line: min(max(1, more.Line), lines(data)), Column: 1, Message: "more than one YAML document: keep the first"}
	}
	if len(doc.Content) != 1 {
		return nil, &Error{File: name, Line: 1, Column: 1, Message: "not a YAML mapping"}
	}
	clamp(&doc, lines(data))
	return doc.Content[0], nil
}

// lines is how many lines YAML sees, which ends them in more ways than others.
func lines(data []byte) int {
	n := 1 - bytes.Count(data, []byte("\r\n"))
	for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		n += bytes.Count(data, []byte(end))
	}
	return n
}

// clamp sees that no value is behind the last line, where the parser finds the
// empty one of a document that ends too early.
func clamp(n *yaml.Node, last int) {
	n.Line = min(n.Line, last)
	for _, c := range n.Content {
		clamp(c, last)
	}
}

// checkUTF8 refuses what is not UTF-8. YAML may be UTF-16, too, in which other
// tools, and we when we write, would see something else.
func checkUTF8(data []byte, name string) error {
	if utf8.Valid(data) {
		return nil
	}
	good := 0
	for r, size := utf8.DecodeRune(data); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(data[good:]) {
		good += size
	}
	return &Error{File: name, Line: 1 + bytes.Count(data[:good], []byte("\n")), Column: 1, Message: "not valid YAML: not UTF-8: save the file in that encoding"}
}

var yamlLine = regexp.MustCompile(`line (\d+): (.*)`)

// syntaxError gives a YAML error the form of all the others.
func syntaxError(data []byte, name string, err error) error {
	msg, line := err.Error(), 1
	if m := yamlLine.FindStringSubmatch(msg); m != nil {
		line, _ = strconv.Atoi(m[1])
		msg = m[2]
	}
	return &Error{File: name, Line: min(max(1, line), lines(data)), Column: 1, Message: "not valid YAML: " + text.OneLine(strings.TrimPrefix(msg, "yaml: "), maxMessage)}
}
