package crawl

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBreadthFirst(t *testing.T) {
	s := newSite(t, map[string]string{
		"/":          `<script src=/app.js></script><a href="/b">b</a><a href="a?x=1&y=2#f">a</a><a href="./b#other">again</a><img src=/i.png><form action=/search><input name=q></form><a href=/gone>x</a>`,
		"/b":         `<a href="/deep">deep</a>`,
		"/a?x=1&y=2": `<a href="/deep">deep</a><a href="/a?y=2&x=1">other order</a><meta http-equiv=refresh content="0;url=/met">`,
		"/deep":      `<a href="/">home</a>`,
		"/met":       "met", "/search": "found", "/app.js": "x", "/i.png": "x", "/a?y=2&x=1": "order",
	})
	want := []string{"/", "/b", "/a?x=1&y=2", "/search", "404 /gone", "/deep", "/a?y=2&x=1", "/met"}
	parts := []string{"/app.js", "/i.png"}
	var last []string
	for range 3 {
		got, r := crawl(t, s.options())
		if last != nil && cmp.Diff(last, got) != "" {
			t.Errorf("another order: %s", cmp.Diff(last, got))
		}
		last = got
		pages := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return slices.Contains(parts, s) })
		if d := cmp.Diff(want, pages); d != "" {
			t.Error(d)
		}
		wantReport := Report{Seen: 10, Fetched: 10, Status: map[int]int{200: 9, 404: 1}, Skipped: map[Reason]int{}}
		if d := cmp.Diff(wantReport, r); d != "" {
			t.Error(d)
		}
	}
}

func TestDepth(t *testing.T) {
	pages := map[string]string{"/": `<a href=/one>`, "/one": `<a href=/two>`, "/two": `<a href=/three>`, "/three": "", "/seed": ""}
	for depth, want := range map[int][]string{-1: {"/", "/seed"}, 1: {"/", "/seed", "/one"}, 2: {"/", "/seed", "/one", "/two"}, 0: {"/", "/seed", "/one", "/two", "/three"}} {
		s := newSite(t, pages)
		o := s.options()
		o.Depth = depth
		o.Seeds = append(o.Seeds, must(s.URL+"/seed"), must("/seed"), must("http://other.test/"), nil)
		got, r := crawl(t, o)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d: %s", depth, d)
		}
		if slices.Contains(r.Cut, TooDeep) != (depth != 0) || r.Skipped[OffScope] != 1 {
			t.Errorf("%d: %+v", depth, r)
		}
	}
}

func TestLimits(t *testing.T) {
	var links strings.Builder
	for _, a := range "abcdefghij" {
		for _, b := range "klmnopqrst" {
			links.WriteString(`<a href="/` + string(a) + string(b) + `">x</a><img src="/img` + string(a) + string(b) + `">`)
		}
	}
	s := newSite(t, map[string]string{"/": links.String()})
	o := s.options()
	o.Pages = 20
	got, r := crawl(t, o)
	if len(got) != 20 || r.Fetched != 20 || slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "img") }) {
		t.Errorf("%d pages: %v", len(got), got)
	}
	if d := cmp.Diff([]Reason{TooMany}, r.Cut); d != "" || r.Skipped[TooMany] != 201-20 || r.Seen != 201 {
		t.Errorf("%s %+v", d, r)
	}
	o.Pages, o.Rate = 5, 50
	begun := time.Now()
	if crawl(t, o); time.Since(begun) < 100*time.Millisecond { // seven requests with those for robots.txt and the sitemap
		t.Errorf("50 requests per second: %s", time.Since(begun))
	}
	o.Pages, o.Rate, o.Time = 200, 20, 250*time.Millisecond
	if _, r := crawl(t, o); !slices.Contains(r.Cut, TimeUp) || r.Fetched == 0 || r.Fetched > 10 || r.Skipped[TimeUp] == 0 || r.Failed > 0 {
		t.Errorf("the time was up: %+v", r)
	}
	o.Rate, o.Time = 0.01, 20*time.Millisecond
	fails(t, o, "before the time was up")
}

// TestQueue: what will not be asked for is not kept.
func TestQueue(t *testing.T) {
	o, _ := Options{Target: must("http://app.test/"), Pages: 20}.complete()
	c := newCrawler(context.Background(), o, Report{Skipped: map[Reason]int{}}, nil)
	c.client = newClient(o, nil)
	for n := range 1000 {
		c.consider(o.Target, link{ref: word(n), resource: n%2 == 0}, place{depth: 1, part: n%2 == 0})
	}
	if c.pages.n != 20 || c.parts.n != 20 || c.report.Skipped[TooMany] != 960 {
		t.Errorf("%d pages and %d parts wait: %+v", c.pages.n, c.parts.n, c.report)
	}
}

func TestRedirects(t *testing.T) {
	s := newSite(t, map[string]string{"/": `<a href=/r1>`, "/end": `<a href=/after>`, "/after": ""})
	to := func(path, where string) {
		s.handle(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Location"] = []string{where}
			w.WriteHeader(302)
		})
	}
	to("/r1", "r2?a=b")
	to("/r2", "/end#x")
	got, r := crawl(t, s.options())
	if d := cmp.Diff([]string{"/", "302 /r1", "302 /r2?a=b", "/end", "/after"}, got); d != "" {
		t.Error(d)
	}
	if r.Status[302] != 2 {
		t.Errorf("%+v", r)
	}
}

