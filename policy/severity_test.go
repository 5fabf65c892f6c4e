package policy

import (
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
)

func TestWhoseSeverityCounts(t *testing.T) {
	seen := finding.Finding{Severity: finding.Medium, Witnesses: []finding.Witness{
		{Scanner: "npm-audit", Severity: finding.Critical}, {Scanner: "image", Severity: finding.Low},
	}}
	alone := finding.Finding{Severity: finding.Medium}
	for _, c := range []struct {
		severity, limit string
		f               finding.Finding
		want            Action
		by              string // what the reason ends with
	}{
		{"own", "high", seen, Warn, "(--fail-on)"},
		{"own", "medium", seen, Fail, "(--fail-on)"},
		{"highest", "critical", seen, Fail, ", critical as npm-audit has it (f.yaml:1)"},
		{"highest", "high", alone, Warn, "(--fail-on)"},
		{"[image, npm-audit]", "medium", seen, Warn, ", low as image has it (f.yaml:1)"},
		{"[npm-audit, image]", "high", seen, Fail, ", critical as npm-audit has it (f.yaml:1)"},
		{"[dependency, image]", "medium", seen, Fail, "(--fail-on)"},
		{"[secret]", "medium", seen, Fail, "(--fail-on)"},
		{"[image]", "medium", alone, Fail, "(--fail-on)"},
	} {
		p := mustParse(t, "policy: {severity: "+c.severity+"}", c.limit)
		r := finding.Results{Runs: []finding.Run{{Scanner: "dependency", Status: finding.Completed, Findings: []finding.Finding{c.f}}}}
		if d := p.Judge(r).Decisions[0][0]; d.Action != c.want || !strings.HasSuffix(d.By, c.by) {
			t.Errorf("severity: %s, --fail-on %s: %s, %s", c.severity, c.limit, d.Action, d.By)
		}
	}
	for yaml, want := range map[string]string{
		"policy: {severity: lowest}":           `f.yaml:1:20: policy.severity: want own, highest or a list of scanners, not "lowest"`,
		"policy: {severity: {a: b}}":           `f.yaml:1:20: policy.severity: want a list, not a mapping`,
		"policy: {severity: [imgae]}":          `f.yaml:1:21: policy.severity: unknown scanner "imgae"; did you mean "image"?`,
		"policy: {severity: [image, image]}":   `f.yaml:1:28: policy.severity: image is named twice`,
		"policy: {severity: [[image], image]}": `f.yaml:1:21: policy.severity[0]: want a word, not a list`,
	} {
		if _, err := parse(t, yaml, ""); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", yaml, err, want)
		}
	}
}

func TestReasonsTellWhatIsThereTwice(t *testing.T) {
	r := finding.Results{Runs: []finding.Run{
		{Scanner: "dependency", Status: finding.Completed, Findings: []finding.Finding{{Severity: finding.High, Fingerprint: "a"}}},
		{Scanner: "npm-audit", Status: finding.Completed, Findings: []finding.Finding{{Severity: finding.High, SameAs: "a"}, {Severity: finding.High}}},
	}}
	want := "dependency: 1 finding crosses fail-on: high (default)\nnpm-audit: 2 findings cross fail-on: high (default), 1 found by another scanner, too"
	if got := strings.Join(DefaultPolicy().Judge(r).Reasons, "\n"); got != want {
		t.Error(got)
	}
}
