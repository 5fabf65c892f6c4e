package exchange

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// Cookie is a cookie that a response asks to be kept.
type Cookie struct {
	Name  string
	Value string // never to be shown
	Attrs []Attr // names in lower case, in order; an attribute without a value has an empty one
	Line  string // the field's value as sent, with the cookie's value in it
}

// Attr returns the value of an attribute, and whether it is there. Of several
// the last one counts: RFC 6265, section 5.3.
func (c Cookie) Attr(name string) (string, bool) {
	for _, a := range slices.Backward(c.Attrs) {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Shown is the beginning of the field as evidence: without the value.
func (c Cookie) Shown() string { return "Set-Cookie: " + c.Name }

// Expired reports a cookie that is to be deleted rather than kept: RFC 6265,
// section 5.3. now is when the response came. A date or a number that nobody
// can read is passed over, as browsers do.
func (c Cookie) Expired(now time.Time) bool {
	if v, ok := c.Attr("max-age"); ok && maxAge.MatchString(v) {
		return v[0] == '-' || strings.Trim(v, "0") == ""
	}
	if v, ok := c.Attr("expires"); ok {
		if t, ok := ParseDate(v); ok {
			return t.Before(now)
		}
	}
	return false
}

// maxAge is what browsers take for a number of seconds.
var maxAge = regexp.MustCompile(`^-?[0-9]+$`)

func (x *Exchange) parseCookies() []Cookie {
	var out []Cookie
	for _, line := range x.Header.Values("Set-Cookie") {
		pair, rest, _ := strings.Cut(line, ";")
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" {
			continue // browsers would keep a nameless cookie; servers do not mean it
		}
		c := Cookie{Name: name, Value: strings.TrimSpace(value), Line: line}
		for part := range strings.SplitSeq(rest, ";") {
			k, v, _ := strings.Cut(part, "=")
			if k = strings.ToLower(strings.TrimSpace(k)); k != "" {
				c.Attrs = append(c.Attrs, Attr{k, strings.TrimSpace(v)})
			}
		}
		out = append(out, c)
	}
	return out
}
