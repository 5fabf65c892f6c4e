package dast

import (
	"net/url"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/levels"
	"github.com/scangate/scangate/scanners/dast/openapi"
	"github.com/scangate/scangate/scanners/dast/rule"
)

// judge applies the rules to the pages of one application.
type judge struct {
	scanner *Scanner
	groups  alert.Groups
	notes   []finding.Note
	bytes   int64
	api     map[string]int // addresses of the API's description, with their lines
}

func newJudge(s *Scanner) *judge {
	j := &judge{scanner: s, api: map[string]int{}}
	j.groups.Place = s.place
	j.groups.Locate = j.locate
	return j
}

// locate reports what comes of an operation of the API where it is described.
func (j *judge) locate(a *alert.Alert) (alert.Place, bool) {
	line, ok := j.api[a.URL.String()]
	return alert.Place{Path: j.scanner.apiName, Line: max(line, 1)}, ok
}

// page judges an answer.
func (j *judge) page(p crawl.Page) {
	j.bytes += int64(len(p.Body))
	for _, r := range j.scanner.rules {
		for _, a := range r.Judge(p.Exchange) {
			j.add(alertOf(r, a, p.Method, p.URL))
		}
	}
}

// alertOf joins what a rule says in general and of one exchange.
func alertOf(r *rule.Rule, a rule.Alert, method string, u *url.URL) alert.Alert {
	return alert.Alert{
		Ref: a.Ref(), Name: a.Name, Risk: a.Risk, Confidence: a.Confidence, Method: method, URL: u,
		Param: a.Param, Evidence: a.Evidence, Detail: a.Detail,
		Text: r.Text, Fix: r.Fix, References: r.References, CWE: r.CWE, WASC: r.WASC,
	}
}

// describe takes over what the description of an API names, and returns where
// to begin besides the target. The crawler sends no header of an operation's
// own: one that needs some is asked without them, as a stranger would.
func (j *judge) describe(all openapi.Requests) []*url.URL {
	var seeds []*url.URL
	for _, r := range all.List {
		seeds = append(seeds, r.URL)
		if _, ok := j.api[r.URL.String()]; !ok {
			j.api[r.URL.String()] = r.Line
		}
	}
	for _, n := range all.Notes {
		j.note(finding.Information, 0, n)
	}
	for _, s := range all.Skipped {
		j.note(finding.Information, s.Line, strings.TrimSpace(s.Method+" "+s.Template)+" is not asked: "+s.Reason)
	}
	return seeds
}

// note is about the description of the API.
func (j *judge) note(level finding.NoteLevel, line int, message string) {
	j.notes = append(j.notes, finding.Note{Level: level, Path: j.scanner.apiName, Line: line, Message: message})
}

// add collects an alert, as the team's rules file has it.
func (j *judge) add(a alert.Alert) {
	if levels.Apply(j.scanner.file, &a) {
		j.groups.Add(a)
	}
}
