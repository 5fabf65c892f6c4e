package baseline

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
)

// isDay reports whether a word is a day, YYYY-MM-DD.
func isDay(word string) bool {
	_, err := time.Parse(time.DateOnly, word)
	return err == nil
}

// earlier returns the earlier of two days. What is none is later than all.
func earlier(a, b string) string {
	if !isDay(a) || isDay(b) && b < a {
		a = b
	}
	if !isDay(a) {
		return ""
	}
	return a
}

// maxDates bounds how many dates are kept of findings that were not looked for.
const maxDates = 100_000

// Dates are the days on which findings were first seen, those of each ID in
// order, one for each finding.
type Dates map[ID][]string

// DatesOf collects the dates of results. A day after today is not believed, and
// what a finding has none for is not there.
func DatesOf(res finding.Results, today string) Dates {
	d := Dates{}
	for r := range res.Runs {
		run := &res.Runs[r]
		for i := range run.Findings {
			if id, ok := IDOf(run, &run.Findings[i]); ok {
				d.add(id, run.Findings[i].FirstSeen, today)
			}
		}
	}
	for _, old := range res.Dates {
		run, f := finding.Run{Scanner: old.Scanner, Target: old.Target}, finding.Finding{RuleID: old.RuleID, Fingerprint: old.Fingerprint}
		if id, ok := IDOf(&run, &f); ok {
			d.add(id, old.FirstSeen, today)
		}
	}
	d.sort()
	return d
}

// Dates collects the dates of the entries, each for as many findings as it
// counts.
func (b *Baseline) Dates(today string) Dates {
	d := Dates{}
	for _, e := range b.Entries {
		for range min(e.Count, 1000) {
			d.add(e.id(), e.Seen, today)
		}
	}
	return d
}

func (d Dates) add(id ID, day, today string) {
	if isDay(day) && day <= today {
		d[id] = append(d[id], day)
	}
}

func (d Dates) sort() {
	for _, days := range d {
		slices.Sort(days)
	}
}

// Join adds what others know of the same findings: of two dates of one, the
// earlier one holds.
func (d Dates) Join(others Dates) {
	for id, days := range others {
		have := d[id]
		for i, day := range days {
			if i == len(have) {
				have = append(have, day)
			}
			have[i] = min(have[i], day)
		}
		d[id] = have
	}
}

// Carried is how many findings have a date of before.
type Carried struct {
	Findings, Known int    // how many there are, and how many of them had a date
	Since           string // the earliest date there is; empty: none
}

// Carry gives each finding of results the day on which it was first seen: that
// of before for as many equal ones as there were, the earliest first, and today
// for the others. A finding that cannot be recognised gets none. The dates of
// what was not looked at wait in the results for the next scan.
func (d Dates) Carry(res *finding.Results, today string) Carried {
	found := map[ID][]occurrence{}
	for r := range res.Runs {
		run := &res.Runs[r]
		for i := range run.Findings {
			f := &run.Findings[i]
			f.FirstSeen = ""
			if id, ok := IDOf(run, f); ok {
				found[id] = append(found[id], occurrence{r, i, 1, f})
			}
		}
	}
	var c Carried
	for id, list := range found {
		slices.SortStableFunc(list, compareOccurrences)
		c.Findings += len(list)
		for i, o := range list {
			if o.FirstSeen = today; i < len(d[id]) {
				o.FirstSeen = d[id][i]
				c.Known++
			}
		}
	}
	res.Dates = nil
	states := statesOf(*res)
	for id, days := range d {
		if len(days) > 0 && (c.Since == "" || days[0] < c.Since) {
			c.Since = days[0]
		}
		if states[place{id.Scanner, id.Target}].whole() {
			continue // what was not found is gone
		}
		for _, day := range days[min(len(found[id]), len(days)):] {
			res.Dates = append(res.Dates, finding.Dated{Scanner: id.Scanner, Target: id.Target, RuleID: id.Rule, Fingerprint: id.Fingerprint, FirstSeen: day})
		}
	}
	slices.SortFunc(res.Dates, func(a, b finding.Dated) int {
		return cmp.Or(strings.Compare(a.FirstSeen, b.FirstSeen), strings.Compare(a.Scanner, b.Scanner), strings.Compare(a.Target, b.Target),
			strings.Compare(a.RuleID, b.RuleID), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	res.Dates = res.Dates[:min(len(res.Dates), maxDates)] // the earliest ones
	return c
}
