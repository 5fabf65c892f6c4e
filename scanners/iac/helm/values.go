package helm

import "sort"

// values are a chart's values; templates may call AsMap, as in Helm.
type values map[string]any

// AsMap returns the values as a plain map, which is never nil.
func (v values) AsMap() map[string]any {
	if v == nil {
		return map[string]any{}
	}
	return v
}

const globalKey = "global"

// coalescer puts values over the defaults of a chart and of its subcharts.
// keepNil keeps values that are null; without, null removes a default.
type coalescer struct {
	b       *budget
	keepNil bool
	err     error
}

// coalesceValues returns the values that a chart's templates see. A null of
// the user's removes what the chart sets.
func coalesceValues(b *budget, c *chart, user map[string]any) (map[string]any, error) {
	return (&coalescer{b: b}).run(c, user)
}

func (co *coalescer) run(c *chart, user map[string]any) (map[string]any, error) {
	dst := copyMap(co.b, user)
	co.chart(c, dst)
	if co.err == nil {
		co.err = co.b.err
	}
	return dst, co.err
}

// chart fills in the defaults of a chart, then of those below it.
func (co *coalescer) chart(c *chart, dst map[string]any) {
	co.defaults(c, dst)
	for _, sub := range c.deps {
		below, ok := dst[sub.name()].(map[string]any)
		if !ok {
			if _, given := dst[sub.name()]; given {
				co.err = limit("the values of a subchart are not a map")
				return
			}
			below = map[string]any{}
			dst[sub.name()] = below
		}
		co.globals(below, dst)
		co.chart(sub, below)
		if co.err != nil || co.b.err != nil {
			return
		}
	}
}

func (co *coalescer) defaults(c *chart, dst map[string]any) {
	subcharts := map[string]bool{}
	for _, sub := range c.deps {
		subcharts[sub.name()] = true
	}
	for key, value := range copyMap(co.b, c.values) {
		given, ok := dst[key]
		if !ok {
			dst[key] = value
			continue
		}
		if given == nil && !co.keepNil {
			delete(dst, key)
			continue
		}
		over, isMap := given.(map[string]any)
		under, wasMap := value.(map[string]any)
		if isMap && wasMap {
			// What is meant for a subchart keeps its nulls: they still have to
			// remove that chart's own defaults.
			mergeTables(co.b, over, under, co.keepNil || subcharts[key])
		}
	}
}

// globals hands a chart's global values down to a subchart; the parent's win.
func (co *coalescer) globals(below, above map[string]any) {
	dst, ok := below[globalKey].(map[string]any)
	if !ok {
		if _, given := below[globalKey]; given {
			return
		}
		dst = map[string]any{}
	}
	src, ok := above[globalKey].(map[string]any)
	if !ok {
		if _, given := above[globalKey]; given {
			return
		}
	}
	for key, value := range src {
		if m, ok := value.(map[string]any); ok {
			mine := make(map[string]any, len(m))
			for k, v := range m {
				mine[k] = v
			}
			if old, given := dst[key]; given {
				oldMap, ok := old.(map[string]any)
				if !ok {
					continue
				}
				mergeTables(co.b, mine, oldMap, true)
			}
			dst[key] = mine
		} else if _, table := dst[key].(map[string]any); !table {
			dst[key] = value
		}
	}
	below[globalKey] = dst
}

// mergeTables adds to dst what it lacks of src. Without keepNil, a null of dst
// removes the key.
func mergeTables(b *budget, dst, src map[string]any, keepNil bool) {
	for key, value := range src {
		if b.spend(1) != nil {
			return
		}
		have, ok := dst[key]
		switch {
		case ok && have == nil && !keepNil:
			delete(dst, key)
		case !ok:
			dst[key] = value
		default:
			over, isMap := have.(map[string]any)
			under, wasMap := value.(map[string]any)
			if isMap && wasMap {
				mergeTables(b, over, under, keepNil)
			}
		}
	}
}

// copyMap copies values deeply. It stops, with less, when the budget is spent.
func copyMap(b *budget, m map[string]any) map[string]any {
	out := make(map[string]any, len(m))
	for key, value := range m {
		if b.spend(1) != nil {
			break
		}
		out[key] = copyValue(b, value)
	}
	return out
}

func copyValue(b *budget, v any) any {
	switch v := v.(type) {
	case map[string]any:
		return copyMap(b, v)
	case values:
		return values(copyMap(b, v))
	case []any:
		out := make([]any, 0, len(v))
		for _, item := range v {
			if b.spend(1) != nil {
				break
			}
			out = append(out, copyValue(b, item))
		}
		return out
	}
	return v
}

// sortedKeys are the keys of a map in their order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
