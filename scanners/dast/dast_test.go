package dast

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func TestAGoodApplicationIsClean(t *testing.T) {
	s := newSite(t, map[string]string{"/": `<a href="/a">a</a>`, "/a": "<p>fine"})
	r := bench{targets: []string{s.URL}}.one(t, "robots: ignore")
	if d := cmp.Diff([]string{"completed "}, short(r)); d != "" {
		t.Error(d)
	}
	if r.Target != s.URL+"/" || r.Looked.URLs != 2 || r.Looked.Bytes == 0 || r.Engine.Name == "" {
		t.Errorf("%+v", r)
	}
}

func TestNoTarget(t *testing.T) {
	r := bench{}.one(t, "")
	if r.Status != finding.Skipped || !strings.Contains(r.Reason, "--target URL") || r.Target != "" {
		t.Errorf("%+v", r)
	}
}

// What shows nothing of an application has failed, and is never clean.
func TestNeverCleanByAccident(t *testing.T) {
	status := func(n int) *site {
		s := newSite(t, nil)
		s.mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) })
		s.mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) })
		return s
	}
	forbidden := newSite(t, map[string]string{"/": "x", "/robots.txt": "User-agent: *\nDisallow: /"})
	elsewhere := newSite(t, nil)
	elsewhere.mux.Handle("/{$}", http.RedirectHandler("https://www.example.org/secret?x=1", http.StatusFound))
	for name, tt := range map[string]struct{ target, words string }{
		"unreachable": {"http://" + freeAddress(t), "connection is refused"},
		"4xx":         {status(404).URL, "no page is there"},
		"5xx":         {status(500).URL, "robots.txt"},
		"401":         {status(401).URL, "signing in"},
		"robots":      {forbidden.URL, "robots.txt forbids"},
		"redirect":    {elsewhere.URL, "redirects to https://www.example.org, which is another origin"},
		"metadata":    {"http://169.254.169.254", "never scanned"},
	} {
		t.Run(name, func(t *testing.T) {
			r := bench{targets: []string{tt.target}}.one(t, "")
			if r.Status != finding.Failed || len(r.Findings) > 0 || !strings.Contains(r.Reason, tt.words) || strings.Contains(r.Reason, "secret") {
				t.Errorf("%+v", r)
			}
		})
	}
	if r := (bench{targets: []string{status(500).URL}}).one(t, "robots: ignore"); r.Status != finding.Failed || !strings.Contains(r.Reason, "5xx") {
		t.Errorf("%+v", r)
	}
}

// many is a page with so many links.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<a href="/%s">x</a>`, strings.Repeat(string(rune('a'+i%26)), i/26+1))
	}
	return b.String()
}

func TestAServerThatDies(t *testing.T) {
	s := newSite(t, map[string]string{"/": many(40)})
	s.mux.HandleFunc("/{page}", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	r := bench{targets: []string{s.URL}}.one(t, "robots: ignore")
	if r.Status != finding.Partial {
		t.Errorf("%+v", r)
	}
	wantLine(t, r, "gap", "the application stopped to answer", "addresses not asked for")
	wantLine(t, r, "gap", s.URL+"/a: it closes the connection")
}

func TestTLS(t *testing.T) {
	s := startSite(t, map[string]string{"/": "<p>x"}, (*httptest.Server).StartTLS)
	r := bench{targets: []string{s.URL}}.one(t, "robots: ignore")
	if r.Status != finding.Failed || !strings.Contains(r.Reason, "not trusted") || !strings.Contains(r.Reason, "ca:") {
		t.Errorf("%+v", r)
	}
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	b := bench{targets: []string{s.URL}, files: map[string]string{"ca.pem": ca}}
	// What keeps the scan out is a finding besides.
	if got := strings.Join(short(r), "\n"); !strings.Contains(got, "tls-self-signed") {
		t.Error(got)
	}
	if r := b.one(t, "robots: ignore, ca: ca.pem"); r.Status != finding.Completed {
		t.Errorf("%s", short(r))
	}
	if _, _, err := (bench{files: map[string]string{"ca.pem": "x"}}).make(t, "ca: ca.pem"); err == nil || !strings.Contains(err.Error(), "ca: ca.pem holds no certificate") {
		t.Error(err)
	}
}

func TestLimitsAreTold(t *testing.T) {
	s := newSite(t, map[string]string{"/": many(20), "/a": `<a href="/deep">x</a>`})
	s.mux.HandleFunc("/c", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 3<<20)) })
	for section, words := range map[string][]string{
		"pages: 3": {"warning", "limit of pages", "19 addresses", "pages: under scanners: dast"},
		"depth: 1": {"info", "1 address too many links away", "depth:"},
		"depth: 2": {"warning", "1 page longer than"},
	} {
		r := bench{targets: []string{s.URL}}.one(t, "robots: ignore, "+section)
		wantLine(t, r, words...)
		if r.Status != finding.Completed {
			t.Errorf("%s: %s", section, short(r))
		}
	}
	slow := newSite(t, map[string]string{"/": many(20)})
	slow.mux.Handle("/robots.txt", http.NotFoundHandler())
	slow.mux.Handle("/sitemap.xml", http.NotFoundHandler())
	slow.mux.HandleFunc("/{page}", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(5 * time.Second):
		}
	})
	r := bench{targets: []string{slow.URL}}.one(t, "robots: ignore, time: 300ms")
	wantLine(t, r, "warning", "the time of the crawl is over", "time: under scanners: dast")
}

