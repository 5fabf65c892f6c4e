package crawl

import (
	"net/url"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	base, _ := url.Parse("http://app.test:8080/dir/page?x=1")
	for ref, want := range map[string]string{
		"":                                  "http://app.test:8080/dir/page?x=1",
		"#top":                              "http://app.test:8080/dir/page?x=1",
		"next":                              "http://app.test:8080/dir/next",
		"../up#a":                           "http://app.test:8080/up",
		"../../../../etc/passwd":            "http://app.test:8080/etc/passwd",
		"/%2e%2e/%2E/a":                     "http://app.test:8080/a",
		"/a/./b/../c/.":                     "http://app.test:8080/a/c/",
		"/a%2fb":                            "http://app.test:8080/a%2Fb",
		"/%7euser/%c3%a9":                   "http://app.test:8080/~user/%C3%A9",
		"/é ü":                              "http://app.test:8080/%C3%A9%20%C3%BC",
		"?b=2&a=1":                          "http://app.test:8080/dir/page?b=2&a=1",
		"/a?":                               "http://app.test:8080/a",
		"/a?q=a b%zz%2b":                    "http://app.test:8080/a?q=a%20b%25zz%2B",
		"HTTP://APP.TEST:8080":              "http://app.test:8080/",
		"http://app.test:80/x":              "http://app.test/x",
		"https://app.test:443/x":            "https://app.test/x",
		"//other.test/x":                    "http://other.test/x",
		`\\other.test\x`:                    "http://other.test/x",
		" \n/a\tb ":                         "http://app.test:8080/ab",
		"http://user:secret@app.test:8080/": "http://app.test:8080/",
		"http://app.test:8080@evil.test/":   "http://evil.test/",
		"http://[::1]:80/":                  "http://[::1]/",
		"http://[0:0::1]/":                  "http://[::1]/",
		"http://bücher.test/":               "http://xn--bcher-kva.test/",
		"/a;b=1?c":                          "http://app.test:8080/a;b=1?c",
		"/a|b<c>":                           "http://app.test:8080/a%7Cb%3Cc%3E",
	} {
		u, why := resolve(base, ref)
		if why != "" {
			t.Errorf("%q is refused: %s", ref, why)
			continue
		}
		if u.String() != want {
			t.Errorf("%q = %s, want %s", ref, u, want)
		}
		if again, why := resolve(u, u.String()); why != "" || again.String() != want {
			t.Errorf("%q is another address the second time: %s %s", ref, again, why)
		}
	}
	for ref, want := range map[string]Reason{
		"javascript:alert(1)": OtherScheme, " JavaScript:alert(1)": OtherScheme, "java\nscript:x": OtherScheme, "mailto:a@app.test": OtherScheme,
		"file:///etc/passwd": OtherScheme, "data:text/html," + strings.Repeat("x", 1<<20): OtherScheme, "tel:+1": OtherScheme, "ftp://app.test/": OtherScheme,
		"http:page": Malformed, "http:///x": Malformed, "/%zz": Malformed, "http://a b/": Malformed, "http://app.test:99999/": Malformed,
		"http://[fe80::1%25eth0]/": Malformed, "http://a_%00/": Malformed, "/\x00a": Malformed, "http://x'y/": Malformed,
		"/" + strings.Repeat("x", 3000): LongAddress, "/" + strings.Repeat("é", 500): LongAddress,
	} {
		if u, why := resolve(base, ref); why != want {
			t.Errorf("%.40q = %v, %q, want %q", ref, u, why, want)
		}
	}
}

func TestHarmful(t *testing.T) {
	for address, want := range map[string]bool{
		"/logout": true, "/log-out": true, "/log_out": true, "/logOut": true, "/LogOff.aspx": true, "/users/sign_out": true, "/signout": true,
		"/SIGNOUT": true, "/log%6fut": true, "/log%256fut": true, "/do.php?action=logout": true, "/?logout": true, "/x;action=delete": true, "/doLogout": true, "/dologout": true,
		"/item/5/delete": true, "/deleteItem?id=5": true, "/deleteuser": true, "/remove-from-cart": true, "/unsubscribe?u=1": true, "/un-subscribe": true,
		"/deactivate": true, "/order/5/cancel": true, "/cancelOrder": true, "/cancelorder": true, "/x?op=del": true, "/x?_method=put": true, "/session/destroy": true,
		"/end-session": true, "/end_session": true, "/account/close-account": true, "/opt-out": true, "/log/out": true, "/abmelden": true, "/exit": true,
		"/": false, "/login": false, "/signin": false, "/blog/out-of-office": false, "/catalog/out": false, "/cancellation-policy": false, "/casa-del-sol": false,
		"/exit-strategies": false, "/design-offers": false, "/output": false, "/blog": false, "/x?page=about": false, "/delta": false, "/farm": false,
	} {
		u, _ := url.Parse("http://app.test" + address)
		if got := harmful(u); got != want {
			t.Errorf("%s: %v, want %v", address, got, want)
		}
	}
}

