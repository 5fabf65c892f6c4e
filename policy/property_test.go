package policy

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
)

// everything is a policy with rules, grace, maximums and choices of severity.
const everything = `policy:
  severity: highest
  rules:
    - match: {kev: true, scanner: [dependency, image]}
      action: fail
      because: known to be exploited
    - match: {path: [docs/, "**/testdata/**"], severity: "<critical"}
      action: ignore
    - match: {package: "pkg:npm/left-*", dev: true}
      action: warn
    - match: {epss: ">=0.5"}
      action: fail
      after: 14d
    - match: {new: false, severity: [low, medium]}
      action: ignore
    - match: {framework: kubernetes}
      action: warn
  thresholds:
    dependency: {fail-on: critical, max: {medium: 2, high: 1}}
    secret: {fail-on: high, max: {low: 0}}
    checkov:
      max: {medium: 1}
      terraform: {fail-on: high, max: {high: 2}}
      kubernetes: {warn-on: any}
`

// anyFinding makes a finding of few values, so that they meet.
func anyFinding(rng *rand.Rand) finding.Finding {
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	f := finding.Finding{
		RuleID: pick("CVE-1", "CVE-2", "CVE-3"), Severity: finding.Severity(rng.IntN(6)), Published: pick("", "2026-11-20", "2020-01-01"),
		Location: finding.Location{Path: pick("docs/a", "src/a", "src/testdata/x/b", "")}, Framework: pick("", "terraform", "kubernetes"),
		Fingerprint: fmt.Sprint(rng.IntN(1 << 20)),
	}
	if rng.IntN(2) == 0 {
		f.Package = &finding.Package{Ecosystem: "npm", Name: pick("left-pad", "right"), Version: "1", FixedVersion: pick("", "2"), Dev: rng.IntN(2) == 0}
	}
	if rng.IntN(8) == 0 {
		f.Suppressions = []finding.Suppression{{Source: "x"}}
	}
	if rng.IntN(4) == 0 {
		f.Witnesses = []finding.Witness{{Scanner: "image", Severity: finding.Severity(rng.IntN(6))}}
	}
	return f
}

func anyResults(rng *rand.Rand) finding.Results {
	var r finding.Results
	for _, name := range []string{"dependency", "secret", "checkov", "dependency"} {
		run := finding.Run{Scanner: name, Status: finding.Completed, Reason: "why", Target: fmt.Sprint(len(r.Runs))}
		if rng.IntN(12) == 0 {
			run.Status = finding.Failed
		}
		for range rng.IntN(4) {
			run.Findings = append(run.Findings, anyFinding(rng))
		}
		r.Runs = append(r.Runs, run)
	}
	return r
}

// factsByRule makes facts that depend on nothing but the finding.
func factsByRule() Facts {
	return Facts{
		Now: today,
		New: func(_ *finding.Run, f *finding.Finding) bool { return f.RuleID == "CVE-1" },
		KEV: func(f *finding.Finding) bool { return f.RuleID == "CVE-2" && f.Severity == finding.Low },
		EPSS: func(f *finding.Finding) (float64, bool) {
			return 0.6, f.RuleID == "CVE-3" && f.Severity == finding.Medium
		},
	}
}

// TestRulesAreMonotone: with rules and maximums, too, a finding more never
// turns a failure into anything else, one less never a pass into anything else,
// no order matters, and saved results have the same verdict.
func TestRulesAreMonotone(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	withAll, without := mustParse(t, everything, ""), mustParse(t, everything, "")
	withAll.Facts = factsByRule()
	policies := []Policy{withAll, without}
	seen := map[Outcome]int{}
	for i := range 4000 {
		p := policies[i%2]
		r := anyResults(rng)
		before := p.Judge(r)
		seen[before.Outcome]++
		if before.Outcome == Passed && p.Facts.KEV == nil {
			t.Fatal("passed without the facts that the policy asks for")
		}
		shuffled := finding.Results{Runs: slices.Clone(r.Runs)}
		for j := range shuffled.Runs {
			f := slices.Clone(shuffled.Runs[j].Findings)
			rng.Shuffle(len(f), func(a, b int) { f[a], f[b] = f[b], f[a] })
			shuffled.Runs[j].Findings = f
		}
		rng.Shuffle(len(r.Runs), func(a, b int) { shuffled.Runs[a], shuffled.Runs[b] = shuffled.Runs[b], shuffled.Runs[a] })
		got := p.Judge(shuffled)
		if got.Outcome != before.Outcome || !slices.Equal(slices.Sorted(slices.Values(got.Reasons)), slices.Sorted(slices.Values(before.Reasons))) {
			t.Fatalf("order matters: %s %q, %s %q", before.Outcome, before.Reasons, got.Outcome, got.Reasons)
		}
		var saved bytes.Buffer
		if err := finding.Encode(&saved, r); err != nil {
			t.Fatal(err)
		}
		if again, err := finding.Decode(&saved); err != nil || cmp.Diff(before, p.Judge(again)) != "" {
			t.Fatalf("saved results have another verdict: %v", err)
		}
		run := &r.Runs[rng.IntN(len(r.Runs))]
		whole := run.Findings
		run.Findings = append(slices.Clone(whole), anyFinding(rng))
		if after := p.Judge(r); before.Outcome == Failed && after.Outcome != Failed {
			t.Fatalf("a finding more turned a failure into %s", after.Outcome)
		}
		if len(whole) > 0 {
			n := rng.IntN(len(whole))
			run.Findings = slices.Delete(slices.Clone(whole), n, n+1)
			if after := p.Judge(r); before.Outcome == Passed && after.Outcome != Passed {
				t.Fatalf("a finding less turned a pass into %s", after.Outcome)
			}
		}
	}
	for _, o := range []Outcome{Passed, Failed, Incomplete} {
		if seen[o] < 50 {
			t.Errorf("only %d of 4000 are %s", seen[o], o)
		}
	}
}

