package vex

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// mixed are results in which the same things are found in many places.
func mixed() finding.Results {
	in := func(id, path, purl string, aliases ...string) finding.Finding {
		f := finding.Finding{RuleID: id, Aliases: aliases, Location: finding.Location{Path: path}}
		if purl != "" {
			f.Package = &finding.Package{PURL: purl}
		}
		return f
	}
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	return finding.Results{Root: "My Shop", Runs: []finding.Run{
		{Scanner: "dependency", Findings: []finding.Finding{
			in("CVE-1", "web/package-lock.json", "pkg:npm/lodash@4.17.20", "GHSA-1"), in("CVE-1", "api/package-lock.json", "pkg:npm/lodash@4.17.20", "GHSA-1"),
			in("CVE-1", "web/package-lock.json", "pkg:npm/%40a/b@1.0.0", "GHSA-1"), in("CVE-2", "web/package-lock.json", "pkg:npm/lodash@4.17.20"), in("CVE-3", "go.mod", ""),
			in("CVE-4", "go.mod", "pkg:npm"),
		}},
		{Scanner: "image", Target: "registry.example.com/team/Shop:1" + digest, Findings: []finding.Finding{in("GHSA-1", "", "pkg:npm/lodash@4.17.20"), in("CVE-5", "", "pkg:deb/debian/zlib@1.2?arch=amd64"), in("aws-key", "", "")}},
		{Scanner: "image", Target: "other@sha256:99", Findings: []finding.Finding{in("GHSA-1", "", "pkg:npm/lodash@4.17.20")}},
		{Scanner: "iac", Findings: []finding.Finding{in("AWS-1", "infra/ü#1%/a?.tf", ""), in("AWS-1", "infra/b.tf", ""), in("AWS-1", "infra/b.tf", ""), in("AWS-2", "infra", ""), in("AWS-2", "infra/b.tf", "")}},
		{Scanner: "dast", Target: "https://example.com", Findings: []finding.Finding{in("10021", "", "")}},
	}}
}

// TestWhatIsWrittenIsWhatWasIgnored exempts each finding alone, all of them, and
// many selections: what is written says the same of the same findings, and
// nothing of others.
func TestWhatIsWrittenIsWhatWasIgnored(t *testing.T) {
	res := mixed()
	var all []place
	for i := range res.Runs {
		for j := range res.Runs[i].Findings {
			all = append(all, place{i, j})
		}
	}
	told := 0
	check := func(chosen func(n int) bool) {
		var exempted []Exempted
		var want []string
		for n, at := range all {
			if chosen(n) {
				exempted = append(exempted, Exempted{Run: at.run, Finding: at.finding, Justification: Justifications()[n%len(Justifications())], Reason: "because"})
				want = append(want, fmt.Sprint(at))
			}
		}
		ignores, left := Ignores(res, exempted)
		data, _, err := Write(ignores, origin())
		if err != nil {
			t.Fatal(err)
		}
		d, err := Parse("f.json", data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		set := New(d)
		var got []string
		for _, at := range all {
			run := &res.Runs[at.run]
			if by, ok := set.Exempts(run, &run.Findings[at.finding]); ok {
				got = append(got, fmt.Sprint(at))
				if !slices.Contains(want, fmt.Sprint(at)) {
					t.Errorf("of %v, %v does not count, too: %s\n%s", want, at, by, data)
				}
			}
		}
		if told += len(got); len(got) < len(want) && len(left) == 0 {
			t.Errorf("of %v only %v, and nothing is said of the rest\n%s", want, got, data)
		}
		for _, n := range set.Notices(res) {
			if len(want) > 0 && !strings.Contains(n, "holds no statement") {
				t.Errorf("a notice: %s", n)
			}
		}
	}
	for one := range all {
		check(func(n int) bool { return n == one })
	}
	check(func(int) bool { return true })
	for mask := range 300 {
		check(func(n int) bool { return (mask*2654435761>>(n%20))&1 == 1 })
	}
	if told < 1000 {
		t.Errorf("only %d findings were told", told)
	}
}

func TestIgnores(t *testing.T) {
	res := mixed()
	until := time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC)
	as := func(run, f int) Exempted {
		return Exempted{Run: run, Finding: f, Justification: "component_not_present", Reason: "why", Expires: until}
	}
	got, left := Ignores(res, []Exempted{as(0, 0), as(0, 2), as(0, 3), as(0, 4), as(0, 5), as(1, 1), as(1, 2), as(3, 0), as(3, 1), as(4, 0)})
	ignore := func(id string, aliases []string, products ...Product) Ignore {
		return Ignore{ID: id, Aliases: aliases, Products: products, Justification: "component_not_present", Reason: "why", Expires: until}
	}
	want := []Ignore{
		ignore("CVE-1", []string{"GHSA-1"}, Product{PURL: "pkg:generic/My%20Shop#web/package-lock.json", Parts: []string{"pkg:npm/lodash@4.17.20"}}, Product{PURL: "pkg:npm/%40a/b@1.0.0"}),
		ignore("CVE-2", nil, Product{PURL: "pkg:npm/lodash@4.17.20"}),
		ignore("CVE-3", nil, Product{PURL: "pkg:generic/My%20Shop#go.mod"}),
		ignore("CVE-5", nil, Product{PURL: "pkg:deb/debian/zlib@1.2?arch=amd64"}),
		ignore("AWS-1", nil, Product{PURL: "pkg:generic/My%20Shop#infra/%C3%BC%231%25/a?.tf"}),
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{
		"10021 in dast https://example.com: a statement needs a package, or a file of the repository",
		"AWS-1 in infra/b.tf: no statement could tell it from findings of the same name that count",
		"CVE-4 in pkg:npm: its package has no package URL",
		"aws-key in image registry.example.com/team/Shop:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef01234…: a statement needs a package, or a file of the repository",
	}, left); d != "" {
		t.Error(d)
	}
}

// TestManyFindingsOfOneName: neither equal nor different ones are compared each
// with each.
func TestManyFindingsOfOneName(t *testing.T) {
	const n = 20_000
	res := finding.Results{Root: "shop", Runs: []finding.Run{{Scanner: "iac"}, {Scanner: "dependency"}, {Scanner: "dependency"}}}
	var exempted []Exempted
	for i := range n {
		for run, purl := range []string{"", "pkg:npm/a@1.0.0", fmt.Sprintf("pkg:npm/a@1.0.%d", i)} {
			f := finding.Finding{RuleID: "R" + fmt.Sprint(run), Location: finding.Location{Path: fmt.Sprintf("dir%d/file", i)}}
			if purl != "" {
				f.Package = &finding.Package{PURL: purl}
			}
			res.Runs[run].Findings = append(res.Runs[run].Findings, f)
			if i%2 == 0 {
				exempted = append(exempted, Exempted{Run: run, Finding: i, Justification: "component_not_present"})
			}
		}
	}
	start := time.Now()
	ignores, left := Ignores(res, exempted)
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	if len(ignores) != 3 || len(left) > 0 || len(ignores[0].Products) != n/2 {
		t.Errorf("%d ignores, %d left", len(ignores), len(left))
	}
}
