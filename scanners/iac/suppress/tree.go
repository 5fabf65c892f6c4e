package suppress

import (
	"bytes"
	"math"
	"strings"

	"gopkg.in/yaml.v3"
)

// maxDocuments are read of one file.
const maxDocuments = 10_000

// tree reads what is not in a comment but in the data: the annotations of
// Kubernetes' objects, and the metadata of CloudFormation's resources, of
// which it also learns the extents.
func (p *parser) tree() {
	switch {
	case p.kind == Kubernetes && bytes.Contains(p.data, []byte(".io/skip")):
	case p.kind == CloudFormation && (len(p.skips) > 0 || hasMetadata(p.data)):
	default:
		return
	}
	documents := decode(p.data)
	for i, doc := range documents {
		end := math.MaxInt
		if i+1 < len(documents) {
			end = documents[i+1].Line - 1
		}
		if p.kind == Kubernetes {
			p.object(doc, extent{doc.Line, end}, 0)
		} else if i == 0 {
			p.template(doc)
		}
	}
}

// hasMetadata reports whether a template may hold marks in metadata.
func hasMetadata(data []byte) bool {
	return bytes.Contains(data, []byte("checkov")) || bytes.Contains(data, []byte("bridgecrew"))
}

// decode returns the documents of a file up to the first that is not YAML,
// which is for the scanner to report. Aliases are not expanded.
func decode(data []byte) (documents []*yaml.Node) {
	defer func() { _ = recover() }() // the library's own bugs; what was read is still there
	d := yaml.NewDecoder(bytes.NewReader(data))
	for len(documents) < maxDocuments {
		var doc yaml.Node
		if err := d.Decode(&doc); err != nil {
			break
		}
		if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
			documents = append(documents, doc.Content[0])
		}
	}
	return documents
}

// object reads the annotations of an object, or those of a list's items.
func (p *parser) object(n *yaml.Node, at extent, depth int) {
	const deepest = 3 // lists in lists
	if kind := field(n, "kind"); kind != nil && strings.HasSuffix(kind.Value, "List") && depth < deepest {
		if items := field(n, "items"); items != nil && items.Kind == yaml.SequenceNode {
			for i, item := range items.Content {
				end := at.end
				if i+1 < len(items.Content) {
					end = max(items.Content[i+1].Line-1, item.Line)
				}
				p.object(resolve(item), extent{item.Line, end}, depth+1)
			}
			return
		}
	}
	annotations := field(field(n, "metadata"), "annotations")
	for key, value := range fields(annotations) {
		if !strings.Contains(key.Value, "checkov.io/skip") && !strings.Contains(key.Value, "bridgecrew.io/skip") && !strings.Contains(key.Value, "cortex.io/skip") {
			continue
		}
		list, reason, _ := strings.Cut(value.Value, "=")
		if strings.TrimSpace(list) == "" {
			p.problem(key.Line, "checkov.io/skip names no check: write checkov.io/skip1: ID=reason")
			continue
		}
		p.skipWithin(at, key.Line, list, reason)
	}
}

// template reads the metadata of a template's resources.
func (p *parser) template(doc *yaml.Node) {
	end := bytes.Count(p.data, []byte("\n")) + 1
	var resources *yaml.Node
	for key, value := range fields(doc) {
		if resources != nil {
			end = max(key.Line-1, resources.Line)
			break
		}
		if key.Value == "Resources" {
			resources = value
		}
	}
	if resources == nil {
		return
	}
	lines := bytes.Split(p.data, []byte("\n"))
	for i := 0; i+1 < len(resources.Content) && resources.Kind == yaml.MappingNode; i += 2 {
		key, value := resources.Content[i], resolve(resources.Content[i+1])
		at := extent{key.Line, end}
		if i+2 < len(resources.Content) {
			at.end = max(resources.Content[i+2].Line-1, key.Line)
		}
		for at.end > at.start && isBlank(lines, at.end) {
			at.end--
		}
		p.extents = append(p.extents, at)
		metadata := field(value, "Metadata")
		for _, tool := range []string{"checkov", "bridgecrew", "cortex"} {
			if skip := field(field(metadata, tool), "skip"); skip != nil && skip.Kind == yaml.SequenceNode {
				for _, s := range skip.Content {
					p.metadata(at, resolve(s))
				}
			}
		}
	}
}

// metadata reads one {id: …, comment: …}.
func (p *parser) metadata(at extent, n *yaml.Node) {
	id := field(n, "id")
	if id == nil || strings.TrimSpace(id.Value) == "" {
		p.problem(n.Line, "checkov.skip in metadata names no check")
		return
	}
	reason := ""
	if c := field(n, "comment"); c != nil {
		reason = c.Value
	}
	p.skipWithin(at, n.Line, id.Value, reason)
}

// isBlank reports whether a line, from 1, is empty or a comment: such lines
// below a resource do not belong to it.
func isBlank(lines [][]byte, line int) bool {
	if line > len(lines) {
		return true
	}
	s := bytes.TrimSpace(lines[line-1])
	return len(s) == 0 || s[0] == '#'
}

// fields goes through the fields of a mapping.
func fields(n *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if n = resolve(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], resolve(n.Content[i+1])) {
				return
			}
		}
	}
}

// field returns a field of a mapping, or nil.
func field(n *yaml.Node, name string) *yaml.Node {
	for key, value := range fields(n) {
		if key.Value == name {
			return value
		}
	}
	return nil
}

// resolve returns what an alias stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
