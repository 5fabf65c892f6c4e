package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// value is what is sent for a parameter: a string, a list of them, or names
// with strings.
type value struct {
	list   []string
	fields []field
	object bool
}

type field struct{ name, value string }

// maxSteps bounds how many schemas one value is made from, and maxNested how
// deep they are within each other.
const (
	maxSteps  = 1000
	maxNested = 10
	maxItems  = 10
)

// parameterValue makes the value of a parameter: what is given as an example,
// as the default or as the first that is allowed, and else what fits its type.
func parameterValue(p *openapi3.Parameter) (value, error) {
	m := maker{name: p.Name, inPath: p.In == openapi3.ParameterInPath}
	if v := p.Example; v != nil {
		return plainly(v)
	}
	if v := p.Extensions["x-example"]; v != nil {
		return plainly(v)
	}
	for _, media := range p.Content {
		v := media.Example
		if v == nil {
			var err error
			if v, err = m.make(media.Schema, 0); err != nil {
				return value{}, err
			}
		}
		data, err := json.Marshal(v)
		if err != nil {
			return value{}, errors.New("it cannot be written as JSON")
		}
		return value{list: []string{string(data)}}, nil
	}
	v, err := m.make(p.Schema, 0)
	if err != nil {
		return value{}, err
	}
	return plainly(v)
}

// maker makes the value of one parameter.
type maker struct {
	name   string
	inPath bool
	steps  int
}

var (
	errDeep    = errors.New("its schema is too deep or too large")
	errNothing = errors.New("its schema does not say what it is")
)

// make makes a value that a schema allows, as far as that is easily told.
func (m *maker) make(ref *openapi3.SchemaRef, depth int) (any, error) {
	if m.steps++; m.steps > maxSteps || depth > maxNested {
		return nil, errDeep
	}
	if ref == nil || ref.Value == nil {
		return nil, errNothing
	}
	s := ref.Value
	for _, v := range slices.Concat([]any{s.Example}, s.Examples, []any{s.Const, s.Default}, s.Enum) {
		if v != nil {
			return v, nil
		}
	}
	for _, t := range s.Type.Slice() {
		if t != openapi3.TypeNull {
			return m.ofType(t, s, depth)
		}
	}
	for _, alternatives := range []openapi3.SchemaRefs{s.OneOf, s.AnyOf, s.AllOf} {
		for _, a := range alternatives {
			if v, err := m.make(a, depth+1); err == nil {
				return v, nil
			} else if err == errDeep {
				return nil, err
			}
		}
	}
	switch {
	case len(s.Properties) > 0:
		return m.ofType(openapi3.TypeObject, s, depth)
	case s.Items != nil:
		return m.ofType(openapi3.TypeArray, s, depth)
	case s.Format != "" || s.Pattern != "":
		return m.ofType(openapi3.TypeString, s, depth)
	case s.Min != nil || s.Max != nil:
		return m.ofType(openapi3.TypeInteger, s, depth)
	}
	return nil, errNothing
}

// ofType makes a value of a type. Words of programming languages are no types
// of a schema, but common where one is written by hand.
func (m *maker) ofType(kind string, s *openapi3.Schema, depth int) (any, error) {
	switch kind {
	case openapi3.TypeInteger, "int", "int32", "int64", "long":
		return numeral(s, 10, true)
	case openapi3.TypeNumber, "float", "double", "decimal":
		return numeral(s, 1.2, false)
	case openapi3.TypeBoolean, "bool":
		return true, nil
	case openapi3.TypeString:
		return m.word(s)
	case openapi3.TypeArray:
		n := max(s.MinItems, 1)
		if n > maxItems || n > 1 && s.UniqueItems {
			return nil, errors.New("it needs many values")
		}
		v, err := m.make(s.Items, depth+1)
		if err != nil {
			return nil, err
		}
		return slices.Repeat([]any{v}, int(n)), nil
	case openapi3.TypeObject:
		out := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			v, err := m.make(s.Properties[name], depth+1)
			if err != nil {
				return nil, err
			}
			out[name] = v
		}
		return out, nil
	case external:
		return nil, errExternal
	case dangling:
		return nil, errDangling
	}
	return nil, errNothing
}

