package finding

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// found makes a completed run of findings, with the fingerprints that they
// would have.
func found(scanner, target string, all ...Finding) Run {
	for i := range all {
		all[i].Fingerprint = FingerprintOf(scanner+target, all[i])
	}
	return Run{Scanner: scanner, Target: target, Status: Completed, Findings: all}
}

func vulnerable(rule, path, name, version string, severity Severity, aliases ...string) Finding {
	return Finding{RuleID: rule, Aliases: aliases, Severity: severity, Location: Location{Path: path, StartLine: 3}, Key: name + "@" + version,
		Package: &Package{Ecosystem: "npm", Name: name, Version: version}}
}

func pip(f Finding) Finding { f.Package.Ecosystem = "pip"; return f }

func leaked(rule, path, key string) Finding {
	return Finding{RuleID: rule, Severity: Critical, Location: Location{Path: path, StartLine: 1}, Key: key, KeyOnly: true}
}

func wrong(rule, path, resource string, from, to int, aliases ...string) Finding {
	return Finding{RuleID: rule, Aliases: aliases, Severity: High, Framework: "terraform", Resource: resource, Key: resource,
		Location: Location{Path: path, StartLine: from, EndLine: to}}
}

func ofLayer(f Finding, file string) Finding { f.Layer = &Layer{File: file}; return f }

func passedOver(f Finding) Finding { f.Suppressions = []Suppression{{Source: "a mark"}}; return f }

func plain(f Finding) Finding { f.Framework = ""; return f }

