package iac

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/workflow"
	"github.com/scangate/scangate/text"
)

// conclude turns verdicts into findings and the rules that they use, in an
// order that depends on nothing but them. Findings of checks that are written
// in Go, which have been put into words already, join them.
func conclude(all []work.Result, own []finding.Finding) ([]finding.Finding, []finding.Rule) {
	found := slices.Clone(own)
	rules := map[string]finding.Rule{}
	known := workflow.Rules()
	for _, f := range own {
		if r, ok := known[f.RuleID]; ok {
			rules[f.RuleID] = r
		}
	}
	for _, r := range all {
		if !r.Cause.Managed {
			continue
		}
		f := findingOf(r)
		found = append(found, f)
		if _, ok := rules[f.RuleID]; !ok {
			rules[f.RuleID] = ruleOf(r.Check)
		}
		rules[f.RuleID] = tagged(rules[f.RuleID], f.Framework)
	}
	slices.SortFunc(found, compareFindings)
	found = slices.CompactFunc(found, func(a, b finding.Finding) bool { return compareFindings(a, b) == 0 })
	number(found)
	list := make([]finding.Rule, 0, len(rules))
	for _, r := range rules {
		slices.Sort(r.Tags[1:])
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b finding.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return found, list
}

// findingOf says a verdict in our words.
func findingOf(r work.Result) finding.Finding {
	f := finding.Finding{
		RuleID:         r.Check.ID,
		Severity:       r.Check.Severity,
		SeveritySource: "trivy-checks",
		Message:        message(r.Framework, r.Message),
		Fix:            plain(r.Check.Resolution, 400),
		Location:       r.Location,
		Related:        r.Related,
		Framework:      r.Framework,
		Resource:       r.Resource,
		Aliases:        aliases(r.Check),
		Key:            r.Resource,
		Suppressions:   r.Suppressions,
	}
	if part := text.OneLine(r.Part, 200); part != "" {
		f.Key += "/" + part
	}
	if r.Framework == work.Kubernetes {
		if m := container.FindStringSubmatch(f.Message); m != nil {
			f.Key += "/" + m[1]
		}
	}
	return f
}

// container is how the checks name the container at fault.
var container = regexp.MustCompile(`^[Cc]ontainer ['"]?([^'" ]+)['"]? (?:of|in) `)

// quoting are messages that go on to quote what they found, from a command or
// a value that may hold a secret. They end where the quotation starts.
var quoting = map[string]*regexp.Regexp{
	work.Kubernetes: regexp.MustCompile(` in key\(s\) or value\(s\) .*$`),
	work.Dockerfile: regexp.MustCompile(`: .*$`),
}

// message is what the check says, on one line and without quotations.
func message(framework, said string) string {
	said = text.OneLine(said, 1000)
	if q := quoting[framework]; q != nil {
		said = q.ReplaceAllString(said, "")
	}
	return said
}

// compareFindings orders by place, rule and the rest of what tells findings
// apart; findings that compare equal are the same.
func compareFindings(a, b finding.Finding) int {
	c := cmp.Or(
		cmp.Compare(a.Location.Path, b.Location.Path),
		cmp.Compare(a.Location.StartLine, b.Location.StartLine),
		cmp.Compare(a.RuleID, b.RuleID),
		cmp.Compare(a.Resource, b.Resource),
		cmp.Compare(a.Location.EndLine, b.Location.EndLine),
		cmp.Compare(a.Key, b.Key),
		cmp.Compare(a.Message, b.Message),
		compareColumns(a.Location, b.Location),
		cmp.Compare(len(a.Suppressions), len(b.Suppressions)),
		slices.CompareFunc(a.Related, b.Related, func(x, y finding.Location) int {
			return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.StartLine, y.StartLine))
		}),
	)
	return c
}

// number makes the keys of one rule in one file differ, in the order of the
// findings, so that an edit elsewhere does not change them.
func number(found []finding.Finding) {
	type identity struct{ rule, path, key string }
	seen := map[identity]int{}
	for i := range found {
		f := &found[i]
		id := identity{f.RuleID, f.Location.Path, f.Key}
		if seen[id]++; seen[id] > 1 {
			f.Key = fmt.Sprintf("%s#%d", f.Key, seen[id])
		}
	}
}

// aliases are the other names of a check, as people know them and as ignore
// comments use them.
func aliases(c *check.Check) []string {
	names := slices.Clone(c.Names()[1:])
	slices.Sort(names)
	return slices.Compact(names)
}

// ruleOf describes a check.
func ruleOf(c *check.Check) finding.Rule {
	out := finding.Rule{
		ID:          c.ID,
		Name:        c.ShortCode,
		Title:       plain(c.Title, 200),
		Description: plain(c.Description, 2000),
		References:  c.References,
		Severity:    c.Severity,
		Tags:        []string{Name},
	}
	out = tagged(tagged(out, c.Provider), c.Service)
	out.Help = work.Help(out, plain(c.Resolution, 1000), "", "")
	return out
}

// tagged adds a tag once.
func tagged(r finding.Rule, tag string) finding.Rule {
	if tag != "" && !slices.Contains(r.Tags, tag) {
		r.Tags = append(r.Tags, tag)
	}
	return r
}

// plain renders the words of a check, some of which hold a little HTML.
func plain(s string, max int) string {
	return text.OneLine(markup.Replace(s), max)
}

var markup = strings.NewReplacer("<code>", "`", "</code>", "`", "<br>", " ")

// compareColumns orders what is on one line.
func compareColumns(a, b finding.Location) int {
	return cmp.Or(cmp.Compare(a.StartColumn, b.StartColumn), cmp.Compare(a.EndColumn, b.EndColumn))
}
