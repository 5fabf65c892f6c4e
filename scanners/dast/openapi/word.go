package openapi

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
)

// formats are values of the formats that OpenAPI and JSON Schema name. Hosts
// and addresses are those that are set aside for examples.
var formats = map[string]string{
	"date":          "1970-01-01",
	"date-time":     "1970-01-01T00:00:00Z",
	"time":          "00:00:00Z",
	"duration":      "PT1S",
	"uuid":          "00000000-0000-4000-8000-000000000000",
	"email":         "john.doe@example.com",
	"idn-email":     "john.doe@example.com",
	"hostname":      "www.example.com",
	"idn-hostname":  "www.example.com",
	"ipv4":          "192.0.2.1",
	"ip":            "192.0.2.1",
	"ipv6":          "2001:db8::1",
	"uri":           "https://www.example.com/",
	"url":           "https://www.example.com/",
	"iri":           "https://www.example.com/",
	"uri-reference": "/",
	"byte":          "Sm9obiBEb2U=",
	"int32":         "10",
	"int64":         "10",
	"float":         "1.2",
	"double":        "1.2",
	"decimal":       "1.2",
}

// word makes a string: ZAP's, which are the parameter's own name in a path and
// a person's elsewhere, unless the schema wants another.
func (m *maker) word(s *openapi3.Schema) (string, error) {
	switch s.Format {
	case "password":
		return "", errors.New("it is a password")
	case "binary":
		return "", errors.New("it is binary")
	}
	if v, ok := formats[s.Format]; ok {
		return v, nil
	}
	v := "John Doe"
	if m.inPath {
		v = m.name
	}
	if s.Pattern != "" {
		return matching(s, v)
	}
	v = fitted(s, v)
	if !fits(s, v) {
		return "", errors.New("it is too long")
	}
	return v, nil
}

// fitted cuts or lengthens a word.
func fitted(s *openapi3.Schema, v string) string {
	r := []rune(v)
	if s.MaxLength != nil && uint64(len(r)) > *s.MaxLength {
		return string(r[:*s.MaxLength])
	}
	if n := s.MinLength; uint64(len(r)) < n && n <= maxValue {
		return v + strings.Repeat("x", int(n)-len(r))
	}
	return v
}

// fits tells whether a word is as long as it must be.
func fits(s *openapi3.Schema, v string) bool {
	n := uint64(utf8.RuneCountInString(v))
	return n >= s.MinLength && (s.MaxLength == nil || n <= *s.MaxLength) && len(v) <= maxValue
}

var errPattern = errors.New("no word is known that its pattern matches")

// matching makes a word that matches a pattern: one that is at hand, or the
// shortest one that the pattern describes.
func matching(s *openapi3.Schema, at string) (string, error) {
	tree, err := syntax.Parse(s.Pattern, syntax.Perl)
	if err != nil || cost(tree) > 100_000 {
		return "", errPattern // a pattern of JavaScript's that Go does not know
	}
	re, err := regexp.Compile(s.Pattern)
	if err != nil {
		return "", errPattern
	}
	var b strings.Builder
	describe(&b, tree)
	for _, v := range []string{at, b.String(), "10", "a", "A", "abc", "ABC", "1970-01-01", "0"} {
		for _, v := range []string{v, fitted(s, v)} {
			if re.MatchString(v) && fits(s, v) {
				return v, nil
			}
		}
	}
	return "", errPattern
}

// cost estimates what a pattern compiles to.
func cost(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		n += cost(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return n
}

// describe writes a short word that a pattern describes, as far as the pattern
// looks at nothing but the letters.
func describe(b *strings.Builder, re *syntax.Regexp) {
	if b.Len() > maxValue {
		return
	}
	times := 1
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(letter(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('a')
	case syntax.OpAlternate:
		describe(b, re.Sub[0])
		return
	case syntax.OpStar, syntax.OpQuest:
		return
	case syntax.OpRepeat:
		times = re.Min
	}
	for range times {
		for _, sub := range re.Sub {
			describe(b, sub)
		}
		if b.Len() > maxValue {
			return
		}
	}
}

// letter picks a harmless one from a class, which is a list of ranges.
func letter(class []rune) rune {
	for _, want := range "a1A-_ " {
		for i := 0; i+1 < len(class); i += 2 {
			if class[i] <= want && want <= class[i+1] {
				return want
			}
		}
	}
	for i := 0; i+1 < len(class); i += 2 {
		if r := max(class[i], '!'); r <= class[i+1] {
			return r
		}
	}
	return 'a'
}
