package policy

import "github.com/scangate/scangate/finding"

// Difference is a finding that two policies decide differently.
type Difference struct {
	Run     *finding.Run
	Finding *finding.Finding
	Before  Decision
	After   Decision
}

// Compare lists the findings that two verdicts on the same results give
// different fates, in their order. The same fate for another reason is no
// difference.
func Compare(res finding.Results, before, after Verdict) []Difference {
	var out []Difference
	for i := range res.Runs {
		run := &res.Runs[i]
		for n := range run.Findings {
			b, a := before.Decisions[i][n], after.Decisions[i][n]
			if b.Action != a.Action {
				out = append(out, Difference{run, &run.Findings[n], b, a})
			}
		}
	}
	return out
}
