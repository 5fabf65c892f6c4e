package report

import (
	"io"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/sarif"
)

// SARIF writes the report as SARIF and says what is in it. What the policy
// ignores is left out of the upload copy and marked as suppressed in the other;
// both say what the policy made of the rest.
func SARIF(w io.Writer, r Report, o sarif.Options) (sarif.Summary, error) {
	decisions := map[*finding.Finding]policy.Decision{}
	for i := range r.Results.Runs {
		for j := range r.Results.Runs[i].Findings {
			decisions[&r.Results.Runs[i].Findings[j]] = r.Verdict.Decisions[i][j]
		}
	}
	o.Omit = func(_ *finding.Run, f *finding.Finding) string {
		if d := decisions[f]; d.Action == policy.Ignored {
			return d.By
		}
		return ""
	}
	o.Decision = func(_ *finding.Run, f *finding.Finding) finding.Decision { return inWords(decisions[f]) }
	o.Verdict = verdictInWords(r.Verdict)
	return sarif.Encode(w, r.Results, o)
}

func writeSARIF(o sarif.Options) func(io.Writer, Report) error {
	return func(w io.Writer, r Report) error {
		_, err := SARIF(w, r, o)
		return err
	}
}
