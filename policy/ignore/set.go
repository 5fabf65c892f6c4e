package ignore

import (
	"strings"
	"sync"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// Set applies a list at a point in time. It is a policy.Exemption, and may be
// used from several goroutines.
type Set struct {
	// Whole names the scanners that look at everything there is. Only if all
	// of them have is an entry that fits nothing called unused; nil: never.
	Whole []string

	list List
	now  time.Time

	// Entries are found by what they name: there can be thousands of them, and
	// a hundred thousand findings. The numbers are indices of list.Entries.
	byName  map[string][]int
	byPrint map[string][]int
	byRule  []int // by a pattern of rules
	others  []int // by a package or a path alone

	justified bool // an entry has a justification

	fitting sync.Map // rule id → those of byRule that it fits; only saves time
}

// New makes a set of what holds now.
func New(list List, now time.Time) *Set {
	s := &Set{list: list, now: now, byName: map[string][]int{}, byPrint: map[string][]int{}}
	for i := range list.Entries {
		s.justified = s.justified || list.Entries[i].Justification != ""
		switch e := &list.Entries[i]; {
		case e.ID != "":
			id := strings.ToLower(e.ID)
			s.byName[id] = append(s.byName[id], i)
		case e.Fingerprint != "":
			p := strings.ToLower(e.Fingerprint)
			s.byPrint[p] = append(s.byPrint[p], i)
		case e.Rule != "":
			s.byRule = append(s.byRule, i)
		default:
			s.others = append(s.others, i)
		}
	}
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
// among them, in no special order.
func (s *Set) each(scanner string, f *finding.Finding, do func(i int)) {
	visit := func(candidates []int) {
		for _, i := range candidates {
			if s.list.Entries[i].applies(scanner, f) {
				do(i)
			}
		}
	}
	if len(s.byName) > 0 {
		visit(s.byName[strings.ToLower(f.RuleID)])
		for _, a := range f.Aliases {
			visit(s.byName[strings.ToLower(a)])
		}
	}
	if len(s.byPrint) > 0 {
		visit(s.byPrint[strings.ToLower(f.Fingerprint)])
	}
	if len(s.byRule) > 0 {
		visit(s.ofRule(f.RuleID))
	}
	visit(s.others)
}

// ofRule returns the entries whose pattern a rule's id fits.
func (s *Set) ofRule(id string) []int {
	if known, ok := s.fitting.Load(id); ok {
		return known.([]int)
	}
	fitting, folded := []int{}, strings.ToLower(id)
	for _, i := range s.byRule {
		if text.Wildcard(strings.ToLower(s.list.Entries[i].Rule), folded) {
			fitting = append(fitting, i)
		}
	}
	s.fitting.Store(id, fitting)
	return fitting
}
