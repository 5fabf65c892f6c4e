package ignore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// A set is what a policy takes.
var (
	_ policy.Exemption = (*Set)(nil)
	_ policy.Noticer   = (*Set)(nil)
)

// shop has findings of all kinds.
func shop() finding.Results {
	dep := func(rule, alias, name, path string) finding.Finding {
		return finding.Finding{RuleID: rule, Aliases: []string{alias}, Severity: finding.High, Location: finding.Location{Path: path, StartLine: 3},
			Package: &finding.Package{Ecosystem: "npm", Name: name, Version: "1.2.0", PURL: "pkg:npm/" + name + "@1.2.0"}, Fingerprint: "f" + rule + path}
	}
	return finding.Results{Runs: []finding.Run{
		{Scanner: "dependency", Status: finding.Completed, Findings: []finding.Finding{
			dep("CVE-1", "GHSA-a", "lodash", "web/package-lock.json"), dep("CVE-1", "GHSA-a", "lodash", "api/package-lock.json"), dep("CVE-2", "GHSA-b", "left-pad", "web/package-lock.json"),
		}},
		{Scanner: "secret", Status: finding.Completed, Findings: []finding.Finding{
			{RuleID: "aws-key", Severity: finding.Critical, Location: finding.Location{Path: "a.txt", StartLine: 1}, Fingerprint: "abcd"},
			{RuleID: "gcp-key", Severity: finding.Critical, Location: finding.Location{Path: "test/b.txt", StartLine: 1}, Fingerprint: "ef01"},
		}},
		{Scanner: "iac", Status: finding.Skipped},
		{Scanner: "image", Target: "shop", Status: finding.Completed, Findings: []finding.Finding{
			{RuleID: "CVE-1", Severity: finding.High, Layer: &finding.Layer{File: "/usr/lib/x.jar"}, Package: &finding.Package{Name: "x"}, Fingerprint: "77"},
		}},
	}}
}

// ignored lists what is ignored, and by what.
func ignored(s *Set, res finding.Results) (out []string) {
	v := policy.Policy{Exemptions: []policy.Exemption{s}}.Judge(res)
	for i, run := range res.Runs {
		for j, f := range run.Findings {
			if d := v.Decisions[i][j]; d.Action == policy.Ignored {
				out = append(out, strings.TrimSpace(run.Scanner+" "+f.RuleID+" "+f.Location.Path)+" "+d.By)
			}
		}
	}
	return out
}

func TestIgnores(t *testing.T) {
	const end = "reason: x, expires: 2027-01-15}]"
	const by = " ignored by f.yaml:1 until 2027-01-15: x"
	for in, want := range map[string][]string{
		"id: cve-1, scanner: dependency":       {"dependency CVE-1 web/package-lock.json", "dependency CVE-1 api/package-lock.json"},
		"id: ghsa-A":                           {"dependency CVE-1 web/package-lock.json", "dependency CVE-1 api/package-lock.json"},
		"id: CVE-1, path: web":                 {"dependency CVE-1 web/package-lock.json"},
		"id: CVE-1, path: usr/lib/":            {"image CVE-1"},
		"id: CVE-1, package: lodash":           {"dependency CVE-1 web/package-lock.json", "dependency CVE-1 api/package-lock.json"},
		"id: CVE-1, package: 'pkg:npm/left*'":  nil,
		"id: CVE":                              nil,
		"rule: 'CVE-*', path: 'web/*.json'":    {"dependency CVE-1 web/package-lock.json", "dependency CVE-2 web/package-lock.json"},
		"rule: 'GHSA-*'":                       nil,
		"rule: '*', path: test/**":             {"secret gcp-key test/b.txt"},
		"rule: aws-key, scanner: [iac, image]": nil,
		"fingerprint: ABCD":                    {"secret aws-key a.txt"},
		"fingerprint: ABCD, id: gcp-key":       nil,
		"fingerprint: abc":                     nil,
	} {
		list, err := parse("ignore: [{" + in + ", " + end)
		if err != nil {
			t.Fatal(in, err)
		}
		for i := range want {
			want[i] += by
		}
		if d := cmp.Diff(want, ignored(New(list, now), shop())); d != "" {
			t.Errorf("%s\n%s", in, d)
		}
		if got := ignored(New(list, now.AddDate(0, 0, 1)), shop()); got != nil {
			t.Errorf("%s has expired, and still ignores %v", in, got)
		}
	}
}

func TestTheFirstEntryThatHoldsIsNamed(t *testing.T) {
	list, err := parse("ignore:\n- {rule: aws-*, reason: old, expires: 2026-12-31}\n- {fingerprint: abcd, reason: second, permanent: true}\n- {id: aws-key, reason: third, permanent: true}\n")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"secret aws-key a.txt ignored by f.yaml:3: second"}, ignored(New(list, now), shop())); d != "" {
		t.Error(d)
	}
}

