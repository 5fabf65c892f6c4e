package report

import (
	"cmp"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/text"
)

// htmlGroup are the findings of a run, or those that do not count.
type htmlGroup struct {
	Title, Engine string
	Total         int // with those that are left out
	Same          int // shown as findings of other scanners
	Severities    []htmlSeverity
}

// htmlSeverity are findings of one severity.
type htmlSeverity struct {
	Severity finding.Severity
	rows     []row
	views    *htmlViews
}

func (g *htmlGroup) add(x row, v *htmlViews) {
	i := slices.IndexFunc(g.Severities, func(s htmlSeverity) bool { return s.Severity == x.finding.Severity })
	if i < 0 {
		i = len(g.Severities)
		g.Severities = append(g.Severities, htmlSeverity{Severity: x.finding.Severity, views: v})
	}
	g.Severities[i].rows = append(g.Severities[i].rows, x)
}

func (g *htmlGroup) order() {
	slices.SortFunc(g.Severities, func(a, b htmlSeverity) int { return cmp.Compare(b.Severity, a.Severity) })
}

// Shown counts the findings of the group that the page has.
func (g htmlGroup) Shown() int {
	n := 0
	for _, s := range g.Severities {
		n += len(s.rows)
	}
	return n
}

// Count is how many findings there are.
func (s htmlSeverity) Count() int { return len(s.rows) }

// Findings makes the views one by one, while the page is written.
func (s htmlSeverity) Findings() iter.Seq[htmlFinding] {
	return func(yield func(htmlFinding) bool) {
		for i := range s.rows {
			if !yield(s.views.of(&s.rows[i])) {
				return
			}
		}
	}
}

// htmlViews makes the views of a page, in its order.
type htmlViews struct {
	runs  []finding.Run
	rules []map[string]*finding.Rule // of the runs, once they are needed
	steps int                        // of flows, that there is still room for
	open  int                        // findings that may still be unfolded
}

// htmlFinding is a finding as the page shows it.
type htmlFinding struct {
	Severity, Action, Rule, What, Where string
	Open                                bool
	Title, Message, Description         string
	Facts                               []htmlFact
	Help                                string
	Related                             []htmlPlace
	MoreRelated                         int
	Flows                               []htmlFlow
	FlowsLeftOut                        bool
	Links                               []string
}

type htmlFact struct {
	Name, Value string
	Code        bool
}

type htmlFlow struct {
	Name  string
	Steps []htmlPlace
}

type htmlPlace struct{ Where, Message string }

// of makes the view of a finding.
func (v *htmlViews) of(x *row) htmlFinding {
	f := x.finding
	rule := v.rule(x.run, f.RuleID)
	out := htmlFinding{
		Severity: f.Severity.String(), Action: x.decision.Action.String(),
		Rule: htmlText(f.RuleID, 100), Where: htmlText(where(f), 300),
		Title: htmlText(rule.Title, 300), Description: htmlBlock(rule.Description, 1500),
		What: htmlText(text.OneLine(head(cmp.Or(f.Message, rule.Title, f.RuleID), 400), 400), 240),
	}
	if m := htmlBlock(f.Message, 4000); m != out.What {
		out.Message = m
	}
	if out.Description == out.Title || out.Description == out.What {
		out.Description = ""
	}
	if out.Title == out.Rule || strings.Contains(strings.ToLower(out.What), strings.ToLower(out.Title)) {
		out.Title = "" // it has been said
	}
	if f.Fix == "" {
		out.Help = htmlBlock(rule.Help, 2000)
	}
	if x.decision.Action == policy.Fail && v.open > 0 {
		v.open--
		out.Open = true
	}
	out.Facts = facts(x)
	const places = 20
	out.MoreRelated = max(0, len(f.Related)-places)
	out.Related = htmlPlaces(f.Related[:len(f.Related)-out.MoreRelated])
	v.flows(&out, f)
	for _, ref := range rule.References {
		if link := webLink(ref); link != "" && len(out.Links) < 5 && !slices.Contains(out.Links, link) {
			out.Links = append(out.Links, link)
		}
	}
	return out
}

