package crawl

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// site is an application for a test. Pages are HTML by their path and query;
// what is not there is 404.
type site struct {
	*httptest.Server
	mux *http.ServeMux

	mu    sync.Mutex
	asked []string // as "GET /path?query", in order
}

func newSite(t *testing.T, pages map[string]string) *site {
	t.Helper()
	return startSite(t, pages, (*httptest.Server).Start)
}

func startSite(t *testing.T, pages map[string]string, start func(*httptest.Server)) *site {
	t.Helper()
	s := &site{mux: http.NewServeMux()}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.RequestURI()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, page)
	})
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
		s.mu.Unlock()
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		s.mux.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(s.Server)
	t.Cleanup(s.Close)
	return s
}

// handle serves one path with a function.
func (s *site) handle(path string, h http.HandlerFunc) { s.mux.HandleFunc(path, h) }

// trap fails the test when the path is asked for.
func (s *site) trap(t *testing.T, path string) {
	s.handle(path, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) })
}

func (s *site) options() Options { return Options{Target: must(s.URL)} }

// times counts how often an address was asked for.
func (s *site) times(what string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.asked {
		if a == what {
			n++
		}
	}
	return n
}

// crawl runs a crawl that must succeed, and returns the paths of its pages in
// order, with their status where it is not 200.
func crawl(t *testing.T, o Options) ([]string, Report) {
	t.Helper()
	var got []string
	r, err := Run(context.Background(), o, func(p Page) { got = append(got, nameOf(p)) })
	if err != nil {
		t.Fatal(err)
	}
	return got, r
}

func nameOf(p Page) string {
	name := p.URL.RequestURI()
	if p.Status != http.StatusOK {
		name = fmt.Sprint(p.Status, " ", name)
	}
	if p.Cut {
		name += " cut"
	}
	return name
}

// fails runs a crawl that must fail with an error of one line that holds the
// words.
func fails(t *testing.T, o Options, words ...string) Report {
	t.Helper()
	r, err := Run(context.Background(), o, func(Page) {})
	if err == nil {
		t.Fatalf("no error, but %+v", r)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q, want it with %q", err, w)
		}
	}
	return r
}

// soon fails the test when f takes long.
func soon(t *testing.T, f func()) {
	t.Helper()
	begun := time.Now()
	f()
	if d := time.Since(begun); d > 30*time.Second {
		t.Errorf("it took %s", d)
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

// fields is a header, or cookies, of one.
func fields(name, value string) []exchange.Field { return []exchange.Field{{Name: name, Value: value}} }
