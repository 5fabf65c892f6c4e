package finding

import (
	"cmp"
	"slices"
	"strings"
)

// Witness is another scanner's finding of the same thing.
type Witness struct {
	Scanner        string   `json:"scanner"`
	RuleID         string   `json:"rule"`
	Severity       Severity `json:"severity"`
	SeveritySource string   `json:"severitySource,omitempty"`
	Fingerprint    string   `json:"fingerprint"`
}

// maxWitnesses bounds how many witnesses a finding names.
const maxWitnesses = 20

// rank puts the scanners of the program itself before tools of others, which
// follow by name.
var rank = map[string]int{"dependency": -5, "image": -4, "secret": -3, "iac": -2, "dast": -1}

// member is a finding of a run.
type member struct {
	*Finding
	run    *Run
	places []place
	rank   [3]int // of its run, of itself, of its scanner
	// primaries are what it is the same as; empty: it is shown itself.
	primaries []*member
	// witnesses are the findings that are the same as this one.
	witnesses []*member
}

// MarkSame marks findings of several scanners that are the same thing: the same
// advisory on the same package of the same manifest or image, the same secret
// in the same file, the same mistake in the same resource. Each of them names
// the others as its witnesses, and all but one say which is shown in their
// place. Nothing is removed, and marks of before are replaced. Findings of one
// scanner are never the same: what it reports twice is there twice.
func MarkSame(r *Results) {
	var all []*member
	for i := range r.Runs {
		for j := range r.Runs[i].Findings {
			f := &r.Runs[i].Findings[j]
			f.SameAs, f.Witnesses = "", nil
			m := &member{Finding: f, run: &r.Runs[i]}
			// What can be relied on to be shown comes first: a run that is not
			// complete is not uploaded, and neither is what is suppressed.
			m.rank = [3]int{-mergeRank[m.run.Status], len(f.Suppressions), rank[m.run.Scanner]}
			if m.places = placesOf(m); len(m.places) > 0 {
				all = append(all, m)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *member) int {
		return cmp.Or(
			slices.Compare(a.rank[:], b.rank[:]),
			strings.Compare(a.run.Scanner, b.run.Scanner),
			strings.Compare(a.Location.Path, b.Location.Path),
			cmp.Compare(a.Location.StartLine, b.Location.StartLine),
			strings.Compare(a.Fingerprint, b.Fingerprint),
		)
	})
	seen := index{}
	for _, m := range all {
		if m.primaries = seen.same(m); len(m.primaries) == 0 {
			seen.add(m)
			continue
		}
		for _, p := range m.primaries {
			p.witnesses = append(p.witnesses, m)
		}
	}
	for _, m := range all {
		if len(m.primaries) > 0 {
			m.SameAs = m.primaries[0].Fingerprint
			for _, p := range m.primaries {
				m.witnesses = append(append(m.witnesses, p), p.witnesses...)
			}
		}
	}
	for _, m := range all {
		m.name()
	}
}

// name writes the witnesses into the finding, each once.
func (m *member) name() {
	if len(m.witnesses) == 0 {
		return
	}
	seen := map[string]bool{}
	for _, w := range m.witnesses {
		if w.run.Scanner == m.run.Scanner || seen[w.Fingerprint] || len(m.Witnesses) == maxWitnesses {
			continue
		}
		seen[w.Fingerprint] = true
		m.Witnesses = append(m.Witnesses, Witness{w.run.Scanner, w.RuleID, w.Severity, w.SeveritySource, w.Fingerprint})
	}
	slices.SortFunc(m.Witnesses, func(a, b Witness) int {
		return cmp.Or(cmp.Compare(rank[a.Scanner], rank[b.Scanner]), strings.Compare(a.Scanner, b.Scanner),
			strings.Compare(a.RuleID, b.RuleID), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
}
