package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/sarif"
)

// What two scanners found is one line, with the graver decision, both names
// and the severity on which they do not agree.
func TestTheSameIsListedOnce(t *testing.T) {
	vulnerable := func(fingerprint string, s finding.Severity) finding.Finding {
		return finding.Finding{RuleID: "CVE-1", Severity: s, Message: "leaf 1.0: bad", Fingerprint: fingerprint,
			Location: finding.Location{Path: "package-lock.json", StartLine: 3}, Package: &finding.Package{Ecosystem: "npm", Name: "leaf", Version: "1.0"}}
	}
	rule := []finding.Rule{{ID: "CVE-1", Title: "bad", Severity: finding.High}}
	looked := finding.Looked{Files: 1}
	r := Report{Results: finding.Results{Runs: []finding.Run{
		{Scanner: "dependency", Status: finding.Completed, Rules: rule, Looked: looked, Findings: []finding.Finding{vulnerable("0123456789abcdef01", finding.Medium)}},
		{Scanner: "trivy", Status: finding.Completed, Rules: rule, Looked: looked, Findings: []finding.Finding{vulnerable("0123456789abcdef02", finding.High)}},
	}}}
	finding.MarkSame(&r.Results)
	r.Verdict = policy.DefaultPolicy().Judge(r.Results)
	var table, markdown bytes.Buffer
	if err := Table(&table, r, TableOptions{}); err != nil {
		t.Fatal(err)
	}
	if got, want := table.String(), "medium    fail  dependency, trivy  CVE-1  package-lock.json:3  leaf 1.0: bad (high for trivy)\n"; !strings.Contains(got, want) || strings.Count(got, "CVE-1") != 1 {
		t.Error(got)
	}
	if err := Markdown(&markdown, r); err != nil {
		t.Fatal(err)
	}
	if got := markdown.String(); strings.Count(got, "CVE-1") != 1 || !strings.Contains(got, "### Findings (1)") || !strings.Contains(got, "| dependency, trivy |") {
		t.Error(got)
	}

	// The complete copy has both, the upload copy one, which names the other.
	upload := func() string {
		var b bytes.Buffer
		if err := writeSARIF(sarif.Options{Upload: true})(&b, r); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	var whole bytes.Buffer
	if err := writeSARIF(sarif.Options{})(&whole, r); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(whole.String(), `"ruleId":"CVE-1"`); n != 2 {
		t.Errorf("%d results in the complete copy", n)
	}
	got := upload()
	if strings.Count(got, `"ruleId":"CVE-1"`) != 1 || !strings.Contains(got, "leaf 1.0: bad (also found by trivy as CVE-1, high)") ||
		!strings.Contains(got, "1 found by another scanner, too, are left out of this copy: its results have them") {
		t.Error(got)
	}
	// Where the one that is shown does not count, the other one is uploaded.
	r.Verdict.Decisions[0][0].Action = policy.Ignored
	if got := upload(); strings.Count(got, `"ruleId":"CVE-1"`) != 1 || !strings.Contains(got, "also found by dependency as CVE-1, medium") {
		t.Error(got)
	}
}
