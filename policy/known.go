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

// known returns where the baseline has each of the findings. It counts those
// that are neither suppressed nor exempted.
func (p *Policy) known(res finding.Results) (by [][]string, notices []string) {
	if p.Baseline == nil {
		return nil, nil
	}
	by, notice := p.Baseline.Known(res, func(run, i int) bool {
		f := &res.Runs[run].Findings[i]
		if f.Suppressed() {
			return false
		}
		_, exempt := p.exempt(&res.Runs[run], f)
		return !exempt
	})
	if p.Facts.New == nil {
		known := map[*finding.Finding]bool{}
		for i := range by {
			for n, line := range by[i] {
				if line != "" {
					known[&res.Runs[i].Findings[n]] = true
				}
			}
		}
		p.Facts.New = func(_ *finding.Run, f *finding.Finding) bool { return !known[f] }
	}
	return by, []string{notice}
}

// Counts reports whether a finding counts, which those do not that are
// suppressed or ignored.
func (v *Verdict) Counts(run, i int) bool { return v.Decisions[run][i].Action != Ignored }
