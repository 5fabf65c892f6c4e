package scanners

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// maxNotes bounds the notes that one run keeps; a hostile tree could make a
// million of them.
const maxNotes = 200

// maxPartNotes does so for a part of one, which is to be joined with others.
const maxPartNotes = 20_000

// normalise brings a run into the one form that everything behind the fan-out
// relies on: clean text, relative paths, fingerprints, sorted, no exact
// duplicates.
func normalise(run finding.Run) finding.Run {
	for i := range run.Findings {
		f := &run.Findings[i]
		f.Message, f.Fix = text.Clean(f.Message), text.Clean(f.Fix)
		f.Resource = text.Clean(f.Resource)
		f.Location = cleanLocation(f.Location)
		for j := range f.Related {
			f.Related[j] = cleanLocation(f.Related[j])
		}
		for j := range f.Flows {
			flow := &f.Flows[j]
			flow.Message = text.Clean(flow.Message)
			for k := range flow.Steps {
				flow.Steps[k] = cleanLocation(flow.Steps[k])
			}
		}
		f.Flows = finding.BoundFlows(f.Flows)
		f.Fingerprint = finding.FingerprintOf(run.Scanner, *f)
	}
	slices.SortStableFunc(run.Findings, compareFindings)
	run.Findings = slices.CompactFunc(run.Findings, sameFinding)
	slices.SortFunc(run.Rules, func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
	run.Rules = slices.CompactFunc(run.Rules, func(a, b finding.Rule) bool { return a.ID == b.ID })
	most := maxNotes
	if shared(run.Split) {
		most = maxPartNotes
	} else {
		for i := range run.Notes {
			run.Notes[i].Tally = ""
		}
	}
	run.Notes = boundNotes(run.Notes, most)
	return run
}

func compareFindings(a, b finding.Finding) int {
	return cmp.Or(
		strings.Compare(a.Location.Path, b.Location.Path),
		cmp.Compare(a.Location.StartLine, b.Location.StartLine),
		cmp.Compare(a.Location.StartColumn, b.Location.StartColumn),
		strings.Compare(a.RuleID, b.RuleID),
		strings.Compare(a.Key, b.Key),
		strings.Compare(a.Message, b.Message),
	)
}

func sameFinding(a, b finding.Finding) bool {
	return a.Fingerprint == b.Fingerprint && compareFindings(a, b) == 0 && len(a.Suppressions) == len(b.Suppressions)
}

// cleanLocation drops a path that would leave the root: it names nothing that
// a reader could open.
func cleanLocation(l finding.Location) finding.Location {
	if l.Path != "" {
		p := path.Clean(l.Path)
		if path.IsAbs(p) || p == ".." || strings.HasPrefix(p, "../") || p == "." {
			return finding.Location{Message: text.Clean(l.Message)}
		}
		l.Path = p
	}
	l.StartLine, l.EndLine = max(0, l.StartLine), max(0, l.EndLine)
	l.Message = text.Clean(l.Message)
	return l
}

// boundNotes puts gaps before warnings before the rest, keeps the first notes,
// and says how many were left out.
func boundNotes(notes []finding.Note, most int) []finding.Note {
	for i := range notes {
		notes[i].Message = text.Clean(notes[i].Message)
	}
	slices.SortStableFunc(notes, func(a, b finding.Note) int { return cmp.Compare(noteRank(a), noteRank(b)) })
	if len(notes) <= most {
		return notes
	}
	left := len(notes) - most
	level := notes[most].Level
	return append(notes[:most:most], finding.Note{Level: level, Message: "and " + text.Count(left, "more note") + " of this kind"})
}

// sortNotes gives notes an order that does not depend on who made them first.
func sortNotes(notes []finding.Note) { slices.SortStableFunc(notes, compareNotes) }

func compareNotes(a, b finding.Note) int {
	return cmp.Or(cmp.Compare(noteRank(a), noteRank(b)), strings.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), strings.Compare(a.Message, b.Message))
}

func noteRank(n finding.Note) int {
	switch n.Level {
	case finding.Gap:
		return 0
	case finding.Warning:
		return 1
	}
	return 2
}
