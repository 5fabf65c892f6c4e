package secret

import (
	"errors"
	"strings"
)

var errQuote = errors.New("a path is quoted in an unknown way")

// stripPrefix undoes git's quoting of a path and takes away the "a/" or "b/"
// in front of it.
func stripPrefix(s, prefix string) (string, error) {
	s, err := unquote(s)
	if err != nil {
		return "", err
	}
	path, ok := strings.CutPrefix(s, prefix)
	if !ok || path == "" {
		return "", errors.New("a path lacks the prefix " + prefix)
	}
	return path, nil
}

// unquote undoes the quoting that git applies, in the manner of C, to paths
// with control characters, quotes, backslashes or bytes above 0x7F.
func unquote(s string) (string, error) {
	if !strings.HasPrefix(s, `"`) {
		return s, nil
	}
	var out []byte
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			if i != len(s)-1 {
				return "", errQuote
			}
			return string(out), nil
		case '\\':
			i++
			if i+2 < len(s) && s[i] >= '0' && s[i] <= '3' && octal(s[i+1]) && octal(s[i+2]) {
				out = append(out, (s[i]-'0')<<6|(s[i+1]-'0')<<3|(s[i+2]-'0'))
				i += 2
				continue
			}
			if i >= len(s) {
				return "", errQuote
			}
			at := strings.IndexByte(`abtnvfr"\`, s[i])
			if at < 0 {
				return "", errQuote
			}
			out = append(out, "\a\b\t\n\v\f\r\"\\"[at])
		default:
			out = append(out, s[i])
		}
	}
	return "", errQuote
}

func octal(b byte) bool { return b >= '0' && b <= '7' }
