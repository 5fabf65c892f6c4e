package feed

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/fileio"
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

func TestNotModified(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, kevOf(600, day(2)))
	mustUpdate(t, KEV(), dir, s.options(day(2)))
	updated, info, err := KEV().Update(t.Context(), dir, s.options(day(4)))
	if err != nil || updated || !info.Checked.Equal(day(4)) || !info.Released.Equal(day(2)) || s.asked[0] != "" || s.asked[1] == "" {
		t.Errorf("%v, %+v, %v, %q", updated, info, err, s.asked)
	}
	if _, info, err = KEV().Load(dir, day(4), nil); err != nil || !info.Checked.Equal(day(4)) {
		t.Errorf("%+v, %v", info, err)
	}
	// Another address knows nothing of the ETag, and its feed is not compared.
	o := s.options(day(4))
	o.Address += "?token=abc"
	s.set(kevOf(500, day(1)))
	if info := mustUpdate(t, KEV(), dir, o); s.asked[2] != "" || info.Entries != 500 {
		t.Errorf("%q, %+v", s.asked, info)
	}
	kept, err := os.ReadFile(KEV().path(dir))
	if err != nil || bytes.Contains(kept, []byte("token")) {
		t.Errorf("the address is kept: %v", err)
	}
}

func TestRedirectWithinTheHost(t *testing.T) {
	s := newSource(t, kevOf(600, day(2)))
	s.fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if r.URL.Path == "/feed" {
			http.Redirect(w, r, "/real", http.StatusMovedPermanently)
		}
		return r.URL.Path == "/feed"
	}
	mustUpdate(t, KEV(), t.TempDir(), s.options(day(2)))
}

func TestMayRedirect(t *testing.T) {
	for _, tt := range []struct {
		first, next string
		may         bool
	}{
		{"https://www.cisa.gov/a", "https://cisa.gov/b", true},
		{"https://www.cisa.gov/a", "https://evil.example/b", false},
		{"https://www.cisa.gov/a", "https://www.cisa.gov.evil.example/b", false},
		{"https://www.cisa.gov/a", "http://www.cisa.gov/a", false},
		{"https://www.cisa.gov/a", "http://127.0.0.1/a", false},
		{"https://www.cisa.gov/a", "https://127.0.0.1/a", false},
		{"https://mirror.example/a", "https://MIRROR.example/b", true},
		{"https://mirror.example/a", "https://www.cisa.gov/b", true},
		{"http://127.0.0.1:1/a", "http://localhost:2/b", true},
		{"http://127.0.0.1:1/a", "http://10.0.0.1/b", false},
	} {
		first, err := parseAddress(tt.first)
		if err != nil {
			t.Fatal(err)
		}
		next, err := http.NewRequest("GET", tt.next, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := KEV().mayRedirect(first, next.URL); (err == nil) != tt.may {
			t.Errorf("%s to %s: %v", tt.first, tt.next, err)
		}
	}
	for address, want := range map[string]string{
		"https://a.example/b": "", "http://localhost:8/b": "", "http://[::1]/b": "", "http://a.example/b": "want https://", "ftp://a/b": "want an address",
		"a.example/b": "want an address", "https://u:p@a.example/b": "without a name and password", "": "want an address", "https://%zz": "want an address",
	} {
		if err := CheckAddress(address); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, k := range Kinds() {
		if err := CheckAddress(k.DefaultAddress()); err != nil {
			t.Error(err)
		}
	}
}

func TestRefresh(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, kevOf(600, day(1)))
	for i, tt := range []struct {
		now   time.Time
		fails bool
		asked int // in all
		want  string
	}{
		{day(2), true, 3, "HTTP 500"},
		{day(2), true, 6, "HTTP 500"}, // as long as there is none
		{day(2), false, 7, ""},
		{day(3).Add(-time.Minute), false, 7, ""},
		{day(3), true, 10, "HTTP 500"},
		{day(3).Add(59 * time.Minute), false, 10, "HTTP 500"}, // what the last one said
		{day(3).Add(time.Hour), false, 11, ""},
		{day(3).Add(2 * time.Hour), true, 11, ""},
	} {
		s.mu.Lock()
		s.fault = nil
		if tt.fails {
			s.fault = func(w http.ResponseWriter, _ *http.Request, _ int) bool { w.WriteHeader(500); return true }
		}
		s.mu.Unlock()
		err := KEV().Refresh(t.Context(), dir, s.options(tt.now))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || s.requests() != tt.asked {
			t.Errorf("%d: %v, asked %d times", i, err, s.requests())
		}
	}
	// Another mirror is asked at once.
	o := s.options(day(3).Add(2 * time.Hour))
	o.Address += "2"
	if err := KEV().Refresh(t.Context(), dir, o); err == nil || s.requests() != 14 {
		t.Errorf("%v, asked %d times", err, s.requests())
	}
}

// updateHere makes a process of the tests one that updates a feed.
const updateHere = "SCANGATE_TEST_UPDATE"

func TestMain(m *testing.M) {
	if where := os.Getenv(updateHere); where != "" {
		address, dir, _ := strings.Cut(where, " ")
		_, _, err := KEV().Update(context.Background(), dir, Options{Address: address})
		fmt.Println("not killed:", err)
		return
	}
	m.Run()
}

// TestKilled: a process that is killed in the middle of an update leaves the
// old feed, and nobody waits for it.
func TestKilled(t *testing.T) {
	now := time.Now()
	dir, s := t.TempDir(), newSource(t, kevOf(600, now))
	half := make(chan struct{})
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(s.data[:1000])
		w.(http.Flusher).Flush()
		close(half)
		<-r.Context().Done()
	}))
	defer plain.Close()
	mustUpdate(t, KEV(), dir, s.options(now))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), updateHere+"="+plain.URL+" "+dir)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-half
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || out.Len() > 0 {
		t.Errorf("%v, %s", err, &out)
	}
	if info, err := KEV().Inspect(dir, now); err != nil || info.Entries != 600 {
		t.Errorf("%+v, %v", info, err)
	}
	s.set(kevOf(601, now))
	if info := mustUpdate(t, KEV(), dir, s.options(now)); info.Entries != 601 {
		t.Errorf("%+v", info)
	}
}

