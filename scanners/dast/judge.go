package dast

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/exchange"
	"github.com/scangate/scangate/scanners/dast/levels"
	"github.com/scangate/scangate/scanners/dast/openapi"
	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/text"
)

// judge applies the rules to the pages of one application.
type judge struct {
	scanner *Scanner
	groups  alert.Groups
	notes   []finding.Note
	bytes   int64
	api     map[string]int // paths of the API's description, with their lines
}

func newJudge(s *Scanner) *judge {
	j := &judge{scanner: s, api: map[string]int{}}
	j.groups.Place = s.place
	j.groups.Locate = j.locate
	if s.file != nil {
		for _, m := range s.file.Foreign {
			j.note(finding.Information, s.file.Name, m.Line, fmt.Sprintf("rule %d is not among those of dast: this line has no effect on it", m.ID))
		}
	}
	return j
}

// locate reports what comes of an operation of the API where it is described.
func (j *judge) locate(a *alert.Alert) (alert.Place, bool) {
	line, ok := j.api[alert.Path(a.URL)]
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
	name := j.scanner.apiName
	for _, r := range all.List {
		u := crawl.Normal(r.URL) // as the crawler spells it
		if u == nil {
			continue
		}
		seeds = append(seeds, u)
		if path := alert.Path(u); j.api[path] == 0 {
			j.api[path] = r.Line
		}
		if missing := j.missing(r.Header); len(missing) > 0 {
			j.note(finding.Information, name, r.Line, fmt.Sprintf("%s %s is asked without what it requires: %s; give that with headers: under scanners: dast",
				r.Method, r.Template, strings.Join(missing, ", ")))
		}
	}
	for _, n := range all.Notes {
		j.note(finding.Information, name, 0, n)
	}
	for _, s := range all.Skipped {
		j.note(finding.Information, name, s.Line, strings.TrimSpace(s.Method+" "+s.Template)+" is not asked: "+s.Reason)
	}
	return seeds
}

// missing are the header fields that an operation requires and that are not
// sent.
func (j *judge) missing(required exchange.Header) []string {
	var out []string
	for _, f := range required {
		if !exchange.Header(j.scanner.crawl.Header).Has(f.Name) {
			out = append(out, text.OneLine(f.Name, 60))
		}
	}
	return out
}

func (j *judge) note(level finding.NoteLevel, path string, line int, message string) {
	j.notes = append(j.notes, finding.Note{Level: level, Path: path, Line: line, Message: message})
}

// add collects an alert, as the team's rules file has it.
func (j *judge) add(a alert.Alert) {
	if levels.Apply(j.scanner.file, &a) {
		j.groups.Add(a)
	}
}
