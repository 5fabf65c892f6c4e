package crawl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOffScope(t *testing.T) {
	other := newSite(t, nil)
	other.handle("GET /", func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked another origin for %s", r.URL) })
	s := newSite(t, nil)
	port := must(s.URL).Port()
	s.handle("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Add("Link", "<"+other.URL+"/link>; rel=next")
		w.Header().Set("Refresh", "0; url="+other.URL+"/refresh")
		fmt.Fprintf(w, `<a href=/away><a href=/slashes><a href="%[1]s/a"><img src="%[1]s/i"><script src="%[1]s/s"></script><a href="//%[2]s@%[3]s/u">`+
			`<a href="http://localhost:%[4]s/"><a href="https://127.0.0.1:%[4]s/"><a href="\\%[3]s\x"><base href="%[1]s/base/"><a href=relative>`+
			`<a href="file:///etc/passwd"><a href="javascript:fetch('/x')"><a href="mailto:a@b.test"><a href="data:text/html,x"><iframe src="about:blank">`,
			other.URL, must(s.URL).Host, must(other.URL).Host, port)
	})
	s.handle("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/redirected", http.StatusTemporaryRedirect)
	})
	s.handle("/slashes", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Location"] = []string{"//" + must(other.URL).Host + "/"}
		w.WriteHeader(301)
	})
	o := s.options()
	o.Seeds = append(o.Seeds, must(other.URL+"/seed"))
	got, r := crawl(t, o)
	if slices.ContainsFunc(got, func(s string) bool {
		return !slices.Contains([]string{"/", "307 /away", "301 /slashes", "404 /away", "404 /slashes"}, s)
	}) {
		t.Errorf("%v", got)
	}
	if r.Skipped[OffScope] < 8 || r.Skipped[OtherScheme] != 5 {
		t.Errorf("%+v", r)
	}
}

// TestOffScopeRedirects asks for the redirects themselves, which a base element
// elsewhere keeps the other test from.
func TestOffScopeRedirects(t *testing.T) {
	other := newSite(t, nil)
	other.trap(t, "/redirected")
	s := newSite(t, map[string]string{"/": "<a href=/away>"})
	s.handle("/away", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/redirected", http.StatusTemporaryRedirect)
	})
	o := s.options()
	o.Header = fields("Authorization", "Bearer 0123456789")
	got, r := crawl(t, o)
	if d := cmp.Diff([]string{"/", "307 /away"}, got); d != "" || r.Skipped[OffScope] != 1 {
		t.Errorf("%s %+v", d, r)
	}
	c := newCrawler(context.Background(), o, Report{}, nil)
	complete, _ := o.complete()
	c.client = newClient(complete, &Guard{allowed: [loopback + 1]bool{loopback: true}, dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("connected to another origin")
		return nil, io.EOF
	}})
	if r := c.client.get(c.ctx, must(other.URL)); r.err == nil {
		t.Error("the client itself takes another origin")
	}
}

// TestRebinding lets the name lead elsewhere once the crawl has begun.
func TestRebinding(t *testing.T) {
	inside := newSite(t, nil)
	inside.handle("GET /", func(_ http.ResponseWriter, r *http.Request) { t.Errorf("reached %s inside", r.URL) })
	var lookups atomic.Int32
	o := Options{Target: must("http://rebind.test:" + must(inside.URL).Port() + "/"), Lookup: func(context.Context, string) ([]netip.Addr, error) {
		if lookups.Add(1) == 1 {
			return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}}
	fails(t, o, "rebind.test", "127.0.0.1", "led elsewhere")

	s := newSite(t, map[string]string{"/": "<a href=/x>", "/x": ""})
	s.handle("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(404)
	})
	lookups.Store(0)
	o = Options{Target: must("http://rebind.test:" + must(s.URL).Port() + "/"), Lookup: func(context.Context, string) ([]netip.Addr, error) {
		if lookups.Add(1) <= 2 {
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		}
		return []netip.Addr{netip.MustParseAddr("169.254.169.254")}, nil
	}}
	r := fails(t, o, "169.254.169.254", "never")
	if r.Failed != 2 || s.times("GET /") > 0 { // the sitemap and the target
		t.Errorf("%+v", r)
	}
	fails(t, Options{Target: must("http://nowhere.test/"), Lookup: func(context.Context, string) ([]netip.Addr, error) {
		return nil, &net.DNSError{Name: "nowhere.test", IsNotFound: true}
	}}, "nowhere.test", "no host of that name")
}

