package iac

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/sample"
	"github.com/scangate/scangate/scanners"
)

const samples = "../../testdata/sample"

// scanDir plans and scans a directory under a deadline.
func scanDir(t testing.TB, dir string, jobs int, limit time.Duration, opts Options) scanners.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tree, err := scanners.Walk(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	target := scanners.Target{Tree: tree, Jobs: jobs}
	work, err := s.Plan(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	if work.Skip != "" {
		t.Fatalf("nothing to do: %s", work.Skip)
	}
	report, err := s.Scan(ctx, target, work)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// lines renders findings as in the expectation.
func lines(found []finding.Finding) []string {
	return sample.Lines(finding.Run{Scanner: Name, Findings: found})
}

func TestSample(t *testing.T) {
	one := scanDir(t, filepath.Join(samples, "shop"), 1, time.Minute, Options{})
	if err := sample.Compare(finding.Run{Scanner: Name, Findings: one.Findings}, filepath.Join(samples, "expected", "iac.txt")); err != nil {
		t.Error(err)
	}
	if many := scanDir(t, filepath.Join(samples, "shop"), 8, time.Minute, Options{}); !cmp.Equal(one, many) {
		t.Errorf("8 jobs see something else than 1 (-1 +8):\n%s", cmp.Diff(one, many))
	}
	for _, f := range one.Findings {
		if !slices.ContainsFunc(one.Rules, func(r finding.Rule) bool { return r.ID == f.RuleID }) {
			t.Errorf("%s has no rule", f.RuleID)
		}
	}
	keys := map[string]bool{}
	for _, f := range one.Findings {
		print := finding.FingerprintOf(Name, f)
		if keys[print] {
			t.Errorf("%s at %s:%d has the fingerprint of another finding (key %q)", f.RuleID, f.Location.Path, f.Location.StartLine, f.Key)
		}
		keys[print] = true
	}
}

// TestFinding looks at one finding and its rule in full.
func TestFinding(t *testing.T) {
	report := scanDir(t, filepath.Join(samples, "shop"), 2, time.Minute, Options{Frameworks: []string{"terraform"}})
	i := slices.IndexFunc(report.Findings, func(f finding.Finding) bool {
		return f.RuleID == "AWS-0132" && f.Resource == "module.invoices.aws_s3_bucket.this"
	})
	if i < 0 {
		t.Fatal("no such finding")
	}
	want := finding.Finding{
		RuleID: "AWS-0132", Severity: finding.High, SeveritySource: "trivy-checks",
		Message:  "Bucket does not encrypt data with a customer managed key.",
		Fix:      "Use SSE-KMS with a customer managed key (CMK)",
		Location: finding.Location{Path: "infra/modules/bucket/main.tf", StartLine: 10, EndLine: 12},
		Related: []finding.Location{{
			Path: "infra/main.tf", StartLine: 28, EndLine: 31, Message: "the module is called here",
		}},
		Framework: "terraform",
		Resource:  "module.invoices.aws_s3_bucket.this",
		Aliases:   []string{"AVD-AWS-0132", "aws-s3-encryption-customer-key", "encryption-customer-key"},
		Key:       "module.invoices.aws_s3_bucket.this",
	}
	if d := cmp.Diff(want, report.Findings[i]); d != "" {
		t.Errorf("finding (-want +got):\n%s", d)
	}
	r := report.Rules[slices.IndexFunc(report.Rules, func(r finding.Rule) bool { return r.ID == "AWS-0132" })]
	if r.Name != "encryption-customer-key" || !strings.Contains(r.Help, "```hcl\nresource ") || r.Severity != finding.High || !strings.Contains(r.Help, "**What to do:** Use SSE-KMS") ||
		len(r.References) == 0 || !cmp.Equal(r.Tags, []string{"iac", "aws", "s3", "terraform"}) {
		t.Errorf("rule: %+v", r)
	}
	if report.Looked.Files != 3 || report.Looked.Bytes == 0 {
		t.Errorf("looked at %+v", report.Looked)
	}
}
