package crawl

import (
	"net/url"
	"strings"
	"testing"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// FuzzResolve: an address in its normal form is its own normal form, names the
// host that is connected to, and holds nothing that a request could break at.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{"/a/../b?c=d#e", "//h:80/%2e%2E/", `\\h\x`, "http://u@h/", "?a=%zz", "http://[::1]/", "a:b", "//bücher/", "/%25", "http:x", "//h:8/;/../"} {
		f.Add(s)
	}
	base := must("http://app.test:8080/dir/page?x=1")
	f.Fuzz(func(t *testing.T, ref string) {
		u, why := resolve(base, ref)
		if why != "" {
			return
		}
		s := u.String()
		if strings.ContainsAny(s, " \r\n\t#\\\x00") || u.User != nil {
			t.Fatalf("%q: %q", ref, s)
		}
		again, why := resolve(base, s)
		if why != "" || again.String() != s {
			t.Fatalf("%q: %q, then %v %q", ref, s, again, why)
		}
		other, err := url.Parse(s)
		if err != nil || other.Host != u.Host || !strings.HasPrefix(s, origin(u)+"/") {
			t.Fatalf("%q: %q: %v", ref, s, err)
		}
		harmful(u)
		endless(u)
		forms(u)
	})
}

// FuzzRead: nothing that a server sends makes reading it fail.
func FuzzRead(f *testing.F) {
	f.Add("<base href=x><a href=y><img srcset='a 1x,b'><noscript><form action=z method=post>", "</x>; rel=next", "0; url='y")
	f.Add("User-agent: *\nDisallow: /*a$\nSitemap: x", ",<", ";url")
	f.Add("<urlset><url><loc>/x</loc></url></urlset>", "<>", "url=")
	f.Fuzz(func(t *testing.T, body, field, refresh string) {
		x := exchange.New(exchange.Exchange{URL: must("http://app.test/"), Status: 302, Body: []byte(body), Header: exchange.Header{
			{Name: "Content-Type", Value: "text/html"}, {Name: "Link", Value: field}, {Name: "Location", Value: field}, {Name: "Refresh", Value: refresh}}})
		base, found, _ := links(x)
		if len(found) > maxLinks || base == nil {
			t.Fatalf("%d links, base %v", len(found), base)
		}
		parseRobots([]byte(body)).allows(must("http://app.test/x?y"))
		if pages, maps := parseSitemap([]byte(body), 1<<20); len(pages)+len(maps) > maxSitemapURLs {
			t.Fatalf("%d pages", len(pages))
		}
		matchesPath(field, body)
	})
}
