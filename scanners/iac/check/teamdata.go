package check

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/util"
)

// maxDataDepth bounds objects and lists in each other in a data file.
const maxDataDepth = 100

// data takes over a data file: its keys are seen below data, as both Trivy and
// Conftest have it, wherever the file is.
func (r *customReader) data(name string, content []byte) {
	var value any
	if err := util.Unmarshal(content, &value); err != nil {
		r.problems.add(name, 0, 0, "cannot be read as data: "+err.Error())
		return
	}
	if value == nil {
		return
	}
	object, ok := value.(map[string]any)
	if !ok {
		r.problems.add(name, 0, 0, "is not data: want an object, whose keys are seen below data")
		return
	}
	if err := bounded(object, 0); err != nil {
		r.problems.add(name, 0, 0, err.Error())
		return
	}
	if at, other := merge(r.custom.data, object, "data", r.owners, name); at != "" {
		r.problems.add(name, 0, 0, fmt.Sprintf("%s is in %s already", at, other))
	}
}

// merge adds an object to another. The answer is the path that both have with
// different values, and the file it was from; empty when there is none.
func merge(into, from map[string]any, at string, owners map[string]string, file string) (conflict, other string) {
	for _, k := range util.KeysSorted(from) {
		path := at + "." + k
		old, there := into[k]
		if !there {
			into[k] = from[k]
			owners[path] = file
			continue
		}
		a, ok1 := old.(map[string]any)
		b, ok2 := from[k].(map[string]any)
		if !ok1 || !ok2 {
			for p := path; p != ""; p = parentOf(p) {
				if owners[p] != "" {
					return path, owners[p]
				}
			}
			return path, "another file"
		}
		if conflict, other = merge(a, b, path, owners, file); conflict != "" {
			return conflict, other
		}
	}
	return "", ""
}

// parentOf is the path without its last key. Keys with dots only make the
// answer shorter.
func parentOf(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return path[:i]
		}
	}
	return ""
}

// bounded refuses data that would be slow to compute with.
func bounded(v any, depth int) error {
	if depth > maxDataDepth {
		return errors.New("is nested too deep")
	}
	switch v := v.(type) {
	case json.Number:
		if tooLong(string(v)) {
			return errors.New("holds a number that is too long")
		}
	case []any:
		for _, e := range v {
			if err := bounded(e, depth+1); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, e := range v {
			if err := bounded(e, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}
