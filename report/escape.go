package report

import (
	"fmt"
	"strings"
	"unicode"
)

// Line makes foreign text safe to print as part of one line of a terminal or a
// CI log: control characters become visible escapes, so that a file name can
// neither start a new line (and with it a workflow command such as ::error::)
// nor move the cursor, and the older command form ##[…] is broken up, because
// runners look for it anywhere in a line.
func Line(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '#' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == unicode.ReplacementChar && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i]) // a byte that is not UTF-8
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u2028', r == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, r)
		case r == '[' && strings.HasSuffix(b.String(), "##"):
			b.WriteString(` [`)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// cutFront shortens s to its last n runes: of a path the end tells most.
func cutFront(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return "…" + string(r[len(r)-n+1:])
}
