package policy

import (
	"time"

	"github.com/scangate/scangate/finding"
)

// A Justifier is an Exemption that can say in the words of VEX why a finding is
// exempt.
type Justifier interface {
	// Justify returns the label of what exempts a finding, which is empty when
	// there is none, why in words, and when it stops to hold; zero: never.
	Justify(run *finding.Run, f *finding.Finding) (label, reason string, until time.Time)
}

// Justified is a finding that does not count for a reason that VEX knows.
type Justified struct {
	Run, Finding  int // where it is in the results
	Label, Reason string
	Until         time.Time // when it stops to hold; zero: never
}

// justify asks what has exempted a finding for its reason.
func (d *decided) justify(e Exemption, run *finding.Run, f *finding.Finding) {
	if j, ok := e.(Justifier); ok {
		if label, reason, until := j.Justify(run, f); label != "" {
			d.justified = &Justified{Label: label, Reason: reason, Until: until}
		}
	}
}

// day is the day of a moment, in UTC; of none it is none.
func day(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(24 * time.Hour)
}
