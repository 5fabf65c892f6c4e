package vulndb

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cutting sends the part of the blob before the cut and breaks off, the first
// n times.
func cutting(m *mirrorServer, content []byte, at, n int) func(http.ResponseWriter, *http.Request, string, int) bool {
	return func(w http.ResponseWriter, r *http.Request, kind string, before int) bool {
		if kind != "GET blobs" || before >= n {
			return false
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content[:at])
		panic(http.ErrAbortHandler)
	}
}

func TestResume(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	good := published(t, now)
	half := len(good) / 2
	rest := "GET blobs bytes=" + strconv.Itoa(half) + "-" + strconv.Itoa(len(good)-1)

	t.Run("same try", func(t *testing.T) {
		m, dir := newMirror(t), t.TempDir()
		m.push(t, dbLayer(good))
		m.fault = cutting(m, good, half, 1)
		if out, err := Update(t.Context(), dir, options(m)); err != nil || !out.Updated || m.asked("GET blobs") != 2 || m.asked(rest) != 1 {
			t.Errorf("%+v, %v, %v", out, err, m.requests)
		}
	})
	t.Run("next time, from another mirror", func(t *testing.T) {
		m, other, dir := newMirror(t), newMirror(t), t.TempDir()
		m.push(t, dbLayer(good))
		other.push(t, dbLayer(good))
		m.fault = cutting(m, good, half, 100)
		// The cut part arrives once; after that each try brings nothing new.
		m.fault = func(cut func(http.ResponseWriter, *http.Request, string, int) bool) func(http.ResponseWriter, *http.Request, string, int) bool {
			return func(w http.ResponseWriter, r *http.Request, kind string, before int) bool {
				if kind == "GET blobs" && before > 0 {
					w.WriteHeader(500)
					return true
				}
				return cut(w, r, kind, before)
			}
		}(m.fault)
		if _, err := Update(t.Context(), dir, options(m)); err == nil {
			t.Fatal("no error")
		}
		if left := leftovers(t, dir); len(left) != 1 || !strings.HasSuffix(left[0], partialSuffix) {
			t.Fatalf("kept %v", left)
		}
		if out, err := Update(t.Context(), dir, options(other)); err != nil || !out.Updated || other.asked(rest) != 1 || other.asked("GET blobs") != 1 {
			t.Errorf("%+v, %v, %v", out, err, other.requests)
		}
		if left := leftovers(t, dir); left != nil {
			t.Errorf("left behind: %v", left)
		}
	})
	t.Run("a server without ranges", func(t *testing.T) {
		m, dir := newMirror(t), t.TempDir()
		m.push(t, dbLayer(good))
		cut := cutting(m, good, half, 1)
		m.fault = func(w http.ResponseWriter, r *http.Request, kind string, before int) bool {
			r.Header.Del("Range")
			return cut(w, r, kind, before)
		}
		if out, err := Update(t.Context(), dir, options(m)); err != nil || !out.Updated {
			t.Errorf("%+v, %v", out, err)
		}
	})
	t.Run("a server that refuses ranges", func(t *testing.T) {
		m, dir := newMirror(t), t.TempDir()
		m.push(t, dbLayer(good))
		cut := cutting(m, good, half, 1)
		m.fault = func(w http.ResponseWriter, r *http.Request, kind string, before int) bool {
			if r.Header.Get("Range") != "" {
				w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
				return true
			}
			return cut(w, r, kind, before)
		}
		if out, err := Update(t.Context(), dir, options(m)); err != nil || !out.Updated || m.asked("GET blobs") != 3 {
			t.Errorf("%+v, %v, %v", out, err, m.requests)
		}
	})
	t.Run("what is there is wrong", func(t *testing.T) {
		m, dir := newMirror(t), t.TempDir()
		m.push(t, dbLayer(good))
		digest, err := dbLayer(good).Digest()
		if err != nil {
			t.Fatal(err)
		}
		if err := makeStore(dir); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(store(dir), "layer-"+digest.Hex+partialSuffix)
		if err := os.WriteFile(name, []byte("something else"), 0o644); err != nil {
			t.Fatal(err)
		}
		// One mirror finds out, the next one starts over.
		if out, err := Update(t.Context(), dir, options(m, m)); err != nil || !out.Updated || len(out.Problems) != 1 {
			t.Errorf("%+v, %v", out, err)
		}
	})
	t.Run("all is there", func(t *testing.T) {
		m, dir := newMirror(t), t.TempDir()
		m.push(t, dbLayer(good))
		digest, err := dbLayer(good).Digest()
		if err != nil {
			t.Fatal(err)
		}
		if err := makeStore(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(store(dir), "layer-"+digest.Hex+partialSuffix), good, 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := Update(t.Context(), dir, options(m)); err != nil || !out.Updated || m.asked("GET blobs") != 0 {
			t.Errorf("%+v, %v, %v", out, err, m.requests)
		}
	})
}

// TestSlowMirror: a server that sends a little and then nothing.
func TestSlowMirror(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	good := published(t, now)
	release := make(chan struct{})
	slow := func(w http.ResponseWriter, r *http.Request, kind string, _ int) bool {
		if kind != "GET blobs" {
			return false
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(good)))
		w.Write(good[:10])
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-release:
		}
		return true
	}
	defer close(release)
	m, fine, dir := newMirror(t), newMirror(t), build(t, now.Add(-time.Hour))
	m.push(t, dbLayer(good))
	fine.push(t, dbLayer(good))
	m.fault = slow

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := Update(ctx, dir, options(m)); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 30*time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
	if !builtAt(t, dir).Equal(now.Add(-time.Hour)) || !strings.Contains(readAttempt(dir, time.Now()).Problem, "interrupted") {
		t.Errorf("after the time limit: built %v, %+v", builtAt(t, dir), readAttempt(dir, time.Now()))
	}
	again, stop := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, stop)
	if _, err := Update(again, build(t, now), options(m)); !errors.Is(err, context.Canceled) {
		t.Errorf("after Ctrl-C: %v", err)
	}
	o := options(m, fine)
	o.stall = 20 * time.Millisecond
	if out, err := Update(t.Context(), dir, o); err != nil || !out.Updated || len(out.Problems) != 1 || !strings.Contains(out.Problems[0], "no data for 20ms") {
		t.Errorf("%+v, %v", out, err)
	}
}