func TestHarmfulLinks(t *testing.T) {
	s := newSite(t, map[string]string{
		"/": `<a href=/logout>x</a><img src="/users/sign_out"><a href="/item/1?action=delete"><a href=/item/2 data-method=delete><form action=/item/new method=post></form>` +
			`<form method="POST"><button formaction=/item/save></form><a href="/log%6Fut"><a href=/go><iframe src=/unsubscribe?u=1></iframe><a href=/item/3 data-confirm=Sure>` +
			`<meta http-equiv=refresh content="0;url=/user/deactivate"><a href=/fine>`, "/fine": "",
	})
	for _, path := range []string{"/logout", "/users/sign_out", "/item/{n}", "/item/new", "/item/save", "/unsubscribe", "/user/deactivate"} {
		s.trap(t, path)
	}
	s.handle("/go", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/logout?now", http.StatusSeeOther) })
	o := s.options()
	o.Seeds = append(o.Seeds, must("/logout"))
	got, r := crawl(t, o)
	if d := cmp.Diff([]string{"/", "303 /go", "/fine"}, got); d != "" || r.Skipped[Harmful] != 8 || r.Skipped[Form] != 2 {
		t.Errorf("%s %+v", d, r)
	}
	o = Options{Target: must(s.URL + "/delete-demo/")}
	s.handle("/delete-demo/", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") })
	if got, _ := crawl(t, o); len(got) != 1 {
		t.Errorf("the target is what it is: %v", got)
	}
}

func TestInfiniteCalendar(t *testing.T) {
	s := newSite(t, map[string]string{"/": `<a href="/calendar?year=2026&month=1"><a href=/archive/2026/01><a href=/loop/a/><a href=/words?w=a><a href=/about>`, "/about": "<a href=/contact>", "/contact": ""})
	html := func(path string, next func(r *http.Request) string) {
		s.handle(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, next(r))
		})
	}
	var visits atomic.Int32
	html("/calendar", func(r *http.Request) string {
		n := visits.Add(1)
		return fmt.Sprintf(`<a href="?year=%d&month=%d"><a href="?month=%d&year=%d&view=%d">`, 2000+n, n%12, n, n, n)
	})
	html("/archive/{y}/{m}", func(r *http.Request) string { return `<a href="/archive/` + r.PathValue("y") + `0/01">` })
	html("/loop/{rest...}", func(r *http.Request) string { return `<a href="a/">` })
	html("/words", func(r *http.Request) string {
		return `<a href="/words?w=` + strings.Repeat("a", len(r.FormValue("w"))+1) + `">`
	})
	o := s.options()
	o.Workers, o.Depth = 2, 100
	got, r := crawl(t, o)
	count := func(prefix string) (n int) {
		for _, g := range got {
			if strings.HasPrefix(g, prefix) {
				n++
			}
		}
		return n
	}
	if count("/calendar") > 2*DefaultAlike || count("/archive") != DefaultAlike || count("/loop") > 4 || count("/words") != DefaultAlike*coarser || count("/contact") != 1 {
		t.Errorf("calendar %d, archive %d, loop %d, words %d: %v", count("/calendar"), count("/archive"), count("/loop"), count("/words"), got)
	}
	if r.Skipped[Alike] == 0 || r.Skipped[Endless] == 0 || len(r.Cut) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestDyingServer(t *testing.T) {
	var links strings.Builder
	for _, a := range "abcdefghijklmnopqrstuvwxyz" {
		links.WriteString("<a href=/" + strings.Repeat(string(a), 3) + "><a href=/" + strings.Repeat(string(a), 2) + ">")
	}
	s := newSite(t, map[string]string{"/": links.String()})
	var answers atomic.Int32
	s.handle("/{page}", func(w http.ResponseWriter, _ *http.Request) {
		if answers.Add(1) > 12 {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				conn.Close()
			}
		}
	})
	o := s.options()
	o.Workers = 1
	got, r := crawl(t, o)
	if len(got) != 2+11 || // with robots.txt and the sitemap
		r.Fetched != 11 || !r.Incomplete() || !slices.Contains(r.Cut, Gone) || r.Failed < maxSilent || r.Failed > maxSilent+ahead || r.Skipped[Gone] != 53-11-r.Failed {
		t.Errorf("%d pages, %+v", len(got), r)
	}
	for _, p := range r.Problems {
		if !strings.Contains(p.Why, "closes the connection") || !strings.HasPrefix(p.Address, s.URL) {
			t.Errorf("%+v", p)
		}
	}
}

func TestCancel(t *testing.T) {
	s := newSite(t, map[string]string{"/": "<a href=/never><a href=/never/2><a href=/never/3>"})
	begun := make(chan bool, 10)
	s.handle("/never/", func(_ http.ResponseWriter, r *http.Request) { begun <- true; <-r.Context().Done() })
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-begun; cancel() }()
	soon(t, func() {
		r, err := Run(ctx, s.options(), func(Page) {})
		if !errors.Is(err, context.Canceled) || r.Fetched == 0 || r.Failed > 0 {
			t.Errorf("%v %+v", err, r)
		}
	})
	if _, err := Run(ctx, s.options(), func(Page) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended before it began: %v", err)
	}
	o := s.options()
	o.Time = 100 * time.Millisecond
	soon(t, func() {
		if _, r := crawl(t, o); !slices.Contains(r.Cut, TimeUp) {
			t.Errorf("%+v", r)
		}
	})
}

func TestVisitPanics(t *testing.T) {
	s := newSite(t, map[string]string{"/": "<a href=/fine><a href=/never>", "/fine": ""})
	s.handle("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	soon(t, func() {
		defer func() {
			if recover() == nil {
				t.Error("a mistake of the caller is hidden")
			}
		}()
		Run(context.Background(), s.options(), func(p Page) {
			if p.URL.Path == "/fine" {
				panic("x")
			}
		})
	})
}
