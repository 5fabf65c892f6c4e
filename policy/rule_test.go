package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

var today = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// lodash is a finding with everything that a rule can ask for.
func lodash() finding.Results {
	return finding.Results{Runs: []finding.Run{{
		Scanner: "dependency", Target: "shop:1.0", Engine: finding.Engine{Name: "trivy-db"}, Status: finding.Completed,
		Rules: []finding.Rule{{ID: "GHSA-35jh", Tags: []string{"security", "external/cwe/cwe-079"}}},
		Findings: []finding.Finding{{
			RuleID: "GHSA-35jh", Aliases: []string{"CVE-2021-23337"}, Severity: finding.Medium, Score: 7.2, Published: "2026-11-12",
			Framework: "terraform", Location: finding.Location{Path: "web/app/package-lock.json"},
			Package: &finding.Package{Ecosystem: "npm", Name: "lodash", Version: "4.17.20", FixedVersion: "4.17.21",
				PURL: "pkg:npm/lodash@4.17.20?x=y", Relationship: "indirect", Dev: true},
		}},
	}}}
}

func withFacts(p Policy) Policy {
	p.Facts = Facts{
		Now:  today,
		New:  func(*finding.Run, *finding.Finding) bool { return true },
		KEV:  func(f *finding.Finding) bool { return true },
		EPSS: func(f *finding.Finding) (float64, bool) { return 0.25, true },
	}
	return p
}

func TestEveryKeyMatches(t *testing.T) {
	cases := map[string]struct{ yes, no string }{
		"scanner":      {"[secret, depend*]", "[secret, image]"},
		"tool":         {"Trivy-*", "grype"},
		"target":       {"shop:*", "blog:*"},
		"severity":     {`">=medium"`, "[low, \">=high\"]"},
		"rule":         {"cve-2021-*", "CVE-2022-*"},
		"framework":    {"terraform", "kubernetes"},
		"path":         {"[docs/, web/**/package-lock.json]", "package-lock.js"},
		"package":      {"pkg:npm/lodash", "pkg:npm/lo"},
		"ecosystem":    {"NPM", "[pip, go]"},
		"relationship": {"transitive", "direct"},
		"fixable":      {"true", "false"},
		"dev":          {"true", "false"},
		"cvss":         {`">= 7.0 <9"`, `">7.2"`},
		"age":          {`">=10d"`, `">10d"`},
		"tags":         {"secur*", "secrets"},
		"cwe":          {"[CWE-80, CWE-79]", "7"},
		"new":          {"true", "false"},
		"kev":          {"true", "false"},
		"epss":         {`">=0.1"`, `"<0.1"`},
	}
	for _, k := range MatchKeys() {
		c, ok := cases[k.Name]
		if !ok {
			t.Errorf("no case for %s", k.Name)
			continue
		}
		for value, want := range map[string]Action{c.yes: Ignored, c.no: Warn} {
			p := withFacts(mustParse(t, "policy: {rules: [{match: {"+k.Name+": "+value+"}, action: ignore}]}", ""))
			v := p.Judge(lodash())
			if got := v.Decisions[0][0]; got.Action != want || v.Outcome != Passed {
				t.Errorf("%s: %s: %s %+v, want %s", k.Name, value, v.Outcome, got, want)
			}
		}
	}
}

// TestNothingMatchesWhatIsNotThere: a secret has no package, no score, no date.
func TestNothingMatchesWhatIsNotThere(t *testing.T) {
	r := finding.Results{Runs: []finding.Run{{Scanner: "secret", Status: finding.Completed, Findings: []finding.Finding{{RuleID: "R", Severity: finding.Low}}}}}
	for _, match := range []string{
		`target: "*"`, `path: "**"`, `package: "*"`, `ecosystem: npm`, `relationship: [direct, indirect]`, "dev: true", "dev: false",
		`cvss: ">=0"`, `age: ">=0d"`, `tags: "*"`, `framework: [terraform, kubernetes]`, `tool: "*"`, "fixable: false",
	} {
		p := withFacts(mustParse(t, "policy: {rules: [{match: {"+match+"}, action: fail}]}", ""))
		if v := p.Judge(r); v.Outcome != Passed {
			t.Errorf("%s matches: %+v", match, v.Decisions)
		}
	}
}

