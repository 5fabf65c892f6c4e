package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scangate/scangate/text"
)

const (
	maxParameters = 200  // of an operation
	maxSchemas    = 1000 // with names; kin-openapi goes from one into the next
	maxValue      = 1000 // bytes of a value that is sent, or of an example of one
)

// parameters merges those of a path with those of an operation, which go
// before them, in their order.
func (p *pruned) parameters(lists ...any) ([]any, error) {
	type key struct{ in, name string }
	at := map[key]int{}
	out := []any{}
	for _, v := range lists {
		list, _ := v.([]any)
		if len(list) > maxParameters {
			return nil, fmt.Errorf("it has over %s", text.Count(maxParameters, "parameter"))
		}
		for _, v := range list {
			v, err := p.follow(v)
			if err != nil {
				return nil, fmt.Errorf("one of its parameters cannot be read: %w", err)
			}
			m, _ := v.(map[string]any)
			in, _ := m["in"].(string)
			name, ok := m["name"].(string)
			if !ok || in == "" || len(name) > maxValue {
				return nil, errors.New("one of its parameters cannot be read: it has no name or no place")
			}
			if in == "body" || in == "formData" {
				continue // GET has none
			}
			one, err := p.parameter(m)
			if err != nil {
				return nil, err
			}
			if i, ok := at[key{in, name}]; ok {
				out[i] = one
				continue
			}
			at[key{in, name}] = len(out)
			out = append(out, one)
		}
	}
	return out, nil
}

// parameter keeps what a value can be made from; of an optional one nothing.
func (p *pruned) parameter(m map[string]any) (map[string]any, error) {
	out := map[string]any{"in": m["in"], "name": m["name"]}
	if m["required"] != true && m["in"] != "path" {
		return out, nil
	}
	out["required"] = true
	for _, name := range []string{"style", "explode"} {
		if v, ok := m[name]; ok && right(name, v) {
			out[name] = v
		}
	}
	if v := small(m["example"]); v != nil {
		out["example"] = v
	}
	if v := p.example(m["examples"]); v != nil {
		out["example"] = v
	}
	if p.two {
		schema, err := p.schema(m, 0)
		maps.Copy(out, schema)
		delete(out, "example")
		if v := small(m["x-example"]); v != nil { // there is no other place for it
			out["x-example"] = v
		}
		return out, err
	}
	if content, ok := m["content"].(map[string]any); ok && len(content) > 0 {
		kind := slices.Min(slices.Collect(maps.Keys(content)))
		media, _ := content[kind].(map[string]any)
		schema, err := p.schema(media["schema"], 0)
		one := map[string]any{"schema": schema}
		if v := small(media["example"]); v != nil {
			one["example"] = v
		}
		if v := p.example(media["examples"]); v != nil {
			one["example"] = v
		}
		out["content"] = map[string]any{kind: one}
		return out, err
	}
	schema, err := p.schema(m["schema"], 0)
	out["schema"] = schema
	return out, err
}

// example returns the first of a parameter's examples that has a value here.
func (p *pruned) example(v any) any {
	m, _ := v.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		e, err := p.follow(m[name])
		if err != nil {
			continue
		}
		e2, _ := e.(map[string]any)
		if v := small(e2["value"]); v != nil {
			return v
		}
	}
	return nil
}

var errSchemas = fmt.Errorf("its parameters need over %s", text.Count(maxSchemas, "schema"))

// The names of schemas that stand for what could not be followed.
const (
	external = "scangate: external"
	dangling = "scangate: dangling"
)

// schema keeps what a value can be made from. References to named schemas stay
// references, others are replaced by what they name.
func (p *pruned) schema(v any, depth int) (map[string]any, error) {
	if p.values++; p.values > maxValues {
		return nil, errLarge
	}
	m, _ := v.(map[string]any)
	if depth > maxRefs {
		return map[string]any{"type": dangling}, nil
	}
	if ref, ok := m["$ref"].(string); ok {
		return p.reference(ref, depth)
	}
	out := map[string]any{}
	for name, v := range m {
		if _, flag := v.(bool); right(name, v) && (!p.two || flag || !strings.HasPrefix(name, "exclusive")) {
			out[name] = v
		}
	}
	for _, name := range []string{"example", "default", "const"} {
		if v := small(m[name]); v != nil {
			out[name] = v
		}
	}
	for _, name := range []string{"enum", "examples"} {
		list, _ := m[name].([]any)
		for _, v := range list {
			if v = small(v); v != nil {
				out[name] = []any{v}
				break
			}
		}
	}
	if items, ok := m["items"].(map[string]any); ok {
		s, err := p.schema(items, depth+1)
		if err != nil {
			return nil, err
		}
		out["items"] = s
	}
	return out, p.parts(m, out, depth)
}

