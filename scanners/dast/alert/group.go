package alert

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/text"
)

// Groups collects alerts. The zero value is empty. It is for one goroutine.
type Groups struct {
	Place Place
	// Locate may give a file for an alert, such as the description of the API
	// that its request comes from; it may be nil. A finding is reported there
	// when one of its alerts is.
	Locate func(a *Alert) (Place, bool)
	// Left counts the groups that there was no room for.
	Left int

	groups map[identity]*group
	rules  map[string]finding.Rule
	listed int  // addresses that the groups list
	last   seen // what the last alert was about: the next one is often of the same answer
}

// seen is what is made of an address, once for all alerts about it: many
// findings list it.
type seen struct {
	from     *url.URL
	url      *url.URL // without values in its path
	shown    string
	template string
}

func (g *Groups) see(u *url.URL) seen {
	if g.last.from != u {
		clean := withoutParameters(u)
		g.last = seen{u, clean, shown(clean), crawl.Template(clean)}
	}
	return g.last
}

// Path is the form of an address's path that findings are told apart by:
// /user/{n} for /user/1.
func Path(u *url.URL) string { return crawl.Template(withoutParameters(u)) }

// identity tells findings apart. The port is no part of it, and neither is the
// host: an application is the same one on a developer's machine.
type identity struct{ ref, method, path, param string }

// group are the alerts of one finding: the first one, by address, and where
// the others were.
type group struct {
	first Alert
	place *Place   // the first one, by file and line, that Locate gave; nil: none
	urls  []string // sorted, without repetition, at most maxListed
	count int
}

// Add collects an alert.
func (g *Groups) Add(a Alert) {
	if a.URL == nil {
		return
	}
	if g.groups == nil {
		g.groups, g.rules = map[identity]*group{}, map[string]finding.Rule{}
	}
	about := g.see(a.URL)
	a.URL = about.url
	a.Ref, a.Method, a.Param = text.OneLine(a.Ref, maxWord), text.OneLine(a.Method, maxWord), text.OneLine(Masked(a.Param), maxWord)
	id := identity{a.Ref, a.Method, about.template, a.Param}
	old := g.groups[id]
	if old == nil {
		if len(g.groups) >= maxFindings {
			g.Left++
			return
		}
		g.groups[id] = &group{first: shortened(a), urls: []string{about.shown}, count: 1, place: g.locate(&a, nil)}
		if r, ok := g.rules[a.Ref]; !ok || severities[a.Risk] > r.Severity {
			g.rules[a.Ref] = ruleOf(&a)
		}
		return
	}
	old.place = g.locate(&a, old.place)
	i, found := slices.BinarySearch(old.urls, about.shown)
	if found {
		return
	}
	old.count++
	if i == 0 {
		old.first = shortened(a) // whichever comes first from the network
	}
	switch {
	case len(old.urls) < maxListed && g.listed < maxLists:
		g.listed++
		old.urls = slices.Insert(old.urls, i, about.shown)
	case i < len(old.urls):
		copy(old.urls[i+1:], old.urls[i:])
		old.urls[i] = about.shown
	}
}

// locate returns the place of an alert, or that of its group if it comes first.
func (g *Groups) locate(a *Alert, old *Place) *Place {
	if g.Locate == nil {
		return old
	}
	p, ok := g.Locate(a)
	if !ok || old != nil && cmp.Or(strings.Compare(old.Path, p.Path), cmp.Compare(old.Line, p.Line)) <= 0 {
		return old
	}
	return &p
}

// shortened is an alert of which nothing is kept that is not shown.
func shortened(a Alert) Alert {
	a.Evidence, a.Detail = text.OneLine(Masked(a.Evidence), maxWord), text.OneLine(a.Detail, 2*maxWord)
	return a
}

// Findings returns what was collected, in a fixed order, and its rules.
func (g *Groups) Findings() ([]finding.Finding, []finding.Rule) {
	out := make([]finding.Finding, 0, len(g.groups))
	for id, x := range g.groups {
		out = append(out, g.finding(id, x))
	}
	slices.SortFunc(out, func(a, b finding.Finding) int {
		return cmp.Or(strings.Compare(a.Location.Path, b.Location.Path), strings.Compare(a.Key, b.Key))
	})
	rules := make([]finding.Rule, 0, len(g.rules))
	for _, r := range g.rules {
		rules = append(rules, r)
	}
	slices.SortFunc(rules, func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
	return out, rules
}

func (g *Groups) finding(id identity, x *group) finding.Finding {
	a := &x.first
	f := finding.Finding{
		RuleID: id.ref, Severity: severities[a.Risk], SeveritySource: "zap rules", Resource: text.OneLine(id.method+" "+id.path, maxShown),
		Fix: text.OneLine(a.Fix, maxText),
		// The file stands for the target and is no part of what is wrong.
		Key: strings.Join([]string{id.ref, id.method, id.path, id.param}, " "), KeyOnly: true,
	}
	if len(f.Key) > maxShown {
		sum := sha256.Sum256([]byte(f.Key))
		f.Key = hex.EncodeToString(sum[:16])
	}
	if a.Suppressed != nil {
		f.Suppressions = []finding.Suppression{*a.Suppressed}
	}
	f.Message = message(a, x)
	place := g.Place
	if x.place != nil {
		place = *x.place
	}
	f.Location = finding.Location{Path: place.Path, StartLine: place.Line}
	if place.Path == "" {
		f.Location = finding.Location{Path: pathOf(a.URL), StartLine: 1}
	}
	for _, u := range x.urls[1:] {
		f.Related = append(f.Related, finding.Location{Path: f.Location.Path, StartLine: f.Location.StartLine, Message: strings.TrimSpace(id.method + " " + u)})
	}
	return f
}

// message says what is wrong, where, and what shows it.
func message(a *Alert, x *group) string {
	m := text.OneLine(a.Name, maxWord)
	if a.Detail != "" {
		m += ": " + a.Detail
	}
	m += "; " + strings.TrimSpace(a.Method+" "+x.urls[0])
	if n := x.count - 1; n > 0 {
		m += " and " + text.Count(n, "more page")
	}
	if a.Param != "" {
		m += "; " + a.Param
	}
	if a.Evidence != "" {
		m += "; seen: " + a.Evidence
	}
	return m
}
