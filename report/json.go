package report

import (
	"io"
	"slices"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// JSON writes the full results in scangate's own format, with the verdict and
// each finding's decision written in for readers. `scangate gate` and `merge`
// read it back.
func JSON(w io.Writer, r Report) error {
	out := r.Results
	out.Verdict = verdictInWords(r.Verdict)
	out.Runs = slices.Clone(out.Runs)
	for i := range out.Runs {
		run := &out.Runs[i]
		run.Findings = slices.Clone(run.Findings)
		if run.Findings == nil {
			run.Findings = []finding.Finding{}
		}
		for j := range run.Findings {
			d := inWords(r.Verdict.Decisions[i][j])
			run.Findings[j].Decision = &d
		}
	}
	return finding.Encode(w, out)
}

// inWords is a decision as the vocabulary has it, which knows no policy.
func inWords(d policy.Decision) finding.Decision {
	return finding.Decision{Action: d.Action.String(), By: d.By}
}

func verdictInWords(v policy.Verdict) *finding.Verdict {
	return &finding.Verdict{Outcome: v.Outcome.String(), Reasons: v.Reasons, Notices: v.Notices}
}