func TestOffline(t *testing.T) {
	s := newSite(t, map[string]string{"/": "x"})
	if r := (bench{targets: []string{s.URL}, offline: true}).one(t, "robots: ignore"); r.Status != finding.Completed {
		t.Errorf("%s", short(r))
	}
	r := bench{targets: []string{"https://example.org"}, offline: true}.one(t, "")
	if r.Status != finding.Failed || !strings.Contains(r.Reason, "example.org is not on this machine, and --offline") {
		t.Errorf("%s", short(r))
	}
}

// bad is an application with something to find on every page.
func bad(t testing.TB) *site {
	s := newSite(t, nil)
	s.html("/{$}", `<a href="/user/1">1</a><a href="/user/2?token=hunter2hunter2">2</a><a href="/legacy/x">old</a>`+
		`<script src="https://cdn.example/x.js?key=hunter2hunter2"></script><script src="/own.js"></script>`, "Server", "web/1.2")
	s.html("/user/{n}", `<form method="post"><input name="x"></form>`, "X-Powered-By", "PHP/5", "Set-Cookie", "id=hunter2hunter2; Path=/")
	s.html("/legacy/x", "<p>", "Content-Security-Policy", "default-src *")
	return s
}

func TestFindingsAreTheSameEveryTime(t *testing.T) {
	s := bad(t)
	first := ""
	for range 5 {
		r := bench{targets: []string{s.URL}}.one(t, "robots: ignore")
		r.Duration = 0
		got := asJSON(t, r)
		if first == "" {
			first = got
		}
		if d := cmp.Diff(first, got); d != "" || len(r.Findings) < 5 {
			t.Fatal(d, short(r))
		}
		if strings.Contains(got, "hunter") {
			t.Errorf("a value is shown: %s", got)
		}
	}
}

func TestPlacement(t *testing.T) {
	s := bad(t)
	for want, b := range map[string]bench{
		"c.yaml:3 low 10036-2 GET / ":                                     {},
		"dast/127.0.0.1:1 low 10036-2 GET / ":                             {targets: []string{s.URL}, file: "-"},
		"dast/127.0.0.1/user/1:1 low 10010 GET /user/{n} id":              {targets: []string{s.URL}},
		"app.yml:1 low 10010 GET /user/{n} id":                            {targets: []string{s.URL}, files: map[string]string{"app.yml": ""}},
		"c.yaml:3 low 10017 GET / https://cdn.example/x.js?key=…":         {},
		"dast/127.0.0.1/legacy/x:1 medium 10055-4 GET /legacy/x Content-": {targets: []string{s.URL}},
	} {
		section := "robots: ignore"
		if len(b.targets) == 0 {
			section += ", targets: ['" + s.URL + "']"
		}
		if b.files != nil {
			section += ", source: ./app.yml"
		}
		wantLine(t, b.one(t, section), want)
	}
	r := bench{targets: []string{s.URL}}.one(t, "source: absent.yml")
	if r.Status != finding.Failed || !strings.Contains(r.Reason, "source: there is no file absent.yml") {
		t.Errorf("%s", short(r))
	}
}

func TestInterrupted(t *testing.T) {
	s := newSite(t, map[string]string{"/": many(20)})
	ctx, cancel := context.WithCancel(t.Context())
	s.mux.HandleFunc("/{page}", func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	began := time.Now()
	r := bench{targets: []string{s.URL}}.scan(t, ctx, "robots: ignore")[0]
	if d := time.Since(began); r.Status != finding.Failed || r.Reason != "interrupted" || d > 30*time.Second {
		t.Errorf("after %s: %s", d, short(r))
	}
}
