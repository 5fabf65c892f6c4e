package baseline

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// Baseline is a list of known findings, sorted, each ID once.
type Baseline struct {
	Name    string // of the file, for people
	Entries []Entry
}

// Comparison is what a baseline has to say about results.
type Comparison struct {
	// By says of each finding of each run where it is listed, and is empty for
	// those that are new or do not count.
	By         [][]string
	Known, New int
	Further    int // how many of the new ones are known, but not as often as they occur
	// Stale are the entries that were found less often than they say. Those of
	// what did not complete are not stale: they may well be there.
	Stale []Stale
	// Unchecked are the scanners with entries that did not complete, in order.
	Unchecked []Unchecked
}

// Stale is an entry of which some or all occurrences are gone.
type Stale struct {
	Entry
	Gone int // 1 to Count
}

// Unchecked is a scanner, or one of its targets, whose entries could not be
// checked.
type Unchecked struct {
	Scanner, Target string
	Entries         int
	Status          finding.Status // of its run
	Part            string         // what it was to look at, if not at everything
	Missing         bool           // there is no run of it
}

// Title names it for people.
func (u Unchecked) Title() string {
	return (&finding.Run{Scanner: u.Scanner, Target: u.Target}).Title()
}

// Compare finds the known findings among results.
func (b *Baseline) Compare(res finding.Results, counts Counts) Comparison {
	return b.compare(res, counts, nil)
}

func (b *Baseline) compare(res finding.Results, counts, already Counts) Comparison {
	known, lines := make(map[ID]int, len(b.Entries)), make(map[ID]string, len(b.Entries))
	for _, e := range b.Entries {
		known[e.id()] = e.Count
		lines[e.id()] = fmt.Sprintf("known: in the baseline (%s:%d)", b.Name, e.Line)
	}
	isKnown, left := Match(known, res, counts, already)
	c := Comparison{By: make([][]string, len(res.Runs))}
	for r := range res.Runs {
		run := &res.Runs[r]
		c.By[r] = make([]string, len(run.Findings))
		for i := range run.Findings {
			switch id, _ := IDOf(run, &run.Findings[i]); {
			case isKnown[r][i]:
				c.Known++
				c.By[r][i] = lines[id]
			case counts == nil || counts(r, i):
				c.New++
				if known[id] > 0 {
					c.Further++
				}
			}
		}
	}
	states := statesOf(res)
	for _, e := range b.Entries {
		s, there := states[place{e.Scanner, e.Target}]
		if !there || !s.whole() {
			c.unchecked(e, s, there)
			continue
		}
		if n := left[e.id()]; n > 0 {
			c.Stale = append(c.Stale, Stale{e, n})
		}
	}
	return c
}

// unchecked notes an entry that cannot be checked. Entries come sorted.
func (c *Comparison) unchecked(e Entry, s state, there bool) {
	if n := len(c.Unchecked); n == 0 || c.Unchecked[n-1].Scanner != e.Scanner || c.Unchecked[n-1].Target != e.Target {
		c.Unchecked = append(c.Unchecked, Unchecked{Scanner: e.Scanner, Target: e.Target, Status: s.status, Part: s.part, Missing: !there})
	}
	c.Unchecked[len(c.Unchecked)-1].Entries++
}

// Known is Compare for a policy: where each finding is listed, and a line that
// sums it up. Those of already are known for another reason.
func (b *Baseline) Known(res finding.Results, counts, already func(run, i int) bool) (by [][]string, notice string) {
	c := b.compare(res, counts, already)
	notice = fmt.Sprintf("baseline %s: %s known, %d new", b.Name, text.Count(c.Known, "finding"), c.New)
	if c.Further > 0 {
		notice += fmt.Sprintf(" (%d of them in the baseline, which has fewer occurrences)", c.Further)
	}
	if n := len(c.Stale); n > 0 {
		check := "scangate baseline check"
		if b.Name != DefaultName {
			check += " " + b.Name
		}
		notice += fmt.Sprintf(", %s; `%s` lists what is stale, and takes it out with --update", text.Count(n, "stale entry"), check)
	}
	return c.By, notice
}

// Shrunk returns the baseline without its stale entries. It never grows.
func (b *Baseline) Shrunk(stale []Stale) *Baseline {
	less := make(map[ID]int, len(stale))
	for _, e := range stale {
		less[e.id()] += e.Gone
	}
	out := &Baseline{Name: b.Name}
	for _, e := range b.Entries {
		if e.Count -= max(less[e.id()], 0); e.Count > 0 {
			out.Entries = append(out.Entries, e)
		}
	}
	return out
}

// Make lists the findings of results that count. What did not complete keeps
// its entries of old, which may be nil, for nobody knows that they are gone, and
// so does what is not among the results.
func Make(name string, res finding.Results, counts Counts, old *Baseline) *Baseline {
	entries := map[ID]Entry{}
	for id, list := range occurrences(res, counts) {
		e := entryOf(id, list[0].Finding)
		for _, o := range list[1:] {
			e.Seen = earlier(e.Seen, o.FirstSeen)
		}
		e.Count = min(total(list), maxCount)
		entries[id] = e
	}
	if old != nil {
		states := statesOf(res)
		for _, e := range old.Entries {
			have, ok := entries[e.id()]
			if ok {
				have.Seen = earlier(have.Seen, e.Seen)
				entries[e.id()] = have
			}
			if states[place{e.Scanner, e.Target}].whole() {
				continue
			}
			e.Line = 0
			if ok {
				have.Count = max(have.Count, e.Count)
				e = have
			}
			entries[e.id()] = e
		}
	}
	b := &Baseline{Name: name}
	for _, e := range entries {
		b.Entries = append(b.Entries, e)
	}
	slices.SortFunc(b.Entries, compareEntries)
	return b
}

// place is a scanner and one of its targets.
type place struct{ scanner, target string }

// state is how the runs of a place ended.
type state struct {
	status finding.Status
	part   string
}

// whole reports that everything was looked at: what was not found is gone.
func (s state) whole() bool { return s.status == finding.Completed && s.part == "" }

// statesOf returns how the runs of each place ended. Of several runs of one
// place the worst counts; one that was skipped does not count beside others.
func statesOf(res finding.Results) map[place]state {
	states := map[place]state{}
	for _, run := range res.Runs {
		p := place{public(run.Scanner), public(run.Target)}
		s, ok := states[p]
		if !ok || s.status == finding.Skipped || run.Status < s.status && run.Status != finding.Skipped {
			s.status = run.Status
		}
		s.part = cmp.Or(s.part, run.Part)
		states[p] = s
	}
	return states
}
