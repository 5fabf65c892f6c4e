package feed

import (
	"bytes"
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
