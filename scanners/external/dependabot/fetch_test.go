package dependabot

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

func many(n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = sample(i+1, "dependency.manifest_path", fmt.Sprintf("app%d/package-lock.json", i%7))
	}
	return all
}

func gaps(r scanners.Report) []string {
	var out []string
	for _, n := range r.Notes {
		if n.Level == finding.Gap {
			out = append(out, n.Message)
		}
	}
	return out
}

func TestPages(t *testing.T) {
	for _, prefix := range []string{"", "/api/v3"} {
		h := newHub(t, many(250)...)
		h.prefix = prefix
		s, _ := h.scanner(t)
		got, err := scan(t, s, tree(t, nil))
		if err != nil || len(got.Findings) != 250 || len(gaps(got)) != 0 || got.Looked.URLs != 3 {
			t.Fatalf("%q: %d findings, %v, %v", prefix, len(got.Findings), got.Notes, err)
		}
		var after []string
		for _, raw := range h.requests() {
			q, err := url.ParseQuery(raw)
			if err != nil || q.Get("per_page") != "100" || q.Get("state") != "auto_dismissed,dismissed,open" || q.Get("sort") != "created" || q.Get("direction") != "asc" {
				t.Errorf("asked for %q, %v", raw, err)
			}
			after = append(after, q.Get("after"))
		}
		if diff := gocmp.Diff([]string{"", "Y3Vyc29y=100", "Y3Vyc29y=200"}, after); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNoAlerts(t *testing.T) {
	s, _ := newHub(t).scanner(t)
	got, err := scan(t, s, tree(t, nil))
	if err != nil || len(got.Findings) != 0 || len(gaps(got)) != 0 || got.Looked.None() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNumberedPages(t *testing.T) {
	h := newHub(t)
	h.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		if page := r.URL.Query().Get("page"); page == "" {
			w.Header().Set("Link", `<https://ghes.example/x?page=2&per_page=100>; rel="next", <https://ghes.example/x?page=2>; rel="last"`)
			fmt.Fprint(w, list(sample(1)))
		} else {
			fmt.Fprint(w, list(sample(2)))
		}
		return true
	}
	s, _ := h.scanner(t)
	got, err := scan(t, s, tree(t, nil))
	if err != nil || len(got.Findings) != 2 || len(h.requests()) != 2 || len(gaps(got)) != 0 {
		t.Errorf("%d findings, %v, %v", len(got.Findings), h.requests(), err)
	}
}

// What is left out must be said, or an import that broke off looks complete.
func TestPagesThatDoNotEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		link  func(n int) string
		limit func(*limits)
		tries int
		want  string
	}{
		{"a cursor again", func(int) string { return `<https://x/?after=abc>; rel="next"` }, func(*limits) {}, 2, "GitHub names a page of alerts as the next one again: there may be more than the first 2 alerts"},
		{"no cursor", func(int) string { return `<https://x/?token=abc>; rel="next"` }, func(*limits) {}, 1, "GitHub names a next page of alerts in a way that is not known: there are more than the first 1 alert"},
		{"too many pages", func(n int) string { return fmt.Sprintf(`<https://x/?after=%d>; rel="next"`, n) }, func(l *limits) { l.pages = 4 }, 4, "the import stopped after the first 4 alerts, and there are more: fix or dismiss some"},
		{"too many alerts", func(n int) string { return fmt.Sprintf(`<https://x/?after=%d>; rel="next"`, n) }, func(l *limits) { l.alerts = 3 }, 3, "the import stopped after the first 3 alerts, and there are more: fix or dismiss some"},
		{"too many bytes", func(n int) string { return fmt.Sprintf(`<https://x/?after=%d>; rel="next"`, n) }, func(l *limits) { l.total = 100 }, 1, "the import stopped after the first 1 alert, and there are more: fix or dismiss some"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t)
			h.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Link", c.link(n))
				fmt.Fprint(w, list(sample(n)))
				return true
			}
			s, _ := h.scanner(t)
			c.limit(&s.limits)
			got, err := scan(t, s, tree(t, nil))
			if err != nil || len(h.requests()) != c.tries {
				t.Fatalf("%d requests, %v", len(h.requests()), err)
			}
			if diff := gocmp.Diff([]string{c.want}, gaps(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEntriesThatCannotBeRead(t *testing.T) {
	h := newHub(t,
		sample(1), "text", nil, 7, object{}, sample(2, "number", "two"), sample(3, "dependency", []any{secret}), sample(4, "state", nil),
		sample(5, "security_advisory", nil), sample(6, "dependency.package", nil, "security_vulnerability", nil), sample(8, "security_advisory.cvss", object{"score": "9"}),
		sample(9, "dismissed_by", "not an object", "repository", 3, "created_at", 17),
	)
	s, _ := h.scanner(t)
	got, err := scan(t, s, tree(t, nil))
	if err != nil || len(got.Findings) != 2 {
		t.Fatalf("%d findings, %v", len(got.Findings), err)
	}
	want := []string{
		"an alert without a number: is not as documented: left out",
		"an alert without a number: is not as documented: left out",
		"an alert without a number: is not as documented: left out",
		"an alert without a number: is not as documented: left out",
		"an alert without a number: its number is not as documented: left out",
		"alert 3: its dependency is not as documented: left out",
		"alert 4: it has no state: left out",
		"alert 5: it names no advisory: left out",
		"alert 6: it names no package: left out",
		"alert 8: its security_advisory.cvss.score is not as documented: left out",
	}
	if diff := gocmp.Diff(want, gaps(got)); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	h.alerts = make([]any, 90)
	if got, err := scan(t, s, tree(t, nil)); err != nil || len(gaps(got)) != maxEntryNotes+1 || !slices.Contains(gaps(got), "and 70 more alerts that cannot be read: left out") {
		t.Errorf("%v, %v", gaps(got), err)
	}
}

// The same alerts give the same report in whatever order they come.
func TestOrder(t *testing.T) {
	alerts := many(300)
	h := newHub(t, alerts...)
	s, _ := h.scanner(t)
	files := tree(t, map[string]string{"app1/package-lock.json": npmLock, "app3/package-lock.json": npmLock})
	first, err := scan(t, s, files)
	if err != nil {
		t.Fatal(err)
	}
	h.alerts = slices.Clone(alerts)
	slices.Reverse(h.alerts)
	again, err := scan(t, s, files)
	if err != nil {
		t.Fatal(err)
	}
	first.Looked.Bytes, again.Looked.Bytes = 0, 0
	if diff := gocmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	if !slices.IsSortedFunc(first.Findings, func(a, b finding.Finding) int {
		return cmp.Or(strings.Compare(a.Location.Path, b.Location.Path), strings.Compare(a.RuleID, b.RuleID))
	}) {
		t.Error("not in order")
	}
}

func list(alerts ...object) string {
	var parts []string
	for _, a := range alerts {
		parts = append(parts, marshal(a))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func BenchmarkAlerts5000(b *testing.B) {
	h := newHub(b)
	pages := map[string]string{}
	for i := range 50 {
		var alerts []object
		for j := range perPage {
			n := i*perPage + j + 1
			alerts = append(alerts, sample(n, "dependency.manifest_path", fmt.Sprintf("app%d/package-lock.json", n%7), "security_advisory.description", strings.Repeat("It pads for ever. ", 150)))
		}
		pages[strconv.Itoa(i)] = list(alerts...)
	}
	h.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		at, _ := strconv.Atoi(r.URL.Query().Get("after"))
		if at < 49 {
			w.Header().Set("Link", fmt.Sprintf(`<https://x/?after=%d>; rel="next"`, at+1))
		}
		fmt.Fprint(w, pages[strconv.Itoa(at)])
		return true
	}
	lock := `{"packages": {` + "\n" + strings.Repeat(`    "node_modules/something-else": {"version": "1.0.0", "resolved": "https://registry.example/x.tgz"},`+"\n", 20_000) + npmLock
	files := tree(b, map[string]string{"app1/package-lock.json": lock, "app3/package-lock.json": lock})
	s, _ := h.scanner(b)
	b.ReportAllocs()
	b.ResetTimer()
	start := time.Now()
	for b.Loop() {
		got, err := scan(b, s, files)
		if err != nil || len(got.Findings) != 5000 {
			b.Fatalf("%d findings, %v", len(got.Findings), err)
		}
	}
	b.ReportMetric(float64(time.Since(start).Milliseconds())/float64(b.N), "ms/scan")
}
