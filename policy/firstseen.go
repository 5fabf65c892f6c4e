package policy

import (
	"fmt"
	"slices"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// firstSeenKey names the fact that a grace period since a finding was first
// seen asks for.
const firstSeenKey = "first-seen"

// parseSince reads what the days of a rule's grace are counted from.
func (r *Rule) parseSince(section config.Section) error {
	if section.Absent() {
		return nil // since the advisory was published
	}
	word, err := section.Text()
	if err != nil {
		return err
	}
	words := []string{"published", firstSeenKey}
	if !slices.Contains(words, word) {
		return section.Errorf("since: want published or first-seen, not %q%s", word, text.Suggest(word, words))
	}
	r.FirstSeen = word == firstSeenKey
	return nil
}

// age is for how many days there has been what the rule's grace is counted
// from. It is not ok when that is not known or to come.
func (r *Rule) age(s *subject) (days int, ok bool) {
	n, ok := s.facts.age(s.finding)
	if r.FirstSeen {
		n, ok = s.facts.daysSince(s.finding.FirstSeen)
	}
	return int(n), ok
}

// dated reports whether it is known when a finding was first seen.
func dated(f *finding.Finding) bool {
	_, err := time.Parse(time.DateOnly, f.FirstSeen)
	return err == nil
}

// firstSeenCondition is why a rule is passed over that asks for a date that a
// finding does not have.
func firstSeenCondition(after int) *condition {
	return &condition{
		key:  &matchKey{name: firstSeenKey, takes: ages, number: func(*subject) (float64, bool) { return 0, false }},
		want: fmt.Sprintf("a date, for after: %dd", after),
	}
}

// withoutDate lists the rules that were passed over for findings of which
// nobody knows when they were first seen, with how many they are.
func (p Policy) withoutDate(undated map[int]int) []string {
	var out []string
	for i := range p.Rules {
		if n := undated[i]; n > 0 {
			out = append(out, fmt.Sprintf("the rule at %s asks for %s, which %s not have: it comes with scangate's own results",
				p.Rules[i].Origin, firstSeenKey, text.Count(n, "finding")+map[bool]string{true: " does", false: " do"}[n == 1]))
		}
	}
	return out
}

// CountsFromFirstSeen reports whether a rule's grace is counted from the day on
// which a finding was first seen.
func (p Policy) CountsFromFirstSeen() bool {
	return slices.ContainsFunc(p.Rules, func(r Rule) bool { return r.FirstSeen && r.After > 0 })
}
