package cloudformation

import (
	"maps"
	"slices"
)

// write writes the template anew, with some of its resources.
func (t *template) write(resources []*resource, bad map[*node]bool) *writer {
	w := &writer{bad: bad}
	w.line(0, "Parameters:", place{})
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		p := t.parameters[name]
		w.line(1, quote(name)+":", place{})
		w.line(2, "Type: "+quote(p.typ), place{})
		if p.value != nil {
			w.line(2, "Default: "+scalarText(p.value), place{})
		}
	}
	if len(t.parameters) == 0 {
		w.line(1, "{}", place{})
	}
	w.section("Mappings", t.mappings)
	var conditions []pair
	for _, name := range slices.Sorted(maps.Keys(t.conditions)) {
		conditions = append(conditions, pair{name, 0, t.conditions[name]})
	}
	w.inline = t.conditions
	w.section("Conditions", conditions)
	w.inline = nil
	w.line(0, "Resources:", place{})
	for _, r := range resources {
		at := place{start: r.start, end: r.end, resource: r.id}
		w.line(1, quote(r.id)+":", at)
		w.line(2, "Type: "+quote(r.typ), at)
		if r.properties != nil {
			w.line(2, "Properties:", at)
			w.value(r.properties, 3, at, false)
		}
	}
	return w
}

func (w *writer) section(name string, list []pair) {
	w.line(0, name+":", place{})
	if len(list) == 0 {
		w.line(1, "{}", place{})
	}
	for _, p := range list {
		if len(p.name) <= maxKey && p.value.tag != "!!null" {
			w.line(1, quote(p.name)+":", place{})
			w.value(p.value, 2, place{}, false)
		}
	}
}
