package vulndb

import (
	"archive/tar"
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/scangate/scangate/vulndb/fetch"
)

// TestFaultyMirror lets the first mirror go wrong. Whatever it does, the
// second one is asked; alone, it leaves the old database whole.
func TestFaultyMirror(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	good := published(t, now)
	db, meta := pair(t, now)
	status := func(kind string, code int) func(http.ResponseWriter, *http.Request, string, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, got string, _ int) bool {
			if got == kind {
				w.WriteHeader(code)
			}
			return got == kind
		}
	}
	huge := tar.Header{Typeflag: tar.TypeReg, Name: databaseName, Size: maxDatabaseSize + 1, Mode: 0o644}
	future, futureMeta := pair(t, now.Add(72*time.Hour))
	other := func(typ byte, name, link string) entry {
		return entry{tar.Header{Typeflag: typ, Name: name, Linkname: link}, ""}
	}
	for _, tt := range []struct {
		name  string
		layer []byte
		fault func(http.ResponseWriter, *http.Request, string, int) bool
		want  string
		tries int // how often the manifest or, where that is, the blob is asked for
	}{
		{"500 on the manifest", good, status("HEAD manifests", 500), "manifest: HTTP 500", 3},
		{"429 on the manifest", good, status("HEAD manifests", 429), "manifest: too many requests (HTTP 429)", 3},
		{"429 on the way in", good, status("GET ping", 429), "registry: too many requests (HTTP 429)", 0},
		{"no manifest", good, status("HEAD manifests", 404), "manifest: HTTP 404", 1},
		{"missing blob", good, status("GET blobs", 404), "blob: HTTP 404", 1},
		{"denied", good, status("GET blobs", 403), "blob: access denied (HTTP 403)", 1},
		{"another manifest", good, func(w http.ResponseWriter, _ *http.Request, kind string, _ int) bool {
			if kind == "GET manifests" {
				w.Write([]byte("{}"))
			}
			return kind == "GET manifests"
		}, "another digest", 1},
		{"corrupted blob", good, func(w http.ResponseWriter, _ *http.Request, kind string, _ int) bool {
			if kind == "GET blobs" {
				w.Write(append([]byte("X"), good[1:]...))
			}
			return kind == "GET blobs"
		}, "does not match its digest", 1},
		{"too long a blob", good, func(w http.ResponseWriter, _ *http.Request, kind string, _ int) bool {
			if kind == "GET blobs" {
				w.Write(append(good[:len(good):len(good)], "more"...))
			}
			return kind == "GET blobs"
		}, "does not match its digest", 1},
		{"wrong media type", nil, nil, "no layer of type", 0},
		{"no archive", []byte("hello"), nil, "the archive is damaged", 1},
		{"cut archive", good[:len(good)/2], nil, "the archive is damaged", 1},
		{"leads out", archive(t, db, meta, file("../x", "x")), nil, `outside of it, "../x"`, 1},
		{"leads out with a good end", archive(t, db, meta, file("x/../../"+databaseName, "x")), nil, "outside of it", 1},
		{"absolute", archive(t, db, meta, file("/tmp/x", "x")), nil, "outside of it", 1},
		{"a symbolic link", archive(t, other(tar.TypeSymlink, databaseName, "/etc/passwd"), meta), nil, "not a regular file", 1},
		{"a hard link", archive(t, db, meta, other(tar.TypeLink, "x", databaseName)), nil, "not a regular file", 1},
		{"a device", archive(t, db, meta, other(tar.TypeChar, "x", "")), nil, "not a regular file", 1},
		{"twice", archive(t, db, meta, meta), nil, `"metadata.json" twice`, 1},
		{"twice under other names", archive(t, db, meta, file("./metadata.json", meta.content)), nil, `"metadata.json" twice`, 1},
		{"no metadata", archive(t, db), nil, "has no metadata.json", 1},
		{"no database", archive(t, meta), nil, "has no trivy.db", 1},
		{"too large a database", archive(t, meta, entry{huge, ""}), nil, "over the limit of 4294967296", 1},
		{"too large metadata", archive(t, db, file(metadataName, strings.Repeat(" ", maxUnpackedMeta+1))), nil, "over the limit of 1048576", 1},
		{"many entries", archive(t, manyEntries(db, meta)...), nil, "over 16 entries", 1},
		{"damaged database", archive(t, file(databaseName, db.content[:9000]), meta), nil, "cannot be used: vulnerability database trivy.db is truncated", 1},
		{"no date", archive(t, db, file(metadataName, `{"Version":2}`)), nil, "does not say when it was built", 1},
		{"old schema", archive(t, db, file(metadataName, strings.Replace(meta.content, `"Version":2`, `"Version":1`, 1))), nil, "schema version 1", 1},
		{"from the future", archive(t, future, futureMeta), nil, "built in the future", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bad, fine, dir := newMirror(t), newMirror(t), build(t, now.Add(-time.Hour))
			if tt.layer != nil {
				bad.push(t, dbLayer(tt.layer))
			} else {
				bad.push(t, static.NewLayer(good, types.OCILayer))
			}
			fine.push(t, dbLayer(good))
			bad.fault = tt.fault
			_, err := Update(t.Context(), dir, options(bad))
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), dir) {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
			asked := max(bad.asked("GET blobs"), bad.asked("HEAD manifests"))
			if tt.tries > 0 && asked != tt.tries {
				t.Errorf("asked %d times: %v", asked, bad.requests)
			}
			if !builtAt(t, dir).Equal(now.Add(-time.Hour)) {
				t.Error("the old one is gone")
			}
			if left := leftovers(t, dir); left != nil {
				t.Errorf("left behind: %v", left)
			}
			out, err := Update(t.Context(), dir, options(bad, fine))
			if err != nil || !out.Updated || len(out.Problems) != 1 || !builtAt(t, dir).Equal(now) || out.Source != fine.repo {
				t.Errorf("with a second mirror: %+v, %v", out, err)
			}
		})
	}
}