func TestPackagePatterns(t *testing.T) {
	for _, tt := range []struct {
		p       finding.Package
		pattern string
		want    bool
	}{
		{finding.Package{Name: "lodash"}, "lodash", true},
		{finding.Package{Name: "lodash"}, "lo*", true},
		{finding.Package{Ecosystem: "npm", Name: "@angular/core", Version: "1", PURL: "pkg:npm/%40angular/core@1"}, "pkg:npm/@angular/*", true},
		{finding.Package{Ecosystem: "npm", Name: "@angular/core", Version: "1", PURL: "pkg:npm/%40angular/core@1"}, "pkg:npm/@angular/core", true},
		{finding.Package{Ecosystem: "npm", Name: "@angular/core", Version: "1", PURL: "pkg:npm/%40angular/core@1"}, "pkg:npm/@angular/core@1", true},
		{finding.Package{Ecosystem: "npm", Name: "@angular/core", Version: "12", PURL: "pkg:npm/%40angular/core@12"}, "pkg:npm/@angular/core@1", false},
		{finding.Package{Ecosystem: "npm", Name: "@angular/core", PURL: "pkg:npm/%40angular/core"}, "pkg:npm/", false},
		{finding.Package{Ecosystem: "pip", Name: "django", Version: "4.2"}, "pkg:pypi/django@4.*", true},
		{finding.Package{Ecosystem: "maven", Name: "org.x:y", Version: "1"}, "pkg:maven/org.x/y", true},
	} {
		r := lodash()
		r.Runs[0].Findings[0].Package = &tt.p
		p := mustParse(t, `policy: {rules: [{match: {package: "`+tt.pattern+`"}, action: ignore}]}`, "")
		if got := p.Judge(r).Decisions[0][0].Action == Ignored; got != tt.want {
			t.Errorf("%s for %+v: %v", tt.pattern, tt.p, got)
		}
	}
}

func TestFirstRuleDecides(t *testing.T) {
	p := withFacts(mustParse(t, `policy:
  rules:
    - match: {severity: high}
      action: warn
    - name: exploited
      match: {kev: true, severity: ">=medium"}
      action: fail
      because: known to be exploited
    - match: {}
      action: ignore
  thresholds: {dependency: {fail-on: none}}
`, ""))
	v := p.Judge(lodash())
	if d := v.Decisions[0][0]; d != (Decision{Fail, "fail: exploited: known to be exploited (f.yaml:5)"}) {
		t.Errorf("%+v", d)
	}
	if d := cmp.Diff([]string{"dependency shop:1.0: 1 finding fails: exploited: known to be exploited (f.yaml:5)"}, v.Reasons); d != "" {
		t.Error(d)
	}
	r := lodash()
	r.Runs[0].Findings[0].Suppressions = []finding.Suppression{{Source: "x"}}
	if v := p.Judge(r); v.Outcome != Passed {
		t.Errorf("what is suppressed comes before the rules: %s", v.Reasons)
	}
	p.Exemptions = []Exemption{exemptions("GHSA-35jh")}
	if v := p.Judge(lodash()); v.Outcome != Passed {
		t.Errorf("exemptions come before the rules: %s", v.Reasons)
	}
}

func TestGrace(t *testing.T) {
	for _, tt := range []struct {
		action, after, published string
		want                     Action
		by                       string
	}{
		{"fail", "14d", "2026-11-12", Warn, "fail in 4 days: soon (f.yaml:1)"},
		{"fail", "2w", "2026-11-09", Warn, "fail in 1 day: soon (f.yaml:1)"},
		{"fail", "14d", "2026-11-08", Fail, "fail: soon (f.yaml:1)"},
		{"fail", "14d", "", Fail, "fail: soon (f.yaml:1)"},
		{"fail", "14d", "2027-01-01", Fail, "fail: soon (f.yaml:1)"},
		{"warn", "30d", "2026-11-12", Pass, "warn in 20 days: soon (f.yaml:1)"},
		{"warn", "9d", "2026-11-12", Warn, "warn: soon (f.yaml:1)"},
	} {
		r := lodash()
		r.Runs[0].Findings[0].Published = tt.published
		p := mustParse(t, "policy: {rules: [{match: {}, action: "+tt.action+", after: "+tt.after+", because: soon}]}", "")
		p.Facts.Now = today
		if d := p.Judge(r).Decisions[0][0]; d != (Decision{tt.want, tt.by}) {
			t.Errorf("%+v: %+v", tt, d)
		}
	}
}

