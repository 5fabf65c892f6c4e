package dependabot

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/github/rest"
)

// fail answers the first requests with a status and headers, then the list.
func fail(times, status int, body string, headers ...string) func(int, http.ResponseWriter, *http.Request) bool {
	return func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n > times {
			return false
		}
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
		return true
	}
}

const (
	secondary = `{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`
	always    = 1000
)

func TestWaits(t *testing.T) {
	in := func(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }
	second := time.Second
	for _, c := range []struct {
		name   string
		before func(int, http.ResponseWriter, *http.Request) bool
		waits  []time.Duration // in half seconds
		err    string          // empty: it succeeds
	}{
		{"none", nil, nil, ""},
		{"429 with Retry-After", fail(2, 429, "", "Retry-After", "7"), []time.Duration{7 * second, 7 * second}, ""},
		{"429 with a date", fail(1, 429, "", "Retry-After", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat)), []time.Duration{second}, ""},
		{"429 at once", fail(1, 429, "", "Retry-After", "0"), []time.Duration{second}, ""},
		{"429 and no word", fail(2, 429, ""), []time.Duration{60 * second, 120 * second}, ""},
		{"429 with nonsense", fail(1, 429, "", "Retry-After", "soon"), []time.Duration{60 * second}, ""},
		{"403 that says when", fail(1, 403, `{"message":"API rate limit exceeded"}`, "X-RateLimit-Remaining", "0", "X-RateLimit-Limit", "60", "X-RateLimit-Reset", in(-time.Minute)), []time.Duration{second}, ""},
		{"403 secondary", fail(1, 403, secondary, "Retry-After", "30"), []time.Duration{30 * second}, ""},
		{"403 secondary and no word", fail(1, 403, secondary), []time.Duration{60 * second}, ""},
		{"403 with Retry-After", fail(1, 403, "<html>", "Retry-After", "3"), []time.Duration{3 * second}, ""},
		{"for an hour", fail(1, 403, "{}", "X-RateLimit-Remaining", "0", "X-RateLimit-Limit", "60", "X-RateLimit-Reset", in(time.Hour)), nil, "GitHub limits how often it is asked"},
		{"again and again", fail(always, 429, "", "Retry-After", "120"), []time.Duration{120 * second, 120 * second}, "GitHub limits how often it is asked, for another 2m0s, which is too long to wait"},
		{"502", fail(3, 502, "<html>Bad gateway"), []time.Duration{second, 2 * second, 4 * second}, ""},
		{"500 for good", fail(always, 500, "{}"), []time.Duration{second, 2 * second, 4 * second, 8 * second}, "answers with status 500"},
		{"501", fail(always, 501, "{}"), nil, "answers with status 501"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, sample(1))
			h.before = c.before
			s, waits := h.scanner(t)
			got, err := scan(t, s, tree(t, nil))
			if diff := gocmp.Diff(c.waits, *waits, gocmp.Transformer("nil", func(d []time.Duration) string { return fmt.Sprint(d) })); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("error %v, want %q", err, c.err)
				}
			} else if err != nil || len(got.Findings) != 1 || len(gaps(got)) != 0 {
				t.Errorf("%d findings, %v, %v", len(got.Findings), got.Notes, err)
			}
		})
	}
}

func TestJitter(t *testing.T) {
	h := newHub(t)
	h.before = fail(2, 503, "")
	s, waits := h.scanner(t)
	s.jitter = func() float64 { return 0.999 }
	if _, err := scan(t, s, tree(t, nil)); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]time.Duration{1500 * time.Millisecond, 3 * time.Second}, *waits); diff != "" {
		t.Error(diff)
	}
	for range 100 {
		if j := rest.Jitter(); j < 0 || j >= 1 {
			t.Fatalf("jitter %v", j)
		}
	}
}

// The last request of a window succeeds, and says that none is left: that must
// not keep go-github from asking for the next page.
func TestLastOfARateLimit(t *testing.T) {
	h := newHub(t, many(150)...)
	h.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("X-RateLimit-Limit", "60")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		return false
	}
	s, waits := h.scanner(t)
	if got, err := scan(t, s, tree(t, nil)); err != nil || len(got.Findings) != 150 || len(*waits) != 0 {
		t.Errorf("%d findings, waits %v, %v", len(got.Findings), *waits, err)
	}
}

// What came before a failure is reported, and does not look complete.
func TestLaterPageFails(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		want       string
	}{
		{"500", "", 500, "answers with status 500"},
		{"403", "{}", 403, "the token may not read the Dependabot alerts of octo/shop (status 403)"},
		{"broken", "[{", 200, "GitHub's answer is broken JSON"},
		{"empty", "", 200, "GitHub's answer is no list of alerts"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, many(150)...)
			h.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				return n > 1 && fail(always, c.status, c.body)(n, w, nil)
			}
			s, _ := h.scanner(t)
			got, err := scan(t, s, tree(t, nil))
			if err != nil || len(got.Findings) != 100 || len(gaps(got)) != 1 || !strings.Contains(gaps(got)[0], c.want) ||
				!strings.HasPrefix(gaps(got)[0], "alerts after the first 100 alerts could not be imported: ") {
				t.Errorf("%d findings, gaps %q, %v", len(got.Findings), gaps(got), err)
			}
		})
	}
}
