package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// TestMarkdownOfAPullRequest: what is new comes first and is counted, what the
// base has is folded away, and no more is written than GitHub takes.
func TestMarkdownOfAPullRequest(t *testing.T) {
	run := finding.Run{Scanner: "iac", Status: finding.Completed, Since: &finding.RunSince{Fixed: 3}, Findings: []finding.Finding{
		{RuleID: "OLD", Severity: finding.High, Message: "old", Base: "a.tf:1", Fingerprint: "1"},
		{RuleID: "NEW", Severity: finding.High, Message: "new", Fingerprint: "2"},
	}}
	res := finding.Results{Runs: []finding.Run{run, {Scanner: "dast", Status: finding.Skipped, Reason: "no target"}}, Since: &finding.Since{Rev: "main", Base: "abc"}, Database: "2026-11-22T06:00:00Z sha256:00"}
	var out bytes.Buffer
	occasion := Occasion{Ended: time.Date(2026, 11, 25, 7, 0, 0, 0, time.UTC)}
	if err := Markdown(&out, Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res), Occasion: occasion}); err != nil {
		t.Fatal(err)
	}
	got := out.String()
	for _, part := range []string{
		"| Scanner | Status | Critical | High | Medium | Low | Other | New | Fixed | Time |",
		"| iac | completed | 0 | 2 | 0 | 0 | 0 | 1 | 3 | - |",
		"| dast | **skipped**: no target | 0 | 0 | 0 | 0 | 0 | - | - | - |",
		"Vulnerability database of 2026-11-22, 3 days old.",
		"### Findings (1)\n\n", "<details><summary>1 finding that the base has, too</summary>\n\n", "\n</details>\n",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
	if n, o := strings.Index(got, "`NEW`"), strings.Index(got, "`OLD`"); n < 0 || o < n {
		t.Errorf("what is new does not come first:\n%s", got)
	}
	for i := range 30_000 {
		run.Findings = append(run.Findings, finding.Finding{RuleID: "R", Message: strings.Repeat("m", 200), Base: "b", Fingerprint: fmt.Sprint("f", i)})
	}
	res.Runs = []finding.Run{run}
	out.Reset()
	if err := Markdown(&out, Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)}); err != nil {
		t.Fatal(err)
	}
	if out.Len() > 1<<20 || !strings.HasSuffix(out.String(), "</details>\n") || !strings.Contains(out.String(), "did not fit here") {
		t.Errorf("%d bytes, ending in %q", out.Len(), out.String()[out.Len()-200:])
	}
}
