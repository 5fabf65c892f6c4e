// Package since compares the findings of a pull request with those of the
// commit that it branched off. It is pure: two sets of results in, marks on the
// findings out. Findings are matched one to one, so that a second occurrence of
// a known finding is new, whatever was moved.
package since

import (
	"fmt"
	"slices"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// Base is what a pull request is compared with.
type Base struct {
	Results finding.Results // of a scan of the base
	// From says where the results of each scanner are from, and Unknown why
	// there are none; both by scanner.
	From, Unknown map[string]string
	// Renamed are files that were moved: their old names by the new ones.
	Renamed map[string]string
	// Had and Has report whether a file was there, and is there now.
	Had, Has func(path string) bool
	// Unchanged reports whether a file is now as it was.
	Unchanged func(path string) bool
}

// maxMarks bounds how many marks on known findings are listed.
const maxMarks = 20

// Mark compares each run of the head with that of the base: findings that the
// base has say where, and runs say how they were compared, and how many findings
// are gone. It returns what the head adds to known findings, a line each: marks
// that ask to pass over them.
func Mark(head *finding.Results, b Base) (added []string) {
	for i := range head.Runs {
		run := &head.Runs[i]
		for j := range run.Findings {
			run.Findings[j].Base = ""
		}
		run.Since = nil
		if run.Status == finding.Skipped {
			continue
		}
		base, unknown := b.of(run)
		run.Since = &finding.RunSince{Unknown: unknown}
		if unknown != "" {
			continue
		}
		run.Since.From = b.From[run.Scanner]
		m := newMatch(run, base, b)
		m.all()
		if run.Status == finding.Completed {
			run.Since.Fixed = m.fixed()
		}
		added = append(added, m.added...)
	}
	if more := len(added) - maxMarks; more > 0 {
		added = append(added[:maxMarks], fmt.Sprintf("and %s on findings that the base has", text.Count(more, "more mark")))
	}
	return added
}

// of returns the base's run for one of the head, or why there is none that
// tells what the base has.
func (b Base) of(run *finding.Run) (*finding.Run, string) {
	if why := b.Unknown[run.Scanner]; why != "" {
		return nil, why
	}
	if run.Target != "" {
		return nil, "what it looks at is no part of the commit that the pull request branched off"
	}
	i := slices.IndexFunc(b.Results.Runs, func(r finding.Run) bool { return r.Scanner == run.Scanner && r.Target == run.Target })
	if i < 0 {
		return nil, "there are no results of it"
	}
	switch base := &b.Results.Runs[i]; base.Status {
	case finding.Completed, finding.Skipped:
		return base, ""
	default:
		return nil, fmt.Sprintf("its scan of the base has %s: %s", base.Status, base.Reason)
	}
}
