package sarif

import (
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// GitHub's limits of a rule's texts, in characters. They are taken as UTF-16
// units, the strictest reading.
const (
	maxRuleName        = 255
	maxRuleDescription = 1024
)

// cut shortens s to at most limit UTF-16 units, at the end of a word where one
// is near, and marks the cut with an ellipsis.
func cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	units, keep := 0, 0
	for i, r := range s {
		units += utf16.RuneLen(r)
		if units > limit {
			short := s[:keep]
			if space := strings.LastIndexAny(short, " \n\t"); space > keep*3/4 {
				short = short[:space]
			}
			return strings.TrimRight(short, " \n\t") + "…"
		}
		if units < limit { // room for the ellipsis
			keep = i + utf8.RuneLen(r)
		}
	}
	return s
}

// oneLine folds all white space into single spaces, and takes out what is not
// UTF-8.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
}

// firstOf returns the first of its arguments that is more than white space.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

var (
	messageEscaper   = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`)
	messageUnescaper = strings.NewReplacer(`\\`, `\`, `\[`, `[`, `\]`, `]`)
	embeddedLink     = regexp.MustCompile(`\[((?:[^\[\]\\]|\\.)*)\]\([^()\s]*\)`)
)

// escapeMessage takes the meaning out of text that would read as an embedded
// link of SARIF (section 3.11.6): a foreign text must not place links of its
// choice in an alert. Text without a link is left alone, because viewers that
// do not know the escapes would show them.
func escapeMessage(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.Contains(s, "](") {
		return s
	}
	return messageEscaper.Replace(s)
}

// plainMessage undoes escapeMessage, and leaves of an embedded link its text.
func plainMessage(s string) string {
	if !strings.Contains(s, "](") {
		return s
	}
	if !strings.Contains(s, `\](`) {
		s = embeddedLink.ReplaceAllString(s, "$1")
		if !strings.Contains(s, `\[`) {
			return s
		}
	}
	return messageUnescaper.Replace(s)
}

var markdownEscaper = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `&lt;`, `>`, `&gt;`,
	`#`, `\#`, `|`, `\|`, `!`, `\!`, `~`, `\~`)

// escapeMarkdown makes plain text read as it is written inside markdown.
func escapeMarkdown(s string) string { return markdownEscaper.Replace(s) }
