package finding

import "testing"

func TestDismissed(t *testing.T) {
	for source, want := range map[string]bool{CodeScanning: true, "trivy:ignore": false} {
		f := Finding{Suppressions: []Suppression{{Source: source}}}
		if f.Dismissed() != want || !f.Suppressed() {
			t.Errorf("%s: dismissed is %v", source, f.Dismissed())
		}
	}
}

// TestADismissalDoesNotMoveAnAlert: which of two findings is shown stays as it
// is when its alert is dismissed. Else the alert would close, and the other
// finding open a new one.
func TestADismissalDoesNotMoveAnAlert(t *testing.T) {
	results := func(marks ...Suppression) Results {
		f := func(marks ...Suppression) Finding {
			return Finding{RuleID: "CVE-1", Location: Location{Path: "go.mod"}, Package: &Package{Ecosystem: "go", Name: "x", Version: "1"}, Suppressions: marks}
		}
		r := Results{Runs: []Run{
			{Scanner: "dependency", Status: Completed, Findings: []Finding{f(marks...)}},
			{Scanner: "trivy", Status: Completed, Findings: []Finding{f()}},
		}}
		for i := range r.Runs {
			r.Runs[i].Findings[0].Fingerprint = r.Runs[i].Scanner
		}
		MarkSame(&r)
		return r
	}
	for want, r := range map[string]Results{
		"dependency": results(Suppression{Source: CodeScanning, Elsewhere: true}),
		"trivy":      results(Suppression{Source: "trivy:ignore"}),
	} {
		for _, run := range r.Runs {
			if shown := run.Findings[0].SameAs == ""; shown != (run.Scanner == want) {
				t.Errorf("%s is shown: %v, want %s", run.Scanner, shown, want)
			}
		}
	}
}
