package vulndb

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
)

const sampleFacts = "../testdata/advisories"

// build makes the sample's database in a new directory.
func build(t testing.TB, now time.Time) string {
	t.Helper()
	dir := t.TempDir()
	if err := Build(sampleFacts, dir, now); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t testing.TB, dir string) *DB {
	t.Helper()
	db, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func ids(vulns []types.DetectedVulnerability) []string {
	var out []string
	for _, v := range vulns {
		out = append(out, v.PkgName+" "+v.InstalledVersion+" "+v.VulnerabilityID+" "+v.FixedVersion)
	}
	return out
}

func TestDetect(t *testing.T) {
	db := open(t, build(t, time.Now()))
	for _, tt := range []struct {
		name string
		lang ftypes.LangType
		pkgs []ftypes.Package
		want []string
	}{
		{"in package order, then by id", ftypes.Npm, []ftypes.Package{{Name: "minimist", Version: "1.2.5"}, {Name: "lodash", Version: "4.17.20"}},
			[]string{"minimist 1.2.5 CVE-2021-44906 0.2.4, 1.2.6", "lodash 4.17.20 CVE-2020-28500 4.17.21", "lodash 4.17.20 CVE-2021-23337 4.17.21"}},
		{"fixed", ftypes.Npm, []ftypes.Package{{Name: "minimist", Version: "1.2.6"}, {Name: "minimist", Version: "0.2.4"}}, nil},
		{"without a fix", ftypes.Npm, []ftypes.Package{{Name: "ip", Version: "2.0.1"}}, []string{"ip 2.0.1 CVE-2024-29415 "}},
		{"not in range", ftypes.Cargo, []ftypes.Package{{Name: "time", Version: "0.2.6"}, {Name: "time", Version: "0.2.22"}},
			[]string{"time 0.2.22 CVE-2020-26235 0.2.23"}},
		{"go version", ftypes.GoModule, []ftypes.Package{{Name: "github.com/dgrijalva/jwt-go", Version: "v3.2.0+incompatible"}},
			[]string{"github.com/dgrijalva/jwt-go v3.2.0+incompatible CVE-2020-26160 "}},
		{"python names", ftypes.Pip, []ftypes.Package{{Name: "Jinja2", Version: "2.11.2"}}, []string{"Jinja2 2.11.2 CVE-2020-28493 2.11.3"}},
		{"gem version", ftypes.Bundler, []ftypes.Package{{Name: "rack", Version: "2.2.3.1"}, {Name: "rack", Version: "2.2.3"}},
			[]string{"rack 2.2.3 CVE-2022-30122 2.0.9.1, 2.1.4.1, 2.2.3.1", "rack 2.2.3 CVE-2022-30123 2.0.9.1, 2.1.4.1, 2.2.3.1"}},
		{"other ecosystem", ftypes.Cargo, []ftypes.Package{{Name: "lodash", Version: "4.17.20"}}, nil},
		{"no version", ftypes.Npm, []ftypes.Package{{Name: "lodash"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := db.Detect(t.Context(), tt.lang, tt.pkgs)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, ids(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDetectFillsIn(t *testing.T) {
	db := open(t, build(t, time.Now()))
	got, err := db.Detect(t.Context(), ftypes.Npm, []ftypes.Package{{Name: "ip", Version: "2.0.0"}})
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	v := got[0]
	if v.Severity != "HIGH" || v.SeveritySource != "ghsa" || v.CVSS["ghsa"].V3Score != 8.1 || v.Title != "some private addresses count as public" {
		t.Errorf("details: %+v", v)
	}
	if diff := cmp.Diff([]string{"GHSA-2p57-rm9w-gvfp"}, v.VendorIDs); diff != "" {
		t.Error(diff)
	}
	if len(v.References) != 2 || v.PrimaryURL == "" || v.PublishedDate == nil || v.DataSource == nil || len(v.CweIDs) != 1 {
		t.Errorf("details: %+v", v)
	}
}

func TestCovers(t *testing.T) {
	db := open(t, build(t, time.Now()))
	for lang, want := range map[ftypes.LangType]bool{ftypes.Yarn: true, ftypes.Cargo: true, ftypes.Bitnami: false, "nonsense": false} {
		if got, err := db.Covers(lang); err != nil || got != want {
			t.Errorf("Covers(%s) = %v, %v; want %v", lang, got, err, want)
		}
	}
}

func TestDetectStops(t *testing.T) {
	db := open(t, build(t, time.Now()))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := db.Detect(ctx, ftypes.Npm, make([]ftypes.Package, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
	if _, err := db.Detect(t.Context(), "nonsense", nil); err == nil {
		t.Error("an unknown type of package gave no error")
	}
}

func TestAge(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		age   time.Duration
		stale bool
	}{{0, false}, {48*time.Hour - time.Second, false}, {48 * time.Hour, true}, {-time.Minute, false}} {
		db := &DB{updated: now.Add(-tt.age)}
		if got := db.Age(now); got != max(tt.age, 0) {
			t.Errorf("age %v, want %v", got, tt.age)
		}
		if got := db.Stale(now); got != tt.stale {
			t.Errorf("%v old: stale %v", tt.age, got)
		}
	}
	built := time.Now().Add(-72 * time.Hour).UTC().Truncate(time.Second)
	if db := open(t, build(t, built)); !db.UpdatedAt().Equal(built) || !db.Stale(time.Now()) {
		t.Errorf("updated at %v, want %v", db.UpdatedAt(), built)
	}
}

func TestOpenErrors(t *testing.T) {
	file := func(dir string) string { return filepath.Join(dir, "trivy.db") }
	write := func(t *testing.T, name, content string) {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	meta := func(t *testing.T, dir string, m metadata.Metadata) {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "metadata.json"), string(b))
	}
	now := time.Now()
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, dir string)
		want  string
	}{
		{"no database", func(t *testing.T, dir string) { os.Remove(file(dir)) }, "trivy.db does not exist: run `scangate db update`, or name its directory with --db DIR"},
		{"no metadata", func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, "metadata.json")) }, "metadata.json does not exist"},
		{"directory in its place", func(t *testing.T, dir string) { os.Remove(file(dir)); os.Mkdir(file(dir), 0o755) }, "not a regular file"},
		{"metadata no JSON", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "metadata.json"), "{") }, "is corrupt"},
		{"metadata too large", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, "metadata.json"), strings.Repeat(" ", maxMetadataSize+1))
		}, "over 64 KiB"},
		{"old schema", func(t *testing.T, dir string) { meta(t, dir, metadata.Metadata{Version: 1, UpdatedAt: now}) }, "schema version 1: this scangate reads version 2"},
		{"undated", func(t *testing.T, dir string) { meta(t, dir, metadata.Metadata{Version: 2}) }, "does not say when it was built"},
		{"from the future", func(t *testing.T, dir string) {
			meta(t, dir, metadata.Metadata{Version: 2, UpdatedAt: now.Add(48 * time.Hour)})
		}, "in the future"},
		{"empty file", func(t *testing.T, dir string) { write(t, file(dir), "") }, "no valid header"},
		{"some other file", func(t *testing.T, dir string) { write(t, file(dir), strings.Repeat("hello ", 10000)) }, "no valid header"},
		{"no advisories", func(t *testing.T, dir string) {
			os.Remove(file(dir))
			if err := writeBolt(file(dir), map[[3]string]any{{"data-source", "", "x"}: 1, {"vulnerability", "", "CVE-1"}: 1}); err != nil {
				t.Fatal(err)
			}
		}, "holds no advisories"},
		{"nothing at all", func(t *testing.T, dir string) {
			os.Remove(file(dir))
			if err := writeBolt(file(dir), nil); err != nil {
				t.Fatal(err)
			}
		}, "holds no advisories"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := build(t, now)
			tt.spoil(t, dir)
			db, err := Open(dir)
			if err == nil {
				db.Close()
				t.Fatal("no error")
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %q, want one line with %q", err, tt.want)
			}
		})
	}
	if _, err := Open(""); err == nil || !strings.Contains(err.Error(), "--db DIR") {
		t.Errorf("no directory: %v", err)
	}
	open(t, build(t, now)) // nothing of the above is left open
}

func TestBeingWritten(t *testing.T) {
	dir := build(t, time.Now())
	writer, err := bolt.Open(trivydb.Path(dir), 0o644, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "being written by another process") {
		t.Errorf("error %v", err)
	}
}

func TestManyUsers(t *testing.T) {
	dir, other := build(t, time.Now()), build(t, time.Now())
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	first := open(t, dir)
	if _, err := Open(other); err == nil || !strings.Contains(err.Error(), "only one can be") {
		t.Errorf("a second directory: %v", err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			db, err := Open(link)
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if got, err := db.Detect(t.Context(), ftypes.Npm, []ftypes.Package{{Name: "lodash", Version: "4.17.20"}}); err != nil || len(got) != 2 {
				t.Error(got, err)
			}
		})
	}
	wg.Wait()
	if _, err := first.Detect(t.Context(), ftypes.Npm, []ftypes.Package{{Name: "lodash", Version: "4.17.20"}}); err != nil {
		t.Errorf("after others closed: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	if _, err := first.Detect(t.Context(), ftypes.Npm, nil); !errors.Is(err, errClosed) {
		t.Errorf("use after close: %v", err)
	}
	open(t, other)
}
