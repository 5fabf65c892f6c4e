package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/sarif"
)

// TestSARIFSaysWhy: both copies carry the decision on each result and the
// verdict, code scanning takes the upload copy all the same, and neither comes
// back as a fact.
func TestSARIFSaysWhy(t *testing.T) {
	r := sample()
	r.Verdict.Notices = []string{"a notice"}
	for _, upload := range []bool{false, true} {
		var b bytes.Buffer
		if err := writeSARIF(sarif.Options{Upload: upload})(&b, r); err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Properties struct {
				Verdict finding.Verdict `json:"scangate/verdict"`
			}
			Runs []struct {
				Results []struct {
					RuleID     string
					Properties struct{ Decision finding.Decision }
				}
			}
		}
		if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(*verdictInWords(r.Verdict), doc.Properties.Verdict); d != "" {
			t.Error(upload, d)
		}
		got := map[string]finding.Decision{}
		for _, x := range doc.Runs[0].Results {
			got[x.RuleID] = x.Properties.Decision
		}
		want := map[string]finding.Decision{
			"CVE-1": {Action: "fail", By: "fail-on: high (default)"},
			"CVE-2": {Action: "warn", By: "below fail-on: high (default)"},
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(upload, d)
		}
		problems, err := sarif.Lint(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if p.Level == sarif.Reject {
				t.Error(upload, p)
			}
		}
		back, err := sarif.Decode(&b, "x.sarif")
		if err != nil {
			t.Fatal(err)
		}
		if back.Verdict != nil || back.Runs[0].Findings[0].Decision != nil {
			t.Errorf("what was decided came back as a fact: %+v", back)
		}
		if again := policy.DefaultPolicy().Judge(back); again.Outcome != r.Verdict.Outcome {
			t.Error(upload, again)
		}
	}
}
