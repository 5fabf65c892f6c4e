// Package ignore lets findings not count: by the configuration's own list, and
// by the ignore files of other tools that a repository may have. An entry says
// what it is about, why, and how long it holds. The package is pure: contents
// of files and the time go in, an exemption comes out.
package ignore

import (
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy/pattern"
	"github.com/scangate/scangate/text"
)

// maxPattern bounds the words of an entry, in bytes.
const maxPattern = 1024

// maxReason is how much of a reason is shown, in characters.
const maxReason = 300

// Entry is one request not to count findings. All that it names must hold: a
// finding that one condition does not fit is not affected.
type Entry struct {
	Origin string    // where it is written, file:line
	Reason string    // why; foreign files may give none
	Until  time.Time // the first moment at which it no longer holds; zero: it holds for good

	// Justification is what a VEX statement made of the entry would give, one
	// of Justifications, or empty.
	Justification string

	// What is to be ignored: at least one of the first three in an entry of the
	// configuration. They and the next two are as written.
	ID          string // an advisory or a rule, by any of its names
	Rule        string // a pattern of rule ids
	Fingerprint string
	Package     string   // a pattern of names or package URLs
	Path        string   // a pattern of paths, as in .gitignore
	Scanners    []string // by name; nil: any

	conditions []condition
	keys       keys // what the package and the path want; nothing in foreign files
}

// condition is what a finding must be like.
type condition func(*finding.Finding) bool

// List is what a file, or several, ask to ignore.
type List struct {
	Entries []Entry
	// Problems are parts of foreign files that are not honoured, one line each.
	Problems []string
}

// Join returns one list of several, in their order.
func Join(lists ...List) List {
	var out List
	for _, l := range lists {
		out.Entries = append(out.Entries, l.Entries...)
		out.Problems = append(out.Problems, l.Problems...)
	}
	return out
}

// expired reports whether the entry no longer holds.
func (e *Entry) expired(now time.Time) bool { return !e.Until.IsZero() && !now.Before(e.Until) }

// LastDay is the last day on which the entry holds, YYYY-MM-DD in UTC, or
// empty for one that holds for good.
func (e *Entry) LastDay() string {
	if e.Until.IsZero() {
		return ""
	}
	return e.Until.UTC().Add(-time.Nanosecond).Format(time.DateOnly)
}

// by is the word on which a finding does not count.
func (e *Entry) by() string {
	s := "ignored by " + e.Origin
	if day := e.LastDay(); day != "" {
		s += " until " + day
	}
	if reason := text.OneLine(e.Reason, maxReason); reason != "" {
		s += ": " + reason
	}
	return s
}

// title names the entry for messages.
func (e *Entry) title() string {
	for _, what := range []string{e.ID, e.Rule, e.Fingerprint, e.Package, e.Path} {
		if what != "" {
			return e.Origin + " (" + text.OneLine(what, 80) + ")"
		}
	}
	return e.Origin
}

// applies reports whether the entry is about a finding of a scanner's, leaving
// its names aside when they are known to fit.
func (e *Entry) applies(scanner string, f *finding.Finding) bool {
	if e.Scanners != nil && !slices.Contains(e.Scanners, scanner) {
		return false
	}
	for _, holds := range e.conditions {
		if !holds(f) {
			return false
		}
	}
	return true
}

// named is the condition that a finding has a name, in lower case, be it that
// of its rule or another one.
func named(id string) condition {
	return func(f *finding.Finding) bool {
		return strings.ToLower(f.RuleID) == id || slices.ContainsFunc(f.Aliases, func(a string) bool { return strings.ToLower(a) == id })
	}
}

// ofRule is the condition that the id of a finding's rule fits a pattern.
func ofRule(word string) condition {
	return func(f *finding.Finding) bool { return text.Wildcard(word, strings.ToLower(f.RuleID)) }
}

// printed is the condition that a finding has a fingerprint, in lower case.
func printed(fingerprint string) condition {
	return func(f *finding.Finding) bool { return strings.ToLower(f.Fingerprint) == fingerprint }
}

// at is the condition that a finding is in a file: one of the repository or,
// for what is in an image, one of the image.
func at(p *pattern.Path) condition {
	return func(f *finding.Finding) bool {
		if f.Location.Path != "" && p.Match(f.Location.Path, nil) {
			return true
		}
		return f.Layer != nil && f.Layer.File != "" && p.Match(strings.TrimPrefix(f.Layer.File, "/"), nil)
	}
}

// either is the condition that one of several holds.
func either(list []condition) condition {
	return func(f *finding.Finding) bool {
		return slices.ContainsFunc(list, func(c condition) bool { return c(f) })
	}
}
