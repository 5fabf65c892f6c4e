package report

import (
	"io"
	"slices"

	"github.com/scangate/scangate/finding"
)

// JSON writes the full results in scangate's own format, with the verdict and
// each finding's decision written in for readers. `scangate gate` and `merge`
// read it back.
func JSON(w io.Writer, r Report) error {
	out := r.Results
	out.Verdict = &finding.Verdict{Outcome: r.Verdict.Outcome.String(), Reasons: r.Verdict.Reasons, Notices: r.Verdict.Notices}
	out.Runs = slices.Clone(out.Runs)
	for i := range out.Runs {
		run := &out.Runs[i]
		run.Findings = slices.Clone(run.Findings)
		if run.Findings == nil {
			run.Findings = []finding.Finding{}
		}
		for j := range run.Findings {
			d := r.Verdict.Decisions[i][j]
			run.Findings[j].Decision = &finding.Decision{Action: d.Action.String(), By: d.By}
		}
	}
	return finding.Encode(w, out)
}
