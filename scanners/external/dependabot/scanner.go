package dependabot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/github/rest"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// Scanner imports alerts. It may be used by several goroutines at once.
type Scanner struct {
	options Options
	api     *url.URL
	limits  limits

	// sleep waits, or returns the context's error; jitter is from 0 to 1.
	sleep  func(context.Context, time.Duration) error
	jitter func() float64
}

var (
	_ scanners.Scanner   = (*Scanner)(nil)
	_ scanners.Versioned = (*Scanner)(nil)
)

// New returns the scanner, or an error that names the option at fault.
func New(o Options) (*Scanner, error) {
	api, err := o.check()
	if err != nil {
		return nil, err
	}
	return &Scanner{options: o, api: api, limits: defaultLimits(), sleep: rest.Sleep, jitter: rest.Jitter}, nil
}

// Name returns "dependabot".
func (s *Scanner) Name() string { return "dependabot" }

// Engine names Dependabot, which is a service and has no version.
func (s *Scanner) Engine() finding.Engine { return finding.Engine{Name: "dependabot"} }

// plan is what Plan hands to Scan.
type plan struct{ owner, name string }

// Plan tells whether GitHub can be asked. It does not ask.
func (s *Scanner) Plan(context.Context, scanners.Target) (scanners.Work, error) {
	o := s.options
	if o.Offline {
		return scanners.Nothing("Dependabot alerts are at GitHub, which --offline forbids to ask"), nil
	}
	missing := ""
	switch {
	case o.Repository == "":
		missing = "which repository's alerts to import is not known: set GITHUB_REPOSITORY, or scanners: {dependabot: {repository: owner/name}}"
	case o.Token == "":
		missing = "there is no token to ask GitHub with: set GITHUB_TOKEN or GH_TOKEN to one that has " + permission
	}
	if missing != "" && o.Asked {
		return scanners.Work{}, errors.New(missing)
	}
	if missing != "" {
		return scanners.Nothing(missing), nil
	}
	owner, name, _ := strings.Cut(o.Repository, "/")
	return scanners.Work{What: "Dependabot alerts of " + o.Repository, Items: plan{owner, name}}, nil
}

// Scan asks GitHub for the alerts. When it fails after the first page, what
// came before is reported with a gap.
func (s *Scanner) Scan(ctx context.Context, t scanners.Target, w scanners.Work) (scanners.Report, error) {
	p, ok := w.Items.(plan)
	if !ok {
		return scanners.Report{}, fmt.Errorf("not a plan of this scanner: %T", w.Items)
	}
	got, err := s.fetch(ctx, p)
	if ctx.Err() != nil {
		return scanners.Report{}, ctx.Err()
	}
	if err != nil {
		return scanners.Report{}, err
	}
	report := scanners.Report{Looked: finding.Looked{URLs: got.pages, Packages: packages(got.alerts), Bytes: got.bytes}, Notes: got.notes}
	report.Findings, report.Rules = findings(got.alerts, t.Tree)
	if err := locate(ctx, t.Tree, report.Findings); err != nil {
		return scanners.Report{}, err
	}
	slices.SortStableFunc(report.Findings, func(a, b finding.Finding) int {
		return cmp.Or(
			strings.Compare(a.Location.Path, b.Location.Path),
			cmp.Compare(a.Location.StartLine, b.Location.StartLine),
			strings.Compare(a.RuleID, b.RuleID),
			strings.Compare(a.Key, b.Key),
		)
	})
	report.Notes = append(report.Notes, s.notes(report.Findings)...)
	return report, nil
}

// notes say what a reader of the findings should know of where they come from.
func (s *Scanner) notes(all []finding.Finding) []finding.Note {
	elsewhere := 0
	for i := range all {
		if all[i].Location.Path == "" {
			elsewhere++
		}
	}
	notes := []finding.Note{{Level: finding.Information, Message: "Dependabot alerts are about the default branch of " + s.options.Repository + ", which may differ from what is scanned"}}
	if elsewhere > 0 {
		notes = append(notes, finding.Note{Level: finding.Information, Message: text.Count(elsewhere, "alert") + " about files that are not in the scanned tree: reported without a path"})
	}
	return notes
}

// packages counts the packages that alerts are about.
func packages(all []alert) int {
	seen := map[[3]string]bool{}
	for i := range all {
		d := &all[i].Dependency
		seen[[3]string{d.ManifestPath, d.Package.Ecosystem, d.Package.Name}] = true
	}
	return len(seen)
}
