package iac

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/kubernetes/parser"
	"github.com/aquasecurity/trivy/pkg/iac/types"
	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/text"
)

// document is one YAML document of a file, or the whole of a JSON file.
type document struct {
	text   []byte
	offset int // lines before it
}

var separator = regexp.MustCompile(`(?m:^---[ \t]*(#.*)?\r?$\n?)`)

// documents splits a file at its separators.
func documents(data []byte) []document {
	var docs []document
	from, lines := 0, 0
	cut := func(to, next int) {
		docs = append(docs, document{data[from:to], lines})
		lines += bytes.Count(data[from:next], []byte("\n"))
		from = next
	}
	for _, m := range separator.FindAllIndex(data, -1) {
		cut(m[0], m[1])
	}
	cut(len(data), len(data))
	return docs
}

// kubernetes judges the manifests of a file. One that cannot be parsed is a
// gap; the others are judged.
func (c *checkSet) kubernetes(ctx context.Context, f file) (outcome, error) {
	var out outcome
	for _, d := range documents(bytes.TrimPrefix(f.data, []byte("\ufeff"))) {
		if ctx.Err() != nil {
			return outcome{}, ctx.Err()
		}
		input, err := parseManifest(f.path, d)
		if err != nil {
			if bytes.Contains(d.text, []byte("{{")) {
				return outcome{templated: true}, nil
			}
			line, why := yamlError(err)
			if line > 0 {
				line += d.offset
			}
			out.notes = append(out.notes, gap(f.path, line, "cannot be parsed: "+why))
			continue
		}
		object, ok := input.(map[string]any)
		if !ok || object["kind"] == nil || object["apiVersion"] == nil {
			continue // not an object of Kubernetes: a comment, values, something else
		}
		results, err := c.judge(ctx, types.SourceKubernetes, rego.Input{Path: f.path, Contents: input})
		if err != nil {
			return outcome{}, err
		}
		resource := objectName(object)
		for _, r := range results {
			out.results = append(out.results, result{framework: kubernetes, path: f.path, resource: resource, res: r})
		}
	}
	return out, nil
}

// parseManifest turns a document into the input of the checks. It never
// panics: the engine's parser does, on some of what can be written.
func parseManifest(path string, d document) (input any, err error) {
	defer func() {
		if p := recover(); p != nil {
			input, err = nil, fmt.Errorf("the engine's parser gave up on it")
		}
	}()
	if onlyDirectives(d.text) {
		return nil, nil
	}
	var root yaml.Node
	if err := yaml.Unmarshal(d.text, &root); err != nil {
		return nil, err
	}
	if err := checkNodes(&root); err != nil {
		return nil, err
	}
	if len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return nil, nil
	}
	m := parser.Manifest{Path: path}
	if err := root.Content[0].Decode(&m); err != nil {
		return nil, err
	}
	if m.Content == nil {
		return nil, nil
	}
	m.Content.Offset = d.offset
	return m.ToRego(), nil
}

// onlyDirectives reports whether a document is empty but for comments and
// directives, which stand before the first separator.
func onlyDirectives(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' && line[0] != '%' {
			return false
		}
	}
	return true
}

const (
	maxNodes     = 200_000 // values in a document, with every alias written out
	maxNodeDepth = 100
)

// checkNodes refuses what the engine cannot digest: it writes out aliases
// without a limit, and follows them in circles.
func checkNodes(root *yaml.Node) error {
	sizes := map[*yaml.Node]int{}
	var walk func(n *yaml.Node, depth int) (int, error)
	walk = func(n *yaml.Node, depth int) (int, error) {
		if depth > maxNodeDepth {
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

// yamlError returns the line and the reason of a parser's error, without what
// it quotes from the file.
func yamlError(err error) (int, string) {
	if e, ok := err.(lineError); ok {
		return e.line, e.why
	}
	why := text.OneLine(err.Error(), 200)
	line := 0
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

// objectName names an object as kubectl does: Deployment/web.
func objectName(object map[string]any) string {
	kind, _ := object["kind"].(string)
	meta, _ := object["metadata"].(map[string]any)
	for _, key := range []string{"name", "generateName"} {
		if name, ok := meta[key].(string); ok {
			return text.OneLine(kind+"/"+name, 200)
		}
	}
	return text.OneLine(kind, 200)
}
