package vulndb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func export(t testing.TB, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Export(t.Context(), &b, dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestExportAndImport(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m, from, to := newMirror(t), t.TempDir(), build(t, now.Add(-50*time.Hour))
	m.push(t, dbLayer(published(t, now)))
	out, err := Update(t.Context(), from, options(m))
	if err != nil {
		t.Fatal(err)
	}
	first := export(t, from)
	if !bytes.Equal(first, export(t, from)) {
		t.Error("two exports differ")
	}
	name := filepath.Join(t.TempDir(), "db.tar.gz")
	if err := os.WriteFile(name, first, 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := Import(t.Context(), to, name, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if !info.Built.Equal(now) || info.Digest != out.Digest || info.Source != "db.tar.gz, from "+m.repo+":2" {
		t.Errorf("%+v", info)
	}
	open(t, to).Close()
	if left := leftovers(t, to); left != nil {
		t.Errorf("left behind: %v", left)
	}
	// What came by hand is known to the next update.
	m.forget()
	if out, err := Update(t.Context(), to, options(m)); err != nil || out.Updated || m.asked("GET blobs") > 0 {
		t.Errorf("%+v, %v, %v", out, err, m.requests)
	}
}

func TestTamperedImport(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	db, meta := pair(t, now)
	sums := func(change func(*manifest)) entry {
		m := manifest{Version: exportVersion, Files: map[string]unpacked{}}
		for _, e := range []entry{db, meta} {
			var err error
			if m.Files[e.header.Name], err = digest(t.Context(), strings.NewReader(e.content)); err != nil {
				t.Fatal(err)
			}
		}
		if change != nil {
			change(&m)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return file(manifestName, string(text))
	}
	_, older := pair(t, now.Add(-time.Hour))
	good := archive(t, sums(nil), meta, db)
	flipped := bytes.Clone(good)
	flipped[len(flipped)-6] ^= 1 // in the checksum
	for _, tt := range []struct {
		name    string
		content []byte
		want    string
	}{
		{"other metadata", archive(t, sums(nil), older, db), "metadata.json is not the one that was exported"},
		{"other database", archive(t, sums(nil), meta, file(databaseName, db.content+"x")), "trivy.db is not the one"},
		{"no manifest", archive(t, meta, db), "no manifest.json"},
		{"manifest without digests", archive(t, sums(func(m *manifest) { m.Files = nil }), meta, db), "is not the one"},
		{"manifest no JSON", archive(t, file(manifestName, "{"), meta, db), "cannot be read"},
		{"later format", archive(t, sums(func(m *manifest) { m.Version = 2 }), meta, db), "version 2: this scangate reads version 1"},
		{"bad digest", archive(t, sums(func(m *manifest) { m.Digest = "../x" }), meta, db), "a digest that is none"},
		{"one more file", archive(t, sums(nil), meta, db, file("README", "")), `unexpected entry "README"`},
		{"leads out", archive(t, sums(nil), meta, file("../"+databaseName, db.content)), "outside of it"},
		{"cut", good[:len(good)-100], "damaged"},
		{"checksum", flipped, "damaged"},
		{"empty", nil, "damaged"},
		{"sound sums of a broken database", archive(t, sums(func(m *manifest) {
			m.Files[databaseName], _ = digest(context.Background(), strings.NewReader("x"))
		}), meta, file(databaseName, "x")), "vulnerability database trivy.db is corrupt"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, name := build(t, now.Add(-2*time.Hour)), filepath.Join(t.TempDir(), "x.tar.gz")
			if err := os.WriteFile(name, tt.content, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Import(t.Context(), dir, name, time.Now())
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), name) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if !builtAt(t, dir).Equal(now.Add(-2 * time.Hour)) {
				t.Error("the old one is gone")
			}
			if left := leftovers(t, dir); left != nil {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	dir, name := t.TempDir(), filepath.Join(t.TempDir(), "good.tar.gz")
	if err := os.WriteFile(name, good, 0o644); err != nil {
		t.Fatal(err)
	}
	if info, err := Import(t.Context(), dir, name, time.Now()); err != nil || !info.Built.Equal(now) {
		t.Errorf("the good one: %+v, %v", info, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Import(ctx, dir, name, time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	if builtAt(t, dir).IsZero() {
		t.Error("the interruption took the database")
	}
	for _, bad := range []string{filepath.Join(dir, "nothing"), dir} {
		if _, err := Import(t.Context(), dir, bad, time.Now()); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
	if err := Export(t.Context(), new(bytes.Buffer), t.TempDir(), time.Now()); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("nothing to export: %v", err)
	}
}
