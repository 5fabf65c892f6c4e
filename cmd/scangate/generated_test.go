package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// generator makes results, policies and what else takes part in a verdict, of so
// few words that they meet. The same seed makes the same.
type generator struct {
	*rand.Rand
	serial int
	dir    string // for files
}

func newGenerator(t *testing.T, seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 8)), dir: t.TempDir()}
}

func (g *generator) pick(of ...string) string { return of[g.IntN(len(of))] }

// one reports true once in n times.
func (g *generator) one(n int) bool { return g.IntN(n) == 0 }

// some picks from 1 to most of the words, each once.
func (g *generator) some(most int, of ...string) []string {
	of = slices.Clone(of)
	g.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	return of[:1+g.IntN(min(most, len(of)))]
}

// judgedOn is the day of all verdicts here.
func judgedOn() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

// results are those of several scanners and targets.
func (g *generator) results() finding.Results {
	res := finding.Results{Version: finding.SchemaVersion, Tool: finding.Engine{Name: "scangate", Version: "1"}, Root: "shop"}
	most := 1 + g.IntN(4) // findings of a scanner, or so
	for _, place := range [][2]string{{"dependency", ""}, {"image", "oci:a"}, {"image", "oci:b"}, {"secret", ""}, {"iac", ""}, {"trivy", ""}, {"trivy", "oci:a"}, {"npm-audit", ""}, {"checkov", ""}, {"gitleaks", ""}} {
		if g.one(4) {
			continue
		}
		run := finding.Run{Scanner: place[0], Target: place[1], Engine: finding.Engine{Name: place[0], Version: "2"}, Status: finding.Completed, Looked: finding.Looked{Files: 3}}
		if g.one(14) {
			run.Status, run.Reason = finding.Status(g.IntN(4)), "so it is"
		}
		if run.Scanner == "secret" && g.one(10) {
			run.Part = "what is new since main"
		}
		for _, id := range []string{"CVE-1", "AWS-1", "pat"} {
			run.Rules = append(run.Rules, finding.Rule{ID: id, Title: id, Severity: finding.High, Score: 7.5, Tags: []string{"security", "external/cwe/cwe-" + g.pick("79", "078", "89")}})
		}
		if run.Status != finding.Skipped {
			for range g.IntN(most + 1) {
				run.Findings = append(run.Findings, g.finding(&run))
			}
			if n := len(run.Findings); n > 0 && g.one(3) {
				run.Findings = append(run.Findings, g.again(run.Findings[g.IntN(n)]))
			}
		}
		res.Runs = append(res.Runs, run)
	}
	finding.MarkSame(&res)
	return res
}

// finding makes one that a run's scanner might have found.
func (g *generator) finding(run *finding.Run) finding.Finding {
	f := finding.Finding{
		Severity: finding.Severity(g.IntN(6)), SeveritySource: g.pick("", "nvd", "ghsa"), Message: g.pick("it is so", "so ist „es“ \x00"),
		Location: finding.Location{StartLine: 1 + g.IntN(4)},
	}
	f.Location.EndLine = f.Location.StartLine + g.IntN(3)
	dir := g.pick("", "", "docs/", "web/", "src/testdata/x/")
	kind := run.Scanner
	if kind == "trivy" && run.Target == "" && g.one(2) {
		kind = "iac" // it does both
	}
	switch kind {
	case "secret", "gitleaks":
		f.RuleID, f.Key, f.KeyOnly = g.pick("pat", "token"), g.pick("1", "2"), true
		f.Location.Path = dir + ".env"
		if g.one(4) {
			f.Location.Commit, f.Location.Date = "abc", "2026-10-01"
		}
		for range g.IntN(3) {
			f.Related = append(f.Related, finding.Location{Path: g.pick("a", "b"), StartLine: 1})
		}
	case "iac", "checkov":
		f.RuleID, f.Aliases = g.pick("AWS-1", "K8S-1"), g.some(2, "AWS-1", "CKV_1", "DS-1")
		f.Framework, f.Resource = g.pick("terraform", "kubernetes"), g.pick("bucket.a", "bucket.b", "")
		f.Location.Path, f.Key = dir+"main.tf", f.Resource
	default:
		f.RuleID = g.pick("CVE-1", "CVE-2", "CVE-3")
		if g.one(2) {
			f.Aliases = []string{"GHSA-" + f.RuleID[4:]}
		}
		p := &finding.Package{Ecosystem: "npm", Name: g.pick("leaf", "left-pad"), Version: g.pick("1.0.0", "1.0.0", "2.0.0"), FixedVersion: g.pick("", "3.0.0"), Relationship: g.pick("", "direct", "indirect"), Dev: g.one(3)}
		if !g.one(4) {
			p.PURL = "pkg:npm/" + p.Name + "@" + p.Version
		}
		f.Package, f.Key, f.Published = p, p.Name+"@"+p.Version, g.pick("", "2026-11-20", "2020-01-01", "2030-01-01")
		f.FirstSeen = g.pick("", "2026-11-23", "2026-01-01")
		if f.Location.Path = dir + "package-lock.json"; run.Target != "" {
			f.Location.Path, f.Layer = "", &finding.Layer{File: g.pick("app/a.json", "app/b.json")}
		}
		if g.one(3) {
			f.Score = float64(g.IntN(100)) / 10
		}
	}
	if g.one(10) {
		f.Suppressions = []finding.Suppression{{Source: "scangate:ignore", Reason: "known", Elsewhere: g.one(2)}}
	}
	f.Fingerprint = finding.FingerprintOf(run.Scanner, f)
	if g.one(20) {
		f.Fingerprint = "" // as of others
	}
	return f
}

