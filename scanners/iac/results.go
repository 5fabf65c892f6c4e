package iac

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/types"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// result is one verdict of the engine and what it is about.
type result struct {
	framework int
	path      string // of the file, where the engine does not say
	resource  string
	part      string // which part of the resource
	related   []finding.Location
	res       scan.Result
}

// terraformResult finds out what a verdict is about. The engine names an
// attribute within a block within a resource within module calls, each the
// parent of the one before.
func terraformResult(r scan.Result) result {
	out := result{framework: terraform, res: r}
	m := r.Metadata()
	var module []string
	for at := &m; at != nil; at = at.Parent() {
		ref := at.Reference()
		switch {
		case strings.HasPrefix(ref, "module."):
			module = append(module, ref)
			out.related = append(out.related, callOf(at))
		case ref != "" && len(module) == 0:
			out.resource = ref
		}
	}
	out.part = strings.TrimPrefix(strings.TrimPrefix(m.Reference(), out.resource), ".")
	slices.Reverse(module)
	out.resource = text.OneLine(strings.Join(append(module, out.resource), "."), 300)
	return out
}

// callOf is the place of a module block.
func callOf(m *types.Metadata) finding.Location {
	r := m.Range()
	return finding.Location{
		Path: r.GetLocalFilename(), StartLine: r.GetStartLine(), EndLine: r.GetEndLine(),
		Message: "the module is called here",
	}
}

// conclude turns verdicts into findings and the rules that they use, in an
// order that depends on nothing but them. Findings of our own checks, which
// have been put into words already, join them.
func conclude(all []result, own []finding.Finding) ([]finding.Finding, []finding.Rule) {
	found := slices.Clone(own)
	rules := map[string]finding.Rule{}
	ownRules(own, rules)
	for _, r := range all {
		if r.res.Status() == scan.StatusPassed || r.res.Metadata().IsUnmanaged() {
			continue
		}
		f := r.finding()
		found = append(found, f)
		if _, ok := rules[f.RuleID]; !ok {
			rules[f.RuleID] = ruleOf(f.RuleID, r.res.Rule())
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

// finding says a verdict in our words.
func (r result) finding() finding.Finding {
	rule, rng := r.res.Rule(), r.res.Range()
	f := finding.Finding{
		RuleID:         shortID(rule),
		SeveritySource: "trivy-checks",
		Message:        message(r.framework, r.res.Description()),
		Fix:            plain(rule.Resolution, 400),
		Location:       finding.Location{Path: cmp.Or(rng.GetLocalFilename(), r.path), StartLine: rng.GetStartLine(), EndLine: rng.GetEndLine()},
		Related:        r.related,
		Framework:      kindNames[r.framework],
		Resource:       r.resource,
		Aliases:        aliases(rule),
		Key:            r.resource,
	}
	f.Severity, _ = finding.ParseSeverity(string(r.res.Severity()))
	if part := text.OneLine(r.part, 200); part != "" {
		f.Key += "/" + part
	}
	if r.framework == kubernetes {
		if m := container.FindStringSubmatch(f.Message); m != nil {
			f.Key += "/" + m[1]
		}
	}
	if r.res.Status() == scan.StatusIgnored {
		f.Suppressions = []finding.Suppression{{Source: "trivy:ignore"}}
	}
	return f
}

// container is how the checks name the container at fault.
var container = regexp.MustCompile(`^[Cc]ontainer ['"]?([^'" ]+)['"]? (?:of|in) `)

// quoting are messages that go on to quote what they found, from a command or
// a value that may hold a secret. They end where the quotation starts.
var quoting = [kinds]*regexp.Regexp{
	kubernetes: regexp.MustCompile(` in key\(s\) or value\(s\) .*$`),
	dockerfile: regexp.MustCompile(`: .*$`),
}

// message is what the check says, on one line and without quotations.
func message(framework int, said string) string {
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

// shortID is a check's id without its publisher: AWS-0028.
func shortID(r scan.Rule) string { return strings.TrimPrefix(r.AVDID, "AVD-") }

// aliases are the other names of a check, as people know them and as ignore
// comments use them.
func aliases(r scan.Rule) []string {
	names := append([]string{r.AVDID, r.LongID()}, r.Aliases...)
	slices.Sort(names)
	short := shortID(r)
	return slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "" || n == short })
}

// ruleOf describes a check.
func ruleOf(id string, r scan.Rule) finding.Rule {
	out := finding.Rule{
		ID:          id,
		Name:        r.ShortCode,
		Title:       plain(r.Summary, 200),
		Description: plain(r.Explanation, 2000),
		References:  links(r.Links),
		Tags:        []string{Name},
	}
	out.Severity, _ = finding.ParseSeverity(string(r.Severity))
	out = tagged(out, string(r.Provider))
	if r.Service != "" && r.Service != "general" {
		out = tagged(out, r.Service)
	}
	out.Help = help(out, plain(r.Resolution, 1000))
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

// help composes the markdown from what the check knows.
func help(r finding.Rule, resolution string) string {
	var b strings.Builder
	b.WriteString(cmp.Or(r.Description, r.Title))
	if resolution != "" {
		b.WriteString("\n\n**What to do:** " + strings.TrimSuffix(resolution, ".") + ".")
	}
	for i, link := range r.References {
		if i == 0 {
			b.WriteString("\n\n**More:**\n")
		}
		b.WriteString("\n- <" + link + ">")
	}
	return b.String() + "\n"
}

// links keeps what is a link to the web, the first of each.
func links(all []string) []string {
	var out []string
	for _, l := range all {
		l = strings.TrimSpace(l)
		u, err := url.Parse(l)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(l, "<> ") || slices.Contains(out, l) {
			continue
		}
		out = append(out, l)
	}
	return out
}
