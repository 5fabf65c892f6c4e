package ignore

import (
	"fmt"

	"github.com/scangate/scangate/finding"
)

// Ending lists, a line each, the entries that fit a finding and end within 14
// days, or have ended, so that the finding counts again. Unlike notices, lines
// stay the same from day to day.
func (s *Set) Ending(res finding.Results) (out []string) {
	fits := make([]bool, len(s.list.Entries))
	for i := range res.Runs {
		for j := range res.Runs[i].Findings {
			s.each(res.Runs[i].Scanner, &res.Runs[i].Findings[j], func(i int) { fits[i] = true })
		}
	}
	for i := range s.list.Entries {
		e := &s.list.Entries[i]
		switch {
		case !fits[i] || e.Until.IsZero():
		case e.expired(s.now):
			out = append(out, fmt.Sprintf("ignore at %s ended on %s: what it was about counts again", e.title(), e.LastDay()))
		case e.Until.Sub(s.now) <= soon:
			out = append(out, fmt.Sprintf("ignore at %s holds until %s", e.title(), e.LastDay()))
		}
	}
	return out
}