// again is a second occurrence of a finding, with another severity or place.
func (g *generator) again(f finding.Finding) finding.Finding {
	switch g.IntN(4) {
	case 0:
		f.Severity = finding.Severity(g.IntN(6))
	case 1:
		f.Location.StartLine++
	case 2:
		f.Suppressions = nil
		if f.KeyOnly {
			f.Location.Path = "docs/copy"
		}
	default:
		f.Aliases, f.Published = []string{"GHSA-3"}, "2026-11-01"
		if f.Layer != nil {
			f.Layer = &finding.Layer{File: "app/c.json"}
		}
	}
	return f
}

// match is what a rule may ask, as YAML.
func (g *generator) match() string {
	keys := []string{
		"scanner: " + g.pick("dependency", "[image, trivy]", `"*e*"`, "secret"), "tool: " + g.pick(`"*rivy"`, "image"), `target: "oci:*"`,
		"severity: " + g.pick("high", `">=medium"`, `"<high"`, "[low, unknown]"), "rule: " + g.pick("CVE-1", `"ghsa-*"`, "[AWS-1, pat]", `"CVE-[23]"`),
		"path: " + g.pick("docs/", `"**/testdata/**"`, `"*.tf"`, "[/web/, .env]"), "package: " + g.pick("leaf", `"pkg:npm/left-*"`, `"pkg:npm/*@1.*"`),
		"ecosystem: " + g.pick("npm", "pip"), "relationship: " + g.pick("direct", "transitive"), "fixable: " + g.pick("true", "false"), "dev: " + g.pick("true", "false"),
		"cvss: " + g.pick(`">=7"`, `"<5"`), "age: " + g.pick(`">=30d"`, `"<2w"`), "tags: security", "cwe: " + g.pick("CWE-79", "[78, 89]"),
		"new: " + g.pick("true", "false"), "kev: " + g.pick("true", "false"), "epss: " + g.pick(`">=0.5"`, `"<0.5"`), "framework: " + g.pick("terraform", "[kubernetes, terraform]"),
	}
	chosen := g.some(3, keys...)
	if slices.ContainsFunc(chosen, func(k string) bool { return strings.HasPrefix(k, "framework") }) {
		// A scanner without frameworks beside it is a mistake.
		chosen = slices.DeleteFunc(chosen, func(k string) bool { return strings.HasPrefix(k, "scanner") })
	}
	return strings.Join(chosen, ", ")
}

// limits are those of a threshold.
func (g *generator) limits() string {
	var out []string
	if !g.one(3) {
		out = append(out, "fail-on: "+g.pick("none", "none", "critical", "critical", "high", "medium", "any"))
	}
	if g.one(3) {
		out = append(out, "warn-on: "+g.pick("any", "medium", "none"))
	}
	if g.one(4) {
		out = append(out, "fixable: "+g.pick("true", "false", "any"))
	}
	if g.one(2) {
		out = append(out, fmt.Sprintf("max: {%s: %d, low: %d}", g.pick("medium", "high", "unknown"), g.IntN(2), g.IntN(2)))
	}
	return strings.Join(out, ", ")
}

// policy is a policy in YAML. One whose severities are raised by other scanners
// has nothing that a higher severity turns to the better, as somebody who wants
// the highest to count would write it.
func (g *generator) policy() string {
	var b strings.Builder
	b.WriteString("version: 1\npolicy:\n")
	choice := g.pick("own", "own", "own", "highest", "[dependency, trivy]")
	fmt.Fprintf(&b, "  severity: %s\n", choice)
	raised := choice == "highest"
	if g.one(5) {
		fmt.Fprintf(&b, "  require: [%s]\n", strings.Join(g.some(2, "dependency", "secret", "iac"), ", "))
	}
	b.WriteString("  rules:\n    - {match: {rule: never}, action: warn}\n")
	for range g.IntN(6) {
		m := g.match()
		if raised && strings.Contains(m, "severity") {
			continue
		}
		action := g.pick("fail", "warn", "warn", "ignore")
		if g.one(3) && action != "ignore" {
			action += ", after: " + g.pick("14d", "1w", "14d, since: first-seen")
		}
		if g.one(3) {
			action += ", because: " + g.pick("so it is", "we say so")
		}
		fmt.Fprintf(&b, "    - {match: {%s}, action: %s}\n", m, action)
	}
	b.WriteString("  thresholds:\n    dast: {fail-on: any}\n")
	for _, name := range g.some(8, "dependency", "image", "secret", "iac", "trivy", "npm-audit", "checkov", "gitleaks") {
		limits := g.limits()
		if raised && strings.Contains(limits, "max") {
			limits = "fail-on: high"
		}
		if name == "iac" {
			limits = strings.TrimPrefix(limits+", terraform: {fail-on: "+g.pick("any", "high")+"}, kubernetes: {warn-on: any}", ", ")
			if !raised {
				limits = strings.Replace(limits, "terraform: {", fmt.Sprintf("terraform: {max: {low: %d}, ", g.IntN(2)), 1)
			}
		}
		fmt.Fprintf(&b, "    %s: {%s}\n", name, limits)
	}
	return b.String()
}

