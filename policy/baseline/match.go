package baseline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
)

// Counts says of finding i of a run whether it counts; one that is suppressed
// or ignored does not, and neither is known nor uses up what is known. Nil: all
// of them do.
type Counts func(run, i int) bool

// occurrence is a finding that counts, at its place in the results.
type occurrence struct {
	run, i int
	times  int
	*finding.Finding
}

// occurrences collects the findings that count by what they are recognised by,
// those of each ID in an order that does not depend on that of the results.
func occurrences(res finding.Results, counts Counts) map[ID][]occurrence {
	all := map[ID][]occurrence{}
	for r := range res.Runs {
		run := &res.Runs[r]
		if run.Part != "" {
			continue // all that it found came in just now
		}
		for i := range run.Findings {
			if counts != nil && !counts(r, i) {
				continue
			}
			if id, ok := IDOf(run, &run.Findings[i]); ok {
				all[id] = append(all[id], occurrence{r, i, timesOf(&run.Findings[i]), &run.Findings[i]})
			}
		}
	}
	for _, list := range all {
		if len(list) > 1 {
			slices.SortStableFunc(list, compareOccurrences)
		}
	}
	return all
}

// compareOccurrences orders equal findings by place. What else a decision can
// depend on follows, so that it does not depend on their order in the results.
func compareOccurrences(a, b occurrence) int {
	return cmp.Or(
		strings.Compare(a.Location.Path, b.Location.Path),
		cmp.Compare(a.Location.StartLine, b.Location.StartLine),
		cmp.Compare(a.Location.StartColumn, b.Location.StartColumn),
		cmp.Compare(a.Location.EndLine, b.Location.EndLine),
		cmp.Compare(a.Location.EndColumn, b.Location.EndColumn),
		strings.Compare(a.Location.Commit, b.Location.Commit),
		cmp.Compare(b.Severity, a.Severity),
		strings.Compare(a.SeveritySource, b.SeveritySource),
		cmp.Compare(a.Score, b.Score),
		strings.Compare(a.Framework, b.Framework),
		strings.Compare(a.Resource, b.Resource),
		strings.Compare(a.Message, b.Message),
		comparePackages(a.Package, b.Package),
		cmp.Compare(a.times, b.times),
		strings.Compare(a.Published, b.Published),
		strings.Compare(a.FirstSeen, b.FirstSeen),
		strings.Compare(fileOf(a.Layer), fileOf(b.Layer)),
		slices.Compare(a.Aliases, b.Aliases),
		slices.CompareFunc(a.Witnesses, b.Witnesses, func(a, b finding.Witness) int {
			return cmp.Or(strings.Compare(a.Scanner, b.Scanner), strings.Compare(a.Fingerprint, b.Fingerprint), cmp.Compare(b.Severity, a.Severity))
		}),
	)
}

func fileOf(l *finding.Layer) string {
	if l == nil {
		return ""
	}
	return l.File
}

func comparePackages(a, b *finding.Package) int {
	if a == nil || b == nil {
		return cmp.Compare(btoi(a != nil), btoi(b != nil))
	}
	return cmp.Or(strings.Compare(a.PURL, b.PURL), strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version),
		strings.Compare(a.FixedVersion, b.FixedVersion), strings.Compare(a.Relationship, b.Relationship), cmp.Compare(btoi(a.Dev), btoi(b.Dev)))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// timesOf is how often a finding occurs. One that is the same wherever it is, as
// a secret is, stands for all of its copies: the places that are not of the
// history, which nobody can take out, count, each once.
func timesOf(f *finding.Finding) int {
	if !f.KeyOnly || f.Location.Commit != "" || len(f.Related) == 0 {
		return 1
	}
	type spot struct {
		path         string
		line, column int
	}
	of := func(l finding.Location) spot { return spot{l.Path, l.StartLine, l.StartColumn} }
	spots := map[spot]bool{of(f.Location): true}
	for _, l := range f.Related {
		if l.Commit == "" {
			spots[of(l)] = true
		}
	}
	return len(spots)
}

// total adds up how often findings occur.
func total(list []occurrence) (n int) {
	for _, o := range list {
		n += o.times
	}
	return n
}

// Count counts the findings of results: what Match takes as known.
func Count(res finding.Results, counts Counts) map[ID]int {
	known := map[ID]int{}
	for id, list := range occurrences(res, counts) {
		known[id] = total(list)
	}
	return known
}

// Match finds out which findings are known: of those of an ID, the first ones by
// place, as long as they occur no more often than is known; the rest are new, and
// so is all that a run found which was to look at what is new only. Those that
// are known already use up what is known, before the others. left is what
// is known of and was not found. It does not matter in which order findings and
// runs are. One more finding can make another one new, and never makes one known.
func Match(known map[ID]int, res finding.Results, counts, already Counts) (isKnown [][]bool, left map[ID]int) {
	isKnown = make([][]bool, len(res.Runs))
	for r := range res.Runs {
		isKnown[r] = make([]bool, len(res.Runs[r].Findings))
	}
	found := occurrences(res, counts)
	for id, list := range found {
		rest := known[id]
		for _, o := range list {
			if already != nil && already(o.run, o.i) {
				rest -= o.times
			}
		}
		for _, o := range list {
			if already != nil && already(o.run, o.i) {
				continue
			}
			if rest -= o.times; rest >= 0 {
				isKnown[o.run][o.i] = true
			}
		}
	}
	left = map[ID]int{}
	for id, n := range known {
		if rest := n - total(found[id]); rest > 0 {
			left[id] = rest
		}
	}
	return isKnown, left
}
