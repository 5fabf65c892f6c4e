package policy

import (
	"fmt"

	"github.com/scangate/scangate/finding"
)

// A Baseline lists findings that are known: debt that was there when it was
// written. It looks at all results at once, because of equal findings only as
// many are known as it has.
type Baseline interface {
	// Known returns for each finding of each run where it is listed, or
	// nothing, and a line that sums it up. counts says which findings count:
	// what is suppressed or ignored is neither known nor new. already says
	// which ones are known for another reason: they use up what is listed.
	Known(res finding.Results, counts, already func(run, i int) bool) (by [][]string, notice string)
}

// known returns by whom each of the findings is known: the base of a pull
// request, or the baseline. Nil: nothing is. It counts those that are neither
// suppressed nor exempted.
func (p *Policy) known(res finding.Results, exempted [][]exempting) (by [][]string, notices []string) {
	if p.Baseline == nil && res.Since == nil {
		return nil, nil
	}
	counts := func(run, i int) bool {
		return exempted[run][i].by == "" && !res.Runs[run].Findings[i].Suppressed()
	}
	already := func(run, i int) bool { return res.Since != nil && res.Runs[run].Findings[i].Base != "" }
	if p.Baseline != nil {
		var notice string
		by, notice = p.Baseline.Known(res, counts, already)
		notices = append(notices, notice)
	} else {
		by = make([][]string, len(res.Runs))
		for i := range res.Runs {
			by[i] = make([]string, len(res.Runs[i].Findings))
		}
	}
	if res.Since != nil {
		notices = append(sinceNotices(res, counts), notices...)
		for i := range by {
			for n := range by[i] {
				if already(i, n) {
					by[i][n] = fmt.Sprintf("known: in the merge base %s (%s)", short(res.Since.Base), res.Runs[i].Findings[n].Base)
				}
			}
		}
	}
	switch {
	case p.Facts.New != nil:
	case res.Since != nil: // whatever the baseline has
		p.Facts.New = func(_ *finding.Run, f *finding.Finding) bool { return f.Base == "" }
	default:
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
	return by, notices
}

// Counts reports whether a finding counts, which those do not that are
// suppressed or ignored.
func (v *Verdict) Counts(run, i int) bool { return v.Decisions[run][i].Action != Ignored }
