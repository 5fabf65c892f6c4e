// Package baseline keeps a list of known findings: debt that a team has decided
// to carry for now, in a committed file that only gets shorter by itself. It is
// pure: bytes and results in, bytes and answers out. Findings are recognised by
// their fingerprints, with how often each occurs: a second occurrence of a known
// finding is a new one.
package baseline

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// DefaultName is the file that is written when none is named.
const DefaultName = ".scangate-baseline.json"

// Entry is a known finding. Scanner, Target, Rule and Fingerprint are what it is
// recognised by; Path and What are for its readers.
type Entry struct {
	Scanner     string
	Target      string // an image or URL; empty for the repository itself
	Path        string // of its first occurrence
	Rule        string
	What        string // package name@version, or the resource at fault
	Count       int    // how many times it occurs, 1 or more
	Fingerprint string
	Seen        string // the day on which it was first seen, YYYY-MM-DD; empty when that is not known
	Line        int    // in the file that it was read from
}

// String names the entry for people.
func (e Entry) String() string {
	parts := []string{e.Scanner, e.Target, e.Rule, e.Path, e.What}
	return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), " ")
}

// ID is what a finding is recognised by. The rule is part of the fingerprint
// already; it is here, too, so that an entry cannot name another one than it
// excuses.
type ID struct{ Scanner, Target, Rule, Fingerprint string }

// id of an entry. What is read is cleaned like what is scanned.
func (e Entry) id() ID { return ID{e.Scanner, e.Target, e.Rule, e.Fingerprint} }

// fingerprintForm is what a fingerprint looks like, our own and those of others.
var fingerprintForm = regexp.MustCompile(`^[0-9a-zA-Z:._-]{1,128}$`)

// IDOf returns what a finding of a run is recognised by. A finding without a
// fingerprint has none: it is new whenever it is seen.
func IDOf(run *finding.Run, f *finding.Finding) (ID, bool) {
	if !fingerprintForm.MatchString(f.Fingerprint) || run.Scanner == "" || f.RuleID == "" {
		return ID{}, false
	}
	return ID{public(run.Scanner), public(run.Target), public(f.RuleID), f.Fingerprint}, true
}

// maxText bounds the words of an entry, in runes.
const maxText = 500

var userinfo = regexp.MustCompile(`://[^/\s]*@`)

// public makes a word fit for a committed file: one line, bounded, and of a URL
// neither the user, nor what is asked of it, either of which can be a secret.
func public(s string) string {
	if plain(s) {
		return s
	}
	s = strings.Join(strings.Fields(text.Clean(s)), " ")
	if strings.Contains(s, "://") {
		s, _, _ = strings.Cut(s, "?")
		s = strings.TrimSpace(userinfo.ReplaceAllString(s, "://"))
	}
	return text.Cut(s, maxText)
}

// plain reports that nothing needs to be done to a word, as is so for nearly all.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == ':' {
			return false
		}
	}
	return len(s) <= maxText
}

// entryOf makes the entry of a finding.
func entryOf(id ID, f *finding.Finding) Entry {
	e := Entry{Scanner: id.Scanner, Target: id.Target, Rule: id.Rule, Fingerprint: id.Fingerprint, Path: public(f.Location.Path)}
	if isDay(f.FirstSeen) {
		e.Seen = f.FirstSeen
	}
	switch {
	case f.Package != nil:
		e.What = public(strings.TrimSuffix(f.Package.Name+"@"+f.Package.Version, "@"))
	case f.Resource != "":
		e.What = public(f.Resource)
	}
	return e
}

// compareEntries is the order of the file.
func compareEntries(a, b Entry) int {
	return cmp.Or(
		strings.Compare(a.Scanner, b.Scanner),
		strings.Compare(a.Target, b.Target),
		strings.Compare(a.Path, b.Path),
		strings.Compare(a.Rule, b.Rule),
		strings.Compare(a.What, b.What),
		strings.Compare(a.Fingerprint, b.Fingerprint),
	)
}
