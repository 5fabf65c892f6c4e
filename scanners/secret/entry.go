package secret

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// maxSuppressions bounds the requests that are kept of one finding.
const maxSuppressions = 8

// candidate is a place that a finding may stand at, and who asks to pass over
// it.
type candidate struct {
	*place
	asked []finding.Suppression
}

// candidates are the best places of each file. A mark on every copy in the
// working tree is a word about the secret, so that it holds for the history,
// which nobody can mark any more. An entry of a list that names the commit in
// which a file got the secret holds for that file in the working tree.
func (e *entry) candidates() (all []candidate) {
	marked := e.inTree > 0 && !e.bare
	for _, t := range e.trails {
		if t.tree != nil {
			c := candidate{t.tree, t.tree.asked}
			if len(c.asked) == 0 {
				c.asked = t.pinned
			}
			all = append(all, c)
		}
		if t.history != nil {
			c := candidate{t.history, t.history.asked}
			if len(c.asked) == 0 && marked {
				c.asked = []finding.Suppression{{Source: allowMark, Inline: true}}
			}
			all = append(all, c)
		}
	}
	// The file in which the secret began comes first, so that an alert on it
	// stays where it is when the secret is removed there.
	began := func(c candidate) bool { return e.origin == nil || c.path == e.origin.path }
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(
			ahead(len(a.asked) == 0, len(b.asked) == 0),
			ahead(a.commit == nil, b.commit == nil),
			ahead(a.commit == nil && began(a), b.commit == nil && began(b)),
			comparePlaces(*a.place, *b.place))
	})
	return all
}

// finding describes the secret at its best place.
func (e *entry) finding(id identity, rule finding.Rule, staged bool) finding.Finding {
	all := e.candidates()
	at := all[0]
	f := finding.Finding{RuleID: id.rule, Severity: rule.Severity, SeveritySource: "scangate", Key: id.key, KeyOnly: id.path == ""}
	f.Location = at.location()
	for _, p := range e.listed {
		if !p.same(at.place) && len(f.Related) < maxRelated {
			f.Related = append(f.Related, p.related())
		}
	}
	doubt := at.doubt
	for _, c := range all {
		if len(c.asked) == 0 && c.doubt == "" {
			doubt = ""
		}
		if len(at.asked) > 0 {
			f.Suppressions = append(f.Suppressions, c.asked...)
		}
	}
	slices.SortFunc(f.Suppressions, compareSuppressions)
	f.Suppressions = slices.Compact(f.Suppressions)
	f.Suppressions = f.Suppressions[:min(len(f.Suppressions), maxSuppressions)]
	f.Message, f.Fix = e.message(rule.Title, at, staged), e.fix(at, staged)
	if doubt != "" && f.Severity > finding.Low {
		f.Severity = finding.Low
		f.Message += " Probably no secret: " + doubt + "."
	}
	f.Fingerprint = finding.FingerprintOf("secret", f)
	return f
}

func (p *place) location() finding.Location {
	l := finding.Location{Path: strings.ToValidUTF8(p.path, "\uFFFD"),
		StartLine: p.line, EndLine: p.endLine, StartColumn: p.col, EndColumn: p.endCol}
	if p.commit != nil {
		l.Commit, l.Date = p.commit.short(), p.commit.date()
	}
	return l
}

// related is a further place, with what is to be said about it.
func (p *place) related() finding.Location {
	l := p.location()
	l.Message = "also in the working tree"
	if p.commit != nil {
		l.Message = "added in commit " + l.Commit + " of " + l.Date
	}
	if len(p.asked) > 0 {
		l.Message += " (" + p.asked[0].Source + ")"
	}
	return l
}

// short is the commit's id as people write it.
func (c *commit) short() string { return c.hash[:12] }

// message says where the secret is, and what that means.
func (e *entry) message(title string, at candidate, staged bool) string {
	if staged {
		return title + ": in the staged changes" + e.places() + "."
	}
	var b strings.Builder
	b.WriteString(title)
	switch {
	case at.commit == nil:
		b.WriteString(": in the working tree")
		if len(e.commits) > 0 {
			b.WriteString(", and added in " + text.Count(len(e.commits), "commit") + " of the history")
		}
	case e.inTree > 0:
		b.WriteString(": in the history, besides copies in the working tree that are to be passed over: added in " + e.addedIn(at))
	default:
		b.WriteString(": removed from the working tree or never merged, but still in the history: added in " + e.addedIn(at))
	}
	b.WriteString(e.places())
	if at.commit == nil {
		b.WriteString(". Rotate it.")
	} else {
		b.WriteString(". Whoever can read the repository can read it: rotate it.")
	}
	return b.String()
}

func (e *entry) addedIn(at candidate) string {
	s := fmt.Sprintf("commit %s of %s", at.commit.short(), at.commit.date())
	if n := len(e.commits) - 1; n > 0 {
		s += " and " + text.Count(n, "more commit")
	}
	return s
}

// places counts the places if there are more than the message says.
func (e *entry) places() string {
	n := len(e.seen)
	if n <= len(e.commits)+min(e.inTree, 1) && len(e.trails) == 1 {
		return ""
	}
	s := " (" + text.Count(n, "place")
	if n == maxPlaces {
		s = " (at least " + text.Count(n, "place")
	}
	if len(e.trails) > 1 {
		s += " in " + text.Count(len(e.trails), "file")
	}
	if n > maxRelated+1 {
		s += fmt.Sprintf(", of which %d are listed", maxRelated+1)
	}
	return s + ")"
}

func (e *entry) fix(at candidate, staged bool) string {
	switch {
	case staged:
		return "Do not commit it: take it out of the file and stage that. If it was ever pushed or shown, revoke or rotate it at its provider first."
	case at.commit != nil:
		return "Revoke or rotate it at its provider. Deleting the line was not enough, and rewriting the history does not reach existing clones."
	case len(e.commits) > 0:
		return "Revoke or rotate it at its provider first, then remove it from the file: it stays readable in the history."
	}
	return "Revoke or rotate it at its provider first, then remove it from the file."
}