// numeral makes a number within the bounds of a schema.
func numeral(s *openapi3.Schema, v float64, whole bool) (any, error) {
	step := 1.0
	if !whole {
		step = 0.1
	}
	if s.MultipleOf != nil && *s.MultipleOf > 0 {
		step = *s.MultipleOf
		v = step * max(1, math.Round(v/step))
	}
	low, high := math.Inf(-1), math.Inf(1)
	for _, b := range []struct {
		limit *float64
		also  openapi3.ExclusiveBound
		by    float64
		to    *float64
	}{{s.Min, s.ExclusiveMin, step, &low}, {s.Max, s.ExclusiveMax, -step, &high}} {
		if b.limit != nil {
			*b.to = *b.limit
			if b.also.IsTrue() {
				*b.to += b.by
			}
		}
		if b.also.Value != nil {
			*b.to = *b.also.Value + b.by
		}
	}
	if v < low {
		v = step * math.Ceil(low/step)
	}
	if v > high {
		v = step * math.Floor(high/step)
	}
	switch {
	case v < low || v > high || math.Abs(v) > 1<<53 || whole && v != math.Trunc(v):
		return nil, errors.New("no number is within its bounds")
	case whole:
		return int64(v), nil
	}
	return v, nil
}

// plainly turns a value into what is sent.
func plainly(v any) (value, error) {
	switch v := v.(type) {
	case []any:
		out := value{}
		for _, item := range v {
			s, err := word(item)
			if err != nil {
				return out, err
			}
			out.list = append(out.list, s)
		}
		if len(out.list) == 0 {
			return out, errors.New("its example is empty")
		}
		return out, nil
	case map[string]any:
		out := value{object: true}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			s, err := word(v[name])
			if err != nil {
				return out, err
			}
			out.fields = append(out.fields, field{name, s})
		}
		return out, nil
	}
	s, err := word(v)
	return value{list: []string{s}}, err
}

// word writes a simple value.
func word(v any) (string, error) {
	switch v := v.(type) {
	case string:
		if len(v) > maxValue || !utf8.ValidString(v) {
			return "", errors.New("its value is too long")
		}
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case json.Number:
		return v.String(), nil
	case uint64, int:
		return fmt.Sprint(v), nil
	}
	return "", errors.New("it is nested in a way that addresses have no form for")
}

// plain is the value as OpenAPI's style "simple" has it.
func (v value) plain() string {
	parts := slices.Clone(v.list)
	for _, f := range v.fields {
		parts = append(parts, f.name, f.value)
	}
	return strings.Join(parts, ",")
}

// path is the value for a path, escaped.
func (v value) path(p *openapi3.Parameter) string {
	name := url.PathEscape(p.Name)
	explode := p.Explode != nil && *p.Explode
	var parts []string
	for _, s := range v.list {
		parts = append(parts, url.PathEscape(s))
	}
	for _, f := range v.fields {
		if explode {
			parts = append(parts, url.PathEscape(f.name)+"="+url.PathEscape(f.value))
		} else {
			parts = append(parts, url.PathEscape(f.name), url.PathEscape(f.value))
		}
	}
	switch {
	case len(parts) == 0:
		return ""
	case p.Style == openapi3.SerializationLabel && explode:
		return "." + strings.Join(parts, ".")
	case p.Style == openapi3.SerializationLabel:
		return "." + strings.Join(parts, ",")
	case p.Style == openapi3.SerializationMatrix && explode && v.object:
		return ";" + strings.Join(parts, ";")
	case p.Style == openapi3.SerializationMatrix && explode:
		return ";" + name + "=" + strings.Join(parts, ";"+name+"=")
	case p.Style == openapi3.SerializationMatrix:
		return ";" + name + "=" + strings.Join(parts, ",")
	}
	return strings.Join(parts, ",")
}

// query is the value for a query, as pairs, escaped.
func (v value) query(p *openapi3.Parameter) []string {
	pair := func(name, value string) string { return url.QueryEscape(name) + "=" + url.QueryEscape(value) }
	explode := p.Explode == nil && (p.Style == "" || p.Style == openapi3.SerializationForm) || p.Explode != nil && *p.Explode
	var out []string
	switch {
	case v.object && p.Style == openapi3.SerializationDeepObject:
		for _, f := range v.fields {
			out = append(out, pair(p.Name+"["+f.name+"]", f.value))
		}
	case v.object && explode:
		for _, f := range v.fields {
			out = append(out, pair(f.name, f.value))
		}
	case v.object:
		out = append(out, pair(p.Name, v.plain()))
	case explode:
		for _, s := range v.list {
			out = append(out, pair(p.Name, s))
		}
	case p.Style == openapi3.SerializationSpaceDelimited:
		out = append(out, pair(p.Name, strings.Join(v.list, " ")))
	case p.Style == openapi3.SerializationPipeDelimited:
		out = append(out, pair(p.Name, strings.Join(v.list, "|")))
	default:
		out = append(out, pair(p.Name, v.plain()))
	}
	return out
}
