package alert

import (
	"regexp"
	"strings"
)

// MaxPiece bounds the piece of an answer that Masked looks at, in bytes.
const MaxPiece = 8 << 10

var (
	loginInURL = regexp.MustCompile(`(//)[^/@\s"'<>]{1,200}@`)
	valueInURL = regexp.MustCompile(`([?&;][^=&\s"'<>?;]{1,100}=)[^&\s"'<>;]+`)
)

// Masked takes out of a piece of an answer what may be a secret in addresses:
// names and passwords, and the values of parameters. Masked again, the result
// stays as it is. All engines' alerts go through it, so that one thing has one
// key whoever finds it.
func Masked(s string) string {
	s = s[:min(len(s), MaxPiece)]
	if strings.Contains(s, "//") {
		s = loginInURL.ReplaceAllString(s, "$1…@")
	}
	if strings.ContainsAny(s, "?&;") {
		s = valueInURL.ReplaceAllString(s, "$1…")
	}
	return s
}
