package report

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// rich has a finding of everything that the page can show.
func rich() Report {
	at := func(path string, line int, message string) finding.Location {
		return finding.Location{Path: path, StartLine: line, Message: message}
	}
	res := finding.Results{Tool: finding.Engine{Name: "scangate", Version: "1.2.3"}, Root: "shop", Runs: []finding.Run{
		{Scanner: "image", Target: "oci:dist/image", Status: finding.Completed, Plan: "all layers", Engine: finding.Engine{Name: "trivy", Version: "0.66.0"},
			Looked: finding.Looked{Packages: 9},
			Notes:  []finding.Note{{Level: finding.Warning, Message: "the database is 40 hours old"}, {Level: finding.Gap, Path: "a.tar", Message: "too large"}},
			Rules: []finding.Rule{{ID: "CVE-1", Title: "request smuggling", Description: "Two servers read\none request differently.", Severity: finding.High,
				References: []string{"https://example.com/advisory?id=1&x=2", "javascript:alert(1)", "https://example.com/advisory?id=1&x=2"}}},
			Findings: []finding.Finding{{RuleID: "CVE-1", Severity: finding.High, SeveritySource: "ghsa", Score: 7.5, Vector: "CVSS:3.1/AV:N", Published: "2026-01-02",
				Message: "leaf 1.0: request smuggling", Fix: "upgrade leaf to 2.0", Location: at("Dockerfile", 1, ""), Fingerprint: "f1", Aliases: []string{"GHSA-1"},
				Package: &finding.Package{Ecosystem: "npm", Name: "leaf", Version: "1.0", FixedVersion: "2.0", Status: "affected", PURL: "pkg:npm/leaf@1.0",
					Relationship: "indirect", Dev: true, Path: []string{"tree@1.0", "leaf@1.0"}},
				Layer:     &finding.Layer{Digest: "sha256:01", CreatedBy: "RUN npm ci", Base: true, File: "app/package.json"},
				Witnesses: []finding.Witness{{Scanner: "trivy", RuleID: "GHSA-1", Severity: finding.Medium, Fingerprint: "f3"}}}}},
		{Scanner: "codeql", Status: finding.Completed, Looked: finding.Looked{Files: 3},
			Rules: []finding.Rule{{ID: "js/xss", Title: "Cross-site scripting", Help: "Escape it.", Severity: finding.Critical}},
			Findings: []finding.Finding{
				{RuleID: "js/xss", Severity: finding.Medium, Message: "what a user wrote reaches the page", Framework: "express", Resource: "app.get('/')",
					Location: at("web/app.js", 9, ""), Related: []finding.Location{at("web/page.js", 2, "written here")}, Fingerprint: "f2",
					Flows: []finding.Flow{{Message: "over a helper", Steps: []finding.Location{at("web/app.js", 4, "req.query"), at("web/app.js", 9, "")}}}},
				{RuleID: "js/xss", Severity: finding.Low, Message: "in a test", Location: finding.Location{Path: "t.js", Commit: "c0ffee", Date: "2026-01-03"}, Fingerprint: "f4",
					Suppressions: []finding.Suppression{{Source: "codeql", Reason: "only a test"}}},
			}},
		{Scanner: "trivy", Status: finding.Completed, Looked: finding.Looked{Packages: 9},
			Findings: []finding.Finding{{RuleID: "GHSA-1", Severity: finding.Medium, Message: "leaf", Location: at("Dockerfile", 1, ""), Fingerprint: "f3", SameAs: "f1"}}},
		{Scanner: "secret", Status: finding.Skipped, Reason: "not wanted"},
	}}
	r := Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)}
	r.Verdict.Notices = []string{"the ignore at .scangate.yaml:9 ends in 3 days"}
	return r
}

func page(t testing.TB, r Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHTMLGolden(t *testing.T) {
	got := page(t, rich())
	const name = "testdata/rich.html"
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Error(d)
	}
	if !bytes.Equal(got, page(t, rich())) {
		t.Error("the second page has other bytes")
	}
}

// fill puts a text into every string of a value, however deep.
func fill(v reflect.Value, s string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), s)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), s)
		}
	case reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), s)
		}
	}
}

// filled is rich with a text in every place that has one.
func filled(s string) Report {
	r := rich()
	fill(reflect.ValueOf(&r).Elem(), s)
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		run.Notes = append(run.Notes, finding.Note{Level: finding.Gap, Path: s, Message: s})
		for j := range run.Findings {
			if i == 2 {
				run.Findings[j].SameAs = "f1"
			} else {
				run.Findings[j].SameAs = ""
			}
		}
	}
	return r
}

