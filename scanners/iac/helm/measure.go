package helm

import (
	"reflect"
	"strings"
)

// measure returns about how many bytes a value takes when it is written out,
// indented, and charges for it. A value that is nested too deep or contains
// itself is an error: printing it would never end, or end in a stack overflow.
func measure(b *budget, v any) (int, error) {
	m := measurer{b: b}
	m.value(v, 0)
	return m.size, m.err
}

type measurer struct {
	b    *budget
	size int
	err  error
}

func (m *measurer) add(n, depth int) bool {
	if m.err != nil {
		return false
	}
	if depth > maxDepth {
		m.err = errDeep
		return false
	}
	if m.size += n + 2*depth; m.size > 4*maxString {
		m.err = errBig
		return false
	}
	m.err = m.b.spend(1)
	return m.err == nil
}

func (m *measurer) text(s string, depth int) {
	// A block of text is indented on every line.
	m.add(len(s)+2+strings.Count(s, "\n")*2*depth, depth)
}

func (m *measurer) value(v any, depth int) {
	if m.err != nil || depth > maxDepth {
		m.add(0, depth)
		return
	}
	switch v := v.(type) {
	case nil, bool, int, int64, float64:
		m.add(8, depth)
	case string:
		m.text(v, depth)
	case []byte:
		m.add(4*len(v), depth)
	case map[string]any:
		for key, value := range v {
			m.text(key, depth)
			m.value(value, depth+1)
			if m.err != nil {
				return
			}
		}
		m.add(4, depth)
	case []any:
		for _, value := range v {
			m.value(value, depth+1)
			if m.err != nil {
				return
			}
		}
		m.add(4, depth)
	case reflect.Value:
		m.reflected(v, depth)
	default:
		m.reflected(reflect.ValueOf(v), depth)
	}
}

func (m *measurer) reflected(v reflect.Value, depth int) {
	if !m.add(8, depth) || !v.IsValid() {
		return
	}
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		if e := v.Elem(); e.CanInterface() {
			m.value(e.Interface(), depth)
		} else {
			m.reflected(e, depth)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			m.reflected(v.Elem(), depth+1)
		}
	case reflect.String:
		m.text(v.String(), depth)
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			m.add(4*v.Len(), depth)
			return
		}
		for i := 0; i < v.Len() && m.err == nil; i++ {
			m.reflected(v.Index(i), depth+1)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next() && m.err == nil; {
			m.reflected(it.Key(), depth)
			m.reflected(it.Value(), depth+1)
		}
	case reflect.Struct:
		for i := 0; i < v.NumField() && m.err == nil; i++ {
			m.reflected(v.Field(i), depth+1)
		}
	}
}

// shallow returns about how many bytes a function handles that does not look
// into the values in a value.
func shallow(v reflect.Value) int {
	for v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Slice, reflect.Map:
		return 16 * v.Len()
	}
	return 8
}

// contained reports whether a value holds others.
func contained(v reflect.Value) bool {
	for v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.Array, reflect.Struct, reflect.Pointer:
		return true
	}
	return false
}
