package feed

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// kevOf is a catalogue of CVE-2020-10000 and following.
func kevOf(n int, released time.Time) []byte {
	type vulnerability struct {
		ID         string `json:"cveID"`
		Vendor     string `json:"vendorProject"`
		Added      string `json:"dateAdded"`
		Due        string `json:"dueDate"`
		Ransomware string `json:"knownRansomwareCampaignUse"`
	}
	var list []vulnerability
	for i := range n {
		list = append(list, vulnerability{fmt.Sprintf("CVE-2020-%d", 10_000+i), "A vendor", "2022-01-02", "2022-02-03", "Unknown"})
	}
	out, err := json.Marshal(map[string]any{
		"title": "a catalogue", "catalogVersion": released.Format("2006.01.02"), "dateReleased": released.Format("2006-01-02T15:04:05.0000Z"),
		"count": n, "vulnerabilities": list,
	})
	if err != nil {
		panic(err) // of a test's own making
	}
	return out
}

// epssOf is a table of CVE-2020-10000 and following, with probabilities that
// grow.
func epssOf(n int, released time.Time) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "#model_version:v2026.01.01,score_date:%s\ncve,epss,percentile\n", released.Format("2006-01-02T15:04:05Z"))
	for i := range n {
		fmt.Fprintf(&b, "CVE-2020-%d,%.5f,%.5f\n", 10_000+i, float64(i)/float64(n), 0.5)
	}
	return b.Bytes()
}

func zip(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// source is a web server that has a feed, and knows its ETag.
type source struct {
	*httptest.Server
	mu    sync.Mutex
	data  []byte
	fault func(w http.ResponseWriter, r *http.Request, before int) bool // it has answered
	asked []string                                                      // the ETag that each request knew
}

func newSource(t *testing.T, data []byte) *source {
	t.Helper()
	s := &source{data: data}
	s.Server = httptest.NewTLSServer(s)
	s.Config.ErrorLog = nil
	t.Cleanup(s.Close)
	return s
}

func (s *source) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	data, fault, before := s.data, s.fault, len(s.asked)
	s.asked = append(s.asked, r.Header.Get("If-None-Match"))
	s.mu.Unlock()
	if fault != nil && fault(w, r, before) {
		return
	}
	etag := fmt.Sprintf("%q", fmt.Sprintf("%x", sha256.Sum256(data)))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(data)
}

func (s *source) set(data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = data
}

func (s *source) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// options are for updates from the source that lose no time, at a moment.
func (s *source) options(now time.Time) Options {
	return Options{
		Address: s.URL + "/feed", Transport: s.Client().Transport, Now: func() time.Time { return now },
		pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

func mustUpdate(t *testing.T, k *Kind, dir string, o Options) Info {
	t.Helper()
	_, info, err := k.Update(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// files are those in the directory of feeds, without the lock.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(place(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "lock" {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

func day(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }
