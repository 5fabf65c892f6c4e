package scanners

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/scangate/scangate/finding"
)

// maxNotes bounds the notes that one run keeps; a hostile tree could make a
// million of them.
const maxNotes = 200

// normalise brings a run into the one form that everything behind the fan-out
// relies on: clean text, relative paths, fingerprints, sorted, no exact
// duplicates.
func normalise(run finding.Run) finding.Run {
	for i := range run.Findings {
		f := &run.Findings[i]
		f.Message, f.Fix = Clean(f.Message), Clean(f.Fix)
		f.Resource = Clean(f.Resource)
		f.Location = cleanLocation(f.Location)
		for j := range f.Related {
			f.Related[j] = cleanLocation(f.Related[j])
		}
		f.Fingerprint = finding.FingerprintOf(run.Scanner, *f)
	}
	slices.SortStableFunc(run.Findings, compareFindings)
	run.Findings = slices.CompactFunc(run.Findings, sameFinding)
	slices.SortFunc(run.Rules, func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
	run.Rules = slices.CompactFunc(run.Rules, func(a, b finding.Rule) bool { return a.ID == b.ID })
	run.Notes = boundNotes(run.Notes)
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
			return finding.Location{Message: Clean(l.Message)}
		}
		l.Path = p
	}
	l.StartLine, l.EndLine = max(0, l.StartLine), max(0, l.EndLine)
	l.Message = Clean(l.Message)
	return l
}

// boundNotes puts gaps before warnings before the rest, keeps the first notes,
// and says how many were left out.
func boundNotes(notes []finding.Note) []finding.Note {
	for i := range notes {
		notes[i].Message = Clean(notes[i].Message)
	}
	slices.SortStableFunc(notes, func(a, b finding.Note) int { return cmp.Compare(noteRank(a), noteRank(b)) })
	if len(notes) <= maxNotes {
		return notes
	}
	left := len(notes) - maxNotes
	level := notes[maxNotes].Level
	return append(notes[:maxNotes:maxNotes], finding.Note{Level: level, Message: "and " + plural(left, "more note") + " of this kind"})
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

// Clean makes text from scanned content fit for a report: valid UTF-8, no
// control characters except line ends and tabs, no bidirectional overrides.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, s))
}

// oneLine is Clean for text that must stay on one line, cut at a readable
// length.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(Clean(s)), " ")
	const limit = 500
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
