package exchange

import (
	"net/http"
	"strconv"
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

// Attr returns the value of an attribute, and whether it is there.
func (c Cookie) Attr(name string) (string, bool) {
	for _, a := range c.Attrs {
		if a.Name == name {
			return a.Value, true
		}
	}
	return "", false
}

// Shown is the beginning of the field as evidence: without the value.
func (c Cookie) Shown() string { return "Set-Cookie: " + c.Name }

// Expired reports a cookie that is to be deleted rather than kept: RFC 6265,
// section 5.3. now is when the response came. A date that nobody can read is
// ignored, as browsers do.
func (c Cookie) Expired(now time.Time) bool {
	if v, ok := c.Attr("max-age"); ok {
		if n, err := strconv.Atoi(v); err == nil {
			return n <= 0
		}
	}
	if v, ok := c.Attr("expires"); ok {
		if t, ok := ParseDate(v); ok {
			return t.Before(now)
		}
	}
	return false
}

// ParseDate reads the forms of a date that browsers accept in practice.
func ParseDate(s string) (time.Time, bool) {
	if t, err := http.ParseTime(s); err == nil {
		return t, true
	}
	for _, form := range []string{"Mon, 02-Jan-2006 15:04:05 MST", "Mon, 02-Jan-06 15:04:05 MST", "Mon, 2 Jan 2006 15:04:05 MST", "Mon, 02 Jan 06 15:04:05 MST"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Date is when the server says that it answered, or the zero time.
func (x *Exchange) Date() time.Time {
	v, _ := x.Header.Get("Date")
	t, _ := ParseDate(v)
	return t
}

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