func TestNotices(t *testing.T) {
	list, err := parse(`ignore:
- {id: CVE-2, reason: x, expires: 2027-01-14}
- {id: aws-key, reason: x, expires: 2027-01-29}
- {id: gcp-key, reason: x, expires: 2027-01-28}
- {id: CVE-9, reason: x, permanent: true}
- {id: CVE-9, reason: x, permanent: true, scanner: iac}
- {id: CVE-9, reason: x, permanent: true, scanner: secret}
- {id: CVE-9, reason: x, expires: 2026-01-01}
`)
	if err != nil {
		t.Fatal(err)
	}
	list.Problems = []string{"other:1 is not honoured"}
	s := New(list, now)
	base := []string{
		"other:1 is not honoured",
		"ignore at f.yaml:2 (CVE-2) expired on 2027-01-14 and no longer holds: 1 finding counts again; renew or remove it",
		"ignore at f.yaml:8 (CVE-9) expired on 2026-01-01 and no longer holds; renew or remove it",
		"ignore at f.yaml:4 (gcp-key) holds until 2027-01-28, 13 days more",
	}
	if d := cmp.Diff(base, s.Notices(shop())); d != "" {
		t.Error("without a whole scan\n" + d)
	}
	s.Whole = names()
	want := append(slices.Clone(base), "ignore at f.yaml:5 (CVE-9) fits no finding; remove it if it is not needed", "ignore at f.yaml:7 (CVE-9) fits no finding; remove it if it is not needed")
	if d := cmp.Diff(want, s.Notices(shop())); d != "" {
		t.Error(d)
	}
	part := shop()
	part.Runs[1].Status = finding.Partial
	if d := cmp.Diff(base, s.Notices(part)); d != "" {
		t.Error("a scanner did not complete\n" + d)
	}
	less := shop()
	less.Runs = less.Runs[:1]
	if d := cmp.Diff(base, s.Notices(less)); d != "" {
		t.Error("scanners are missing\n" + d)
	}
}

// onlyWhatFits asserts the property that all of this is about: what a list
// ignores, and nothing else, is what one of its entries fits, condition by
// condition; and each finding is judged as if it were alone.
func onlyWhatFits(t *testing.T, list List) {
	t.Helper()
	s := New(list, now)
	res := shop()
	for i := range res.Runs {
		run := &res.Runs[i]
		for j := range run.Findings {
			f := &run.Findings[j]
			var want string
			for k := range list.Entries {
				if e := &list.Entries[k]; want == "" && !e.expired(now) && e.applies(run.Scanner, f) {
					want = e.by()
				}
			}
			got, ok := s.Exempts(run, f)
			if got != want || ok != (want != "") {
				t.Fatalf("%s %s: %q, want %q", run.Scanner, f.RuleID, got, want)
			}
		}
	}
	s.Whole = names()
	for _, n := range s.Notices(res) {
		if strings.ContainsAny(n, "\n\r\x1b") {
			t.Fatalf("a notice of several lines: %q", n)
		}
	}
}

// TestAnIgnoreOnlyAffectsWhatItFits makes lists by chance, and looks whether
// taking an entry away changes anything but what that entry fits.
func TestAnIgnoreOnlyAffectsWhatItFits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(words ...string) string { return words[r.IntN(len(words))] }
	for range 300 {
		var b strings.Builder
		b.WriteString("ignore:\n")
		n := 1 + r.IntN(5)
		for range n {
			fmt.Fprintf(&b, "- {%s%s%s%s, reason: x, %s}\n", pick("id: CVE-1", "id: GHSA-b", "id: aws-key", "rule: '*-key'", "rule: 'CVE-?'", "rule: 'CVE*'", "fingerprint: abcd"),
				pick("", "", ", path: web", ", path: '*.txt'", ", path: /api/**"), pick("", "", ", package: lodash", ", package: 'pkg:npm/*'"),
				pick("", "", ", scanner: secret", ", scanner: [dependency, image]"), pick("permanent: true", "expires: 2027-01-14", "expires: 2027-01-15"))
		}
		list, err := parse(b.String())
		if err != nil {
			t.Fatal(err)
		}
		onlyWhatFits(t, list)
		k := r.IntN(n)
		without := List{Entries: slices.Delete(slices.Clone(list.Entries), k, k+1)}
		all, fewer := New(list, now), New(without, now)
		res := shop()
		for i := range res.Runs {
			for j := range res.Runs[i].Findings {
				run, f := &res.Runs[i], &res.Runs[i].Findings[j]
				_, before := all.Exempts(run, f)
				_, after := fewer.Exempts(run, f)
				if before != after && !list.Entries[k].applies(run.Scanner, f) {
					t.Fatalf("taking away entry %d of\n%schanges %s %s", k, &b, run.Scanner, f.RuleID)
				}
			}
		}
	}
}

// BenchmarkJudge judges 100,000 findings under 5,000 ignores.
func BenchmarkJudge(b *testing.B) {
	var in strings.Builder
	in.WriteString("ignore:\n")
	for i := range 5000 {
		fmt.Fprintf(&in, "- {%s, path: dir%d/*.json, reason: x, permanent: true}\n", [...]string{fmt.Sprintf("id: CVE-%d", i), fmt.Sprintf("rule: 'CVE-%d*'", i), fmt.Sprintf("fingerprint: f%d", i)}[i%3], i)
	}
	list, err := parse(in.String())
	if err != nil {
		b.Fatal(err)
	}
	run := finding.Run{Scanner: "dependency", Status: finding.Completed}
	for i := range 100_000 {
		run.Findings = append(run.Findings, finding.Finding{RuleID: fmt.Sprintf("CVE-%d", i%2000), Fingerprint: fmt.Sprintf("f%d", i), Location: finding.Location{Path: fmt.Sprintf("dir%d/a.json", i%2000)}})
	}
	for b.Loop() {
		start := time.Now()
		policy.Policy{Exemptions: []policy.Exemption{New(list, now)}}.Judge(finding.Results{Runs: []finding.Run{run}})
		if d := time.Since(start); d > 30*time.Second {
			b.Fatalf("took %s", d)
		}
	}
}
