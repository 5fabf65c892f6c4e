package policy

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

const (
	maxCases = 10_000
	maxCount = 10_000 // findings of all cases of a file
)

// Case is a finding with the decision that is expected for it.
type Case struct {
	Name   string
	Origin string // where it is written
	Expect Action
	By     string // a part of the decision's reason; empty: any
	Count  int    // how many such findings there are

	run   finding.Run // with the finding
	facts caseFacts
}

// caseFacts are what a case says beside the finding itself. What it does not
// say is not so.
type caseFacts struct {
	isNew, kev bool
	epss       float64
	hasEPSS    bool
}

// longAgo is for how many days there has been a finding of a case that does not
// say it: too long for any grace.
const longAgo = 100 * 365

// caseDay is the day on which cases are judged: any will do, since they give
// ages and no dates.
func caseDay() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// ParseCases reads a file of a team's own examples of what its policy must
// decide. The key policy names the policy's file, and is for the caller.
func ParseCases(document config.Section, known Known) ([]Case, error) {
	var raw struct {
		Policy string           `yaml:"policy"`
		Cases  []config.Section `yaml:"cases"`
	}
	if err := document.Decode(&raw); err != nil {
		return nil, err
	}
	var out []Case
	switch {
	case len(raw.Cases) == 0:
		return nil, document.Errorf("there are no cases: a file without any would always pass")
	case len(raw.Cases) > maxCases:
		return nil, raw.Cases[maxCases].Errorf("more than %s", text.Count(maxCases, "case"))
	}
	total := 0
	for _, item := range raw.Cases {
		c, err := parseCase(item, known)
		if err != nil {
			return nil, err
		}
		if total += c.Count; total > maxCount {
			return nil, item.Errorf("more than %s in all cases", text.Count(maxCount, "finding"))
		}
		out = append(out, c)
	}
	return out, nil
}

// expectations are the words for what is expected.
var expectations = []Action{Fail, Warn, Pass, Ignored}

func parseCase(item config.Section, known Known) (Case, error) {
	if item.Absent() {
		return Case{}, item.Errorf("an empty case: want finding and expect")
	}
	c := Case{Origin: item.Position()}
	var raw struct {
		Name    string         `yaml:"name"`
		Finding config.Section `yaml:"finding"`
		Expect  config.Section `yaml:"expect"`
		By      string         `yaml:"by"`
		Count   config.Section `yaml:"count"`
	}
	err := item.Decode(&raw)
	switch {
	case err != nil:
		return Case{}, err
	case raw.Finding.Absent():
		return Case{}, item.Errorf("the case has no finding")
	case raw.Expect.Absent():
		return Case{}, item.Errorf("the case has no expect: want fail, warn, pass or ignored")
	}
	c.Name, c.By, c.Count = text.OneLine(raw.Name, 200), raw.By, 1
	if c.Name == "" {
		c.Name = "case"
	}
	if !raw.Count.Absent() {
		digits, err := raw.Count.Text()
		if err != nil {
			return Case{}, err
		}
		if c.Count, err = strconv.Atoi(digits); err != nil || c.Count < 1 || c.Count > maxCount {
			return Case{}, raw.Count.Errorf("count: want a whole number from 1 to %d, not %q", maxCount, digits)
		}
	}
	expect, err := raw.Expect.Text()
	if err != nil {
		return Case{}, err
	}
	var names []string
	found := false
	for _, a := range expectations {
		if names = append(names, a.String()); a.String() == expect {
			c.Expect, found = a, true
		}
	}
	if !found {
		return Case{}, raw.Expect.Errorf("unknown expectation %q%s", expect, text.Suggest(expect, names))
	}
	return c, c.readFinding(raw.Finding, known)
}

