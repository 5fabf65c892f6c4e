package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/baseline"
	"github.com/scangate/scangate/text"
)

// firstSeen gives the findings the days on which they were first seen: those of
// the results of before, which are about to be replaced or which somebody has
// kept elsewhere, and those of the baseline. It returns what a reader should
// know when the policy counts from these days: without the results of before
// every finding would seem to be there since today.
func (s *scanning) firstSeen(pol policy.Policy, res *finding.Results, now time.Time) []string {
	today := now.UTC().Format(time.DateOnly)
	name := cmp.Or(s.previous, s.results)
	before, err := readPrevious(name)
	dates := baseline.DatesOf(before, today)
	if known, ok := pol.Baseline.(*baseline.Baseline); ok {
		dates.Join(known.Dates(today))
	}
	c := dates.Carry(res, today)
	if !pol.CountsFromFirstSeen() {
		return nil
	}
	var out []string
	if err != nil {
		out = append(out, fmt.Sprintf("first seen: no results of an earlier scan: %s; --previous FILE names them", text.OneLine(err.Error(), 300)))
	}
	line := fmt.Sprintf("first seen: %d of %s by an earlier scan", c.Known, text.Count(c.Findings, "finding"))
	if c.Since != "" {
		return append(out, line+"; the dates begin on "+c.Since)
	}
	return append(out, line+"; the dates begin today, and so does every grace period that is counted from them")
}

// readPrevious reads results of before.
func readPrevious(name string) (finding.Results, error) {
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return finding.Results{}, fmt.Errorf("%s: %w", name, fileio.Cause(err))
	}
	return readResults(name)
}
