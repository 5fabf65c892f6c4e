package helm

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	node "gopkg.in/yaml.v3"
	"sigs.k8s.io/yaml"

	"github.com/scangate/scangate/text"
)

const maxNodes = 200_000 // values in a file, with every alias written out

// decode reads YAML as Helm does: numbers become float64. Aliases are counted
// before they are written out.
func decode(b *budget, data []byte, into any) error {
	if len(data) > maxString {
		return errBig
	}
	if err := b.spend(len(data)/2 + 50); err != nil {
		return err
	}
	if bytes.IndexByte(data, '*') >= 0 && bytes.IndexByte(data, '&') >= 0 {
		var root node.Node
		if err := node.Unmarshal(data, &root); err == nil {
			if err := countNodes(&root); err != nil {
				return err
			}
		}
	}
	return yaml.Unmarshal(data, into)
}

// countNodes refuses a document whose aliases multiply or contain themselves.
func countNodes(root *node.Node) error {
	sizes := map[*node.Node]int{}
	var walk func(n *node.Node, depth int) (int, error)
	walk = func(n *node.Node, depth int) (int, error) {
		if depth > maxDepth {
			return 0, errDeep
		}
		if n.Kind == node.AliasNode {
			n = n.Alias
		}
		if size, seen := sizes[n]; seen {
			if size < 0 {
				return 0, limit("an alias contains itself")
			}
			return size, nil
		}
		sizes[n] = -1
		total := 1
		for _, child := range n.Content {
			size, err := walk(child, depth+1)
			if err != nil {
				return 0, err
			}
			if total += size; total > maxNodes {
				return 0, limit("has too many values, or its aliases multiply")
			}
		}
		sizes[n] = total
		return total, nil
	}
	_, err := walk(root, 0)
	return err
}

// decodeMap reads a file that holds values.
func decodeMap(b *budget, data []byte) (map[string]any, error) {
	m := map[string]any{}
	if err := decode(b, data, &m); err != nil {
		return nil, err
	}
	if m == nil {
		m = map[string]any{}
	}
	if _, err := measure(b, m); err != nil {
		return nil, err
	}
	return m, nil
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlProblem says what is wrong with a file, without what the parser quotes.
func yamlProblem(path string, err error) Problem {
	var l limit
	if errors.As(err, &l) {
		return Problem{Path: path, Message: string(l)}
	}
	why, line := text.OneLine(err.Error(), 200), 0
	if m := yamlLine.FindStringSubmatchIndex(why); m != nil {
		line, _ = strconv.Atoi(why[m[2]:m[3]])
		why = why[m[1]:]
	}
	if i := strings.LastIndex(why, "yaml: "); i >= 0 {
		why = why[i+len("yaml: "):]
	}
	return Problem{Path: path, Line: line, Message: "cannot be parsed: " + unquoted(why)}
}

// unquoted cuts a message where it begins to quote.
func unquoted(why string) string {
	if i := strings.IndexAny(why, "\"`'<{"); i >= 0 {
		why = why[:i]
	}
	why, _, _ = strings.Cut(why, ": map[")
	return strings.TrimRight(why, " :;,(=")
}

// mergeFiles reads the caller's values files.
func mergeFiles(b *budget, files []File) (map[string]any, error) {
	merged := map[string]any{}
	for _, f := range files {
		m, err := decodeMap(b, f.Data)
		if err != nil {
			p := yamlProblem(f.Name, err)
			if p.Line > 0 {
				return nil, fmt.Errorf("values file %s, line %d: %s", text.OneLine(f.Name, 200), p.Line, p.Message)
			}
			return nil, fmt.Errorf("values file %s: %s", text.OneLine(f.Name, 200), p.Message)
		}
		merged = mergeMaps(merged, m)
	}
	return merged, nil
}

// mergeMaps puts one file's values over another's.
func mergeMaps(below, above map[string]any) map[string]any {
	for key, value := range above {
		if m, ok := value.(map[string]any); ok {
			if under, ok := below[key].(map[string]any); ok {
				value = mergeMaps(under, m)
			}
		}
		below[key] = value
	}
	return below
}
