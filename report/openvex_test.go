package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// excuses exempts what has a reason, and justifies all but one rule.
type excuses map[string]string

func (e excuses) Exempts(_ *finding.Run, f *finding.Finding) (by string, ok bool) {
	by = e[f.RuleID]
	return by, by != ""
}

func (e excuses) Justify(_ *finding.Run, f *finding.Finding) (label, reason string, until time.Time) {
	if f.RuleID == "CVE-3" {
		return "", "", until
	}
	return "vulnerable_code_not_present", e[f.RuleID], time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
}

func TestOpenVEX(t *testing.T) {
	pkg := func(purl string) *finding.Package { return &finding.Package{PURL: purl} }
	res := finding.Results{Root: "shop\x1b[31m", Runs: []finding.Run{
		{Scanner: "dependency", Status: finding.Completed, Findings: []finding.Finding{
			{RuleID: "CVE-1", Aliases: []string{"GHSA-1"}, Package: pkg("pkg:npm/a@1.0.0"), Location: finding.Location{Path: "web/package-lock.json"}},
			{RuleID: "CVE-2", Package: pkg("pkg:npm/a@1.0.0")}, {RuleID: "CVE-3", Package: pkg("pkg:npm/a@1.0.0")},
			{RuleID: "CVE-4", Package: pkg("pkg:npm/a@1.0.0"), Suppressions: []finding.Suppression{{Source: "x"}}},
		}},
		{Scanner: "iac", Status: finding.Completed, Findings: []finding.Finding{{RuleID: "AWS-1", Location: finding.Location{Path: "main.tf", StartLine: 3}}}},
		{Scanner: "dast", Target: "https://example.com", Status: finding.Completed, Findings: []finding.Finding{{RuleID: "10021"}}},
	}}
	p := policy.DefaultPolicy()
	p.Facts.Now = time.Date(2027, 1, 15, 23, 59, 0, 0, time.FixedZone("", -3600))
	p.Exemptions = []policy.Exemption{excuses{"CVE-1": "never called\n", "CVE-3": "old", "CVE-4": "x", "AWS-1": "a test\x1b[2J", "10021": "x"}}
	r := Report{Results: res, Verdict: p.Judge(res)}
	var b bytes.Buffer
	if err := OpenVEX(&b, r); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("testdata", "ignores.openvex.json")
	if *update {
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"10021 in dast https://example.com: a statement needs a package, or a file of the repository"}, OpenVEXGaps(r)); d != "" {
		t.Error(d)
	}
}

func TestOpenVEXOfNothing(t *testing.T) {
	p := policy.DefaultPolicy()
	p.Facts.Now = time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)
	r := Report{Verdict: p.Judge(finding.Results{})}
	var b bytes.Buffer
	if err := OpenVEX(&b, r); err != nil || !bytes.Contains(b.Bytes(), []byte(`"statements": []`)) {
		t.Errorf("%v\n%s", err, &b)
	}
	if err := OpenVEX(&b, Report{}); err == nil {
		t.Error("a document without a date is written")
	}
}

// TestOpenVEXThatNobodyCanRead: more statements on one rule than are read.
func TestOpenVEXThatNobodyCanRead(t *testing.T) {
	run := finding.Run{Scanner: "iac", Status: finding.Completed}
	for i := range 10_001 {
		run.Findings = append(run.Findings, finding.Finding{RuleID: "AWS-1", Location: finding.Location{Path: fmt.Sprintf("%d.tf", i)}})
	}
	p := policy.DefaultPolicy()
	p.Facts.Now = time.Date(2027, 1, 15, 0, 0, 0, 0, time.UTC)
	p.Exemptions = []policy.Exemption{excuses{"AWS-1": "x"}}
	res := finding.Results{Root: "shop", Runs: []finding.Run{run}}
	var b bytes.Buffer
	err := OpenVEX(&b, Report{Results: res, Verdict: p.Judge(res)})
	if err == nil || !strings.Contains(err.Error(), "over the limit of 10,000 statements") || b.Len() > 0 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
}
