package feed

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestUpdateAndLoad(t *testing.T) {
	for _, tt := range []struct {
		kind *Kind
		data []byte
		want map[string]Entry
	}{
		{KEV(), kevOf(600, day(2)), map[string]Entry{"CVE-2020-10000": {Added: "2022-01-02"}, "CVE-2020-10599": {Added: "2022-01-02"}}},
		{KEV(), zip(kevOf(600, day(2))), map[string]Entry{"CVE-2020-10000": {Added: "2022-01-02"}, "CVE-2020-10599": {Added: "2022-01-02"}}},
		{EPSS(), zip(epssOf(60_000, day(2))), map[string]Entry{"CVE-2020-10000": {}, "CVE-2020-10599": {Score: 0.00998}}},
		{EPSS(), epssOf(60_000, day(2)), map[string]Entry{"CVE-2020-10000": {}, "CVE-2020-10599": {Score: 0.00998}}},
		{EPSS(), zip(zip(epssOf(60_000, day(2)))), map[string]Entry{"CVE-2020-10000": {}, "CVE-2020-10599": {Score: 0.00998}}},
	} {
		dir, s := filepath.Join(t.TempDir(), "db"), newSource(t, tt.data)
		if _, _, err := tt.kind.Load(dir, day(3), nil); !errors.Is(err, ErrAbsent) || !strings.Contains(err.Error(), "`scangate db update` downloads it") {
			t.Errorf("nothing there: %v", err)
		}
		updated, info, err := tt.kind.Update(t.Context(), dir, s.options(day(3)))
		if err != nil || !updated || !info.Released.Equal(day(2)) || !info.Checked.Equal(day(3)) {
			t.Fatalf("%v, %+v, %v", updated, info, err)
		}
		found, loaded, err := tt.kind.Load(dir, day(3), []string{"cve-2020-10000", "CVE-2020-10599", "CVE-1999-0001", "GHSA-x"})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tt.want, found); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(info, loaded, cmpopts.IgnoreFields(Info{}, "Kind", "Tried")); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff([]string{tt.kind.key + ".attempt.json", tt.kind.FileName()}, files(t, dir)); d != "" {
			t.Error(d)
		}
	}
}

func TestFirstUpdateNeedsNoDirectoryOfAnybody(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	mustUpdate(t, KEV(), dir, newSource(t, kevOf(500, day(1))).options(day(1)))
}

func TestDamagedFile(t *testing.T) {
	dir, s := t.TempDir(), newSource(t, kevOf(600, day(2)))
	mustUpdate(t, KEV(), dir, s.options(day(2)))
	name := KEV().path(dir)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	epss, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	epss = []byte(strings.Replace(string(epss), `"kind":"kev"`, `"kind":"epss"`, 1))
	for what, tt := range map[string]struct {
		data []byte
		want string
	}{
		"truncated":  {whole[:len(whole)-1], "its content has another digest"},
		"a bit":      {[]byte(strings.Replace(string(whole), "CVE-2020-10001", "CVE-2020-20001", 1)), "its content has another digest"},
		"longer":     {append(whole[:len(whole):len(whole)], ' '), "its content has another digest"},
		"empty":      {nil, "does not say what it is"},
		"no header":  {kevOf(600, day(2)), "it has version 0"},
		"other feed": {epss, "it is another feed"},
	} {
		if err := os.WriteFile(name, tt.data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, _, err := KEV().Load(dir, day(2), []string{"CVE-2020-10001"})
		if err == nil || !strings.Contains(err.Error(), tt.want) || errors.Is(err, ErrAbsent) || !strings.Contains(err.Error(), "replace it with `scangate db update`") {
			t.Errorf("%s: %v", what, err)
		}
	}
	mustUpdate(t, KEV(), dir, s.options(day(2)))
	if _, err := KEV().Inspect(dir, day(2)); err != nil {
		t.Errorf("an update did not repair it: %v", err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(name, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := KEV().Inspect(dir, day(2)); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
}

func TestOutdated(t *testing.T) {
	info := Info{Kind: KEV(), Released: day(1), Checked: day(10)}
	for _, tt := range []struct {
		now    time.Time
		maxAge time.Duration
		want   string
		due    bool
	}{
		{day(10), 0, "", false},
		{day(11).Add(-time.Minute), 0, "", false},
		{day(11), 0, "", true},
		{day(12), 0, "it was last looked for 2 days ago, over the limit of 48h", true},
		{day(12), 72 * time.Hour, "", true},
		{day(10).Add(time.Hour), 30 * time.Minute, "it was last looked for 1 hour ago, over the limit of 30m", false},
		{day(8), 0, "it is from the future: check this machine's clock", true},
		{day(10).Add(-time.Hour), 0, "", false},
		{day(31), 1000 * time.Hour, "its source has had nothing newer for 30 days, which cannot be right", true},
	} {
		if got := info.Outdated(tt.now, tt.maxAge); got != tt.want || info.Due(tt.now) != tt.due {
			t.Errorf("%s, %s: %q, due %v", tt.now, tt.maxAge, got, info.Due(tt.now))
		}
	}
	for d, want := range map[time.Duration]string{10 * time.Minute: "10m", 90 * time.Minute: "1h30m", 48 * time.Hour: "48h", time.Second: "1s", 20 * time.Hour: "20h"} {
		if got := hours(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}

func TestJoin(t *testing.T) {
	a, b := Entry{Added: "2022-01-02", Score: 0.1}, Entry{Added: "2021-12-31", Score: 0.05}
	want := Entry{Added: "2021-12-31", Score: 0.1}
	for _, got := range []Entry{a.Join(b), b.Join(a), want.Join(Entry{}), Entry{}.Join(want)} {
		if got != want {
			t.Errorf("%+v", got)
		}
	}
}

func TestExportAndImport(t *testing.T) {
	from, to, s := t.TempDir(), t.TempDir(), newSource(t, kevOf(600, day(2)))
	carry := func() *Carried {
		t.Helper()
		data, err := KEV().Export(from, day(3))
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "kev.feed")
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := KEV().ReadExport(name, day(28)) // however old
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if _, err := KEV().Export(from, day(3)); !errors.Is(err, ErrAbsent) {
		t.Errorf("nothing to export: %v", err)
	}
	mustUpdate(t, KEV(), from, s.options(day(2)))
	old := carry()
	if info, err := old.Install(t.Context(), to); err != nil || !info.Checked.Equal(day(2)) || info.Source == "" {
		t.Errorf("%+v, %v", info, err)
	}
	s.set(kevOf(601, day(3)))
	mustUpdate(t, KEV(), from, s.options(day(3)))
	if _, err := carry().Install(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if info, err := old.Install(t.Context(), to); err != nil || info.Entries != 601 {
		t.Errorf("an older one replaced a newer one: %+v, %v", info, err)
	}
	if _, info, err := KEV().Load(to, day(3), nil); err != nil || info.Entries != 601 {
		t.Errorf("%+v, %v", info, err)
	}

	// What claims to be something else.
	h, data, err := KEV().readFile(KEV().path(from))
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*header){
		"something else of itself":     func(h *header) { h.Entries++ },
		"it was downloaded in the":     func(h *header) { h.Checked = day(29) },
		"its content has another dige": func(h *header) { h.Size++ },
	} {
		wrong := h
		change(&wrong)
		if err := KEV().write(from, wrong, data); err != nil {
			t.Fatal(err)
		}
		if _, err := KEV().ReadExport(KEV().path(from), day(3)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
