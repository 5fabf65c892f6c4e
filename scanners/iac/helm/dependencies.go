package helm

import (
	"strings"
)

// processDependencies leaves the subcharts that are enabled, under their
// aliases, and imports their values into their parents.
func processDependencies(b *budget, root *chart, user map[string]any) error {
	d := &resolver{b: b}
	if err := d.enable(root, user, "", 0); err != nil {
		return err
	}
	return d.importValues(root)
}

type resolver struct {
	b      *budget
	charts int
}

// enable removes the subcharts of c that a condition or a tag turns off. A
// chart that Chart.yaml does not name stays.
func (d *resolver) enable(c *chart, above map[string]any, at string, depth int) error {
	needs := c.meta.Dependencies
	if needs == nil {
		return nil
	}
	if depth > maxChartDepth {
		return limit("charts are nested too deep in charts")
	}
	var subs []*chart
	for _, sub := range c.deps {
		if !named(sub, needs) {
			subs = append(subs, sub)
		}
	}
	// The chart may be used under several aliases: each is a chart of its own.
	needs = append([]*Dependency(nil), needs...)
	for i, need := range needs {
		n := *need
		needs[i] = &n
		if sub := instance(c.deps, &n); sub != nil {
			if d.charts++; d.charts > maxCharts {
				return limit("the chart has too many subcharts")
			}
			subs = append(subs, sub)
		}
		if n.Alias != "" {
			n.Name = n.Alias
		}
		n.Enabled = true
	}
	c.deps, c.origin = subs, ""
	values, err := coalesceValues(d.b, c, above)
	if err != nil {
		return err
	}
	applyTags(needs, values)
	applyConditions(needs, values, at)

	off := map[string]bool{}
	c.meta.Dependencies = nil
	for _, n := range needs {
		if n.Enabled {
			c.meta.Dependencies = append(c.meta.Dependencies, n)
		} else {
			off[n.Name] = true
		}
	}
	c.deps = nil
	for _, sub := range subs {
		if off[sub.name()] {
			continue
		}
		if err := d.enable(sub, values, at+sub.name()+".", depth+1); err != nil {
			return err
		}
		c.deps = append(c.deps, sub)
	}
	return nil
}

func named(sub *chart, needs []*Dependency) bool {
	for _, n := range needs {
		if sub.name() == n.Name && satisfies(n.Version, sub.meta.Version) {
			return true
		}
	}
	return false
}

// instance returns the chart that a dependency means, under its alias.
func instance(charts []*chart, need *Dependency) *chart {
	for _, c := range charts {
		if c.name() == need.Name && satisfies(need.Version, c.meta.Version) {
			out, meta := *c, *c.meta
			if need.Alias != "" {
				out.origin, meta.Name = c.name(), need.Alias
			}
			out.meta = &meta
			return &out
		}
	}
	return nil
}

// applyTags turns a dependency off when one of its tags is false and none true.
func applyTags(needs []*Dependency, values map[string]any) {
	tags, _ := values["tags"].(map[string]any)
	for _, n := range needs {
		on, off := false, false
		for _, tag := range n.Tags {
			if set, ok := tags[tag].(bool); ok {
				on, off = on || set, off || !set
			}
		}
		n.Enabled = on || !off
	}
}

// applyConditions lets the first condition that is there and a bool decide.
func applyConditions(needs []*Dependency, values map[string]any, at string) {
	for _, n := range needs {
		for _, condition := range strings.Split(strings.TrimSpace(n.Condition), ",") {
			if condition == "" {
				continue
			}
			if set, ok := lookupPath(values, at+condition).(bool); ok {
				n.Enabled = set
				break
			}
		}
	}
}

// lookupPath returns the value at a path of keys joined by dots, or nil.
func lookupPath(values map[string]any, dotted string) any {
	keys := strings.Split(dotted, ".")
	for _, key := range keys[:len(keys)-1] {
		values, _ = values[key].(map[string]any)
	}
	return values[keys[len(keys)-1]]
}

// lookupTable returns the map at a path.
func lookupTable(values map[string]any, dotted string) (map[string]any, bool) {
	m, ok := lookupPath(values, dotted).(map[string]any)
	return m, ok
}

// importValues gives a chart the values that it asks of its subcharts, from the
// deepest up. They weigh less than its own.
func (d *resolver) importValues(c *chart) error {
	for _, sub := range c.deps {
		if err := d.importValues(sub); err != nil {
			return err
		}
	}
	if c.meta.Dependencies == nil {
		return nil
	}
	all, err := (&coalescer{b: d.b, keepNil: true}).run(c, nil)
	if err != nil {
		return err
	}
	imported := map[string]any{}
	take := func(from, to string) {
		table, ok := lookupTable(all, from)
		if !ok {
			return
		}
		table = copyMap(d.b, table)
		if to != "." {
			keys := strings.Split(to, ".")
			for i := len(keys) - 1; i >= 0 && d.b.spend(1) == nil; i-- {
				table = map[string]any{keys[i]: table}
			}
		}
		mergeTables(d.b, imported, table, true)
	}
	for _, n := range c.meta.Dependencies {
		var resolved []any // as .Chart shows them
		for _, wanted := range n.ImportValues {
			child, parent := "", "."
			switch w := wanted.(type) {
			case string:
				child = "exports." + w
			case map[string]any:
				child, _ = w["child"].(string)
				parent, _ = w["parent"].(string)
			default:
				continue
			}
			if len(parent) <= maxConstraint && strings.Count(parent, ".") < maxDepth/2 {
				take(n.Name+"."+child, parent)
			}
			resolved = append(resolved, map[string]string{"child": child, "parent": parent})
		}
		n.ImportValues = resolved
	}
	mergeTables(d.b, all, imported, true)
	c.values = all
	return d.b.err
}

// missingDependencies lists what the chart needs and does not contain.
func missingDependencies(root *chart) []Problem {
	var problems []Problem
	for _, need := range root.meta.Dependencies {
		found := false
		for _, sub := range root.deps {
			found = found || sub.name() == need.Name
		}
		if !found {
			problems = append(problems, Problem{Path: "Chart.yaml",
				Message: sayNoSubchart + ": " + plainName(need.Name)})
		}
	}
	return problems
}

// plainName returns a name that can be shown, or that it cannot.
func plainName(name string) string {
	if len(name) <= 100 && aliasName.MatchString(name) {
		return name
	}
	return "its name is unusual"
}
