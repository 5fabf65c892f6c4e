package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// judged is a report of findings under the default policy.
func judged(runs ...finding.Run) Report {
	res := finding.Results{Runs: runs}
	return Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)}
}

func TestAnnotations(t *testing.T) {
	at := func(path string, line int) finding.Location {
		return finding.Location{Path: path, StartLine: line, StartColumn: 3, EndColumn: 8}
	}
	r := judged(
		finding.Run{Scanner: "iac", Status: finding.Completed, Findings: []finding.Finding{
			{RuleID: "LOW", Severity: finding.Low, Message: "low", Location: at("a.tf", 1), Fingerprint: "1"},
			{RuleID: "HIGH", Severity: finding.High, Message: "high\n::error::", Fix: "mend it", Location: at("a.tf", 2), Fingerprint: "2"},
			{RuleID: "OLD", Severity: finding.High, Message: "hidden", Location: at("a.tf", 3), Fingerprint: "3", Suppressions: []finding.Suppression{{Source: "x"}}},
		}},
		finding.Run{Scanner: "image", Target: "oci:x", Status: finding.Completed, Findings: []finding.Finding{
			{RuleID: "CVE-1", Severity: finding.Critical, Message: "critical", Location: at("lib/apk", 1), Fingerprint: "4"},
		}},
		finding.Run{Scanner: "secret", Status: finding.Failed, Reason: "git died"},
	)
	want := []Annotation{
		{Level: Error, Scanner: "secret", Title: "secret did not complete", Message: "failed: git died"},
		{Level: Error, Scanner: "image", RuleID: "CVE-1", Severity: finding.Critical, Title: "critical: CVE-1 (image)", Message: "oci:x lib/apk:1: critical\nDecided by: fail-on: high (default)"},
		{Level: Error, Scanner: "iac", RuleID: "HIGH", Severity: finding.High, Title: "high: HIGH (iac)", Message: "high\\n::error::\nFix: mend it\nDecided by: fail-on: high (default)", Path: "app/a.tf", Line: 2, EndLine: 2, Column: 3, EndColumn: 8},
		{Level: Warning, Scanner: "iac", RuleID: "LOW", Severity: finding.Low, Title: "low: LOW (iac)", Message: "low\nDecided by: below fail-on: high (default)", Path: "app/a.tf", Line: 1, EndLine: 1, Column: 3, EndColumn: 8},
	}
	if d := cmp.Diff(want, Annotations(r, "app", "the job summary", PerStep)); d != "" {
		t.Error(d)
	}
}

// TestAnnotationBudget: GitHub drops what is over its limits without a word, so
// the last one that it shows says what it does not show.
func TestAnnotationBudget(t *testing.T) {
	for _, n := range []int{1, 10, 11, 500} {
		run := finding.Run{Scanner: "iac", Status: finding.Completed}
		for i := range n {
			for _, s := range []finding.Severity{finding.High, finding.Low} {
				run.Findings = append(run.Findings, finding.Finding{RuleID: "R", Severity: s, Message: strings.Repeat("m", 9000), Location: finding.Location{Path: "a"}, Fingerprint: fmt.Sprint(i, s)})
			}
		}
		run.Findings = append(run.Findings, finding.Finding{RuleID: "WORST", Severity: finding.Critical, Message: "m", Location: finding.Location{Path: "a"}, Fingerprint: "w"})
		got := Annotations(judged(run), "", "the job summary", PerStep)
		counts := map[Level]int{}
		for _, a := range got {
			counts[a.Level]++
			if len(a.Title) > 255 || len(a.Message) > 64<<10 {
				t.Errorf("an annotation with a title of %d bytes and a message of %d", len(a.Title), len(a.Message))
			}
		}
		if counts[Error] != min(n+1, 10) || counts[Warning] != min(n, 10) || got[0].RuleID != "WORST" {
			t.Errorf("of %d findings each: %v, first %s", n, counts, got[0].RuleID)
		}
		if n > 10 {
			last := got[len(got)-1]
			if last.Title != fmt.Sprintf("And %d more warnings", n-9) || !strings.Contains(last.Message, "All are in the job summary") {
				t.Errorf("the last one is %+v", last)
			}
		}
	}
}
