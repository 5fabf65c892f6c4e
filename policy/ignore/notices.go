package ignore

import (
	"fmt"
	"slices"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// soon is how long before its end an entry is announced to expire.
const soon = 14 * 24 * time.Hour

// maxNotices bounds the notices of one kind.
const maxNotices = 20

// Notices says, one line each, what somebody should do about the list: entries
// that have expired, that will within 14 days, and that fit nothing in results,
// and what is not honoured of foreign files. Unused entries are reported only
// where the scanners that they are about have completed.
func (s *Set) Notices(res finding.Results) []string {
	fits := make([]int, len(s.list.Entries))
	last := make([]*finding.Finding, len(s.list.Entries)) // that was counted: it may fit by several names
	for i := range res.Runs {
		run := &res.Runs[i]
		for j := range run.Findings {
			f := &run.Findings[j]
			s.each(run.Scanner, f, func(i int) {
				if last[i] != f {
					last[i] = f
					fits[i]++
				}
			})
		}
	}
	var expired, ending, unused []string
	for i := range s.list.Entries {
		e := &s.list.Entries[i]
		left := e.Until.Sub(s.now)
		switch {
		case e.expired(s.now):
			line := fmt.Sprintf("ignore at %s expired on %s and no longer holds", e.title(), e.LastDay())
			if fits[i] > 0 {
				line += ": " + text.Count(fits[i], "finding")
				if fits[i] == 1 {
					line += " counts again"
				} else {
					line += " count again"
				}
			}
			expired = append(expired, line+"; renew or remove it")
		case fits[i] == 0 && s.complete(e, res):
			unused = append(unused, "ignore at "+e.title()+" fits no finding; remove it if it is not needed")
		case !e.Until.IsZero() && left <= soon:
			ending = append(ending, fmt.Sprintf("ignore at %s holds until %s, %s more", e.title(), e.LastDay(), text.Age(left)))
		}
	}
	return slices.Concat(bound(s.list.Problems), bound(expired), bound(ending), bound(unused))
}

// complete reports whether everything that an entry could be about has been
// looked at.
func (s *Set) complete(e *Entry, res finding.Results) bool {
	// Saved results tell, too, that somebody looked only at what is new.
	if s.Whole == nil || slices.ContainsFunc(res.Runs, func(r finding.Run) bool { return r.Part != "" }) {
		return false
	}
	if e.Scanners != nil {
		// One of several that looks elsewhere might have found something.
		for _, name := range e.Scanners {
			if ran, ended := runsOf(name, res); !ran || !ended {
				return false
			}
		}
		return true
	}
	for _, name := range s.Whole {
		if res.Find(name) == nil {
			return false
		}
	}
	ran := false
	for i := range res.Runs {
		switch res.Runs[i].Status {
		case finding.Completed:
			ran = true
		case finding.Skipped:
		default:
			return false
		}
	}
	return ran
}

// runsOf reports whether a scanner has looked at anything, and whether all of
// its runs completed.
func runsOf(scanner string, res finding.Results) (ran, ended bool) {
	ended = true
	for i := range res.Runs {
		if res.Runs[i].Scanner == scanner {
			ran = true
			ended = ended && res.Runs[i].Status == finding.Completed
		}
	}
	return ran, ended
}

// bound keeps the first lines, and says how many there are beside them.
func bound(lines []string) []string {
	if len(lines) <= maxNotices {
		return lines
	}
	more := text.Count(len(lines)-maxNotices, "more notice") + " of this kind about ignores"
	return append(slices.Clone(lines[:maxNotices]), "and "+more)
}
