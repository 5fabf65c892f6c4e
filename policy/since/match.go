package since

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
)

// match finds for the findings of a run their counterparts in the base.
type match struct {
	run   *finding.Run
	base  Base
	was   []*finding.Finding // of the base, in the order of their places
	is    []*finding.Finding // of the head, the same
	taken map[*finding.Finding]bool
	added []string
	gone  int // of those that are the same wherever they are
}

func newMatch(run, base *finding.Run, b Base) *match {
	m := &match{run: run, base: b, was: sorted(base), is: sorted(run)}
	m.taken = make(map[*finding.Finding]bool, len(m.was))
	return m
}

func sorted(run *finding.Run) []*finding.Finding {
	out := make([]*finding.Finding, len(run.Findings))
	for i := range run.Findings {
		out[i] = &run.Findings[i]
	}
	slices.SortStableFunc(out, byPlace)
	return out
}

// A kind of match says by which words two findings are the same: that of one in
// the base, and that of one in the head. An empty word matches nothing.
type kind struct{ was, is func(*finding.Finding) string }

// all matches from the surest kind to the least sure one.
func (m *match) all() {
	m.everywhere()
	gone, here := unless(m.base.Has), unless(m.base.Had)
	for _, k := range []kind{
		{content, content},
		{identity, identity},
		{whereItIs, m.whereItWas},
		{gone(file), here(file)},
		{gone(anywhere), here(anywhere)},
		{resource, resource},
		{packageIs, m.packageWas},
	} {
		m.pass(k)
	}
}

// unless leaves out findings whose file is there: of the base those in files
// that are still there, of the head those in files that were there already. What
// remains can have moved with its file.
func unless(there func(path string) bool) func(word func(*finding.Finding) string) func(*finding.Finding) string {
	return func(word func(*finding.Finding) string) func(*finding.Finding) string {
		return func(f *finding.Finding) string {
			if f.Location.Path == "" || there(f.Location.Path) {
				return ""
			}
			return word(f)
		}
	}
}

// pass pairs what is left of both sides, in the order of their places.
func (m *match) pass(k kind) {
	waiting := map[string][]*finding.Finding{}
	for _, f := range m.was {
		if f.KeyOnly || m.taken[f] {
			continue
		}
		if word := k.was(f); word != "" {
			waiting[word] = append(waiting[word], f)
		}
	}
	if len(waiting) == 0 {
		return
	}
	for _, f := range m.is {
		if f.KeyOnly || f.Base != "" {
			continue
		}
		if word := k.is(f); len(waiting[word]) > 0 {
			m.pair(waiting[word][0], f)
			waiting[word] = waiting[word][1:]
		}
	}
}

// pair notes that the base has a finding of the head.
func (m *match) pair(base, head *finding.Finding) {
	m.taken[base] = true
	head.Base = where(base)
	if i := slices.IndexFunc(head.Suppressions, func(s finding.Suppression) bool { return s.Inline }); i >= 0 && !base.Suppressed() {
		m.added = append(m.added, fmt.Sprintf("%s: the mark %s on %s, which the base shows", where(head), head.Suppressions[i].Source, head.RuleID))
	}
}

// fixed counts the findings of the base that are gone.
func (m *match) fixed() int {
	n := m.gone
	for _, f := range m.was {
		if !f.KeyOnly && !m.taken[f] {
			n++
		}
	}
	return n
}

// words joins what two findings must have in common.
func words(parts ...string) string { return strings.Join(parts, "\x00") }

// identity is the finding's own: rule, file and what the scanner goes by.
func identity(f *finding.Finding) string {
	if f.Fingerprint == "" {
		return ""
	}
	return words(f.RuleID, f.Fingerprint)
}

// content is the same with the line itself.
func content(f *finding.Finding) string {
	if f.Fingerprint == "" || f.Location.LineHash == "" {
		return ""
	}
	return words(f.RuleID, f.Fingerprint, f.Location.LineHash)
}

// at is what is the same wherever a file is.
func at(f *finding.Finding, path string) string {
	if path == "" {
		return ""
	}
	return words(f.RuleID, f.Framework, f.Key, path)
}

func whereItIs(f *finding.Finding) string { return at(f, f.Location.Path) }

// whereItWas knows of files that were moved.
func (m *match) whereItWas(f *finding.Finding) string { return at(f, m.wasNamed(f)) }

// wasNamed is what the file of a finding of the head was called in the base.
func (m *match) wasNamed(f *finding.Finding) string {
	return cmp.Or(m.base.Renamed[f.Location.Path], f.Location.Path)
}

// file goes by the file's name, wherever that is, for what has no other key.
func file(f *finding.Finding) string {
	return at(f, path.Base(f.Location.Path))
}

// anywhere goes by the scanner's key alone.
func anywhere(f *finding.Finding) string {
	if f.Key == "" {
		return ""
	}
	return words(f.RuleID, f.Framework, f.Key)
}

// resource goes by the address of what is at fault, which may move to another
// file.
func resource(f *finding.Finding) string {
	if f.Resource == "" {
		return ""
	}
	return words(f.RuleID, f.Framework, f.Resource, f.Key)
}

// ofPackage is an advisory on a package in a file, in whichever version: the
// other version has the same hole.
func ofPackage(f *finding.Finding, path string) string {
	if f.Package == nil || f.Package.Name == "" || path == "" {
		return ""
	}
	return words(f.RuleID, path, f.Package.Ecosystem, f.Package.Name)
}

func packageIs(f *finding.Finding) string { return ofPackage(f, f.Location.Path) }

func (m *match) packageWas(f *finding.Finding) string { return ofPackage(f, m.wasNamed(f)) }

// byPlace orders findings as people read them.
func byPlace(a, b *finding.Finding) int {
	return cmp.Or(
		strings.Compare(a.Location.Path, b.Location.Path),
		cmp.Compare(a.Location.StartLine, b.Location.StartLine),
		cmp.Compare(a.Location.StartColumn, b.Location.StartColumn),
		strings.Compare(a.RuleID, b.RuleID),
		strings.Compare(a.Fingerprint, b.Fingerprint),
		strings.Compare(a.Message, b.Message),
	)
}

// where names the place of a finding.
func where(f *finding.Finding) string {
	switch l := f.Location; {
	case l.Path == "":
		return cmp.Or(f.Resource, "the base")
	case l.StartLine > 0:
		return fmt.Sprintf("%s:%d", l.Path, l.StartLine)
	default:
		return l.Path
	}
}