// TestInterrupted: an update that is given up leaves the old feed, and what one
// has left beside it is removed.
func TestInterrupted(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, kevOf(600, day(2)))
	mustUpdate(t, KEV(), dir, s.options(day(2)))
	ctx, cancel := context.WithCancel(t.Context())
	s.mu.Lock()
	s.fault = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		w.Write([]byte(`{"title": "`))
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
		return true
	}
	s.mu.Unlock()
	if _, _, err := KEV().Update(ctx, dir, s.options(day(3))); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("%v", err)
	}
	info, err := KEV().Inspect(dir, day(3))
	if err != nil || info.Entries != 600 || info.Problem != "" {
		t.Errorf("%+v, %v", info, err)
	}
	if err := os.WriteFile(filepath.Join(place(dir), ".scangate-1.tmp"), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.fault = nil
	s.mu.Unlock()
	mustUpdate(t, KEV(), dir, s.options(day(3)))
	if d := cmp.Diff([]string{"kev.attempt.json", "kev.feed"}, files(t, dir)); d != "" {
		t.Error(d)
	}
}

func TestConcurrentUpdates(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, kevOf(600, day(2)))
	mustUpdate(t, KEV(), dir, s.options(day(2)))
	s.set(kevOf(700, day(3)))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, _, err := KEV().Update(t.Context(), dir, s.options(day(3))); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			found, info, err := KEV().Load(dir, day(3), []string{"CVE-2020-10650"})
			if err != nil || len(found) != map[int]int{600: 0, 700: 1}[info.Entries] {
				t.Errorf("%v of %d, %v", found, info.Entries, err)
			}
		})
	}
	wg.Wait()
	// Refreshes that come together ask once.
	before := s.requests()
	for range 4 {
		wg.Go(func() {
			if err := KEV().Refresh(t.Context(), dir, s.options(day(5))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked := s.requests() - before; asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestUnwritable(t *testing.T) {
	s := newSource(t, kevOf(600, day(2)))
	dir := t.TempDir()
	if err := os.WriteFile(place(dir), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := KEV().Update(t.Context(), dir, s.options(day(2))); err == nil || !strings.Contains(err.Error(), "cannot write ") {
		t.Errorf("%v", err)
	}
	dir = t.TempDir()
	if err := os.Symlink(t.TempDir(), place(dir)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := KEV().Update(t.Context(), dir, s.options(day(2))); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("%v", err)
	}
	dir = t.TempDir()
	mustUpdate(t, KEV(), dir, s.options(day(2)))
	if err := os.Remove(filepath.Join(place(dir), "lock")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(place(dir), "lock"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := KEV().Refresh(t.Context(), dir, s.options(day(4))); err == nil || !strings.Contains(err.Error(), "cannot lock ") {
		t.Errorf("%v", err)
	}
	dir = t.TempDir()
	mustUpdate(t, KEV(), dir, s.options(day(2)))
	asked := s.requests()
	unlock, err := fileio.Lock(t.Context(), filepath.Join(place(dir), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := KEV().Update(ctx, dir, s.options(day(3))); err == nil || !strings.Contains(err.Error(), "another process is updating") || s.requests() != asked {
		t.Errorf("%v", err)
	}
}