// marks says of each finding who else found it and whether it is shown.
func marks(r Results) []string {
	name := map[string]string{}
	for _, run := range r.Runs {
		for i, f := range run.Findings {
			name[f.Fingerprint] = fmt.Sprintf("%s%d", run.Scanner, i)
		}
	}
	var out []string
	for _, run := range r.Runs {
		for i, f := range run.Findings {
			if len(f.Witnesses) == 0 && f.SameAs == "" {
				continue
			}
			line := fmt.Sprintf("%s%d:", run.Scanner, i)
			for _, w := range f.Witnesses {
				line += " " + name[w.Fingerprint]
			}
			if f.SameAs != "" {
				line += " -> " + name[f.SameAs]
			}
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}

func TestMarkSame(t *testing.T) {
	const lock = "web/package-lock.json"
	partial := func(r Run) Run { r.Status = Partial; return r }
	for _, c := range []struct {
		name string
		runs []Run
		want []string
	}{
		{"an advisory by four scanners, the alias of one", []Run{
			found("dependabot", "", vulnerable("GHSA-1", lock, "leaf", "", High, "CVE-1")),
			found("trivy", "", vulnerable("CVE-1", lock, "leaf", "1.0.0", Medium)),
			found("npm-audit", "", vulnerable("GHSA-1", lock, "leaf", "1.0.0", Critical, "CVE-1")),
			found("dependency", "", vulnerable("CVE-1", lock, "leaf", "1.0.0", High)),
		}, []string{
			"dependabot0: dependency0 npm-audit0 trivy0 -> dependency0", "dependency0: dependabot0 npm-audit0 trivy0",
			"npm-audit0: dependency0 dependabot0 trivy0 -> dependency0", "trivy0: dependency0 dependabot0 npm-audit0 -> dependency0",
		}},
		{"other manifests, versions, packages, advisories", []Run{
			found("dependency", "", vulnerable("CVE-1", lock, "leaf", "1.0.0", High), vulnerable("CVE-2", lock, "leaf", "1.0.0", High)),
			found("trivy", "", vulnerable("CVE-1", "api/package-lock.json", "leaf", "1.0.0", High), vulnerable("CVE-1", lock, "leaf", "2.0.0", High),
				vulnerable("CVE-1", lock, "stem", "1.0.0", High), vulnerable("CVE-3", lock, "leaf", "1.0.0", High), pip(vulnerable("CVE-1", lock, "leaf", "1.0.0", High))),
		}, nil},
		{"other images", []Run{
			found("image", "oci:a", vulnerable("CVE-1", "Dockerfile", "leaf", "1.0.0", High)),
			found("trivy", "oci:b", vulnerable("CVE-1", "Dockerfile", "leaf", "1.0.0", High)),
			found("dependency", "", vulnerable("CVE-1", "Dockerfile", "leaf", "1.0.0", High)),
		}, nil},
		{"files of one image", []Run{
			found("image", "oci:a", ofLayer(vulnerable("CVE-1", "", "leaf", "1.0.0", High), "app/a.json"), ofLayer(vulnerable("CVE-1", "", "leaf", "1.0.0", Low), "app/b.json")),
			found("trivy", "oci:a", ofLayer(vulnerable("CVE-1", "", "leaf", "1.0.0", High), "app/b.json")),
		}, []string{"image1: trivy0", "trivy0: image1 -> image1"}},
		{"names as registries compare them", []Run{
			found("dependency", "", pip(vulnerable("CVE-1", "r.txt", "Py_Yaml", "v1.0", High)), vulnerable("CVE-1", lock, "a_b", "1.0", High)),
			found("trivy", "", pip(vulnerable("cve-1", "r.txt", "py-yaml", "1.0", High)), vulnerable("CVE-1", lock, "a-b", "1.0", High)),
		}, []string{"dependency0: trivy0", "trivy0: dependency0 -> dependency0"}},
		{"one scanner twice", []Run{
			found("trivy", "", vulnerable("CVE-1", lock, "leaf", "1.0.0", High), vulnerable("CVE-1", lock, "leaf", "1.0.0", High)),
		}, nil},
		{"an alert on two versions", []Run{
			found("dependency", "", vulnerable("CVE-1", lock, "leaf", "1.0.0", High), vulnerable("CVE-1", lock, "leaf", "0.9.0", High)),
			found("dependabot", "", vulnerable("CVE-1", lock, "leaf", "", High)),
		}, []string{"dependabot0: dependency0 dependency1 -> dependency0", "dependency0: dependabot0", "dependency1: dependabot0"}},
		{"a secret", []Run{
			found("gitleaks", "", leaked("pat", "b", "1"), leaked("pat", "a", "2")),
			found("secret", "", leaked("pat", "a", "1"), leaked("pat", "a", "3")),
		}, []string{"gitleaks0: secret0 -> secret0", "secret0: gitleaks0"}},
		{"a mistake by its resource, and by its lines", []Run{
			found("iac", "", wrong("AWS-1", "main.tf", "bucket.a", 1, 9), wrong("AWS-1", "main.tf", "bucket.b", 11, 19), wrong("AWS-2", "main.tf", "", 0, 0)),
			found("checkov", "", wrong("CKV_1", "main.tf", "bucket.b", 30, 31, "AWS-1"), wrong("CKV_1", "main.tf", "x", 8, 10, "AWS-1"),
				wrong("CKV_2", "main.tf", "y", 8, 10, "AWS-2"), wrong("CKV_1", "main.tf", "z", 20, 21, "AWS-1"), wrong("CKV_1", "other.tf", "bucket.b", 11, 19, "AWS-1"),
				wrong("CKV_3", "main.tf", "bucket.b", 11, 19)),
		}, []string{"checkov0: iac1 -> iac1", "checkov1: iac0 -> iac0", "checkov2: iac2 -> iac2", "iac0: checkov1", "iac1: checkov0", "iac2: checkov2"}},
		{"a rule's id alone is nothing", []Run{
			found("lint", "", plain(wrong("A1", "a.py", "", 1, 1))), found("check", "", plain(wrong("A1", "a.py", "", 1, 1))),
		}, nil},
		{"what is not uploaded is not shown in another's place", []Run{
			partial(found("dependency", "", vulnerable("CVE-1", lock, "leaf", "1.0.0", High))),
			found("trivy", "", vulnerable("CVE-1", lock, "leaf", "1.0.0", High), vulnerable("CVE-2", lock, "leaf", "1.0.0", High)),
			found("npm-audit", "", passedOver(vulnerable("CVE-2", lock, "leaf", "1.0.0", High))),
		}, []string{"dependency0: trivy0 -> trivy0", "npm-audit0: trivy1 -> trivy1", "trivy0: dependency0", "trivy1: npm-audit0"}},
	} {
		r := Results{Runs: c.runs}
		for range 5 { // neither marks of before nor the order change anything
			MarkSame(&r)
			if d := cmp.Diff(c.want, marks(r)); d != "" {
				t.Errorf("%s: %s", c.name, d)
			}
			rand.Shuffle(len(r.Runs), func(i, j int) { r.Runs[i], r.Runs[j] = r.Runs[j], r.Runs[i] })
		}
	}
}

func TestWitnessesAreBounded(t *testing.T) {
	runs := []Run{found("dependency", "", vulnerable("CVE-1", "a", "leaf", "1", High))}
	for i := range 3 * maxWitnesses {
		runs = append(runs, found(fmt.Sprintf("tool%d", i), "", vulnerable("CVE-1", "a", "leaf", "1", Low)))
	}
	r := Results{Runs: runs}
	MarkSame(&r)
	for _, run := range r.Runs {
		if n := len(run.Findings[0].Witnesses); n != maxWitnesses {
			t.Errorf("%s has %d witnesses", run.Scanner, n)
		}
	}
}

func BenchmarkMarkSame(b *testing.B) {
	var runs []Run
	for _, scanner := range []string{"dependency", "trivy", "grype", "npm-audit"} {
		var all []Finding
		for i := range 25_000 {
			all = append(all, vulnerable(fmt.Sprintf("CVE-%d", i%500), fmt.Sprintf("dir%d/package-lock.json", i/500), strings.Repeat("leaf", 1+i%7), "1.0.0", High))
		}
		runs = append(runs, found(scanner, "", all...))
	}
	r := Results{Runs: runs}
	for b.Loop() {
		MarkSame(&r)
	}
	b.ReportMetric(100_000, "findings/op")
}