// readFinding reads the finding of a case. Its keys are called as in a rule's
// match.
func (c *Case) readFinding(section config.Section, known Known) error {
	var raw struct {
		Scanner      config.Section   `yaml:"scanner"`
		Tool         string           `yaml:"tool"`
		Target       string           `yaml:"target"`
		Severity     finding.Severity `yaml:"severity"`
		Rule         string           `yaml:"rule"`
		Aliases      []string         `yaml:"aliases"`
		Framework    config.Section   `yaml:"framework"`
		Path         string           `yaml:"path"`
		Package      string           `yaml:"package"`
		Version      string           `yaml:"version"`
		Fixed        string           `yaml:"fixed"`
		PURL         string           `yaml:"purl"`
		Ecosystem    string           `yaml:"ecosystem"`
		Relationship string           `yaml:"relationship"`
		Dev          bool             `yaml:"dev"`
		CVSS         config.Section   `yaml:"cvss"`
		Age          config.Section   `yaml:"age"`
		FirstSeen    config.Section   `yaml:"first-seen"`
		Tags         []string         `yaml:"tags"`
		CWE          []string         `yaml:"cwe"`
		New          bool             `yaml:"new"`
		KEV          bool             `yaml:"kev"`
		EPSS         config.Section   `yaml:"epss"`
	}
	if err := section.Decode(&raw); err != nil {
		return err
	}
	if raw.Scanner.Absent() {
		return section.Errorf("the finding has no scanner")
	}
	scanner, err := raw.Scanner.Text()
	if err != nil {
		return err
	}
	if msg := known.check(scanner); msg != "" {
		return raw.Scanner.Errorf("%s", msg)
	}
	f := finding.Finding{RuleID: raw.Rule, Aliases: raw.Aliases, Severity: raw.Severity, Location: finding.Location{Path: raw.Path}, Fingerprint: c.Origin}
	if f.RuleID == "" {
		f.RuleID = "a-rule"
	}
	if !raw.Framework.Absent() {
		if f.Framework, err = raw.Framework.Text(); err != nil {
			return err
		}
		if _, err := parseName(f.Framework, known.frameworks([]string{scanner}), "framework"); err != nil {
			return raw.Framework.Errorf("%v", err)
		}
	}
	if raw.Package+raw.PURL != "" {
		f.Package = &finding.Package{Ecosystem: raw.Ecosystem, Name: raw.Package, Version: raw.Version, FixedVersion: raw.Fixed, PURL: raw.PURL, Relationship: raw.Relationship, Dev: raw.Dev}
	} else if raw.Version+raw.Fixed+raw.Ecosystem+raw.Relationship != "" || raw.Dev {
		return section.Errorf("the finding says things of a package, and has neither package nor purl")
	}
	age, hasAge := 0.0, false
	seen := float64(longAgo)
	for _, n := range []struct {
		name    string
		section config.Section
		parse   func(string) (float64, error)
		into    *float64
		has     *bool
	}{
		{"cvss", raw.CVSS, number(10), &f.Score, new(bool)}, {"epss", raw.EPSS, number(1), &c.facts.epss, &c.facts.hasEPSS}, {"age", raw.Age, days, &age, &hasAge}, {firstSeenKey, raw.FirstSeen, days, &seen, new(bool)},
	} {
		if n.section.Absent() {
			continue
		}
		word, err := n.section.Text()
		if err != nil {
			return err
		}
		if *n.into, err = n.parse(word); err != nil {
			return n.section.Errorf("%s: %v", n.name, err)
		}
		*n.has = true
	}
	if hasAge {
		f.Published = caseDay().AddDate(0, 0, -int(age)).Format(time.DateOnly)
	}
	f.FirstSeen = caseDay().AddDate(0, 0, -int(seen)).Format(time.DateOnly)
	c.facts.isNew, c.facts.kev = raw.New, raw.KEV
	rule := finding.Rule{ID: f.RuleID, Tags: raw.Tags}
	for _, cwe := range raw.CWE {
		rule.Tags = append(rule.Tags, "external/cwe/"+strings.ToLower(cwe))
	}
	c.run = finding.Run{Scanner: scanner, Target: raw.Target, Engine: finding.Engine{Name: raw.Tool}, Status: finding.Completed, Rules: []finding.Rule{rule}}
	for range c.Count {
		c.run.Findings = append(c.run.Findings, f)
	}
	return nil
}

// Check judges the case by the policy, and says in a line what is not as
// expected; empty when all is.
func (c *Case) Check(p Policy) string {
	p.Facts = Facts{
		Now:  caseDay(),
		New:  func(*finding.Run, *finding.Finding) bool { return c.facts.isNew },
		KEV:  func(*finding.Finding) bool { return c.facts.kev },
		EPSS: func(*finding.Finding) (float64, bool) { return c.facts.epss, c.facts.hasEPSS },
	}
	for _, d := range p.Judge(finding.Results{Runs: []finding.Run{c.run}}).Decisions[0] {
		if d.Action != c.Expect || !strings.Contains(d.By, c.By) {
			want := c.Expect.String()
			if c.By != "" {
				want += fmt.Sprintf(" by %q", c.By)
			}
			return fmt.Sprintf("%s: %s: got %s, want %s: %s", c.Origin, c.Name, d.Action, want, d.By)
		}
	}
	return ""
}
