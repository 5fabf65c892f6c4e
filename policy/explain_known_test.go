package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// all knows every finding.
type all struct{}

func (all) Known(res finding.Results, counts, _ func(run, i int) bool) (by [][]string, notice string) {
	for i := range res.Runs {
		lines := make([]string, len(res.Runs[i].Findings))
		for n := range lines {
			if counts(i, n) {
				lines[n] = "known: there"
			}
		}
		by = append(by, lines)
	}
	return by, "all known"
}

// What is known passes in spite of thresholds, rules and maximums, and a rule
// can ask for what is not.
func TestKnownFindings(t *testing.T) {
	p := mustParse(t, `policy: {rules: [{match: {new: true}, action: fail}, {match: {severity: low}, action: fail}], thresholds: {secret: {max: {medium: 0}}}}`, "")
	p.Baseline = all{}
	r := finding.Results{Runs: []finding.Run{{Scanner: "secret", Status: finding.Completed, Findings: []finding.Finding{
		{Severity: finding.Critical}, {Severity: finding.Medium}, {Severity: finding.Low}, {Severity: finding.High, Suppressions: []finding.Suppression{{Source: "a mark"}}},
	}}}}
	v := p.Judge(r)
	known := Decision{Pass, "known: there"}
	if d := cmp.Diff([]Decision{known, known, known, {Ignored, "suppressed by a mark in the scanned content"}}, v.Decisions[0]); d != "" || v.Outcome != Passed {
		t.Error(v.Outcome, d)
	}
	if d := cmp.Diff([]string{"all known"}, v.Notices); d != "" {
		t.Error(d)
	}
	for at, want := range []string{
		"without the baseline it would be fail: fail-on: high (f.yaml:1)", "without the baseline it would be warn: below fail-on: high (f.yaml:1)",
		"without the baseline it would be fail: severity: low (f.yaml:1)", "it counts again without a mark",
	} {
		if d := cmp.Diff([]string{want}, p.Explain(r, v, 0, at).Change); d != "" {
			t.Error(at, d)
		}
	}
}