// parts keeps the schemas that a schema is made of. The first of alternatives
// is enough.
func (p *pruned) parts(m, out map[string]any, depth int) error {
	for _, name := range []string{"allOf", "oneOf", "anyOf"} {
		list, _ := m[name].([]any)
		kept := []any{}
		for _, v := range list[:min(len(list), 10)] {
			s, err := p.schema(v, depth+1)
			if err != nil {
				return err
			}
			kept = append(kept, s)
		}
		if len(kept) > 0 {
			out[name] = kept
		}
	}
	required, _ := m["required"].([]any)
	all, _ := m["properties"].(map[string]any)
	needed, names := map[string]any{}, []any{}
	for _, v := range required[:min(len(required), 50)] {
		name, ok := v.(string)
		if !ok || len(name) > maxValue {
			continue
		}
		s, err := p.schema(all[name], depth+1)
		if err != nil {
			return err
		}
		needed[name] = s
		names = append(names, name)
	}
	if len(names) > 0 {
		out["required"], out["properties"] = names, needed
	}
	return nil
}

// reference keeps a reference, and what it refers to.
func (p *pruned) reference(ref string, depth int) (map[string]any, error) {
	v, err := p.lookup(ref)
	if err == nil {
		_, err = p.follow(v)
	}
	switch {
	case err == errExternal:
		return map[string]any{"type": external}, nil
	case err != nil:
		return map[string]any{"type": dangling}, nil
	}
	name, named := strings.CutPrefix(ref, "#/components/schemas/")
	if !named || p.two || strings.ContainsAny(name, "/~%") {
		return p.schema(v, depth+1)
	}
	if _, ok := p.need[name]; !ok {
		if len(p.need) == maxSchemas {
			return nil, errSchemas
		}
		p.need[name] = nil
		p.queue = append(p.queue, name)
	}
	return map[string]any{"$ref": ref}, nil
}

// right tells whether a keyword is of use and its value is of the right kind.
func right(name string, v any) bool {
	switch name {
	case "type":
		list, ok := v.([]any)
		for _, v := range list {
			if _, ok := v.(string); !ok {
				return false
			}
		}
		_, one := v.(string)
		return ok || one
	case "format", "pattern", "style":
		s, ok := v.(string)
		return ok && len(s) <= maxValue
	case "uniqueItems", "explode":
		_, ok := v.(bool)
		return ok
	case "minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum":
		_, ok := number(v)
		_, flag := v.(bool)
		return ok || flag && strings.HasPrefix(name, "exclusive")
	case "minLength", "maxLength", "minItems":
		n, ok := number(v)
		return ok && n >= 0 && n < 1e9 && n == float64(int(n))
	}
	return false
}

// small returns a value that may be sent: not nothing, and not large.
func small(v any) any {
	if size(v, 0) > maxValue {
		return nil
	}
	if n, ok := v.(json.Number); ok {
		if f, err := n.Float64(); err != nil || f > 1<<53 || f < -1<<53 {
			return n.String() // it is sent as it is written
		}
	}
	return v
}

// number returns the value of a number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// size estimates a value's length, and stops when it is too large.
func size(v any, depth int) int {
	n := 1
	switch v := v.(type) {
	case string:
		n += len(v)
	case json.Number:
		n += len(v)
		if _, err := v.Float64(); err != nil && depth > 0 {
			n += maxValue
		}
	case []any:
		for _, c := range v {
			if n += size(c, depth+1); n > maxValue {
				break
			}
		}
	case map[string]any:
		for k, c := range v {
			if n += len(k) + size(c, depth+1); n > maxValue {
				break
			}
		}
	}
	if depth > 10 {
		n += maxValue
	}
	return n
}