// TestTheIndexChangesNothing: what is remembered gives the decisions that
// asking every rule about every finding gives.
func TestTheIndexChangesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	p := mustParse(t, manyRules(200), "")
	p.Rules = append(p.Rules, mustParse(t, everything, "").Rules...) // beyond the first words of the sets
	p.Facts = factsByRule()
	decidedByRule := 0
	for range 200 {
		r := anyResults(rng)
		v := p.Judge(r)
		for i := range r.Runs {
			j := newJudge(p)
			j.enter(&r.Runs[i])
			for n := range r.Runs[i].Findings {
				f := &r.Runs[i].Findings[n]
				if f.Suppressed() {
					continue
				}
				s := j.subject(f)
				for k := range p.Rules {
					if result, _ := p.Rules[k].test(&s); result == yes {
						decidedByRule++
						if got, want := v.Decisions[i][n], p.Rules[k].decide(&s); got != want {
							t.Fatalf("%+v, want %+v", got, want)
						}
						break
					}
				}
			}
		}
	}
	if decidedByRule < 100 {
		t.Errorf("only %d findings have a rule", decidedByRule)
	}
}

// manyRules is a policy with n rules of all kinds.
func manyRules(n int) string {
	var b strings.Builder
	b.WriteString("policy:\n  rules:\n")
	for i := range n {
		match := []string{
			fmt.Sprintf("rule: CVE-%d, severity: high", i%20),
			fmt.Sprintf(`path: "src/team%d/**/*.go", severity: ">=high"`, i),
			fmt.Sprintf(`package: ["pkg:npm/left-%d*", "lib%d?"]`, i, i),
			fmt.Sprintf("scanner: dependency, package: lib%d, dev: false", i),
			fmt.Sprintf(`path: "**/generated%d/", cvss: ">=7"`, i),
			fmt.Sprintf(`path: "src/**", framework: terraform, severity: critical, rule: "CVE-%d*"`, i),
			fmt.Sprintf("kev: true, rule: [CVE-%d, GHSA-%d*]", i+7, i),
			fmt.Sprintf(`age: ">=%dd", scanner: secret, severity: low`, 100+i),
		}[i%8]
		fmt.Fprintf(&b, "    - match: {%s}\n      action: %s\n      because: number %d\n", match, []string{"fail", "warn", "ignore"}[i%3], i)
	}
	return b.String()
}

// BenchmarkJudge judges 100,000 findings, each in a file of its own, by 500 rules.
func BenchmarkJudge(b *testing.B) {
	file, err := config.Parse([]byte(manyRules(500)), "f.yaml")
	if err != nil {
		b.Fatal(err)
	}
	p, err := Parse(file.Policy, known)
	if err != nil {
		b.Fatal(err)
	}
	p.Facts = factsByRule()
	r := finding.Results{Runs: []finding.Run{{Scanner: "dependency", Status: finding.Completed}, {Scanner: "iac", Status: finding.Completed}}}
	for i := range 100_000 {
		f := finding.Finding{RuleID: fmt.Sprintf("CVE-%d", i%5000), Aliases: []string{fmt.Sprintf("GHSA-%d", i%5000)}, Severity: finding.Severity(i % 6), Score: 8,
			Published: "2026-01-01", Location: finding.Location{Path: fmt.Sprintf("src/team%d/a/b/c/file%d.go", i%300, i)}}
		if i%2 == 0 {
			f.Package = &finding.Package{Ecosystem: "npm", Name: fmt.Sprintf("lib%d", i%2000), Version: "1.2.3", PURL: fmt.Sprintf("pkg:npm/lib%d@1.2.3", i%2000)}
		}
		r.Runs[i%2].Findings = append(r.Runs[i%2].Findings, f)
	}
	for b.Loop() {
		start := time.Now()
		p.Judge(r)
		if d := time.Since(start); d > time.Second {
			b.Logf("over a second: %s", d)
		}
	}
}

// TestTagsAreThoseOfTheRun: two runs of a scanner can call different rules the
// same.
func TestTagsAreThoseOfTheRun(t *testing.T) {
	p := mustParse(t, "policy: {rules: [{match: {tags: x}, action: fail}]}", "")
	run := func(tag string) finding.Run {
		return finding.Run{Scanner: "iac", Status: finding.Completed, Rules: []finding.Rule{{ID: "R", Tags: []string{tag}}}, Findings: []finding.Finding{{RuleID: "R"}}}
	}
	v := p.Judge(finding.Results{Runs: []finding.Run{run("y"), run("x"), run("z")}})
	if v.Decisions[0][0].Action == Fail || v.Decisions[1][0].Action != Fail || v.Decisions[2][0].Action == Fail {
		t.Errorf("%+v", v.Decisions)
	}
}
