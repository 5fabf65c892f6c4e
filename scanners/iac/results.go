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
	checks := map[string]*check.Check{}
	frameworks := map[string][]string{} // in which a check found something
	for _, r := range all {
		if !r.Cause.Managed {
			continue
		}
		found = append(found, findingOf(r))
		checks[r.Check.ID] = r.Check
		if used := frameworks[r.Check.ID]; !slices.Contains(used, r.Framework) {
			frameworks[r.Check.ID] = append(used, r.Framework)
		}
	}
	slices.SortFunc(found, compareFindings)
	found = slices.CompactFunc(found, func(a, b finding.Finding) bool { return compareFindings(a, b) == 0 })
	number(found)
	var list []finding.Rule
	for id, c := range checks {
		slices.Sort(frameworks[id])
		list = append(list, ruleOf(c, frameworks[id]))
	}
	for _, r := range workflow.Rules() {
		if slices.ContainsFunc(own, func(f finding.Finding) bool { return f.RuleID == r.ID }) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b finding.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return found, list
}

// findingOf says a verdict in our words.
func findingOf(r work.Result) finding.Finding {
	f := finding.Finding{
		RuleID:         r.Check.ID,
		Severity:       r.Check.Severity,
		SeveritySource: source(r.Check),
		Message:        work.Unquoted(r.Framework, text.OneLine(r.Message, 1000)),
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
	if r.Framework == work.Kubernetes || r.Framework == work.Helm {
		if m := container.FindStringSubmatch(f.Message); m != nil {
			f.Key += "/" + m[1]
		}
	}
	return f
}

// source is who says how bad it is.
func source(c *check.Check) string {
	if c.Custom {
		return "custom-checks"
	}
	return "trivy-checks"
}

// container is how the checks name the container at fault.
var container = regexp.MustCompile(`^[Cc]ontainer ['"]?([^'" ]+)['"]? (?:of|in) `)

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

// ruleOf describes a check, with an example for each framework that it found
// something in.
func ruleOf(c *check.Check, frameworks []string) finding.Rule {
	out := finding.Rule{
		ID:          c.ID,
		Name:        c.ShortCode,
		Title:       plain(cmp.Or(c.Title, c.ID), 200),
		Description: plain(c.Description, 2000),
		References:  c.References,
		Severity:    c.Severity,
	}
	for _, tag := range append([]string{c.Provider, c.Service}, frameworks...) {
		if tag != "" && !slices.Contains(out.Tags, tag) {
			out.Tags = append(out.Tags, tag)
		}
	}
	slices.Sort(out.Tags)
	out.Tags = append([]string{Name}, out.Tags...)
	var examples []work.Example
	for _, f := range frameworks {
		w := writings[f]
		e := work.Example{Language: w.language, Code: c.Example(w.examples)}
		if e.Code != "" && !slices.Contains(examples, e) {
			examples = append(examples, e)
		}
	}
	out.Help = work.Help(out, plain(c.Resolution, 1000), examples...)
	return out
}

// writing is how examples for a framework are written.
type writing struct {
	examples string // the framework whose examples they are
	language string // as Markdown calls it
}

var writings = map[string]writing{
	work.Terraform:      {"terraform", "hcl"},
	work.TerraformPlan:  {"terraform", "hcl"},
	work.CloudFormation: {"cloudformation", "yaml"},
	work.Kubernetes:     {"kubernetes", "yaml"},
	work.Helm:           {"kubernetes", "yaml"},
	work.Dockerfile:     {"dockerfile", "dockerfile"},
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
