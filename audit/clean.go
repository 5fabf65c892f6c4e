package audit

import (
	"regexp"
	"strings"

	"github.com/scangate/scangate/text"
)

// The most of foreign text that a record holds.
const (
	MaxText  = 200 // runes of a value
	MaxItems = 200 // elements of a list
)

// removed stands for what a record must not hold.
const removed = "[removed]"

// named are values that nobody else may know by what they are called, tokens
// those that say themselves what they are, and long other words that may be.
var (
	named  = regexp.MustCompile(`(?i)(pass(?:word|wd|phrase)?|pwd|(?:access|auth|private|refresh)?[-_]?token|api[-_]?key|access[-_]?key|secret[-_]?key|client[-_]?secret|private[-_]?key|credentials?|authorization|bearer|basic)(\s*[=:]\s*|\s+)\S+`)
	tokens = regexp.MustCompile(`gh[opsur]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|gl[a-z]{2,6}-[\w-]{16,}|xox[a-z]-[\w-]{10,}|sk[-_][\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|eyJ[\w-]{8,}\.[\w.-]*|npm_\w{16,}|dop_v1_\w{16,}|AIza[\w-]{20,}|hvs\.[\w-]{16,}|-----BEGIN.*`)
	long   = regexp.MustCompile(`[A-Za-z0-9+_-]{32,}`)
	dense  = regexp.MustCompile(`[A-Za-z0-9+]{16}`)
	digest = regexp.MustCompile(`^@sha(256|512):`)
)

// Clean makes an argument, or another text from outside, fit for a record: one
// line of bounded length, without the user and the query of an address, and
// without what looks like a secret. It cannot know every secret: those do not
// belong on a command line.
func Clean(s string) string {
	// What is far too long is cut before it is looked at, and with a margin, so
	// that no half of a secret stays that would not be known as one.
	s = text.OneLine(s[:min(len(s), 16*MaxText)], 4*MaxText)
	s = cleanAddress(s)
	s = named.ReplaceAllString(s, "${1}${2}"+removed)
	s = tokens.ReplaceAllString(s, removed)
	s = long.ReplaceAllStringFunc(s, func(word string) string {
		if opaque(word) {
			return removed
		}
		return word
	})
	return text.Cut(s, MaxText)
}

// cleanAddress takes user, query and fragment out of an address. Where it
// cannot be told which is which, nothing but the scheme stays.
func cleanAddress(s string) string {
	scheme, rest, isURL := strings.Cut(s, "://")
	if !isURL {
		if at := strings.LastIndex(s, "@"); at >= 0 && strings.Contains(s[:at], ":") && !digest.MatchString(s[at:]) {
			s = removed + s[at:]
		}
		if path, query, ok := strings.Cut(s, "?"); ok && strings.Contains(query, "=") {
			s = path + "?" + removed
		}
		return s
	}
	at, query := strings.LastIndex(rest, "@"), strings.IndexAny(rest, "?#")
	switch {
	case strings.Contains(rest, "://"), at >= 0 && query >= 0 && query < at:
		return scheme + "://" + removed
	case query >= 0:
		rest = rest[:query] + rest[query:query+1] + removed
	}
	if at >= 0 && !digest.MatchString(rest[at:]) {
		rest = removed + rest[at:]
	}
	return scheme + "://" + rest
}

// opaque reports that a long word looks made by a machine, and is neither a
// digest nor words of people: it mixes capitals, small letters and digits, with
// little between them.
func opaque(word string) bool {
	return dense.MatchString(word) && strings.ContainsAny(word, "0123456789") && strings.ToUpper(word) != word && strings.ToLower(word) != word
}