func TestRedirectLoops(t *testing.T) {
	s := newSite(t, map[string]string{"/": `<a href=/self><a href=/ping><a href=/count>`})
	s.handle("/self", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/self", http.StatusFound) })
	s.handle("/ping", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/pong", http.StatusFound) })
	s.handle("/pong", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/ping", http.StatusFound) })
	s.handle("/count", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "c", Value: "v"})
		http.Redirect(w, r, "/count?"+strings.Repeat("x", len(r.URL.RawQuery)+1), http.StatusFound)
	})
	_, r := crawl(t, s.options())
	if s.times("GET /self") > 2 || s.times("GET /ping") > 2 || r.Skipped[Redirects] != 1 || r.Fetched > 20 {
		t.Errorf("%v %+v", s.asked, r)
	}
	s = newSite(t, nil)
	s.handle("/{$}", func(w http.ResponseWriter, r *http.Request) { // shows itself to those who keep cookies
		if _, err := r.Cookie("seen"); err != nil {
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes"})
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<a href=/x>")
	})
	got, _ := crawl(t, s.options())
	if d := cmp.Diff([]string{"302 /", "/", "404 /x"}, got); d != "" {
		t.Error(d)
	}
}

func TestOutOfScopeRules(t *testing.T) {
	s := newSite(t, map[string]string{"/": "<a href=/admin/x><a href=/x/admin>", "/x/admin": ""})
	s.trap(t, "/admin/x")
	o := s.options()
	o.OutOfScope = []*regexp.Regexp{regexp.MustCompile(regexp.QuoteMeta(s.URL) + "/admin"), regexp.MustCompile("/x")}
	got, r := crawl(t, o)
	if d := cmp.Diff([]string{"/", "/x/admin"}, got); d != "" || r.Skipped[OutOfScope] != 1 {
		t.Errorf("%s %+v", d, r)
	}
	o.OutOfScope = append(o.OutOfScope, regexp.MustCompile("http"))
	fails(t, o, "rules file")
}

func TestFruitless(t *testing.T) {
	status := func(code int, path string) *site {
		s := newSite(t, nil)
		s.handle("/robots.txt", http.NotFound)
		s.handle("/sitemap.xml", http.NotFound)
		s.handle("/{$}", func(w http.ResponseWriter, r *http.Request) {
			if path != "" {
				w.Header().Set("Location", path)
			}
			w.WriteHeader(code)
		})
		return s
	}
	fails(t, status(500, "").options(), "5xx")
	fails(t, status(404, "").options(), "4xx")
	fails(t, status(401, "").options(), "signing in")
	fails(t, status(403, "").options(), "signing in")
	fails(t, status(302, "/").options(), "only redirects")
	fails(t, status(302, "https://sso.test/x?secret").options(), "redirects to https://sso.test,", "make that the target")
	r := fails(t, status(500, "").options())
	if r.Fetched != 1 || r.Status[500] != 1 {
		t.Errorf("the report is kept: %+v", r)
	}

	closed := httptest.NewServer(nil)
	closed.Close()
	fails(t, Options{Target: must(closed.URL)}, "refused", "running")
	fails(t, Options{Target: must(closed.URL), IgnoreRobots: true}, "refused", "running")
	fails(t, Options{Target: must("http://169.254.169.254/latest/")}, "169.254.169.254", "never")
	fails(t, Options{Target: must("http://[fe80::1]/")}, "never")
}

func TestOptions(t *testing.T) {
	target := must("http://app.test/")
	for want, o := range map[string]Options{
		"no target":     {},
		"credentials":   {Target: must("http://u:hunter2hunter2@app.test/")},
		"not an http":   {Target: must("ftp://app.test/")},
		"X-Key":         {Target: target, Header: fields("X-Key", "hunter2\r\nx")},
		"no name":       {Target: target, Header: fields("X Key", "hunter2")},
		"cannot be set": {Target: target, Header: fields("hOST", "hunter2")},
		"cookie sid":    {Target: target, Cookies: fields("sid", "hunter2; path=/")},
		"of a cookie":   {Target: target, Cookies: fields("s d", "hunter2")},
		"user agent":    {Target: target, UserAgent: "a\nb"},
		"rate":          {Target: target, Rate: -1},
	} {
		_, err := Run(context.Background(), o, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v, want it with %q and without the secret", err, want)
		}
	}
	o, err := Options{Target: must("HTTP://App.Test:80"), MaxBody: 1 << 40, Pages: 1 << 30, Workers: 1 << 20}.complete()
	if err != nil || o.Target.String() != "http://app.test/" || o.MaxBody != 5<<19 || o.Pages != maxPages || o.Workers != maxWorkers || o.Depth != 5 || o.Time != time.Minute || o.Timeout != 10*time.Second {
		t.Errorf("%+v %v", o, err)
	}
}
