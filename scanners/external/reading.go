package external

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

const (
	// maxResults bounds the findings of a tool, and how many elements any
	// list in its output may have.
	maxResults = 200_000
	// maxWords bounds a line of a tool's words, in characters.
	maxWords = 500
	// maxText bounds a longer text of a tool's, in characters.
	maxText = 4000
	// maxID bounds an id, in characters.
	maxID = 200
	// maxUnitNotes bounds the notes of a unit.
	maxUnitNotes = 200
)

// Reading gathers what a tool's output says, and keeps it within bounds.
type Reading struct {
	tree     *scanners.Tree
	unit     Unit
	roots    []string // the tree's absolute paths
	findings []finding.Finding
	rules    map[string]finding.Rule
	notes    []finding.Note
	looked   finding.Looked
	version  string
	left     int // findings beyond the limit
	outside  int // findings that name a file outside the tree
}

func newReading(tree *scanners.Tree, u Unit) *Reading {
	r := &Reading{tree: tree, unit: u, roots: []string{tree.Dir()}, rules: map[string]finding.Rule{}}
	if real, err := filepath.EvalSymlinks(tree.Dir()); err == nil && real != tree.Dir() {
		r.roots = append(r.roots, real)
	}
	return r
}

// Add takes a finding and its rule, of which the first description of an id
// counts. Their words are cleaned here; the location's path must come from
// Path.
func (r *Reading) Add(f finding.Finding, rule finding.Rule) {
	if len(r.findings) >= maxResults {
		r.left++
		return
	}
	f.RuleID = line(f.RuleID, maxID)
	if f.RuleID == "" {
		f.RuleID = "unnamed"
	}
	f.Message, f.Fix, f.Resource = line(f.Message, maxWords), line(f.Fix, maxWords), line(f.Resource, maxWords)
	if f.Message == "" {
		f.Message = f.RuleID
	}
	l := &f.Location
	if l.Path == "" || l.StartLine < 1 {
		l.StartLine, l.EndLine, l.StartColumn, l.EndColumn = 0, 0, 0, 0
	}
	if l.EndLine < l.StartLine {
		l.EndLine = 0
	}
	for i := range f.Flows {
		flow := &f.Flows[i]
		flow.Message = line(flow.Message, maxWords)
		for j := range flow.Steps {
			flow.Steps[j].Message = line(flow.Steps[j].Message, maxWords)
		}
	}
	r.findings = append(r.findings, f)
	if _, ok := r.rules[f.RuleID]; ok {
		return
	}
	rule.ID = f.RuleID
	rule.Name, rule.Title = line(rule.Name, maxID), line(rule.Title, maxWords)
	if rule.Title == "" {
		rule.Title = rule.ID
	}
	rule.Description, rule.Help = text.Cut(text.Clean(rule.Description), maxText), text.Cut(text.Clean(rule.Help), maxText)
	rule.References = links(rule.References)
	r.rules[f.RuleID] = rule
}

// Note adds a note. The path must come from Path or be empty.
func (r *Reading) Note(level finding.NoteLevel, path, message string) {
	if len(r.notes) < maxUnitNotes || level == finding.Gap && len(r.notes) < 2*maxUnitNotes {
		r.notes = append(r.notes, finding.Note{Level: level, Path: path, Message: line(message, maxWords)})
	}
}

// Path returns what a tool calls a file, relative to the tree: an absolute
// path of the tree, or one relative to where the tool worked. What lies
// outside of the tree is "". Nothing is opened, and no link followed.
func (r *Reading) Path(name string) string {
	p := r.inside(name)
	if p == "" && name != "" {
		r.outside++
	}
	return p
}

func (r *Reading) inside(name string) string {
	const maxPath = 4096
	if name == "" || len(name) > maxPath || strings.ContainsAny(name, "\x00\n\r") || strings.Contains(name, "://") {
		return ""
	}
	name = filepath.ToSlash(name)
	if filepath.IsAbs(filepath.FromSlash(name)) || strings.HasPrefix(name, "/") {
		rel, ok := "", false
		for _, root := range r.roots {
			if rel, ok = strings.CutPrefix(path.Clean(name), strings.TrimSuffix(filepath.ToSlash(root), "/")+"/"); ok {
				break
			}
		}
		if !ok {
			return ""
		}
		name = rel
	} else {
		name = path.Join(r.unit.Dir, name)
	}
	name = path.Clean(name)
	if name == "." || !filepath.IsLocal(filepath.FromSlash(name)) {
		return ""
	}
	return name
}

// ownNotes are the notes with what was left out.
func (r *Reading) ownNotes() []finding.Note {
	notes := r.notes
	if r.left > 0 {
		notes = append(notes, finding.Note{Level: finding.Gap, Path: unitPath(r.unit), Message: fmt.Sprintf("more than %d results: %s left out; scan parts of the tree one by one", maxResults, text.Count(r.left, "result"))})
	}
	if r.outside > 0 {
		notes = append(notes, finding.Note{Level: finding.Information, Path: unitPath(r.unit), Message: text.Count(r.outside, "place") + " outside of the scanned tree: reported without a path"})
	}
	return notes
}

func unitPath(u Unit) string {
	if u.Dir == "." {
		return ""
	}
	return u.Dir
}

// merge takes over what another reading found.
func (r *Reading) merge(o *Reading) {
	room := max(maxResults-len(r.findings), 0)
	if len(o.findings) > room {
		r.left += len(o.findings) - room
	}
	r.findings = append(r.findings, o.findings[:min(room, len(o.findings))]...)
	for id, rule := range o.rules {
		if old, ok := r.rules[id]; ok {
			rule = old
		}
		r.rules[id] = rule
	}
	r.looked.Files += o.looked.Files
	r.looked.Commits += o.looked.Commits
	r.looked.Packages += o.looked.Packages
	r.looked.URLs += o.looked.URLs
	r.looked.Bytes += o.looked.Bytes
}

// report is the scanner's report, but for the notes.
func (r *Reading) report() scanners.Report {
	out := scanners.Report{Findings: r.findings, Looked: r.looked}
	for _, rule := range r.rules {
		out.Rules = append(out.Rules, rule)
	}
	slices.SortFunc(out.Rules, func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// compactNotes drops repetitions: each unit runs on the same system.
func compactNotes(notes []finding.Note) []finding.Note {
	seen := map[finding.Note]bool{}
	return slices.DeleteFunc(notes, func(n finding.Note) bool {
		again := seen[n]
		seen[n] = true
		return again
	})
}

// line makes words of a tool fit to stand at the beginning of a line in a
// log: GitHub's runner obeys "::name::" there, and "##[name]" anywhere.
func line(s string, limit int) string {
	if len(s) > 16*limit {
		s = s[:16*limit] // most of it is not going to be kept
	}
	if !plain(s, limit) {
		s = text.OneLine(s, limit)
	}
	return strings.TrimLeft(strings.ReplaceAll(s, "##[", "# ["), ": ")
}

// plain tells of most words at a glance that they need no cleaning.
func plain(s string, limit int) bool {
	if len(s) > limit {
		return false
	}
	last := byte(' ')
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && last == ' ' {
			return false
		}
		last = s[i]
	}
	return last != ' ' || s == ""
}

// links keeps what is an address on the web.
func links(all []string) []string {
	var out []string
	for _, l := range all {
		l = text.OneLine(l, maxWords+1)
		if (strings.HasPrefix(l, "https://") || strings.HasPrefix(l, "http://")) && len(l) <= maxWords && !strings.ContainsAny(l, " <>\"`") && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out
}

var errEmpty = errors.New("it is empty")
