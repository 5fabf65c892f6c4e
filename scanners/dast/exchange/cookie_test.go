package exchange

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseDate(t *testing.T) {
	want := time.Date(1994, time.November, 6, 8, 49, 37, 0, time.UTC)
	for _, s := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
		"Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 6 Nov 1994 8:49:37 +0100", "1994 nov 6 08:49:37",
	} {
		if got, ok := ParseDate(s); !ok || !got.Equal(want) {
			t.Errorf("%s: %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "0", "-1", "Thu, 31 Feb 2030 00:00:00 GMT", "06 Nov 1994", "06 Foo 1994 08:49:37", "06 Nov 94 25:00:00", "06 Nov 1500 08:49:37", "soon"} {
		if got, ok := ParseDate(s); ok {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestCookies(t *testing.T) {
	x := New(Exchange{Header: Header{
		{"set-cookie", "a=1; HttpOnly; Path=/; SameSite=Lax; samesite=None"},
		{"Set-Cookie", "no name"},
		{"Set-Cookie", "=nameless"},
		{"SET-COOKIE", " b = x=y ;;Secure"},
	}})
	got := x.Cookies()
	want := []Cookie{
		{Name: "a", Value: "1", Attrs: []Attr{{"httponly", ""}, {"path", "/"}, {"samesite", "Lax"}, {"samesite", "None"}}, Line: "a=1; HttpOnly; Path=/; SameSite=Lax; samesite=None"},
		{Name: "b", Value: "x=y", Attrs: []Attr{{"secure", ""}}, Line: " b = x=y ;;Secure"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
	if v, _ := got[0].Attr("samesite"); v != "None" {
		t.Errorf("the last attribute counts, not %s", v)
	}
}

func TestExpired(t *testing.T) {
	for line, want := range map[string]bool{
		"a=1":            false,
		"a=; Max-Age=0":  true,
		"a=; Max-Age=-1": true,
		"a=; Max-Age=00": true,
		"a=; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT":   false,
		"a=; Max-Age=soon; Expires=Thu, 01 Jan 1970 00:00:00 GMT": true,
		"a=; Max-Age=; Expires=Thu, 01 Jan 2037 00:00:00 GMT":     false,
		"a=; Max-Age=99999999999999999999":                        false,
		"a=; Expires=Thu, 01-Jan-1970 00:00:01 GMT":               true,
		"a=; Expires=0":                             false,
		"a=; Expires=not a date":                    false,
		"a=; Expires=Fri, 01 Jan 2038 00:00:00 GMT": false,
	} {
		x := New(Exchange{Header: Header{{"Set-Cookie", line}}})
		if got := x.Cookies()[0].Expired(x.Date()); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
	x := New(Exchange{Header: Header{{"Date", "Thu, 01 Jan 2015 00:00:00 GMT"}, {"Set-Cookie", "a=1; Expires=Fri, 01 Jan 2016 00:00:00 GMT"}}})
	if x.Cookies()[0].Expired(x.Date()) {
		t.Error("it had not expired when it was sent")
	}
}
