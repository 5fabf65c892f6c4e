package crawl

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func TestLinks(t *testing.T) {
	page := `<!doctype html><HTML><head><base href="/base/"><base href="/second/"><meta http-equiv="Refresh" content="5; URL='r'">
<link rel=stylesheet href=s.css imagesrcset="i1 1x, i2 2x"><script src="j.js">var x = "<a href=no1>"</script>
<style>a { background: url(no2) }</style><!-- <a href="no3"> --></head><body background=bg>
<a href="a1">x</a><A HREF = 'a2' >y<a href=a3 data-method="DELETE">z</a><a href=a4 data-method=get>z</a><a href=a5 data-confirm="Sure?">z</a>
<a href=a6 onclick="return confirm('x')">z</a><area href=a7><img src=im longdesc=ld srcset="s1, s2 2x,s3  100w , data:x,y 2x">
<iframe src=if></iframe><frame src=fr><video src=v poster=po><source src=so srcset=ss><track src=tr></video><audio src=au></audio>
<form action=f1><button formaction=f2>x</button><button formaction=f3 formmethod=post>x</button></form>
<form action=f4 method=POST><input formaction=f5><input type=submit formaction=f6 formmethod=GET></form><form action=f7 method=" get "></form>
<object data=ob></object><embed src=em><applet code=ap archive=ar></applet><textarea><a href=no4></textarea><title><a href=no5></title>
<noscript><a href=n1></a></noscript><a href="a8&amp;b"><a href=unfinished"`
	x := exchange.New(exchange.Exchange{
		URL: must("http://app.test/dir/page"), Status: 200, Body: []byte(page),
		Header: exchange.Header{{Name: "Content-Type", Value: "text/html"}, {Name: "Link", Value: `<l1>; rel=next, <l2>; title="<l3>"`}, {Name: "Refresh", Value: "0;url=h1"}, {Name: "Content-Location", Value: "h2"}, {Name: "Location", Value: "h3"}, {Name: "Link", Value: "<broken"}},
	})
	base, got, more := links(x)
	if more || base.String() != "http://app.test/base/" {
		t.Errorf("base %s, more %v", base, more)
	}
	var text []string
	for _, l := range got {
		s := l.ref
		if l.resource {
			s += " part"
		}
		if l.refused != "" {
			s += " " + string(l.refused)
		}
		text = append(text, s)
	}
	want := []string{
		"l1 part", "l2 part", "l3 part", "h1", "h2", "h3", "r", "s.css part", "i1 part", "i2 part", "j.js part", "bg part",
		"a1", "a2", "a3 logs out or deletes", "a4", "a5 logs out or deletes", "a6 logs out or deletes", "a7", "im part", "s1 part", "s2 part", "s3 part", "data:x,y part", "ld",
		"if", "fr", "v part", "po part", "so part", "ss part", "tr part", "au part",
		"f1", "f2", "f3 form", "f4 form", "f5 form", "f6", "f7", "ob part", "em part", "ap part", "ar part", "n1", "a8&b",
	}
	if d := cmp.Diff(want, text); d != "" {
		t.Error(d)
	}
}

func TestManyLinks(t *testing.T) {
	many := bytes.NewBufferString(strings.Repeat("<a href=same>", maxLinks))
	for i := range maxLinks {
		fmt.Fprintf(many, "<a href=%d>", i)
	}
	x := exchange.New(exchange.Exchange{URL: must("http://app.test/"), Body: many.Bytes(), Header: exchange.Header{{Name: "Content-Type", Value: "text/html"}}})
	if _, got, more := links(x); len(got) != maxLinks || !more {
		t.Errorf("%d links, more %v", len(got), more)
	}
}

