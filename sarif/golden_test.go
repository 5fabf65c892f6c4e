package sarif

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/scangate/scangate/finding"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a varied result: each kind of scanner, each severity, and what is
// hard to write down.
func sample() finding.Results {
	r := finding.Results{
		Version: finding.SchemaVersion,
		Tool:    finding.Engine{Name: "scangate", Version: "v1.4.0-rc.1"},
		Root:    "shop",
		Feeds:   []finding.Feed{{Name: finding.FeedKEV, Date: "2026-11-20T17:00:15Z", Entries: 1480}, {Name: finding.FeedEPSS, Date: "2026-11-22T12:55:00Z", Entries: 312_000}},
		Runs: []finding.Run{
			{
				Scanner: "dependency",
				Engine:  finding.Engine{Name: "trivy-db", Version: "2"},
				Status:  finding.Completed,
				Plan:    "1 lockfile: npm 1",
				Looked:  finding.Looked{Files: 1, Packages: 812, Bytes: 41_230},
				Notes: []finding.Note{
					{Level: finding.Information, Message: "the database is from 2026-11-20"},
					{Level: finding.Warning, Path: "old dir/package.json", Line: 3, Message: "no lockfile beside it: versions are ranges [see](docs)"},
				},
				Rules: []finding.Rule{
					{ID: "CVE-2021-23337", Title: "lodash: command injection", Name: "CommandInjection",
						Description: "Templates of lodash < 4.17.21 run commands.", Help: "Update to **4.17.21**.",
						References: []string{"https://example.com/advisory?id=1&x=2", "javascript:alert(1)", "ftp://example.com/x"},
						Severity:   finding.High, Score: 7.2, Tags: []string{"external/cwe/cwe-94"}, Precision: "high"},
					{ID: "CVE-2020-0001", Title: strings.Repeat("long title ", 200), Severity: finding.Critical, Score: 9,
						Tags: []string{"a", "b", "c", "d", "e", "f", "g", "h", "i"}},
					{ID: "CVE-1999-0001", Title: "never found", Severity: finding.Low},
				},
				Findings: []finding.Finding{
					{RuleID: "CVE-2021-23337", Severity: finding.High, SeveritySource: "ghsa", Score: 7.2,
						Message: "lodash 4.17.20 has a command injection", Fix: "update lodash to 4.17.21",
						Location: finding.Location{Path: "web/package-lock.json", StartLine: 41, EndLine: 44, LineHash: "271789c17abda88f:1"},
						Related:  []finding.Location{{Path: "web/package.json", StartLine: 7, StartColumn: 5, EndColumn: 13, Message: "required here", LineHash: "54703d4cd895b18:1"}},
						Package: &finding.Package{Ecosystem: "npm", Name: "lodash", Version: "4.17.20", FixedVersion: "4.17.21",
							PURL: "pkg:npm/lodash@4.17.20", Relationship: "direct"},
						Aliases: []string{"GHSA-35jh-r3h4-6jhm"}, Key: "lodash@4.17.20", Vector: "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H", Published: "2021-05-06",
						Exploited: "2022-03-25", EPSS: 0.00432,
						Layer: &finding.Layer{Digest: "sha256:01", DiffID: "sha256:02", CreatedBy: "RUN npm ci", Base: true, File: "app/package.json"}},
					{RuleID: "CVE-2020-0001", Severity: finding.Critical, Score: 9, Message: "left-pad pads right",
						Location: finding.Location{Path: "web/package-lock.json", StartLine: 90},
						Package:  &finding.Package{Ecosystem: "npm", Name: "left-pad", Version: "1.0.0", Dev: true}, Key: "left-pad@1.0.0"},
				},
			},
			{
				Scanner: "image",
				Target:  "registry.example.com:5000/team/shop:1.2@sha256:" + strings.Repeat("ab", 32),
				Engine:  finding.Engine{Name: "trivy-db", Version: "2"},
				Status:  finding.Completed,
				Looked:  finding.Looked{Packages: 90},
				Rules:   []finding.Rule{{ID: "CVE-2024-3094", Title: "xz: backdoor", Severity: finding.Critical, Score: 10}},
				Findings: []finding.Finding{
					{RuleID: "CVE-2024-3094", Severity: finding.Critical, Score: 10, Message: "xz-utils 5.6.0 has a backdoor",
						Package: &finding.Package{Ecosystem: "deb", Name: "xz-utils", Version: "5.6.0"}, Key: "xz-utils@5.6.0"},
				},
			},
			{
				Scanner: "secret",
				Engine:  finding.Engine{Name: "gitleaks", Version: "8.30.1"},
				Status:  finding.Completed,
				Looked:  finding.Looked{Files: 20, Commits: 44},
				Rules:   []finding.Rule{{ID: "private-key", Title: "Private key", Severity: finding.High}},
				Findings: []finding.Finding{
					{RuleID: "private-key", Severity: finding.High, Message: "a private key", Key: "sha256:11",
						Location: finding.Location{Path: "keys/50% [old]: ä\xff.pem", StartLine: 1, StartColumn: 1, EndLine: 1, EndColumn: 28,
							Commit: strings.Repeat("c0ffee00", 5), Date: "2024-02-29"}},
					{RuleID: "private-key", Severity: finding.High, Message: "a private key", Key: "sha256:22", KeyOnly: true,
						Location:     finding.Location{Path: "test/key.pem", StartLine: 1, LineHash: "feed:1"},
						Related:      []finding.Location{{Path: "old/key.pem", StartLine: 4, Commit: "c0ffee00c0ff", Date: "2024-02-28", Message: "added in commit c0ffee00c0ff"}},
						Suppressions: []finding.Suppression{{Source: "gitleaks:allow", Reason: "made for tests"}, {Source: ".gitleaksignore"}, {Source: "dependabot", Elsewhere: true}}},
					{RuleID: "home-made", Severity: finding.Unknown, Message: "", Key: "sha256:33",
						Location: finding.Location{Path: "notes.txt", StartLine: 2, StartColumn: 9, EndColumn: 4}},
				},
			},
			{
				Scanner: "iac",
				Engine:  finding.Engine{Name: "trivy-checks"},
				Status:  finding.Completed,
				Looked:  finding.Looked{Files: 3},
				Rules: []finding.Rule{
					{ID: "AWS-0086", Title: "S3 access block", Description: "Public ACLs <b>must</b> be blocked.", Severity: finding.Medium},
					{ID: "AWS-0090", Title: "S3 versioning", Severity: finding.Info},
				},
				Findings: []finding.Finding{
					{RuleID: "AWS-0086", Severity: finding.Medium, Flows: []finding.Flow{
						{Message: "[1] by a variable", Steps: []finding.Location{
							{Path: "infra/vars.tf", StartLine: 1, StartColumn: 3, EndColumn: 9, Message: "variable [x](y)"},
							{Path: "infra/main [1].tf", StartLine: 4, EndLine: 6}, {Path: "infra/main.tf"}}},
						{Steps: []finding.Location{{Path: "infra/main.tf", StartLine: 3}}}},
						Message:  `ACLs of [logs](https://evil.example) are \[not](blocked`,
						Location: finding.Location{Path: "infra/main.tf", StartLine: 3, EndLine: 9}, Framework: "terraform",
						Resource: "aws_s3_bucket.logs", Key: "aws_s3_bucket.logs"},
					{RuleID: "AWS-0090", Severity: finding.Low, Message: "aliases[0] is not versioned",
						Location: finding.Location{Path: "infra/main.tf", StartLine: 3}, Framework: "terraform", Key: "ignored by policy"},
				},
			},
			{Scanner: "dast", Target: "http://user:pass@localhost:8080/shop?token=x", Engine: finding.Engine{Name: "scangate"},
				Status: finding.Completed, Looked: finding.Looked{URLs: 12}, Findings: []finding.Finding{}},
			{Scanner: "codeql", Status: finding.TimedOut, Reason: "no answer in 30m", Findings: []finding.Finding{}},
			{Scanner: "cargo-audit", Status: finding.Skipped, Reason: "no Cargo.lock", Findings: []finding.Finding{}},
		},
	}
	for i := range r.Runs {
		for j := range r.Runs[i].Findings {
			f := &r.Runs[i].Findings[j]
			f.Fingerprint = finding.FingerprintOf(r.Runs[i].Scanner, *f)
		}
	}
	return r
}

