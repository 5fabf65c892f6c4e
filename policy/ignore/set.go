package ignore

import (
	"time"

	"github.com/scangate/scangate/finding"
)

// Set applies a list at a point in time. It is a policy.Exemption, and may be
// used from several goroutines.
type Set struct {
	// Whole names the scanners that look at everything there is. Only if all
	// of them have is an entry that fits nothing called unused; nil: never.
	Whole []string

	list    List
	now     time.Time
	entries *node // finds those of the list that may fit

	justified bool // an entry has a justification
}

// New makes a set of what holds now.
func New(list List, now time.Time) *Set {
	s := &Set{list: list, now: now}
	all, entries := make([]keys, len(list.Entries)), make([]int, len(list.Entries))
	for i := range list.Entries {
		s.justified = s.justified || list.Entries[i].Justification != ""
		all[i], entries[i] = list.Entries[i].keysOf(), i
	}
	s.entries = split(all, entries, []dimension{byPrint, byName, byRule, byPath, byElement, byPackage})
	return s
}

// Exempts reports whether a finding is ignored, and by which entry: of several,
// by the first. Part of policy.Exemption.
func (s *Set) Exempts(run *finding.Run, f *finding.Finding) (by string, ok bool) {
	i := s.first(run, f)
	if i < 0 {
		return "", false
	}
	return s.list.Entries[i].by(), true
}

// first returns the first entry by which a finding is ignored, or -1.
func (s *Set) first(run *finding.Run, f *finding.Finding) int {
	first := -1
	s.each(run.Scanner, f, func(i int) {
		if (first < 0 || i < first) && !s.list.Entries[i].expired(s.now) {
			first = i
		}
	})
	return first
}

// each calls do for the entries that fit a finding, those that have expired
// among them, in no special order, and some perhaps twice.
func (s *Set) each(scanner string, f *finding.Finding, do func(i int)) {
	s.entries.candidates(&subject{finding: f}, func(candidates []int) {
		for _, i := range candidates {
			if s.list.Entries[i].applies(scanner, f) {
				do(i)
			}
		}
	})
}