func TestRefresh(t *testing.T) {
	for in, want := range map[string]string{"5": "", "0; url=/x": "/x", "0;URL = \"/x\"y": "/x", "0,/x": "/x", "0; 'a": "a", "; url": "url", "": "", "0; url=": ""} {
		if got := refreshTarget(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestRobots(t *testing.T) {
	const body = "\xef\xbb\xbf# all\nUser-agent: other\nDisallow: /\n\nuser-agent: *\r\nDisallow: /private # why\nAllow: /private/open\nDisallow: /*.pdf$\n" +
		"Disallow: /a*b*c\nDisallow: /q?x=\nDisallow: /%7ehome\nDisallow:\nnonsense\nAllow: /same\nDisallow: /same\nSitemap: http://app.test/map.xml\nDisallow: /late\nDisallow: /a$b\n"
	r := parseRobots([]byte(body))
	for path, want := range map[string]bool{
		"/": true, "/private": false, "/private/x": false, "/private/open": true, "/private/opening": true, "/x.pdf": false, "/x.pdf?y": true, "/x.pdfs": true,
		"/a1b2c3": false, "/acb": true, "/q?x=1": false, "/q": true, "/~home": false, "/same": true, "/late": false, "/robots.txt": true, "/a$b": false,
	} {
		if got := r.allows(must("http://app.test" + path)); got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
	if d := cmp.Diff([]string{"http://app.test/map.xml"}, r.sitemaps); d != "" {
		t.Error(d)
	}
	named := parseRobots([]byte("User-agent: *\nDisallow: /\n\nUser-agent: x\nUser-agent: ScanGate\nDisallow: /no\n\nUser-agent: scangate\nDisallow: /nor\n"))
	for path, want := range map[string]bool{"/": true, "/no": false, "/nor": false, "/yes": true} {
		if got := named.allows(must("http://app.test" + path)); got != want {
			t.Errorf("by name, %s: %v, want %v", path, got, want)
		}
	}
	if parseRobots([]byte("User-agent: *\nDisallow: /robots.txt\n")).allows(must("http://app.test/robots.txt")) == false {
		t.Error("robots.txt itself is always allowed")
	}
	if (robots{refuses: true}).allows(must("http://app.test/")) {
		t.Error("what cannot be had forbids everything")
	}
	huge := parseRobots([]byte("User-agent: *\n" + strings.Repeat("Disallow: /*a*a*a*a*a*a*a*a$\n", 100_000)))
	if !huge.allows(must("http://app.test/" + strings.Repeat("a", 1000) + "b")) {
		t.Error("a pattern that does not match forbids")
	}
}

func TestSitemap(t *testing.T) {
	const head = `<?xml version="1.0" encoding="ISO-8859-1"?>`
	set := head + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc> http://app.test/a?b=1&amp;c=2 </loc><image:loc>http://x</image:loc></url><url><loc></loc></url><url><loc>/b</loc></url>`
	want := []string{"http://app.test/a?b=1&c=2", "http://x", "/b"}
	packed := func(s string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, s)
		z.Close()
		return b.Bytes()
	}
	for name, body := range map[string][]byte{"whole": []byte(set + "</urlset>"), "broken off": []byte(set), "broken": []byte(set + "<url></x></</>"), "gzip": packed(set)} {
		pages, maps := parseSitemap(body, 1<<20)
		if d := cmp.Diff(want, pages); d != "" || maps != nil {
			t.Errorf("%s: %s %v", name, d, maps)
		}
	}
	if pages, maps := parseSitemap([]byte(`<sitemapindex><sitemap><loc>/one.xml</loc></sitemap></sitemapindex>`), 1<<20); pages != nil || cmp.Diff([]string{"/one.xml"}, maps) != "" {
		t.Errorf("index: %v %v", pages, maps)
	}
	for name, body := range map[string][]byte{
		"entities": []byte(`<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><urlset><url><loc>/&b;</loc></url></urlset>`),
		"external": []byte(`<!DOCTYPE x SYSTEM "file:///etc/passwd"><urlset><url><loc>/x</loc></url></urlset>`),
		"deep":     []byte(strings.Repeat("<url>", 100_000)),
		"page":     []byte("<!doctype html><title>x</title>"),
		"bomb":     packed(strings.Repeat(" ", 4<<20)),
		"no gzip":  {0x1f, 0x8b, 0},
		"UTF-16":   []byte(`<?xml version="1.0" encoding="UTF-16"?><urlset><url><loc>/x</loc></url></urlset>`),
		"long":     []byte("<urlset><url>" + strings.Repeat("<x>", 100)),
	} {
		if pages, maps := parseSitemap(body, 1<<20); len(pages)+len(maps) > 0 {
			t.Errorf("%s: %d pages, %d maps", name, len(pages), len(maps))
		}
	}
	if pages, _ := parseSitemap([]byte(strings.Repeat("<url><loc>/x</loc></url>", maxSitemapURLs+9)), 1<<20); len(pages) != maxSitemapURLs {
		t.Errorf("%d pages", len(pages))
	}
}

func TestReadBody(t *testing.T) {
	pack := func(w func(io.Writer) io.WriteCloser, s string) string {
		var b bytes.Buffer
		z := w(&b)
		io.WriteString(z, s)
		z.Close()
		return b.String()
	}
	zip := func(s string) string {
		return pack(func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }, s)
	}
	lib := func(s string) string {
		return pack(func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }, s)
	}
	bare := func(s string) string {
		return pack(func(w io.Writer) io.WriteCloser { z, _ := flate.NewWriter(w, 9); return z }, s)
	}
	const limit = 1000
	full := strings.Repeat("x", limit)
	for name, test := range map[string]struct {
		encoding, kind, body string
		want                 string
		cut                  bool
	}{
		"plain": {"", "", "abc", "abc", false}, "identity": {"Identity", "", "abc", "abc", false}, "empty": {"", "", "", "", false},
		"gzip": {"gzip", "", zip("abc"), "abc", false}, "x-gzip": {"X-GZIP", "", zip("abc"), "abc", false},
		"zlib": {"deflate", "", lib("abc"), "abc", false}, "deflate": {"deflate", "", bare("abc"), "abc", false},
		"full": {"", "", full, full, false}, "one more": {"", "", full + "x", full, true}, "gzip full": {"gzip", "", zip(full), full, false},
		"bomb": {"gzip", "", zip(strings.Repeat("x", 1<<20)), full, true}, "zlib bomb": {"deflate", "", lib(strings.Repeat("x", 1<<20)), full, true},
		"brotli": {"br", "", "abc", "", true}, "twice": {"gzip, gzip", "", zip(zip("abc")), "", true}, "no gzip": {"gzip", "", "abc", "", true},
		"gzip broken off": {"gzip", "", zip(full)[:10], "", true}, "empty gzip": {"gzip", "", "", "", false}, "empty deflate": {"deflate", "", "", "", false},
	} {
		resp := &http.Response{Header: http.Header{"Content-Encoding": {test.encoding}, "Content-Type": {test.kind}}, Body: io.NopCloser(strings.NewReader(test.body))}
		if test.encoding == "" {
			resp.Header.Del("Content-Encoding")
		}
		body, cut := readBody(resp, limit)
		if string(body) != test.want || cut != test.cut {
			t.Errorf("%s: %.20q (%d), cut %v, want %.20q (%d), cut %v", name, body, len(body), cut, test.want, len(test.want), test.cut)
		}
	}
	resp := &http.Response{Header: http.Header{"Content-Type": {"image/png; x=y"}}, Body: io.NopCloser(strings.NewReader(strings.Repeat("x", 1<<20)))}
	if body, cut := readBody(resp, 1<<20); len(body) != maxMedia || !cut {
		t.Errorf("%d bytes of an image, cut %v", len(body), cut)
	}
	for kind, want := range map[string]bool{"image/svg+xml": false, "text/html": false, "IMAGE/PNG": true, "font/woff2": true, "application/json": false, "": false} {
		if media(kind) != want {
			t.Errorf("media(%q) = %v", kind, !want)
		}
	}
}

func TestSecrets(t *testing.T) {
	token := fmt.Sprint("tok", 1234567890)
	s := newSecrets([]exchange.Field{{Name: "Authorization", Value: "Bearer " + token}, {Name: "X-Short", Value: "no"}}, []exchange.Field{{Name: "sid", Value: "a+b/c&d=1<x"}})
	for in, want := range map[string]string{
		"x " + token + "!": "x [redacted]!", "Bearer " + token: "[redacted]", "no": "no", "a+b/c&d=1<x": "[redacted]", "a+b/c&amp;d=1&lt;x": "[redacted]", "a%2Bb%2Fc%26d%3D1%3Cx": "[redacted]",
	} {
		if got := s.text(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got := string(s.bytes([]byte(in))); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, f := range []struct{ name, value, want string }{
		{"Authorization", "Basic eDp5", "Basic [redacted]"}, {"authorization", "Digest a=b", "Digest [redacted]"}, {"Authorization", token, redacted},
		{"Authorization", "Secret one", redacted}, {"X-Key", "Basic x", redacted}, {"Proxy-Authorization", "Bearer x", "Bearer [redacted]"},
	} {
		if got := hidden(exchange.Field{Name: f.name, Value: f.value}).Value; got != f.want {
			t.Errorf("%s: %q, want %q", f.name, got, f.want)
		}
	}
}

func must(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}
