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

// maxNear bounds how many findings that one is the same as are remembered.
const maxNear = 2 * maxWitnesses

// rank puts the scanners of the program itself before tools of others, which
// follow by name.
var rank = map[string]int{"dependency": -5, "image": -4, "secret": -3, "iac": -2, "dast": -1}

// member is a finding of a run.
type member struct {
	*Finding
	run    *Run
	places []place
	rank   [3]int // of its run, of itself, of its scanner
	shown  bool   // it is not shown in another one's place
	// near are those of other scanners that it is the same as.
	near   []*member
	asked  *member // the last one that was compared with it
	listed *member // the last one that it was listed for
	turn   int     // scratch: how many graver ones its scanner has
}

// MarkSame marks findings of several scanners that are the same thing: the same
// advisory on the same package of the same manifest or image, the same secret
// in the same file, the same mistake in the same resource. Each of them names
// the others as its witnesses, and all but one say which is shown in their
// place. Nothing is removed, and marks of before are replaced. Findings of one
// scanner are never the same: what it reports twice is there twice.
//
// It does not matter in which order findings and runs are, and one finding more
// takes no witness from another as long as there are no more than can be named.
func MarkSame(r *Results) {
	var all []*member
	for i := range r.Runs {
		for j := range r.Runs[i].Findings {
			f := &r.Runs[i].Findings[j]
			f.SameAs, f.Witnesses = "", nil
			m := &member{Finding: f, run: &r.Runs[i]}
			// What can be relied on to be shown comes first: a run that is not
			// complete is not uploaded, and neither is what is suppressed.
			m.rank = [3]int{-mergeRank[m.run.Status], hidden(f), rank[m.run.Scanner]}
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
		seen.add(m)
	}
	for _, m := range all {
		same := seen.same(m)
		m.shown = true
		for _, o := range same {
			// Those before m are decided already, those behind it are not shown yet.
			if o.shown {
				m.SameAs, m.shown = o.Fingerprint, false
				break
			}
		}
		m.near = weigh(same, false, maxNear)
	}
	for _, m := range all {
		m.name()
	}
}

// name writes the witnesses into the finding: what it is the same as, and what
// those are the same as, which it may share no name with.
func (m *member) name() {
	if len(m.near) == 0 {
		return
	}
	list := slices.Clone(m.near)
	for _, o := range m.near {
		o.listed = m
	}
	for _, o := range m.near {
		for _, w := range o.near {
			if w.run.Scanner != m.run.Scanner && w.listed != m {
				w.listed = m
				list = append(list, w)
			}
		}
	}
	for _, w := range weigh(list, true, maxWitnesses) {
		m.Witnesses = append(m.Witnesses, Witness{w.run.Scanner, w.RuleID, w.Severity, w.SeveritySource, w.Fingerprint})
	}
	slices.SortFunc(m.Witnesses, func(a, b Witness) int {
		return cmp.Or(cmp.Compare(rank[a.Scanner], rank[b.Scanner]), strings.Compare(a.Scanner, b.Scanner),
			strings.Compare(a.RuleID, b.RuleID), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
}

// weigh leaves out, beyond most, those findings of which their scanner has
// graver ones and, if each fingerprint is wanted once, all but the gravest of
// it: whose severity counts must not depend on what else there is.
func weigh(list []*member, once bool, most int) []*member {
	if len(list) < 2 {
		return list
	}
	slices.SortFunc(list, func(a, b *member) int {
		return cmp.Or(strings.Compare(a.run.Scanner, b.run.Scanner), cmp.Compare(b.Severity, a.Severity),
			strings.Compare(a.Fingerprint, b.Fingerprint), strings.Compare(a.SeveritySource, b.SeveritySource), strings.Compare(a.RuleID, b.RuleID))
	})
	out := list[:0]
	seen := map[string]bool{}
	for _, m := range list {
		if once && seen[m.Fingerprint] {
			continue
		}
		seen[m.Fingerprint] = true
		m.turn = 0
		if n := len(out); n > 0 && out[n-1].run.Scanner == m.run.Scanner {
			m.turn = out[n-1].turn + 1
		}
		out = append(out, m)
	}
	if len(out) > most {
		slices.SortStableFunc(out, func(a, b *member) int {
			return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(b.Severity, a.Severity))
		})
		out = out[:most]
	}
	return out
}
