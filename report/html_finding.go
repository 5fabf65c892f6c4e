package report

import (
	"cmp"
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
	rules *ruleIndex
	steps int // of flows, that there is still room for
	open  int // findings that may still be unfolded
}

// htmlFinding is a finding as the page shows it.
type htmlFinding struct {
	Severity, Action, Rule, What, Where string
	Open                                bool
	Title, Message, Description         string
	Facts                               []fact
	Help                                string
	Related                             []htmlPlace
	MoreRelated                         int
	Flows                               []htmlFlow
	FlowsLeftOut                        bool
	Links                               []string
}

type htmlFlow struct {
	Name  string
	Steps []htmlPlace
}

type htmlPlace struct{ Where, Message string }

// of makes the view of a finding.
func (v *htmlViews) of(x *row) htmlFinding {
	f := x.finding
	rule := v.rules.of(x.run, f.RuleID)
	out := htmlFinding{
		Severity: f.Severity.String(), Action: x.decision.Action.String(),
		Rule: short(f.RuleID, 100), Where: short(where(f), 300),
		Title: short(rule.Title, 300), Description: shortBlock(rule.Description, 1500),
		What: short(text.OneLine(head(cmp.Or(f.Message, rule.Title, f.RuleID), 400), 400), 240),
	}
	if m := shortBlock(f.Message, 4000); m != out.What {
		out.Message = m
	}
	if out.Description == out.Title || out.Description == out.What {
		out.Description = ""
	}
	if out.Title == out.Rule || strings.Contains(strings.ToLower(out.What), strings.ToLower(out.Title)) {
		out.Title = "" // it has been said
	}
	if f.Fix == "" {
		out.Help = shortBlock(rule.Help, 2000)
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
		if m := short(flow.Message, 300); m != "" {
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
		out = append(out, htmlPlace{short(at, 300), short(l.Message, 300)})
	}
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
