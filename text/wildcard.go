package text

import "strings"

// Wildcard reports whether s fits a pattern in which "*" stands for any
// characters. It takes time proportional to both lengths multiplied.
func Wildcard(pattern, s string) bool {
	star, again := -1, 0
	p, n := 0, 0
	for n < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, again = p, n
			p++
		case p < len(pattern) && pattern[p] == s[n]:
			p++
			n++
		case star >= 0:
			again++
			p, n = star+1, again
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
