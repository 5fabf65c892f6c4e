package rule

import (
	"net/url"
	"strings"
)

// maxParams bounds how many parameters of a request are looked at.
const maxParams = 1000

// param is a parameter of a query or a form, unescaped.
type param struct{ name, value string }

// params splits a query or a form as browsers send it. What url.ParseQuery
// would refuse, such as a stray percent sign, is taken as it stands.
func params(query string) []param {
	var out []param
	for part := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' }) {
		if len(out) == maxParams {
			break
		}
		name, value, _ := strings.Cut(part, "=")
		out = append(out, param{unescape(name), unescape(value)})
	}
	return out
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
