// Package dast scans running applications: it crawls them as a visitor would,
// judges what they answer by passive rules, and looks at their front door. It
// never sends a form, and nothing that is meant to break anything.
package dast

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/dast/alert"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/openapi"
	"github.com/scangate/scangate/text"
)

// Scanner scans one application.
type Scanner struct {
	common
	target *url.URL // nil: there is none
	place  alert.Place
}

var (
	_ scanners.Scanner   = (*Scanner)(nil)
	_ scanners.Targeted  = (*Scanner)(nil)
	_ scanners.Versioned = (*Scanner)(nil)
)

// Name is "dast".
func (s *Scanner) Name() string { return "dast" }

// Target is the address that the scan begins at.
func (s *Scanner) Target() string {
	if s.target == nil {
		return ""
	}
	return s.target.String()
}

// Program is what the scan starts, or nil.
func (s *Scanner) Program() *Program { return s.program }

// Engine is scangate itself.
func (s *Scanner) Engine() finding.Engine {
	return finding.Engine{Name: "scangate passive rules", Version: fmt.Sprint(len(s.rules))}
}

// Plan asks for nothing yet.
func (s *Scanner) Plan(_ context.Context, t scanners.Target) (scanners.Work, error) {
	if s.target == nil {
		return scanners.Nothing("no running application is named: use --target URL, or targets: under scanners: dast"), nil
	}
	if s.unset != nil {
		return scanners.Work{}, s.unset
	}
	if s.offline && !onThisMachine(s.target.Hostname()) {
		return scanners.Work{}, fmt.Errorf("%s is not on this machine, and --offline keeps from asking it", s.target.Host)
	}
	if s.common.place.Path != "" && !t.Tree.Has(s.common.place.Path) {
		return scanners.Work{}, fmt.Errorf("source: there is no file %s", s.common.place.Path)
	}
	what := fmt.Sprintf("up to %d pages, %s", pages(s.crawl), text.Count(len(s.rules), "rule"))
	if s.api != nil {
		what += ", and the GET operations of " + s.apiName
	}
	if s.program != nil {
		what = "starts " + text.OneLine(s.program.about.Argv[0], 60) + "; " + what
	}
	return scanners.Work{What: what}, nil
}

func pages(o crawl.Options) int {
	if o.Pages == 0 {
		return crawl.DefaultPages
	}
	return o.Pages
}

// Scan crawls and judges.
func (s *Scanner) Scan(ctx context.Context, _ scanners.Target, _ scanners.Work) (out scanners.Report, err error) {
	if s.target == nil {
		return out, errors.New("no target")
	}
	j := newJudge(s)
	options := s.crawl
	options.Target = s.target
	if s.api != nil {
		requests, err := openapi.Load(s.api, s.apiName, s.target)
		if err != nil {
			return out, err
		}
		options.Seeds = j.describe(requests)
	}
	done, err := s.program.Use(ctx)
	if err != nil {
		return out, err
	}
	var report crawl.Report
	defer func() { out.Notes = append(out.Notes, done(err != nil || report.Incomplete())...) }()

	report, err = crawl.Run(ctx, options, j.page)
	if err != nil && (ctx.Err() != nil || s.target.Scheme != "https") {
		return out, err
	}
	// A door that nobody can come in by may be what is wrong: a certificate that
	// has expired is the reason of the failure, and a finding.
	j.frontDoor(ctx, options)
	out.Findings, out.Rules = j.groups.Findings()
	if err != nil {
		return out, err
	}
	out.Looked = finding.Looked{URLs: report.Fetched, Bytes: j.bytes}
	out.Notes = append(j.notes, crawlNotes(report)...)
	if j.groups.Left > 0 {
		out.Notes = append(out.Notes, finding.Note{Level: finding.Gap, Message: text.Count(j.groups.Left, "alert") + " more than there is room for"})
	}
	return out, nil
}

// crawlNotes says what was not looked at. Limits are the scan's own; an
// application that does not answer leaves a gap.
func crawlNotes(r crawl.Report) []finding.Note {
	var out []finding.Note
	note := func(level finding.NoteLevel, message string) {
		out = append(out, finding.Note{Level: level, Message: message})
	}
	for _, p := range r.Problems {
		note(finding.Gap, p.Address+": "+p.Why)
	}
	if more := r.Failed - len(r.Problems); more > 0 {
		note(finding.Gap, text.Count(more, "more address")+" without an answer")
	}
	for _, c := range r.Cut {
		n := r.Skipped[c]
		switch c {
		case crawl.Gone:
			note(finding.Gap, "the application stopped to answer; "+text.Count(n, "address")+" not asked for")
		case crawl.TooMany:
			note(finding.Warning, "the limit of pages is reached, "+text.Count(n, "address")+" not asked for: raise it with pages: under scanners: dast")
		case crawl.TimeUp:
			note(finding.Warning, "the time of the crawl is over, "+text.Count(n, "address")+" not asked for: raise it with time: under scanners: dast")
		case crawl.TooDeep:
			note(finding.Information, text.Count(n, "address")+" too many links away: raise depth: under scanners: dast")
		}
	}
	var skipped []string
	for reason, n := range r.Skipped {
		if !slices.Contains(r.Cut, reason) {
			skipped = append(skipped, fmt.Sprintf("%d %s", n, reason))
		}
	}
	slices.Sort(skipped)
	if len(skipped) > 0 {
		note(finding.Information, "addresses passed over: "+strings.Join(skipped, ", "))
	}
	if r.CutPages > 0 {
		note(finding.Warning, text.Count(r.CutPages, "page")+" longer than what is read of a page")
	}
	return out
}
