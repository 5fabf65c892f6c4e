package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// Document reads another YAML file of ours, as strictly as the configuration,
// and leaves what it means to the caller. The name is for messages.
func Document(data []byte, name string) (Section, error) {
	if len(data) > MaxSize {
		return Section{}, fmt.Errorf("%s: over the limit of %d KiB", name, MaxSize>>10)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return Section{}, &Error{File: name, Line: 1, Column: 1, Message: "the file is empty"}
	case err != nil:
		return Section{}, syntaxError(name, err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return Section{}, &Error{File: name, Line: max(1, more.Line), Column: 1, Message: "more than one YAML document: keep the first"}
	}
	if len(doc.Content) != 1 {
		return Section{}, &Error{File: name, Line: 1, Column: 1, Message: "not a YAML mapping"}
	}
	return Section{file: name, node: doc.Content[0]}, nil
}
