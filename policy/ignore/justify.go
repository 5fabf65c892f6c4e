package ignore

import (
	"time"

	"github.com/scangate/scangate/finding"
)

// Justify returns the justification of the entry by which a finding is ignored,
// if it has one, with its reason and its end. Part of policy.Justifier.
func (s *Set) Justify(run *finding.Run, f *finding.Finding) (label, reason string, until time.Time) {
	if !s.justified {
		return "", "", time.Time{}
	}
	i := s.first(run, f)
	if i < 0 {
		return "", "", time.Time{}
	}
	e := &s.list.Entries[i]
	return e.Justification, e.Reason, e.Until
}