func manyEntries(first ...entry) []entry {
	for i := range maxEntries {
		first = append(first, file("x"+strconv.Itoa(i), ""))
	}
	return first
}

// TestGzipBomb: a small archive that unpacks to more than may be.
func TestGzipBomb(t *testing.T) {
	zeros := strings.Repeat("\x00", 3<<20)
	u := unpacker{limits: map[string]int64{databaseName: 1 << 20, metadataName: 1 << 10}}
	for name, bomb := range map[string][]byte{
		"over the limit of 1048576":     archive(t, file(databaseName, zeros)),
		"unpacks to over 2098176 bytes": archive(t, file(databaseName, "x"), file(metadataName, "x"), file("other", zeros)),
	} {
		dir := t.TempDir()
		_, err := u.run(t.Context(), strings.NewReader(string(bomb)), dir)
		if err == nil || !strings.Contains(err.Error(), name) && !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTemporaryFaults(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	good := published(t, now)
	for _, tt := range []struct {
		name  string
		fault func(http.ResponseWriter, *http.Request, string, int) bool
		pause time.Duration // that there was at least
	}{
		{"429 with Retry-After, then fine", func(w http.ResponseWriter, _ *http.Request, kind string, before int) bool {
			if kind == "HEAD manifests" && before == 0 {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(429)
				return true
			}
			return false
		}, 7 * time.Second},
		{"503 twice, then fine", func(w http.ResponseWriter, _ *http.Request, kind string, before int) bool {
			if kind == "GET blobs" && before < 2 {
				w.WriteHeader(503)
			}
			return kind == "GET blobs" && before < 2
		}, fetch.FirstPause / 2},
		{"cut connections, then fine", func(w http.ResponseWriter, _ *http.Request, kind string, before int) bool {
			if kind == "GET ping" && before < 2 {
				panic(http.ErrAbortHandler)
			}
			return false
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, dir := newMirror(t), t.TempDir()
			m.push(t, dbLayer(good))
			m.fault = tt.fault
			o := options(m)
			var paused time.Duration
			o.pause = func(_ context.Context, d time.Duration) error { paused = max(paused, d); return nil }
			if out, err := Update(t.Context(), dir, o); err != nil || !out.Updated || paused < tt.pause || paused > 15*time.Second {
				t.Errorf("%+v, %v, paused for %v", out, err, paused)
			}
		})
	}
	t.Run("too long a Retry-After", func(t *testing.T) {
		m := newMirror(t)
		m.push(t, dbLayer(good))
		m.fault = func(w http.ResponseWriter, _ *http.Request, kind string, _ int) bool {
			w.Header().Set("Retry-After", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			w.WriteHeader(429)
			return true
		}
		m.fault = func(inner func(http.ResponseWriter, *http.Request, string, int) bool) func(http.ResponseWriter, *http.Request, string, int) bool {
			return func(w http.ResponseWriter, r *http.Request, kind string, n int) bool {
				return kind == "HEAD manifests" && inner(w, r, kind, n)
			}
		}(m.fault)
		o := options(m)
		o.pause = func(context.Context, time.Duration) error { t.Error("waited"); return nil }
		if _, err := Update(t.Context(), t.TempDir(), o); err == nil || m.asked("HEAD manifests") != 1 {
			t.Errorf("%v, %v", err, m.requests)
		}
	})
}