// TestWhatIsNotKnownIsIncomplete: a policy that asks for facts that are not
// there does not pass.
func TestWhatIsNotKnownIsIncomplete(t *testing.T) {
	for match, want := range map[string]string{
		"new: true": "asks for new", "new: false": "asks for new", "kev: true": "asks for kev", `epss: ">=0.1"`: "asks for epss",
		`age: ">=1d"`: "asks for age", "kev: true, scanner: dependency": "asks for kev", "kev: true, scanner: image": "",
	} {
		for _, action := range []string{"fail", "warn", "ignore"} {
			p := mustParse(t, "policy: {rules: [{match: {"+match+"}, action: "+action+"}]}", "")
			outcome := Incomplete
			if want == "" {
				outcome = Passed
			}
			v := p.Judge(lodash())
			if v.Outcome != outcome || !strings.Contains(strings.Join(v.Reasons, "\n"), want) || v.Decisions[0][0].Action != Warn {
				t.Errorf("%s %s: %s %q %+v", match, action, v.Outcome, v.Reasons, v.Decisions)
			}
		}
	}
	if v := mustParse(t, "policy: {rules: [{match: {}, action: warn, after: 1d}]}", "").Judge(lodash()); v.Outcome != Incomplete {
		t.Errorf("a grace period without a date of today: %s", v.Outcome)
	}
	if v := mustParse(t, "policy: {rules: [{match: {kev: true}, action: warn}]}", "medium").Judge(lodash()); v.Outcome != Failed {
		t.Errorf("a threshold that is crossed: %s", v.Outcome)
	}
}

func TestSeverityOfOthersDecidesRules(t *testing.T) {
	r := lodash()
	r.Runs[0].Findings[0].Witnesses = []finding.Witness{{Scanner: "image", Severity: finding.Critical}}
	p := mustParse(t, "policy: {severity: highest, rules: [{match: {severity: critical}, action: fail, because: x}]}", "")
	if d := p.Judge(r).Decisions[0][0]; d != (Decision{Fail, "fail: x (f.yaml:1), critical as image has it (f.yaml:1)"}) {
		t.Errorf("%+v", d)
	}
}

