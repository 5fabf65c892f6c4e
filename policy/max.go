package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// Max is how many findings of a severity may be there before all of them fail.
// They are counted over everything that falls under the threshold it is written
// in: all targets of the scanner, and its frameworks unless they have a max of
// their own. What is ignored, fails anyway, or is decided by a rule, does not
// count.
type Max struct {
	Severity finding.Severity
	Most     int
	Origin   string // where it is written
}

// place is that of a finding in results.
type place struct{ run, finding int }

// counter counts what the thresholds' maximums limit.
type counter struct {
	order []*Max
	found map[*Max][]place
}

// add counts a finding.
func (c *counter) add(d decided, at place) {
	if d.threshold == nil || d.Action == Fail || d.byFixable {
		return
	}
	for _, m := range d.threshold.Max {
		if m.Severity != d.severity {
			continue
		}
		if c.found == nil {
			c.found = map[*Max][]place{}
		}
		if c.found[m] == nil {
			c.order = append(c.order, m)
		}
		c.found[m] = append(c.found[m], at)
	}
}

// fail turns the decisions on what is over its maximum, and returns a reason
// for each maximum.
func (c *counter) fail(res finding.Results, decisions [][]Decision) []string {
	var out []string
	for _, m := range c.order {
		found := c.found[m]
		if len(found) <= m.Most {
			continue
		}
		by := fmt.Sprintf("%s, max %d (%s)", text.Count(len(found), m.Severity.String()+" finding"), m.Most, m.Origin)
		for _, at := range found {
			decisions[at.run][at.finding] = Decision{Fail, by}
		}
		out = append(out, res.Runs[found[0].run].Scanner+": "+by)
	}
	slices.Sort(out)
	return out
}

// parseMax reads {medium: 10}. What it leaves out comes from the parent, and is
// counted together with the parent's.
func parseMax(v config.Section, parent []*Max) ([]*Max, error) {
	if v.Absent() {
		return nil, v.Errorf("max: want a number for each severity, as in {medium: 10}")
	}
	pairs, err := v.Pairs()
	if err != nil {
		return nil, err
	}
	out := slices.Clone(parent)
	for _, p := range pairs {
		severity, err := finding.ParseSeverity(p.Name)
		if err != nil {
			return nil, p.Key.Errorf("max: %q is not a severity%s", p.Name, text.Suggest(p.Name, severityNames()))
		}
		var digits string
		if !p.Value.Absent() {
			if digits, err = p.Value.Text(); err != nil {
				return nil, err
			}
		}
		n, err := strconv.Atoi(digits)
		if err != nil || n < 0 {
			return nil, p.Value.Errorf("max: want a whole number, not %q", digits)
		}
		out = slices.DeleteFunc(out, func(m *Max) bool { return m.Severity == severity })
		out = append(out, &Max{severity, n, p.Key.Position()})
	}
	slices.SortFunc(out, func(a, b *Max) int { return cmp.Compare(b.Severity, a.Severity) })
	return out, nil
}
