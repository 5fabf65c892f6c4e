package dast

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// site is an application: pages of HTML by their path and query, and handlers.
// What is not there is 404, and what is not asked for with GET is refused.
type site struct {
	*httptest.Server
	mux *http.ServeMux

	mu    sync.Mutex
	asked []string
}

// hardened are the fields with which the rules are content.
var hardened = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Permissions-Policy":           "camera=()",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Strict-Transport-Security":    "max-age=63072000; includeSubDomains; preload",
	"Cache-Control":                "no-store, no-cache, must-revalidate",
}

func newSite(t testing.TB, pages map[string]string) *site {
	t.Helper()
	return startSite(t, pages, (*httptest.Server).Start)
}

func startSite(t testing.TB, pages map[string]string, start func(*httptest.Server)) *site {
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
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.RequestURI())
		s.mu.Unlock()
		for k, v := range hardened {
			w.Header().Set(k, v)
		}
		s.mux.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	start(s.Server)
	t.Cleanup(s.Close)
	return s
}

func (s *site) wasAsked(uri string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.asked {
		if a == uri {
			return true
		}
	}
	return false
}

// html adds a page.
func (s *site) html(path, body string, header ...string) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		io.WriteString(w, body)
	})
}

// bench is a scanned directory, and what surrounds it.
type bench struct {
	files   map[string]string
	env     map[string]string
	targets []string
	offline bool
	file    string // the configuration's path; "-": elsewhere
}

// make makes the scanners of a section of a configuration, which is in one line.
func (b bench) make(t testing.TB, section string) ([]*Scanner, scanners.Target, error) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range b.files {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	file, err := config.Parse([]byte("version: 1\nscanners:\n  dast: {rate: unlimited, "+fill(t, section)+"}\n"), "c.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var o Options
	if err := file.Scanners["dast"].Decode(&o); err != nil {
		t.Fatal(err)
	}
	if b.file == "" {
		b.file = "c.yaml"
	}
	all, err := New(o, Setting{
		Targets: b.targets, Offline: b.offline, Dir: dir, File: strings.Trim(b.file, "-"),
		Log:      func(n int) (string, error) { return filepath.Join(dir, fmt.Sprintf("app-%d.log", n)), nil },
		ReadFile: func(name string) ([]byte, error) { return fs.ReadFile(os.DirFS(dir), name) },
		Getenv:   func(name string) string { return b.env[name] },
	})
	if err != nil {
		return nil, scanners.Target{}, err
	}
	tree, err := scanners.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return all, scanners.Target{Tree: tree, Jobs: 2}, nil
}

// scan runs the scanners as a scan does.
func (b bench) scan(t testing.TB, ctx context.Context, section string, also ...scanners.Scanner) []finding.Run {
	t.Helper()
	all, target, err := b.make(t, section)
	if err != nil {
		t.Fatal(err)
	}
	var list []scanners.Scanner
	for _, s := range all {
		list = append(list, s)
	}
	return scanners.Run(ctx, scanners.Plan(ctx, append(list, also...), target), target, scanners.Options{})
}

// one is the run of a scan of one target.
func (b bench) one(t testing.TB, section string) finding.Run {
	t.Helper()
	return b.scan(t, t.Context(), section)[0]
}

// short has a run in lines: the status, notes and findings.
func short(r finding.Run) []string {
	out := []string{r.Status.String() + " " + r.Reason}
	for _, n := range r.Notes {
		out = append(out, string(n.Level)+" "+n.String())
	}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s:%d %s %s", f.Location.Path, f.Location.StartLine, f.Severity, f.Key))
	}
	return out
}

// wantLine checks that a line of a run has all the words.
func wantLine(t testing.TB, r finding.Run, words ...string) {
	t.Helper()
	for _, line := range short(r) {
		if missing(line, words) == "" {
			return
		}
	}
	t.Errorf("no line with %q in\n%s", words, strings.Join(short(r), "\n"))
}

func missing(s string, words []string) string {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return w
		}
	}
	return ""
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// freeAddress is where nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// helperName makes the test binary the program under test.
const helperName = "DAST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(helperName) != "" && len(os.Args) > 2 {
		os.Exit(program(os.Args[1], os.Args[2:]))
	}
	os.Exit(m.Run())
}

// program is a program under test.
func program(address string, words []string) int {
	fmt.Println("started", strings.Join(words, " "))
	asked := 0
	h := func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch {
		case words[0] == "never":
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case words[0] == "dies" && asked > 6:
			fmt.Println("panic: header is", r.Header.Get("X-Token"))
			os.Exit(3)
		case words[0] == "slow":
			time.Sleep(20 * time.Millisecond)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<a href="/a%d">next</a><p>process %d</p>`, asked, os.Getpid())
	}
	var mu sync.Mutex
	fmt.Println(http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		h(w, r)
	})))
	return 1
}

// planned is a scanner's plan.
func planned(t testing.TB, s *Scanner, target scanners.Target) scanners.Work {
	t.Helper()
	w, err := s.Plan(t.Context(), target)
	if err != nil {
		t.Error(err)
	}
	return w
}