// anIgnore is an entry of the list, with what it fits, found out in another way
// than the program does.
type anIgnore struct {
	yaml string
	fits func(run *finding.Run, f *finding.Finding) bool
}

func (g *generator) ignore() anIgnore {
	var fits []func(run *finding.Run, f *finding.Finding) bool
	var keys []string
	add := func(yaml string, fit func(run *finding.Run, f *finding.Finding) bool) {
		keys, fits = append(keys, yaml), append(fits, fit)
	}
	has := func(f *finding.Finding, id string) bool {
		return strings.EqualFold(f.RuleID, id) || slices.ContainsFunc(f.Aliases, func(a string) bool { return strings.EqualFold(a, id) })
	}
	switch g.IntN(4) {
	case 0:
		id := g.pick("CVE-1", "ghsa-2", "CKV_1", "pat")
		add("id: "+id, func(_ *finding.Run, f *finding.Finding) bool { return has(f, id) })
	case 1:
		prefix := g.pick("CVE-", "aws-", "p", "GHSA-")
		add(`rule: "`+prefix+`*"`, func(_ *finding.Run, f *finding.Finding) bool {
			return len(f.RuleID) >= len(prefix) && strings.EqualFold(f.RuleID[:len(prefix)], prefix)
		})
	case 2:
		like := finding.Run{Scanner: g.pick("secret", "dependency", "iac")}
		print := g.finding(&like).Fingerprint
		if print == "" {
			print = "0123456789abcdef0123456789abcdef"
		}
		add("fingerprint: "+print, func(_ *finding.Run, f *finding.Finding) bool { return f.Fingerprint == print })
	case 3:
		add(`rule: "*"`, func(*finding.Run, *finding.Finding) bool { return true })
	}
	if g.one(3) || keys[0] == `rule: "*"` {
		dir := g.pick("docs/", "web/")
		add("path: "+dir, func(_ *finding.Run, f *finding.Finding) bool { return strings.HasPrefix(f.Location.Path, dir) })
	}
	if g.one(4) {
		add("package: left-pad", func(_ *finding.Run, f *finding.Finding) bool { return f.Package != nil && f.Package.Name == "left-pad" })
	}
	if g.one(4) {
		names := g.some(2, "dependency", "trivy", "iac")
		add("scanner: ["+strings.Join(names, ", ")+"]", func(run *finding.Run, _ *finding.Finding) bool { return slices.Contains(names, run.Scanner) })
	}
	until := g.pick("permanent: true", "expires: 2099-12-31", "expires: 2099-12-31", "expires: 2020-01-01")
	if until == "expires: 2020-01-01" {
		add(until, func(*finding.Run, *finding.Finding) bool { return false })
	} else {
		keys = append(keys, until)
	}
	return anIgnore{"  - {" + strings.Join(keys, ", ") + ", reason: we know}\n", func(run *finding.Run, f *finding.Finding) bool {
		return !slices.ContainsFunc(fits, func(fit func(*finding.Run, *finding.Finding) bool) bool { return !fit(run, f) })
	}}
}

// vex is a document of OpenVEX on CVE-1 or CVE-2.
func (g *generator) vex(id string) string {
	var statements []string
	for range 1 + g.IntN(3) {
		statements = append(statements, fmt.Sprintf(`{"vulnerability": {"name": "%s", "aliases": ["GHSA-%s"]}, "timestamp": "2026-01-0%dT00:00:00Z", "products": [{"@id": "pkg:npm/%s"}], "status": "%s", "justification": "component_not_present"}`,
			id, id[4:], 1+g.IntN(3), g.pick("leaf@1.0.0", "left-pad@1.0.0", "leaf@2.0.0"), g.pick("not_affected", "not_affected", "affected", "fixed")))
	}
	return `{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/vex/1", "author": "Example", "timestamp": "2026-01-10T00:00:00Z", "version": 1, "statements": [` + strings.Join(statements, ",\n") + `]}`
}

// facts depend on nothing but the finding. Some are not known.
func (g *generator) facts() policy.Facts {
	out := policy.Facts{Now: judgedOn()}
	if !g.one(3) {
		out.KEV = func(f *finding.Finding) bool { return f.RuleID == "CVE-2" }
	}
	if !g.one(3) {
		out.EPSS = func(f *finding.Finding) (float64, bool) { return 0.6, f.RuleID == "CVE-3" }
	}
	if !g.one(3) {
		out.New = func(_ *finding.Run, f *finding.Finding) bool { return f.RuleID == "CVE-1" || f.RuleID == "pat" }
	}
	return out
}
