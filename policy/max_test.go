package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func TestMax(t *testing.T) {
	run := func(scanner, target, framework string, severity finding.Severity, n int) finding.Run {
		r := finding.Run{Scanner: scanner, Target: target, Status: finding.Completed}
		for i := range n {
			r.Findings = append(r.Findings, finding.Finding{RuleID: fmt.Sprint("R", i), Severity: severity, Framework: framework})
		}
		return r
	}
	const yaml = `policy:
  rules:
    - match: {rule: R0}
      action: warn
  thresholds:
    image: {max: {medium: 2, low: 3}}
    checkov:
      max: {medium: 2}
      terraform: {warn-on: low}
      kubernetes:
        max: {medium: 1}
`
	for name, tt := range map[string]struct {
		runs []finding.Run
		want []string
	}{
		"as many":        {[]finding.Run{run("image", "", "", finding.Medium, 3)}, nil}, // a rule has R0
		"one more":       {[]finding.Run{run("image", "", "", finding.Medium, 4)}, []string{"image: 3 medium findings, max 2 (f.yaml:6)"}},
		"of all targets": {[]finding.Run{run("image", "a", "", finding.Medium, 3), run("image", "b", "", finding.Medium, 2)}, []string{"image: 3 medium findings, max 2 (f.yaml:6)"}},
		"of another":     {[]finding.Run{run("image", "", "", finding.Low, 4), run("iac", "", "", finding.Medium, 9)}, nil},
		"frameworks":     {[]finding.Run{run("checkov", "", "terraform", finding.Medium, 3), run("checkov", "", "helm", finding.Medium, 2)}, []string{"checkov: 3 medium findings, max 2 (f.yaml:8)"}},
		"own":            {[]finding.Run{run("checkov", "", "kubernetes", finding.Medium, 3)}, []string{"checkov: 2 medium findings, max 1 (f.yaml:11)"}},
		"failing":        {[]finding.Run{run("image", "", "", finding.High, 1)}, nil},
	} {
		v := mustParse(t, yaml, "").Judge(finding.Results{Runs: tt.runs})
		if d := cmp.Diff(tt.want, v.Reasons); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		for i, run := range tt.runs {
			for j := range run.Findings {
				if d := v.Decisions[i][j]; len(tt.want) > 0 && j > 0 && (d.Action != Fail || !strings.HasSuffix(tt.want[0], d.By)) {
					t.Errorf("%s: %d %+v", name, j, d)
				}
			}
		}
	}
}
