package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
)

var known = Known{
	"dependency": nil, "image": nil, "secret": nil, "iac": {"terraform", "kubernetes"},
	"npm-audit": nil, "cargo-audit": nil, "checkov": {"terraform", "kubernetes"},
}

// parse reads a policy from the configuration that would hold it.
func parse(t *testing.T, yaml, failOn string) (Policy, error) {
	t.Helper()
	file, err := config.Parse([]byte(yaml), "f.yaml")
	if err != nil {
		return Policy{}, err
	}
	p, err := Parse(file.Policy, known)
	if err != nil {
		return Policy{}, err
	}
	return p.Override(failOn, known)
}

func mustParse(t *testing.T, yaml, failOn string) Policy {
	t.Helper()
	p, err := parse(t, yaml, failOn)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// guide is the hardening guide's table that the format grew from.
const guide = `
policy:
  thresholds:
    npm-audit:   {fail-on: critical}
    cargo-audit: {fail-on: any}
    image:       {fail-on: high, fixable: true}
    secret:      {fail-on: any}
    checkov:
      terraform:  {fail-on: any}
      kubernetes: {warn-on: any}
    iac: {fail-on: medium, warn-on: low}
`

func TestThresholds(t *testing.T) {
	unfixed := &finding.Package{Name: "p"}
	fixed := &finding.Package{Name: "p", FixedVersion: "2"}
	for _, tt := range []struct {
		scanner, framework string
		severity           finding.Severity
		pkg                *finding.Package
		want               Action
	}{
		{"npm-audit", "", finding.Critical, nil, Fail},
		{"npm-audit", "", finding.High, nil, Warn},
		{"cargo-audit", "", finding.Unknown, nil, Fail},
		{"image", "", finding.High, fixed, Fail},
		{"image", "", finding.Critical, unfixed, Pass},
		{"image", "", finding.Medium, fixed, Warn},
		{"secret", "", finding.Info, nil, Fail},
		{"checkov", "terraform", finding.Unknown, nil, Fail},
		{"checkov", "kubernetes", finding.Critical, nil, Warn},
		{"checkov", "helm", finding.High, nil, Fail}, // no entry of its own: the default
		{"checkov", "helm", finding.Medium, nil, Warn},
		{"iac", "terraform", finding.Medium, nil, Fail},
		{"iac", "terraform", finding.Low, nil, Warn},
		{"iac", "terraform", finding.Info, nil, Pass},
		{"dependency", "", finding.High, fixed, Fail}, // the default
		{"dependency", "", finding.Medium, fixed, Warn},
		{"from-some-sarif", "", finding.Critical, nil, Fail},
	} {
		p := mustParse(t, guide, "")
		d := p.decide(&finding.Run{Scanner: tt.scanner}, &finding.Finding{Severity: tt.severity, Framework: tt.framework, Package: tt.pkg})
		if d.Action != tt.want {
			t.Errorf("%s/%s %s: %s (%s), want %s", tt.scanner, tt.framework, tt.severity, d.Action, d.By, tt.want)
		}
	}
}

func TestDecisionsNameTheirLine(t *testing.T) {
	p := mustParse(t, guide, "")
	d := p.decide(&finding.Run{Scanner: "secret"}, &finding.Finding{Severity: finding.High})
	if want := "fail-on: any (f.yaml:7)"; d.By != want {
		t.Errorf("got %q, want %q", d.By, want)
	}
	d = p.decide(&finding.Run{Scanner: "checkov"}, &finding.Finding{Severity: finding.High, Framework: "terraform"})
	if want := "fail-on: any (f.yaml:9)"; d.By != want {
		t.Errorf("got %q, want %q", d.By, want)
	}
}

func TestFailOnFlagWins(t *testing.T) {
	for _, tt := range []struct {
		spec, scanner, framework string
		severity                 finding.Severity
		want                     Action
	}{
		{"none", "secret", "", finding.Critical, Warn},
		{"none", "checkov", "terraform", finding.Critical, Warn},
		{"critical", "dependency", "", finding.High, Warn},
		{"critical", "secret", "", finding.High, Warn},
		{"secret=none", "secret", "", finding.Critical, Warn},
		{"secret=none", "dependency", "", finding.High, Fail},
		{"secret=any,dependency=critical,iac=none", "iac", "terraform", finding.Critical, Warn},
		{"none,secret=high", "secret", "", finding.High, Fail},
		{"secret=high,none", "secret", "", finding.High, Fail},
		{" HIGH ", "dependency", "", finding.High, Fail},
	} {
		p := mustParse(t, guide, tt.spec)
		if d := p.decide(&finding.Run{Scanner: tt.scanner}, &finding.Finding{Severity: tt.severity, Framework: tt.framework}); d.Action != tt.want {
			t.Errorf("--fail-on %s: %s %s is %s (%s), want %s", tt.spec, tt.scanner, tt.severity, d.Action, d.By, tt.want)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct{ yaml, failOn, want string }{
		{"policy: {thresholds: {secrets: {fail-on: any}}}", "", `f.yaml:1:23: policy.thresholds: unknown scanner "secrets"; did you mean "secret"?`},
		{"policy: {thresholds: {secret: {fail-on: hihg}}}", "", `f.yaml:1:41: fail-on: "hihg" is not a severity; did you mean "high"?`},
		{"policy: {thresholds: {secret: {failon: high}}}", "", `f.yaml:1:32: unknown key "failon" in policy.thresholds.secret; did you mean "fail-on"?`},
		{"policy: {thresholds: {checkov: {kubernets: {fail-on: any}}}}", "", `f.yaml:1:33: unknown key "kubernets" in policy.thresholds.checkov; did you mean "kubernetes"?`},
		{"policy: {thresholds: {checkov: {kubernetes: {fail: any}}}}", "", `f.yaml:1:46: unknown key "fail" in kubernetes; did you mean "fail-on"?`},
		{"policy: {thresholds: {image: {fixable: perhaps}}}", "", `f.yaml:1:40: fixable: want true, false or any, not "perhaps"`},
		{"policy: {thresholds: {secret: {fail-on: unknown}}}", "", `f.yaml:1:41: fail-on: "unknown" is not a severity; want one of any, critical, high, info, low, medium, none`},
		{"policy: {thresholds: {secret: any}}", "", `f.yaml:1:31: policy.thresholds.secret: want keys and values, not a single value`},
		{"policy: {require: [secert]}", "", `f.yaml:1:20: policy.require: unknown scanner "secert"; did you mean "secret"?`},
		{"policy: {require: secret}", "", `f.yaml:1:19: policy.require: want a list, not a single value`},
		{"policy: {treshold: {}}", "", `f.yaml:1:10: unknown key "treshold" in policy; did you mean "thresholds"?`},
		{"", "hgih", `--fail-on: "hgih" is not a severity; did you mean "high"?`},
		{"", "sceret=high", `--fail-on: unknown scanner "sceret"; did you mean "secret"?`},
		{"", "high,low", `--fail-on: "high,low" gives two limits for every scanner; write scanner=limit for one of them`},
		{"", "secret=high,secret=low", `--fail-on: scanner "secret" is named twice`},
		{"", "high,", `--fail-on: "" is not a severity; want one of any, critical, high, info, low, medium, none`},
	} {
		_, err := parse(t, tt.yaml, tt.failOn)
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s %s\ngot  %v\nwant %s", tt.yaml, tt.failOn, err, tt.want)
		}
	}
}

func results(statuses map[string]finding.Status, severity ...finding.Severity) finding.Results {
	var r finding.Results
	for _, name := range []string{"dependency", "secret", "iac"} {
		s, ok := statuses[name]
		if !ok {
			s = finding.Completed
		}
		run := finding.Run{Scanner: name, Status: s, Reason: "why"}
		if name == "secret" {
			for _, x := range severity {
				run.Findings = append(run.Findings, finding.Finding{RuleID: "R", Severity: x})
			}
		}
		r.Runs = append(r.Runs, run)
	}
	return r
}

func TestOutcomes(t *testing.T) {
	all := func(s finding.Status) map[string]finding.Status {
		return map[string]finding.Status{"dependency": s, "secret": s, "iac": s}
	}
	for name, tt := range map[string]struct {
		policy string
		res    finding.Results
		want   Outcome
		reason string
	}{
		"clean":                  {"", results(nil), Passed, ""},
		"below":                  {"", results(nil, finding.Medium), Passed, ""},
		"crossed":                {"", results(nil, finding.High, finding.Critical), Failed, "secret: 2 findings cross fail-on: high (default)"},
		"one crosses":            {"", results(nil, finding.High), Failed, "secret: 1 finding crosses"},
		"failed scanner":         {"", results(map[string]finding.Status{"iac": finding.Failed}), Incomplete, "iac: failed: why"},
		"timed out":              {"", results(map[string]finding.Status{"iac": finding.TimedOut}), Incomplete, "iac: timed-out: why"},
		"partial":                {"", results(map[string]finding.Status{"iac": finding.Partial}), Incomplete, "iac: partial: why"},
		"skipped":                {"", results(map[string]finding.Status{"iac": finding.Skipped}), Passed, ""},
		"failed and crossed":     {"", results(map[string]finding.Status{"iac": finding.Failed}, finding.High), Failed, "secret: 1 finding"},
		"not required":           {"policy: {require: [secret]}", results(map[string]finding.Status{"iac": finding.Failed}), Passed, ""},
		"required":               {"policy: {require: [iac]}", results(map[string]finding.Status{"iac": finding.Failed}), Incomplete, "iac: failed"},
		"required but skipped":   {"policy: {require: [iac]}", results(map[string]finding.Status{"iac": finding.Skipped}), Incomplete, "iac: skipped"},
		"required but not there": {"policy: {require: [image]}", results(nil), Incomplete, "image: required by the policy"},
		"nothing looked at":      {"", results(all(finding.Skipped)), Incomplete, "no scanner found anything to look at"},
		"no results at all":      {"", finding.Results{}, Incomplete, "no scanner found anything to look at"},
	} {
		t.Run(name, func(t *testing.T) {
			v := mustParse(t, tt.policy, "").Judge(tt.res)
			if v.Outcome != tt.want || !strings.Contains(strings.Join(v.Reasons, "\n"), tt.reason) {
				t.Errorf("got %s %q, want %s …%s…", v.Outcome, v.Reasons, tt.want, tt.reason)
			}
			if v.Outcome != Passed && len(v.Reasons) == 0 {
				t.Error("no reason given")
			}
		})
	}
}

func TestInterruptedIsIncomplete(t *testing.T) {
	r := results(map[string]finding.Status{"iac": finding.Failed}, finding.Critical)
	r.Interrupted = true
	if v := DefaultPolicy().Judge(r); v.Outcome != Incomplete || len(v.Reasons) != 2 {
		t.Errorf("got %s %q", v.Outcome, v.Reasons)
	}
}

// exemptions of one rule.
type exemptions string

func (e exemptions) Exempts(run *finding.Run, f *finding.Finding) (string, bool) {
	return run.Scanner + " " + string(e), f.RuleID == string(e)
}

func TestExemptedDoesNotCount(t *testing.T) {
	r := finding.Results{Runs: []finding.Run{{Scanner: "dependency", Status: finding.Completed, Findings: []finding.Finding{{RuleID: "CVE-1", Severity: finding.Critical}}}}}
	p := DefaultPolicy()
	p.Exemptions = []Exemption{exemptions("CVE-2"), exemptions("CVE-1")}
	if v := p.Judge(r); v.Outcome != Passed || v.Decisions[0][0] != (Decision{Ignored, "dependency CVE-1"}) {
		t.Errorf("%s %+v", v.Outcome, v.Decisions[0][0])
	}
	p.Exemptions = p.Exemptions[:1]
	if v := p.Judge(r); v.Outcome != Failed {
		t.Error(v.Outcome)
	}
}

func TestSuppressedDoesNotCount(t *testing.T) {
	r := results(nil, finding.Critical)
	r.Runs[1].Findings[0].Suppressions = []finding.Suppression{{Source: "gitleaks:allow"}}
	v := DefaultPolicy().Judge(r)
	if v.Outcome != Passed || v.Decisions[1][0].Action != Ignored || !strings.Contains(v.Decisions[1][0].By, "gitleaks:allow") {
		t.Errorf("got %s, %+v", v.Outcome, v.Decisions[1][0])
	}
}

// TestJudgementIsMonotone: a finding more never turns a failure into a pass,
// one less never a pass into a failure, and no order matters.
func TestJudgementIsMonotone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	policies := []Policy{DefaultPolicy(), mustParse(t, guide, ""), mustParse(t, guide, "none,secret=medium")}
	for i := range 2000 {
		p := policies[i%len(policies)]
		r := results(nil)
		for range rng.IntN(6) {
			run := &r.Runs[rng.IntN(3)]
			run.Findings = append(run.Findings, finding.Finding{RuleID: fmt.Sprint(rng.IntN(3)), Severity: finding.Severity(rng.IntN(6))})
		}
		before := p.Judge(r)
		shuffled := finding.Results{Runs: slices.Clone(r.Runs)}
		rng.Shuffle(3, func(a, b int) { shuffled.Runs[a], shuffled.Runs[b] = shuffled.Runs[b], shuffled.Runs[a] })
		for j := range shuffled.Runs {
			f := slices.Clone(shuffled.Runs[j].Findings)
			rng.Shuffle(len(f), func(a, b int) { f[a], f[b] = f[b], f[a] })
			shuffled.Runs[j].Findings = f
		}
		if got := p.Judge(shuffled); got.Outcome != before.Outcome {
			t.Fatalf("order matters: %s, %s", before.Outcome, got.Outcome)
		}
		run := &r.Runs[rng.IntN(3)]
		run.Findings = append(slices.Clone(run.Findings), finding.Finding{Severity: finding.Severity(rng.IntN(6))})
		if after := p.Judge(r); before.Outcome == Failed && after.Outcome != Failed {
			t.Fatalf("a finding more turned %s into %s", before.Outcome, after.Outcome)
		}
	}
}

func TestEveryFindingIsDecided(t *testing.T) {
	v := DefaultPolicy().Judge(results(nil, finding.High, finding.Low, finding.Critical))
	count := func(run int, a Action) (n int) {
		for _, d := range v.Decisions[run] {
			if d.Action == a {
				n++
			}
		}
		return n
	}
	got := []int{count(1, Fail), count(1, Warn), count(1, Pass), count(0, Fail)}
	if d := cmp.Diff([]int{2, 1, 0, 0}, got); d != "" {
		t.Error(d)
	}
}