func TestForms(t *testing.T) {
	for address, want := range map[string]string{
		"/post/12": "/post/{n}", "/post/2026-11-22/x": "/post/{n}-{n}-{n}/x", "/cal/2026/nov": "/cal/{n}/{n}", "/page7": "/page{n}",
		"/u/550e8400-e29b-41d4-a716-446655440000/": "/u/{n}/", "/o/deadbeefcafe01": "/o/{n}", "/app.3f9a8b7c.js": "/app.{n}.js", "/about": "/about",
		"/facade": "/facade", "/?b=2&a=x": "/?a=x&b={n}", "/?a=x&b=3": "/?a=x&b={n}", "/calendar?year=2026&month=11": "/calendar?month={n}&year={n}",
	} {
		u, _ := url.Parse("http://app.test" + address)
		if got, _ := forms(u); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	a, _ := url.Parse("/x?a=one&b=two")
	b, _ := url.Parse("/x?b=three&a=four&a=five")
	_, one := forms(a)
	if _, other := forms(b); one != other {
		t.Errorf("%s and %s, want the same", one, other)
	}
	for path, want := range map[string]bool{
		"/a/b/a/b/a/b": false, "/a/a/a/a": true, "/x" + strings.Repeat("/", 6): true, "/1/2/3": false, strings.Repeat("/q", 2) + "/w/e/r": false,
	} {
		if got := endless(&url.URL{Path: path}); got != want {
			t.Errorf("%s: endless %v, want %v", path, got, want)
		}
	}
}

// Both engines name their targets by this form, and errors quote no secret.
func TestParseTarget(t *testing.T) {
	for in, want := range map[string]string{
		"http://localhost:8080":           "http://localhost:8080/",
		"HTTPS://Example.ORG:443/a/../b/": "https://example.org/b/",
		"http://[::1]:80":                 "http://[::1]/",
		"http://a.example/%7euser/ä":      "http://a.example/~user/%C3%A4",
		"http://bücher.example":           "http://xn--bcher-kva.example/",
	} {
		u, err := ParseTarget(in)
		if err != nil || u.String() != want {
			t.Errorf("%s: %v %v", in, u, err)
		}
	}
	for in, want := range map[string]string{
		"":                           "an entry is no http:// or https:// address, such as http://localhost:8080",
		"localhost:8080":             "an entry is no",
		"//localhost":                "the address of localhost is no http:// or https:// address",
		"ftp://a.example/x":          "the address of a.example is no http:// or https://",
		"http://a b.example":         "an entry is no",
		"http://a.example\n":         "an entry is no",
		"http://*.example":           "address of a host",
		"http://a.example:70000":     "address of a host",
		"http://u:hunter2@a.example": "holds a name or password",
		"http://a.example?hunter2":   "has a query or a fragment",
		"http://a.example?":          "has a query or a fragment",
		"http://a.example/#hunter2":  "has a query or a fragment",
		"http://a.example/" + strings.Repeat("x", 3000): "is over 2,048 bytes",
	} {
		u, err := ParseTarget(in)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v %v", in, u, err)
		}
	}
}

func TestRedact(t *testing.T) {
	clean := Redact(fields("Authorization", "Bearer s3cret/token+x"), fields("sid", "cookie-value"))
	got := clean(`GET / Bearer s3cret/token+x, s3cret%2Ftoken%2Bx "s3cret\/token+x" sid=cookie-value short`)
	if strings.Contains(got, "s3cret") || strings.Contains(got, "cookie-value") || !strings.HasSuffix(got, " short") {
		t.Error(got)
	}
}
