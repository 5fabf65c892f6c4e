package policy

import (
	"math"
	"time"

	"github.com/scangate/scangate/finding"
)

// Facts are what rules can ask about findings that results do not hold. What is
// nil, or zero, is not known: a rule that asks for it is passed over, and the
// verdict is incomplete, never passed.
type Facts struct {
	// Now is the time to judge at, for the age of advisories. Days are UTC's.
	Now time.Time
	// New reports whether a finding is not among those of before.
	New func(*finding.Run, *finding.Finding) bool
	// KEV reports whether a finding is in CISA's catalogue of known exploited
	// vulnerabilities.
	KEV func(*finding.Finding) bool
	// EPSS is the probability, 0 to 1, that a finding is exploited within 30
	// days; not ok when FIRST gives none.
	EPSS func(*finding.Finding) (score float64, ok bool)
	// Unknown says, by match key, why a fact is not known and what to do about
	// it, where there is more to say than for everybody.
	Unknown map[string]string
	// Notices are what a reader of the verdict should know about the facts.
	Notices []string
}

// truth is the answer to a question: no, yes, or that it is not known.
type truth byte

const (
	no truth = iota
	yes
	unknown
)

func answer(b bool) truth {
	if b {
		return yes
	}
	return no
}

// age is how many whole days ago the advisory of f was published. It is not ok
// when that is not known, or was said to be tomorrow or later: who can write
// the date must not get endless grace for it.
func (a Facts) age(f *finding.Finding) (days float64, ok bool) {
	return a.daysSince(f.Published)
}

// daysSince is how many whole days ago a day, YYYY-MM-DD, was. It is not ok for
// none, and for one to come.
func (a Facts) daysSince(day string) (days float64, ok bool) {
	then, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0, false
	}
	days = math.Floor(a.Now.Sub(then).Hours() / 24)
	return days, days >= 0
}

// remedies say for each key that needs facts how to get them.
var remedies = map[string]string{
	"new":  "what is new is known with --since REV or --baseline FILE",
	"kev":  "CISA's catalogue is not here: run `scangate db update`",
	"epss": "FIRST's predictions are not here: run `scangate db update`",
	"age":  "the date of today is not known",
}

// remedy says why the facts of a match key are not known, and how to get them.
func (a Facts) remedy(key string) string {
	if why := a.Unknown[key]; why != "" {
		return why
	}
	return remedies[key]
}

// has reports whether the facts that a match key asks for are known.
func (a Facts) has(key string) bool {
	switch key {
	case "new":
		return a.New != nil
	case "kev":
		return a.KEV != nil
	case "epss":
		return a.EPSS != nil
	case "age":
		return !a.Now.IsZero()
	}
	return true
}
