package scanners

import (
	"io"
	"slices"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/sarif"
)

// maxHashedFile bounds the files whose lines are read, in bytes; findings in
// larger ones are identified by their fingerprint alone.
const maxHashedFile = 64 << 20

// ReadLines looks at the line of every finding whose file is in the tree, and
// reads each file once. It fills in Location.LineHash, GitHub's identity of a
// line, and the suppressions that comments of the form scangate:ignore ask for;
// one that has expired by now, or is not understood, becomes a note. A finding
// whose content is only in history has no line there, and is left as it is.
func ReadLines(runs []finding.Run, t *Tree, now time.Time) {
	wanted := map[string]map[int]bool{}
	each := func(do func(run *finding.Run, f *finding.Finding)) {
		for i := range runs {
			for j := range runs[i].Findings {
				// What is in an image stands on the line that brought it there,
				// beside any number of others of the same rule: only its own
				// identity tells it from those.
				f := &runs[i].Findings[j]
				if l := f.Location; f.Layer == nil && l.Path != "" && l.Commit == "" && l.StartLine > 0 {
					do(&runs[i], f)
				}
			}
		}
	}
	sights := sightsOf(runs)
	want := func(f *finding.Finding) {
		l := f.Location
		if wanted[l.Path] == nil {
			wanted[l.Path] = map[int]bool{}
		}
		wanted[l.Path][l.StartLine] = true
	}
	each(func(_ *finding.Run, f *finding.Finding) { want(f) })
	for i := range sights {
		want(&sights[i].finding)
	}
	hashes, marks := map[string]map[int]string{}, marked{}
	for name, lines := range wanted {
		f, err := t.Open(name)
		if err != nil {
			continue
		}
		if info, err := f.Stat(); err == nil && info.Size() <= maxHashedFile {
			// A file that cannot be read to its end leaves the lines behind
			// that point without a hash, which is what is known of them.
			reader := markReader{wanted: lines, now: now}
			hashes[name], _ = sarif.LineHashes(io.TeeReader(f, &reader), lines)
			if found := reader.finish(f); found != nil {
				marks[name] = found
			}
		}
		f.Close()
	}
	each(func(_ *finding.Run, f *finding.Finding) {
		f.Location.LineHash = hashes[f.Location.Path][f.Location.StartLine]
		marks.hide(f)
	})
	for i := range sights {
		marks.hide(&sights[i].finding)
	}
	sorted := make([]bool, len(runs))
	for i := range runs {
		sorted[i] = slices.IsSortedFunc(runs[i].Notes, compareNotes)
	}
	notes := newMarkNotes()
	each(func(run *finding.Run, f *finding.Finding) {
		if run.Split != nil && len(run.Split.Sights) > 0 {
			// Its findings are made anew, and may stand somewhere else then.
			run = &finding.Run{Scanner: run.Scanner}
		}
		marks.suppress(run, f, notes)
	})
	for i := range runs {
		if sorted[i] { // whatever was added
			sortNotes(runs[i].Notes)
		}
	}
	for i := range sights {
		sights[i].read(hashes, marks)
	}
}

// sighted is a sight in a file of the tree, as a finding.
type sighted struct {
	*finding.Sight
	run     *finding.Run
	finding finding.Finding
}

// sightsOf are the sights of runs that any file of the tree has a line for:
// each may become the place at which the joined finding stands.
func sightsOf(runs []finding.Run) (all []sighted) {
	for i := range runs {
		if runs[i].Split == nil {
			continue
		}
		for j := range runs[i].Split.Sights {
			s := &runs[i].Split.Sights[j]
			if s.Commit != "" || s.Line == 0 || s.Path == "" {
				continue
			}
			all = append(all, sighted{s, &runs[i], finding.Finding{RuleID: s.Rule, Location: finding.Location{
				Path: s.Path, StartLine: s.Line, EndLine: s.EndLine, StartColumn: s.Column, EndColumn: s.EndCol}}})
		}
	}
	return all
}

// read fills in what is known of the line.
func (s *sighted) read(hashes map[string]map[int]string, marks marked) {
	s.LineHash = hashes[s.Path][s.Line]
	run := finding.Run{Scanner: s.run.Scanner}
	marks.suppress(&run, &s.finding, newMarkNotes())
	if len(s.finding.Suppressions) > 0 {
		s.Mark = &s.finding.Suppressions[0]
	}
	if len(run.Notes) > 0 {
		s.Wrong = &run.Notes[0]
	}
}