func TestMistakesInRules(t *testing.T) {
	for _, tt := range []struct{ yaml, want string }{
		{"rules: {}", `f.yaml:1:17: policy.rules: want a list, not a mapping`},
		{"rules: [~]", `f.yaml:1:18: policy.rules: an empty rule: want match and action`},
		{"rules: [{action: fail}]", `f.yaml:1:18: policy.rules: the rule has no match; {} matches everything`},
		{"rules: [{match: {}}]", `f.yaml:1:18: policy.rules: the rule has no action: want fail, warn or ignore`},
		{"rules: [{match: {}, action: fial}]", `f.yaml:1:38: unknown action "fial"; did you mean "fail"?`},
		{"rules: [{match: {}, action: fail, becuase: x}]", `f.yaml:1:44: unknown key "becuase" in policy.rules[0]; did you mean "because"?`},
		{"rules: [{match: {severty: high}, action: fail}]", `f.yaml:1:27: unknown key "severty" in match; did you mean "severity"?`},
		{"rules: [{match: {severity: \">=hihg\"}, action: fail}]", `f.yaml:1:37: severity: "hihg" is not a severity; did you mean "high"?`},
		{"rules: [{match: {severity: \">critical\"}, action: fail}]", `f.yaml:1:37: severity: no severity is ">critical"`},
		{"rules: [{match: {severity: []}, action: fail}]", `f.yaml:1:37: an empty list matches nothing: leave the key out to match everything`},
		{"rules: [{match: {severity: ~}, action: fail}]", `f.yaml:1:37: want a value, or leave the key out`},
		{"rules: [{match: {severity: {a: b}}, action: fail}]", `f.yaml:1:37: policy.rules[0].match.severity: want a list, not a mapping`},
		{"rules: [{match: {scanner: [image, secrets]}, action: fail}]", `f.yaml:1:44: scanner: unknown scanner "secrets"; did you mean "secret"?`},
		{"rules: [{match: {scanner: \"nmp-*\"}, action: fail}]", `f.yaml:1:36: scanner: unknown scanner "nmp-*"; want one of cargo-audit, checkov, dependency, iac, image, npm-audit, secret`},
		{"rules: [{match: {framework: kubernets}, action: fail}]", `f.yaml:1:38: framework: unknown framework "kubernets"; did you mean "kubernetes"?`},
		{"rules: [{match: {framework: terraform, scanner: secret}, action: fail}]", `f.yaml:1:38: framework: no scanner that is meant has a framework`},
		{"rules: [{match: {path: \"!a\"}, action: fail}]", `f.yaml:1:33: path: pattern "!a": there is no negation: write what is meant in an entry of its own; \! is the character itself`},
		{"rules: [{match: {rule: \"[\"}, action: fail}]", `f.yaml:1:33: rule: pattern "[" has a [ without its ]; write \[ for the character itself`},
		{"rules: [{match: {kev: yes}, action: fail}]", `f.yaml:1:32: kev: want true or false, not "yes"`},
		{"rules: [{match: {cvss: \">=11\"}, action: fail}]", `f.yaml:1:33: cvss: "11" is not a number from 0 to 10`},
		{"rules: [{match: {cvss: NaN}, action: fail}]", `f.yaml:1:33: cvss: "NaN" is not a number from 0 to 10`},
		{"rules: [{match: {cvss: \">=1e0\"}, action: fail}]", `f.yaml:1:33: cvss: "1e0" is not a number from 0 to 10`},
		{"rules: [{match: {cvss: +7}, action: fail}]", `f.yaml:1:33: cvss: "+7" is not a number from 0 to 10`},
		{"rules: [{match: {}, action: fail, after: +14d}]", `f.yaml:1:51: after: "+14d" is not a number of days such as 14d, or weeks such as 2w`},
		{"rules: [{match: {epss: \">=10\"}, action: fail}]", `f.yaml:1:33: epss: "10" is not a number from 0 to 1`},
		{"rules: [{match: {age: \">=30\"}, action: fail}]", `f.yaml:1:32: age: "30" is not a number of days such as 14d, or weeks such as 2w`},
		{"rules: [{match: {cwe: CWE-x}, action: fail}]", `f.yaml:1:32: cwe: "CWE-x" is not a weakness such as CWE-79`},
		{"rules: [{match: {relationship: parent}, action: fail}]", `f.yaml:1:41: relationship: unknown relationship "parent"; want one of direct, indirect, transitive`},
		{"rules: [{match: {}, action: fail, after: 99999999d}]", `f.yaml:1:51: after: "99999999d" is not a number of days such as 14d, or weeks such as 2w`},
		{"rules: [{match: {}, action: ignore, after: 14d}]", `f.yaml:1:53: after: a rule that ignores has no grace period; match on age: ">=14d" instead`},
		{"thresholds: {image: {max: 10}}", `f.yaml:1:36: policy.thresholds.image.max: want keys and values, not a single value`},
		{"thresholds: {image: {max: {midium: 10}}}", `f.yaml:1:37: max: "midium" is not a severity; did you mean "medium"?`},
		{"thresholds: {image: {max: {medium: -1}}}", `f.yaml:1:45: max: want a whole number, not "-1"`},
		{"thresholds: {image: {max: {medium: ~}}}", `f.yaml:1:45: max: want a whole number, not ""`},
	} {
		if _, err := parse(t, "policy: {"+tt.yaml+"}", ""); err == nil || err.Error() != tt.want {
			t.Errorf("%s\ngot  %v\nwant %s", tt.yaml, err, tt.want)
		}
	}
}

// TestDocumentedKeys compares the table in the documentation with the keys.
func TestDocumentedKeys(t *testing.T) {
	data, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(data), "| Key | Takes | What it asks |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var want []string
	for _, k := range MatchKeys() {
		want = append(want, fmt.Sprintf("| `%s` | %s | %s |", k.Name, k.Takes, k.About))
	}
	if d := cmp.Diff(want, strings.Split(table, "\n")); d != "" {
		t.Error(d)
	}
}

// TestDocumentedPolicies reads the documentation's examples.
func TestDocumentedPolicies(t *testing.T) {
	data, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(data), "```yaml\n")[1:]
	for _, b := range blocks {
		b, _, _ = strings.Cut(b, "```")
		if strings.Contains(b, "cases:") {
			_, err = parseCases(t, b)
		} else {
			_, err = parse(t, b, "")
		}
		if err != nil {
			t.Errorf("%v in\n%s", err, b)
		}
	}
	if len(blocks) != 4 {
		t.Errorf("%d examples", len(blocks))
	}
}