func samplePolicy(_ *finding.Run, f *finding.Finding) string {
	if f.Key == "ignored by policy" {
		return "versioning is not wanted; expires 2027-01-01"
	}
	return ""
}

// judged are the options under which sample is written with a policy's word on
// it.
func judged(upload bool) Options {
	return Options{
		Upload: upload,
		Omit:   samplePolicy,
		Decision: func(run *finding.Run, f *finding.Finding) finding.Decision {
			switch by := samplePolicy(run, f); {
			case by != "":
				return finding.Decision{Action: "ignored", By: by}
			case f.Severity >= finding.High:
				return finding.Decision{Action: "fail", By: "fail-on: high (.scangate.yaml:4)"}
			}
			return finding.Decision{Action: "warn", By: "below fail-on: high (.scangate.yaml:4)"}
		},
		Verdict: &finding.Verdict{Outcome: "failed", Reasons: []string{"dependency: 2 findings cross fail-on: high (.scangate.yaml:4)"},
			Notices: []string{"the ignore at .scangate.yaml:9 ends in 3 days"}},
	}
}

func encode(t testing.TB, r finding.Results, o Options) ([]byte, Summary) {
	t.Helper()
	var buf bytes.Buffer
	summary, err := Encode(&buf, r, o)
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), summary
}

func checkSchema(t *testing.T, name string, document []byte) {
	t.Helper()
	f, err := os.Open("testdata/sarif-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	schema, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(value); err != nil {
		t.Errorf("%s is not valid: %v", name, err)
	}
}

func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		name   string
		upload bool
	}{{"artifact", false}, {"upload", true}} {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := encode(t, sample(), judged(tt.upload))
			file := "testdata/" + tt.name + ".golden.sarif"
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("differs from %s (write it anew with -update):\n%s", file, diff)
			}
			checkSchema(t, file, got)
			again, _ := encode(t, sample(), judged(tt.upload))
			if !bytes.Equal(got, again) {
				t.Error("the second encoding has other bytes")
			}
		})
	}
}