// TestHTMLIsClosed: whatever the results say, in whichever place, a page has
// the elements that it has for harmless text.
func TestHTMLIsClosed(t *testing.T) {
	inspect(t, page(t, sample()))
	inspect(t, page(t, rich()))
	for _, s := range []string{
		`</title></style></script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, "` onclick=alert(1) ",
		`javascript:alert(1)`, ` JaVaScRiPt:alert(1)`, "java\nscript:alert(1)", `data:text/html,<script>alert(1)</script>`, `//evil.example/x`, `file:///etc/passwd`,
		`<!-- --><svg/onload=alert(1)>`, `]]><![CDATA[x`, `{{.Policy}}`, `</details></main></body>`, `&lt;b&gt;&#x3c;b>`, "a\x00b\x1b[2Jc\x7f", "\u202egpj.exe\u2066", "\xff\xfe<b>",
		`https://user:pass@evil.example/`, `https:evil`, "https://evil.example/\u202e", `http:///x`, `<style>*{display:none}</style>`, `*/ } body{display:none} /*`,
		strings.Repeat("<b>", 100_000), "a\n\n" + strings.Repeat("\u202e<b>", 900),
	} {
		harmless := strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return r
			}
			return 'x'
		}, s)
		want, got := inspect(t, page(t, filled(harmless))), inspect(t, page(t, filled(s)))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%.60q changes the page: %s", s, d)
		}
	}
}

func TestWebLink(t *testing.T) {
	for in, want := range map[string]bool{
		"https://example.com/a?b=c#d": true, "http://example.com": true, "HTTPS://example.com/x": true, "https://[::1]:8080/x": true,
		"": false, "example.com": false, "//example.com": false, "javascript:alert(1)//https://x": false, "ftp://example.com": false, "https://": false,
		"https://u@example.com": false, "https://example.com/ x\n": false, "https://example.com/\u202ex": false, "https://" + strings.Repeat("x", 3000): false,
	} {
		if got := webLink(in); (got != "") != want {
			t.Errorf("%.50q: %q", in, got)
		}
	}
}

// crowd is a report of n findings, a third of each action that counts.
func crowd(n int) Report {
	run := finding.Run{Scanner: "dependency", Status: finding.Completed, Looked: finding.Looked{Packages: n}}
	decisions := make([]policy.Decision, n)
	for i := range 100 {
		run.Rules = append(run.Rules, finding.Rule{ID: fmt.Sprintf("CVE-%d", i), Title: "a title", Description: strings.Repeat("a description ", 40),
			References: []string{"https://example.com/a", "https://example.com/b"}, Severity: finding.High})
	}
	steps := make([]finding.Location, 100)
	for i := range steps {
		steps[i] = finding.Location{Path: "a.js", StartLine: i + 1, Message: "handed on"}
	}
	for i := range n {
		decisions[i] = policy.Decision{Action: policy.Action(i % 3), By: "fail-on: high (.scangate.yaml:4)"}
		run.Findings = append(run.Findings, finding.Finding{
			RuleID: fmt.Sprintf("CVE-%d", i%100), Severity: finding.Severity(i % 6), Message: fmt.Sprintf("package %d is vulnerable", i), Fix: "upgrade it",
			Location: finding.Location{Path: fmt.Sprintf("dir/%d/package-lock.json", i%500), StartLine: i}, Fingerprint: fmt.Sprint(i),
			Package: &finding.Package{Ecosystem: "npm", Name: "p", Version: "1", PURL: "pkg:npm/p@1"}, Flows: []finding.Flow{{Steps: steps}},
		})
	}
	return Report{Results: finding.Results{Runs: []finding.Run{run}}, Verdict: policy.Verdict{Outcome: policy.Failed, Decisions: [][]policy.Decision{decisions}}}
}

func TestHTMLIsBounded(t *testing.T) {
	got := string(page(t, crowd(30_000)))
	if n := strings.Count(got, `<details class="finding `); n != maxHTMLFindings {
		t.Errorf("%d findings", n)
	}
	if n := strings.Count(got, "<ol>"); n != maxHTMLSteps/100 {
		t.Errorf("%d flows", n)
	}
	for _, want := range []string{
		"The 3000 most important of 30000 are shown. Left out here, by decision: fail 7000, warn 10000, pass 10000. All are in",
		"3000 of 30000 are shown", "Findings (30000)", "<h4>critical (3000)</h4>", "The way that data takes is left out here",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if len(got) > 16<<20 {
		t.Errorf("%d bytes", len(got))
	}
}

func TestHTMLWithoutFindings(t *testing.T) {
	for status, want := range map[finding.Status]string{finding.Completed: "<p>None.</p>", finding.Partial: "<p>None in what was looked at.</p>"} {
		got := page(t, Report{Results: finding.Results{Runs: []finding.Run{{Scanner: "iac", Status: status, Reason: "x"}}}, Verdict: policy.Verdict{Decisions: [][]policy.Decision{nil}}})
		if inspect(t, got); !strings.Contains(string(got), want) {
			t.Errorf("%s: no %s", status, want)
		}
	}
}

func BenchmarkHTML(b *testing.B) {
	r := crowd(100_000)
	b.ReportAllocs()
	for b.Loop() {
		if err := HTML(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}
