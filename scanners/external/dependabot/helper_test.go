package dependabot

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners"
)

// secret is put together here, so that no scanner takes it for a real one.
var secret = "ghs_" + strings.Repeat("t0k3n", 7)

// hub speaks the part of GitHub's API that is asked for, as its documentation
// of version 2022-11-28 describes it in "List Dependabot alerts for a
// repository" (docs.github.com/rest/dependabot/alerts) and "Rate limits for the
// REST API". Its alerts are made here, field by field, after that description.
type hub struct {
	*httptest.Server
	t      testing.TB
	prefix string // "/api/v3" of an Enterprise Server
	alerts []any

	// before answers in place of the list, if it returns true. n counts
	// requests from 1.
	before func(n int, w http.ResponseWriter, r *http.Request) bool

	mu      sync.Mutex
	queries []string
}

func newHub(t testing.TB, alerts ...any) *hub {
	t.Helper()
	h := &hub{t: t, alerts: alerts}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.queries = append(h.queries, r.URL.RawQuery)
	n := len(h.queries)
	h.mu.Unlock()
	if got := r.Header.Get("Authorization"); got != "Bearer "+secret {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if got := r.Header.Get("X-GitHub-Api-Version"); got != "2022-11-28" {
		h.t.Errorf("asked for version %q of the API", got)
	}
	if h.before != nil && h.before(n, w, r) {
		return
	}
	if r.Method != http.MethodGet || r.URL.Path != h.prefix+"/repos/octo/shop/dependabot/alerts" {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"Not Found"}`)
		return
	}
	h.list(w, r)
}

// list sends a page. The cursor is opaque, as GitHub's is.
func (h *hub) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size, _ := strconv.Atoi(q.Get("per_page"))
	start := 0
	if after := q.Get("after"); after != "" {
		if _, err := fmt.Sscanf(after, "Y3Vyc29y=%d", &start); err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
	}
	end := min(start+size, len(h.alerts))
	if end < len(h.alerts) {
		q.Set("after", "Y3Vyc29y="+strconv.Itoa(end))
		w.Header().Set("Link", `<https://elsewhere.example/repositories/1/dependabot/alerts?`+q.Encode()+`>; rel="next"`)
	}
	page := h.alerts[start:end]
	if page == nil {
		page = []any{}
	}
	if err := json.NewEncoder(w).Encode(page); err != nil {
		h.t.Error(err)
	}
}

func (h *hub) requests() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.queries...)
}

// scanner asks the hub, and waits for nothing: what it would wait is in the
// slice.
func (h *hub) scanner(t testing.TB) (*Scanner, *[]time.Duration) {
	t.Helper()
	s, err := New(Options{Repository: "octo/shop", Token: secret, APIURL: h.URL + h.prefix, Asked: true})
	if err != nil {
		t.Fatal(err)
	}
	waits := &[]time.Duration{}
	s.sleep = func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d.Round(time.Second/2))
		return ctx.Err()
	}
	s.jitter = func() float64 { return 0 }
	return s, waits
}

// scan plans and scans.
func scan(t testing.TB, s *Scanner, tree *scanners.Tree) (scanners.Report, error) {
	t.Helper()
	target := scanners.Target{Tree: tree, Jobs: 1}
	w, err := s.Plan(t.Context(), target)
	if err != nil || w.Skip != "" {
		t.Fatalf("plan: %v, %q", err, w.Skip)
	}
	r, err := s.Scan(t.Context(), target, w)
	if err != nil {
		noSecret(t, err.Error())
	}
	for _, n := range r.Notes {
		noSecret(t, n.String())
	}
	return r, err
}

func noSecret(t testing.TB, words string) {
	t.Helper()
	if strings.Contains(words, secret) || strings.ContainsAny(words, "\n\r") {
		t.Errorf("it holds the token, or more than a line: %q", words)
	}
}

// tree writes files, by their paths, and walks them.
func tree(t testing.TB, files map[string]string) *scanners.Tree {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tr, err := scanners.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

type object = map[string]any

// sample is an alert with every field of the documentation. Changes are given
// as "path.to.field", value.
func sample(number int, changes ...any) object {
	ghsa := fmt.Sprintf("GHSA-%04d-xxxx-cccc", number)
	pkg := object{"ecosystem": "npm", "name": "left-padder"}
	v := object{
		"package": pkg, "severity": "high", "vulnerable_version_range": ">= 1.0.0, < 1.3.1",
		"first_patched_version": object{"identifier": "1.3.1"},
	}
	a := object{
		"number": number, "state": "open",
		"dependency": object{"package": object{"ecosystem": "npm", "name": "left-padder"}, "manifest_path": "web/package-lock.json", "scope": "runtime", "relationship": "transitive"},
		"security_advisory": object{
			"ghsa_id": ghsa, "cve_id": fmt.Sprintf("CVE-2026-%04d", number), "summary": "Padding without end", "description": "It pads.\n\nFor ever.",
			"vulnerabilities": []any{v}, "severity": "high",
			"cvss":            object{"vector_string": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "score": 7.5},
			"cvss_severities": object{"cvss_v3": object{"vector_string": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "score": 7.5}, "cvss_v4": object{"vector_string": nil, "score": 0}},
			"epss":            object{"percentage": 0.001, "percentile": "0.2"},
			"cwes":            []any{object{"cwe_id": "CWE-835", "name": "Infinite loop"}, object{"cwe_id": "CWE-400", "name": "Resources"}},
			"identifiers":     []any{object{"type": "GHSA", "value": ghsa}, object{"type": "CVE", "value": fmt.Sprintf("CVE-2026-%04d", number)}},
			"references":      []any{object{"url": "https://example.org/padding"}, object{"url": "javascript:alert(1)"}},
			"published_at":    "2026-02-03T23:30:00Z", "updated_at": "2026-02-04T00:00:00Z", "withdrawn_at": nil,
		},
		"security_vulnerability": v,
		"url":                    fmt.Sprintf("https://api.github.com/repos/octo/shop/dependabot/alerts/%d", number),
		"html_url":               fmt.Sprintf("https://github.com/octo/shop/security/dependabot/%d", number),
		"created_at":             "2026-02-04T07:43:03Z", "updated_at": "2026-02-04T07:43:03Z",
		"dismissed_at": nil, "dismissed_by": nil, "dismissed_reason": nil, "dismissed_comment": nil, "fixed_at": nil, "auto_dismissed_at": nil,
	}
	for i := 0; i+1 < len(changes); i += 2 {
		at := a
		keys := strings.Split(changes[i].(string), ".")
		for _, k := range keys[:len(keys)-1] {
			at = at[k].(object)
		}
		at[keys[len(keys)-1]] = changes[i+1]
	}
	return a
}

func marshal(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func target(t testing.TB) scanners.Target {
	return scanners.Target{Tree: tree(t, nil), Jobs: 1}
}

func work(t testing.TB, s *Scanner) scanners.Work {
	t.Helper()
	w, err := s.Plan(t.Context(), scanners.Target{})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func discard() *log.Logger { return log.New(io.Discard, "", 0) }
