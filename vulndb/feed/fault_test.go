package feed

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFaultySource lets a source go wrong. Whatever it does, the old feed stays
// whole, and nothing is left behind.
func TestFaultySource(t *testing.T) {
	other := httptest.NewTLSServer(http.NotFoundHandler())
	defer other.Close()
	status := func(code int) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ int) bool { w.WriteHeader(code); return true }
	}
	to := func(url string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, r *http.Request, _ int) bool {
			http.Redirect(w, r, url, http.StatusFound)
			return true
		}
	}
	cut := func(data []byte) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
			w.Write(data[:len(data)/2])
			return true
		}
	}
	silent := func(w http.ResponseWriter, r *http.Request, _ int) bool {
		w.Write([]byte(`{"title": "`))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return true
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 33 {
		z.Write(make([]byte, 1<<20))
	}
	z.Close()
	good := kevOf(700, day(3))
	change := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	for _, tt := range []struct {
		name  string
		data  []byte
		fault func(http.ResponseWriter, *http.Request, int) bool
		want  string
		tries int
	}{
		{"always 500", good, status(500), "feed: HTTP 500", 3},
		{"429", good, status(429), "too many requests", 3},
		{"404", good, status(404), "feed: HTTP 404", 1},
		{"denied", good, status(403), "access denied (HTTP 403)", 1},
		{"304 to nobody", good, status(304), "", 1},
		{"cut connection", good, cut(good), "the connection was cut", 3},
		{"silence", good, silent, "no data for 50ms", 3},
		{"a page", []byte("<!DOCTYPE html><p>Log in"), nil, "it is a web page", 1},
		{"another page", []byte("\n\n <html>"), nil, "it is a web page", 1},
		{"nothing", []byte(""), nil, "not the JSON", 1},
		{"half", good[:len(good)/2], nil, "not the JSON", 1},
		{"half zipped", zip(good)[:500], nil, "its gzip is damaged or was cut short", 1},
		{"zipped with a tail", append(zip(good), "tail"...), nil, "its gzip is damaged", 1},
		{"no gzip", []byte("\x1f\x8bno"), nil, "its gzip is damaged", 1},
		{"a bomb", bomb.Bytes(), nil, "it unpacks to over the limit of 32 MiB", 1},
		{"a bomb in a bomb", zip(bomb.Bytes()), nil, "it unpacks to over the limit of 32 MiB", 1},
		{"much", bytes.Repeat([]byte(" "), 32<<20+1), nil, "it is over the limit of 32 MiB", 1},
		{"another count", change(`"count":700`, `"count":701`), nil, "700 vulnerabilities, and says that it has another number", 1},
		{"no count", change(`"count":700`, `"size":700`), nil, "says that it has another number", 1},
		{"other JSON", []byte(`{"a": 1}`), nil, "it is no KEV catalogue", 1},
		{"no CVE", change("CVE-2020-10007", "GHSA-xxxx-yyyy"), nil, "vulnerability 8 has no CVE id", 1},
		{"no day", change("2022-01-02", "yesterday!"), nil, "vulnerability 1 has no date", 1},
		{"a day to come", change("2022-01-02", "2027-01-02"), nil, "vulnerability 1 has no date", 1},
		{"from the future", kevOf(700, day(6)), nil, "it is from the future", 1},
		{"older", kevOf(700, day(1)), nil, "older than what is here, of 2026-11-02T12:00:00Z", 1},
		{"few", kevOf(499, day(3)), nil, "it has 499 entries: a whole one has over 500", 1},
		{"shrunk", kevOf(539, day(3)), nil, "539 entries where there were 600: remove kev.feed to take it all the same", 1},
		{"to another host", good, to("https://example.com/feed"), "it redirects to example.com, which is another host", 1},
		{"to plain http elsewhere", good, to("http://example.com/feed"), "it redirects to an address that is not https://", 1},
		{"to a file", good, to("file:///etc/passwd"), "it redirects to an address that is not https://", 1},
		{"in circles", good, to("/feed"), "it redirects again and again", 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, s := t.TempDir(), newSource(t, kevOf(600, day(2)))
			mustUpdate(t, KEV(), dir, s.options(day(2)))
			before, err := os.ReadFile(KEV().path(dir))
			if err != nil {
				t.Fatal(err)
			}
			s.mu.Lock()
			s.data, s.fault, s.asked = tt.data, tt.fault, nil
			s.mu.Unlock()
			o := s.options(day(3))
			if tt.name == "silence" {
				o.stall = 50 * time.Millisecond
			}
			_, _, err = KEV().Update(t.Context(), dir, o)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
			after, err := os.ReadFile(KEV().path(dir))
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("the old one is gone: %v", err)
			}
			if d := cmp.Diff([]string{"kev.attempt.json", "kev.feed"}, files(t, dir)); d != "" {
				t.Error(d)
			}
			if s.requests() != tt.tries {
				t.Errorf("asked %d times", s.requests())
			}
			info, err := KEV().Inspect(dir, day(3))
			if err != nil || !strings.Contains(info.Problem, tt.want) || !info.Tried.Equal(day(3)) || !info.Checked.Equal(day(2)) {
				t.Errorf("%+v, %v", info, err)
			}
			s.mu.Lock()
			s.data, s.fault = good, nil
			s.mu.Unlock()
			if info := mustUpdate(t, KEV(), dir, s.options(day(3))); info.Entries != 700 {
				t.Errorf("%+v", info)
			}
		})
	}
}

