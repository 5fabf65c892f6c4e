package policy

import "github.com/scangate/scangate/finding"

// A Baseline lists findings that are known: debt that was there when it was
// written. It looks at all results at once, because of equal findings only as
// many are known as it has.
type Baseline interface {
	// Known returns for each finding of each run where it is listed, or
	// nothing, and a line that sums it up. counts says which findings count:
	// what is suppressed or ignored is neither known nor new.
	Known(res finding.Results, counts func(run, i int) bool) (by [][]string, notice string)
}

// passKnown lets the findings of the baseline pass. They stay visible, with the
// line of the baseline that has them.
func (p Policy) passKnown(res finding.Results, v *Verdict) {
	if p.Baseline == nil {
		return
	}
	by, notice := p.Baseline.Known(res, v.Counts)
	for i := range by {
		for j, line := range by[i] {
			if line != "" {
				v.Decisions[i][j] = Decision{Pass, line}
			}
		}
	}
	v.Notices = append(v.Notices, notice)
}

// Counts reports whether a finding counts, which those do not that are
// suppressed or ignored.
func (v *Verdict) Counts(run, i int) bool { return v.Decisions[run][i].Action != Ignored }