func (v *htmlViews) rule(run int, id string) *finding.Rule {
	if v.rules[run] == nil {
		v.rules[run] = map[string]*finding.Rule{}
		for i := range v.runs[run].Rules {
			r := &v.runs[run].Rules[i]
			v.rules[run][r.ID] = r
		}
	}
	if r := v.rules[run][id]; r != nil {
		return r
	}
	return &finding.Rule{}
}

func (v *htmlViews) flows(out *htmlFinding, f *finding.Finding) {
	if out.FlowsLeftOut = len(f.Flows) > 0 && v.steps <= 0; out.FlowsLeftOut {
		return
	}
	for i, flow := range finding.BoundFlows(f.Flows) {
		if v.steps -= len(flow.Steps); v.steps < 0 {
			out.FlowsLeftOut = true
			return
		}
		name := "Way " + strconv.Itoa(i+1) + ", " + text.Count(len(flow.Steps), "step")
		if m := htmlText(flow.Message, 300); m != "" {
			name += ": " + m
		}
		out.Flows = append(out.Flows, htmlFlow{name, htmlPlaces(flow.Steps)})
	}
}

func htmlPlaces(list []finding.Location) []htmlPlace {
	var out []htmlPlace
	for _, l := range list {
		at := where(&finding.Finding{Location: l})
		if l.Commit != "" {
			at += " in " + text.Cut(l.Commit, 13)
		}
		out = append(out, htmlPlace{htmlText(at, 300), htmlText(l.Message, 300)})
	}
	return out
}

// facts are what else is known of a finding, in the order of their use.
func facts(x *row) []htmlFact {
	var out []htmlFact
	add := func(name, value string, code bool) {
		if value = htmlText(value, 600); value != "" {
			out = append(out, htmlFact{name, value, code})
		}
	}
	f := x.finding
	add("Decision", x.decision.Action.String()+": "+strings.TrimPrefix(x.decision.By, x.decision.Action.String()+": "), false)
	add("Fix", f.Fix, false)
	if p := f.Package; p != nil {
		add("Package", p.Name+" "+p.Version+" ("+p.Ecosystem+")", false)
		add("Fixed in", cmp.Or(p.FixedVersion, "no fixed version is known"), false)
		if p.Status != "fixed" {
			add("Its vendor says", p.Status, false)
		}
		relation := p.Relationship
		if p.Dev {
			relation = strings.TrimPrefix(relation+", for development only", ", ")
		}
		add("Dependency", relation, false)
		if n := len(p.Path); n > 1 {
			add("Required by", strings.Join(p.Path[:min(n, 20)], " → "), false)
		}
		add("Package URL", p.PURL, true)
	}
	for _, w := range f.Witnesses[:min(len(f.Witnesses), 20)] {
		add("Also found by", fmt.Sprintf("%s as %s, severity %s", w.Scanner, w.RuleID, w.Severity), false)
	}
	for _, s := range f.Suppressions[:min(len(f.Suppressions), 5)] {
		add("Suppressed by", s.Source+strings.TrimSuffix(": "+s.Reason, ": "), false)
	}
	severity := f.Severity.String()
	if f.SeveritySource != "" {
		severity += " according to " + f.SeveritySource
	}
	if f.Score > 0 {
		severity += ", CVSS " + strconv.FormatFloat(f.Score, 'f', 1, 64)
	}
	add("Severity", severity+strings.TrimSuffix(", "+f.Vector, ", "), false)
	add("Published", f.Published, false)
	add("Also known as", strings.Join(f.Aliases[:min(len(f.Aliases), 20)], ", "), false)
	add("Framework", f.Framework, false)
	add("Resource", f.Resource, true)
	if l := f.Layer; l != nil {
		add("File in the image", l.File, true)
		base := ""
		if l.Base {
			base = " (base image)"
		}
		add("Layer", cmp.Or(l.Digest, l.DiffID)+base, true)
		add("Made by", text.Cut(l.CreatedBy, 200), true)
	}
	if f.Location.Commit != "" {
		add("Only in history", "commit "+f.Location.Commit+strings.TrimSuffix(" of "+f.Location.Date, " of "), false)
	}
	add("Fingerprint", f.Fingerprint, true)
	return out
}

// webLink returns what may be linked to: an absolute address of the web that
// shows all that is in it.
func webLink(s string) string {
	if len(s) > 2000 || text.OneLine(s, len(s)) != s {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return s
}
