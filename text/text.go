// Package text holds the few things that every part of scangate does to words:
// making foreign text fit for a report, counting things, guessing what a
// misspelt word was meant to be.
package text

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

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

// OneLine is Clean for text that must stay on one line, of at most limit runes.
func OneLine(s string, limit int) string {
	return Cut(strings.Join(strings.Fields(Clean(s)), " "), limit)
}

// Cut shortens s to at most limit runes, the last one an ellipsis.
func Cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit-1]) + "…"
}

// Count formats a number of things: "1 file", "1,234 files", "2 entries".
func Count(n int, thing string) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	stem, y := strings.CutSuffix(thing, "y")
	switch {
	case n == 1:
	case y && stem != "" && !strings.ContainsAny(stem[len(stem)-1:], "aeou"): // not days and keys
		thing = stem + "ies"
	case strings.HasSuffix(thing, "s"), strings.HasSuffix(thing, "ch"):
		thing += "es"
	default:
		thing += "s"
	}
	return s + " " + thing
}

// Age formats how long ago something was: "2 days", "47 hours", "5 minutes".
func Age(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return Count(int(d/(24*time.Hour)), "day")
	case d >= time.Hour:
		return Count(int(d/time.Hour), "hour")
	}
	return Count(int(max(d, 0)/time.Minute), "minute")
}

// Suggest returns `; did you mean "x"?` when one of the names is near to what
// was given, else the list of them all.
func Suggest(given string, names []string) string {
	best, dist := "", 3
	for _, n := range names {
		if len(given) > 2 && strings.HasPrefix(n, strings.ToLower(given)) {
			best = n
			break
		}
		// Two letters are near in a long word; in a short one they are another.
		if d := editDistance(strings.ToLower(given), n); d < dist && d <= (len(n)+1)/2 {
			best, dist = n, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	if len(names) == 0 {
		return ""
	}
	return "; want one of " + strings.Join(slices.Sorted(slices.Values(names)), ", ")
}

// editDistance is the Levenshtein distance of two short words.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := diagonal
			if a[i-1] != b[j-1] {
				change++
			}
			diagonal = row[j]
			row[j] = min(change, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
