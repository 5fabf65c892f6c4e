package policy_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/baseline"
	"github.com/scangate/scangate/policy/ignore"
	"github.com/scangate/scangate/policy/vex"
)

// largest is a configuration with so many rules and ignores, of all kinds.
func largest(rules, ignores int) string {
	var b strings.Builder
	b.WriteString("policy:\n  rules:\n")
	for i := range rules {
		match := []string{
			fmt.Sprintf("rule: CVE-%d, severity: high", i%20),
			fmt.Sprintf(`path: "src/team%d/**/*.go", severity: ">=high"`, i),
			fmt.Sprintf(`package: ["pkg:npm/left-%d*", "lib%d?"]`, i, i),
			fmt.Sprintf("scanner: dependency, package: lib%d, dev: false", i),
			fmt.Sprintf(`path: "**/generated%d/", cvss: ">=7"`, i),
			fmt.Sprintf(`path: "src/**", framework: terraform, severity: critical, rule: "CVE-%d*"`, i),
			fmt.Sprintf("new: true, rule: [CVE-%d, GHSA-%d*]", i+7, i),
			fmt.Sprintf(`age: ">=%dd", scanner: secret, severity: low`, 100+i),
		}[i%8]
		fmt.Fprintf(&b, "    - {match: {%s}, action: %s, because: number %d}\n", match, []string{"fail", "warn", "ignore"}[i%3], i)
	}
	b.WriteString("ignore:\n")
	for i := range ignores {
		what := []string{
			fmt.Sprintf("id: CVE-%d, path: src/team%d/", i, i%300),
			fmt.Sprintf(`rule: "GHSA-%d*", scanner: dependency`, i),
			fmt.Sprintf("fingerprint: %032x", i*20),
			fmt.Sprintf(`rule: "*", path: "src/team%d/**/file%d*.go"`, i%600, i),
			fmt.Sprintf(`rule: "CVE-*", package: "pkg:npm/lib%d@1.*"`, i),
		}[i%5]
		fmt.Fprintf(&b, "  - {%s, reason: number %d, expires: 2099-01-01}\n", what, i)
	}
	return b.String()
}

// hundredThousand are as many findings, each in a file of its own.
func hundredThousand() finding.Results {
	res := finding.Results{Runs: []finding.Run{{Scanner: "dependency", Status: finding.Completed}, {Scanner: "iac", Status: finding.Completed}}}
	for i := range 100_000 {
		f := finding.Finding{RuleID: fmt.Sprintf("CVE-%d", i%5000), Aliases: []string{fmt.Sprintf("GHSA-%d", i%5000)}, Severity: finding.Severity(i % 6), Score: 8, Fingerprint: fmt.Sprintf("%032x", i),
			Published: "2026-01-01", Location: finding.Location{Path: fmt.Sprintf("src/team%d/a/b/c/file%d.go", i%300, i)}}
		if i%2 == 0 {
			f.Package = &finding.Package{Ecosystem: "npm", Name: fmt.Sprintf("lib%d", i%2000), Version: "1.2.3", PURL: fmt.Sprintf("pkg:npm/lib%d@1.2.3", i%2000)}
		}
		res.Runs[i%2].Findings = append(res.Runs[i%2].Findings, f)
	}
	return res
}

// statements are VEX of so many packages.
func statements(n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`{"vulnerability": {"name": "CVE-%d", "aliases": ["GHSA-%d"]}, "products": [{"@id": "pkg:npm/lib%d@1.2.3"}], "status": "not_affected", "justification": "component_not_present"}`, i%5000, i%5000, i%2000))
	}
	return `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex/1", "author": "Example", "timestamp": "2026-01-10T00:00:00Z", "version": 1, "statements": [` + strings.Join(out, ",\n") + `]}`
}

// ofLargest reads the configuration.
func ofLargest(b *testing.B) policy.Policy {
	known := policy.Known{"dependency": nil, "secret": nil, "iac": {"terraform", "kubernetes"}}
	file, err := config.Parse([]byte(largest(500, 5000)), "f.yaml")
	if err != nil {
		b.Fatal(err)
	}
	p, err := policy.Parse(file.Policy, known)
	if err != nil {
		b.Fatal(err)
	}
	list, err := ignore.Parse(file.Ignore, []string{"dependency", "secret", "iac"})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	set := ignore.New(list, now)
	set.Whole = []string{"dependency", "secret", "iac"}
	p.Exemptions = []policy.Exemption{set}
	p.Facts.Now = now
	return p
}

// measure judges again and again, and says when that takes over a second.
func measure(b *testing.B, p policy.Policy, res finding.Results) {
	v := p.Judge(res)
	fates := map[policy.Action]int{}
	for i := range v.Decisions {
		for _, d := range v.Decisions[i] {
			fates[d.Action]++
		}
	}
	if fates[policy.Ignored] < 1000 || fates[policy.Fail] < 1000 {
		b.Fatalf("not much of a benchmark: %v", fates)
	}
	for b.Loop() {
		start := time.Now()
		p.Judge(res)
		if d := time.Since(start); d > time.Second {
			b.Logf("over a second: %s", d)
		}
	}
}

// BenchmarkRulesAndIgnores judges 100,000 findings by 500 rules and 5,000 ignores.
func BenchmarkRulesAndIgnores(b *testing.B) {
	p := ofLargest(b)
	p.Facts.New = func(*finding.Run, *finding.Finding) bool { return true }
	measure(b, p, hundredThousand())
}

// BenchmarkEverything is the same with a VEX document of 2,000 statements and a
// baseline of 20,000 entries beside them.
func BenchmarkEverything(b *testing.B) {
	p, res := ofLargest(b), hundredThousand()
	doc, err := vex.Parse("v.json", []byte(statements(2000)))
	if err != nil {
		b.Fatal(err)
	}
	p.Exemptions = append(p.Exemptions, vex.New(doc))
	some := res
	some.Runs = []finding.Run{res.Runs[0]}
	some.Runs[0].Findings = some.Runs[0].Findings[:20_000]
	var file bytes.Buffer
	if err := baseline.Make("b.json", some, nil, nil).Encode(&file); err != nil {
		b.Fatal(err)
	}
	known, err := baseline.Parse(file.Bytes(), "b.json")
	if err != nil {
		b.Fatal(err)
	}
	p.Baseline = known
	measure(b, p, res)
}