func TestFaultyTable(t *testing.T) {
	good := epssOf(50_000, day(2))
	change := func(old, new string) []byte { return bytes.Replace(good, []byte(old), []byte(new), 1) }
	for want, data := range map[string][]byte{
		"it is a web page":                 []byte("<html>"),
		"its row 50000 is not a CVE id":    good[:len(good)-len(",0.50000\n")],
		"its gzip is damaged":              zip(good)[:100_000],
		"no score_date":                    change("score_date", "date"),
		"its score_date is no date":        change("2026-11-02", "2026-13-02"),
		"its columns are not":              change("cve,epss", "epss,cve"),
		"its row 1 is not a CVE id":        change("CVE-2020-10000", "CVE-2020-1000x"),
		"its row 2 is not a CVE id":        change("CVE-2020-10001,0.00002", "CVE-2020-10001,NaN"),
		"its row 3 is not a CVE id":        change("CVE-2020-10002,0.00004", "CVE-2020-10002,1.1"),
		"its row 4 is not a CVE id":        change("CVE-2020-10003,0.00006,", "CVE-2020-10003,-0.1,"),
		"its row 5 is not a CVE id":        change("CVE-2020-10004,0.00008,0.50000", "CVE-2020-10004,0.00008"),
		"a line of over 1024 bytes":        change("cve,epss", strings.Repeat("x", 1024)),
		"it is from the future":            epssOf(50_000, day(9)),
		"its source fell behind":           epssOf(50_000, day(2).AddDate(0, -1, 0)),
		"it has 49999 entries: a whole on": epssOf(49_999, day(2)),
	} {
		dir, s := t.TempDir(), newSource(t, data)
		_, _, err := EPSS().Update(t.Context(), dir, s.options(day(3)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
		if _, err := os.Stat(EPSS().path(dir)); err == nil {
			t.Errorf("%s: it was kept", want)
		}
	}
	if c, err := readEPSS(good[:len(good)-1], func([]byte, Entry) {}); err != nil || c.entries != 50_000 {
		t.Errorf("without the last end of a line: %+v, %v", c, err)
	}
	if c, err := readKEV([]byte("\xEF\xBB\xBF"+`{"catalogVersion": "1", "dateReleased": "2026-11-02", "count": 1, "vulnerabilities": [{"cveID": " cve-2020-10000 ", "dateAdded": "2026-11-02"}]}`),
		func(id []byte, _ Entry) {
			if string(id) != "CVE-2020-10000" {
				t.Errorf("%q", id)
			}
		}); err != nil || c.entries != 1 || !c.released.Equal(day(2).Add(-12*time.Hour)) {
		t.Errorf("%+v, %v", c, err)
	}
	for _, date := range []string{"2026-11-02T00:00:00+0000", "2026-11-02", "2026-11-02T12:55:00Z,more:1"} {
		c, err := readEPSS([]byte("#model_version:v1,score_date:"+date+"\r\ncve,epss,percentile\r\nCVE-2020-1234,9.1e-05,1\r\n"), func([]byte, Entry) {})
		if err != nil || c.released.Day() != 2 || c.entries != 1 {
			t.Errorf("%s: %+v, %v", date, c, err)
		}
	}
}

func TestTemporaryFault(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, kevOf(600, day(2)))
	s.fault = func(w http.ResponseWriter, _ *http.Request, before int) bool {
		if before < 2 {
			w.WriteHeader(500)
		}
		return before < 2
	}
	if info := mustUpdate(t, KEV(), dir, s.options(day(2))); info.Entries != 600 || s.requests() != 3 {
		t.Errorf("%+v after %d requests", info, s.requests())
	}
}
