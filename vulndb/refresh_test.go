package vulndb

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// at sets the clock of an update.
func (o UpdateOptions) at(now time.Time) UpdateOptions {
	o.Now = func() time.Time { return now }
	return o
}

func TestRefresh(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	for _, tt := range []struct {
		name  string
		have  time.Duration // age of the database that is there; 0: none
		after time.Duration // how far the clock goes on
		asks  bool
	}{
		{"missing", 0, 0, true},
		{"fresh", time.Hour, 0, false},
		{"a day old", 24 * time.Hour, 0, true},
		{"nearly a day old", 24*time.Hour - time.Minute, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, dir := newMirror(t), filepath.Join(t.TempDir(), "db")
			if tt.have > 0 {
				dir = build(t, now.Add(-tt.have))
			}
			m.push(t, dbLayer(published(t, now)))
			if err := Refresh(t.Context(), dir, options(m).at(now)); err != nil {
				t.Fatal(err)
			}
			if asked := len(m.requests) > 0; asked != tt.asks || asked && !builtAt(t, dir).Equal(now) {
				t.Errorf("asked: %v, built %v", asked, builtAt(t, dir))
			}
			if _, err := os.Stat(store(dir)); (err == nil) != tt.asks {
				t.Errorf("touched the disk: %v", err)
			}
		})
	}
}

// TestOldUpstreamDoesNotLoop: upstream has not built for days.
func TestOldUpstreamDoesNotLoop(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m, dir := newMirror(t), t.TempDir()
	m.push(t, dbLayer(published(t, now.Add(-96*time.Hour))))
	for i, tt := range []struct {
		after        time.Duration
		heads, blobs int
	}{{0, 1, 1}, {time.Minute, 1, 1}, {59 * time.Minute, 1, 1}, {61 * time.Minute, 2, 1}, {62 * time.Minute, 2, 1}} {
		if err := Refresh(t.Context(), dir, options(m).at(now.Add(tt.after))); err != nil {
			t.Fatal(err)
		}
		if m.asked("HEAD manifests") != tt.heads || m.asked("GET blobs") != tt.blobs {
			t.Errorf("%d, after %v: %v", i, tt.after, m.requests)
		}
	}
}

// TestMirrorThatFellBehind has an older database than is here, or than the
// next mirror has.
func TestMirrorThatFellBehind(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	behind, fine := newMirror(t), newMirror(t)
	behind.push(t, dbLayer(published(t, now.Add(-90*time.Hour))))
	fine.push(t, dbLayer(published(t, now)))

	dir := t.TempDir()
	if out, err := Update(t.Context(), dir, options(behind, fine)); err != nil || !out.Built.Equal(now) || !builtAt(t, dir).Equal(now) {
		t.Errorf("nothing here: %+v, %v", out, err)
	}

	dir = build(t, now.Add(-50*time.Hour))
	if out, err := Update(t.Context(), dir, options(behind)); err != nil || out.Updated || !builtAt(t, dir).Equal(now.Add(-50*time.Hour)) {
		t.Errorf("a newer one here: %+v, %v", out, err)
	}
	behind.forget()
	if out, err := Update(t.Context(), dir, options(behind)); err != nil || out.Updated || behind.asked("GET blobs") != 0 {
		t.Errorf("the second time: %+v, %v, %v", out, err, behind.requests)
	}
	if out, err := Update(t.Context(), dir, options(behind, fine)); err != nil || !out.Updated || !builtAt(t, dir).Equal(now) {
		t.Errorf("with another mirror: %+v, %v", out, err)
	}
}

func TestRefreshFails(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m := newMirror(t)
	m.fault = func(w http.ResponseWriter, _ *http.Request, _ string, _ int) bool { w.WriteHeader(500); return true }
	empty := t.TempDir()
	for range 2 { // without a database, every time is worth a try
		m.forget()
		if err := Refresh(t.Context(), empty, options(m).at(now)); err == nil || len(m.requests) == 0 || !strings.Contains(err.Error(), "registry: HTTP 500") {
			t.Errorf("%v, %v", err, m.requests)
		}
	}
	dir := build(t, now.Add(-30*time.Hour))
	for i := range 2 { // with one, once an hour is, and the reason stays known
		m.forget()
		err := Refresh(t.Context(), dir, options(m).at(now.Add(time.Duration(i)*time.Minute)))
		if err == nil || (len(m.requests) > 0) != (i == 0) || !strings.Contains(err.Error(), "registry: HTTP 500") {
			t.Errorf("%d: %v, %v", i, err, m.requests)
		}
	}
	if info, err := Inspect(dir, now.Add(time.Minute)); err != nil || !info.Tried.Equal(now) || info.Problem == "" || !info.Due(now) || info.Stale(now) {
		t.Errorf("%+v, %v", info, err)
	}
	// A clock that was wrong must not put the next try off for ever.
	if a := readAttempt(dir, now.Add(-time.Hour)); !a.Time.IsZero() {
		t.Errorf("an attempt from the future: %+v", a)
	}
}
