package vulndb

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aquasecurity/trivy-db/pkg/metadata"
	javadb "github.com/aquasecurity/trivy-java-db/pkg/db"
	javatypes "github.com/aquasecurity/trivy-java-db/pkg/types"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

func sum(n int) []byte { return bytes.Repeat([]byte{byte(n)}, 20) }

// jars are what the test database knows.
func jars() []javatypes.Index {
	index := func(group, artifact, version string, n int) javatypes.Index {
		return javatypes.Index{GroupID: group, ArtifactID: artifact, Version: version, SHA1: sum(n), ArchiveType: javatypes.JarType}
	}
	aar := index("com.example", "widget", "1.0", 9)
	aar.ArchiveType = javatypes.AarType
	return []javatypes.Index{
		index("org.apache.logging.log4j", "log4j-core", "2.14.1", 1), index("org.apache.logging.log4j", "log4j-core", "2.17.1", 2),
		index("jstl", "jstl", "1.2", 3), index("javax.servlet", "jstl", "1.2", 4), index("javax.servlet", "jstl", "1.1", 5),
		index("b.tie", "tie", "1.0", 6), index("a.tie", "tie", "1.0", 7), index("z.other", "tie", "2.0", 8), aar,
	}
}

// javaFiles makes the files of a Java database that was built then, by
// upstream's own package.
func javaFiles(t *testing.T, built time.Time, jars []javatypes.Index) (db, meta entry) {
	t.Helper()
	dir := t.TempDir()
	made, err := javadb.New(dir)
	if err == nil {
		err = made.Init()
	}
	if err == nil {
		err = made.InsertIndexes(jars)
	}
	if err == nil {
		err = made.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := metadata.NewClient(dir).Update(metadata.Metadata{Version: 1, UpdatedAt: built, NextUpdate: built.Add(72 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	var out []entry
	for _, name := range []string{javaName, metadataName} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, file(name, string(data)))
	}
	return out[0], out[1]
}

// javaDir is a directory with a Java database.
func javaDir(t *testing.T, db, meta entry) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "java"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, e := range []entry{db, meta} {
		if err := os.WriteFile(filepath.Join(dir, "java", e.header.Name), []byte(e.content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestJava(t *testing.T) {
	made, meta := javaFiles(t, time.Now(), jars())
	dir := javaDir(t, made, meta)
	db, err := OpenJava(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, tt := range []struct{ sha1, want string }{
		{hex.EncodeToString(sum(1)), "org.apache.logging.log4j log4j-core 2.14.1 true <nil>"},
		{strings.ToUpper(hex.EncodeToString(sum(9))), "com.example widget 1.0 true <nil>"},
		{hex.EncodeToString(sum(99)), "   false <nil>"},
		{"abc", `   false "abc" is not a SHA-1`},
		{"abcd", `   false "abcd" is not a SHA-1`},
		{"'; DROP TABLE indices --", `   false "'; DROP TABLE indices --" is not a SHA-1`},
	} {
		group, artifact, version, ok, err := db.BySHA1(tt.sha1)
		if got := fmt.Sprint(group, " ", artifact, " ", version, " ", ok, " ", err); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.sha1, got, tt.want)
		}
	}
	for _, tt := range []struct{ artifact, version, want string }{
		{"log4j-core", "2.14.1", "org.apache.logging.log4j true <nil>"},
		{"log4j-core", "9", " false <nil>"},
		{"jstl", "1.2", "javax.servlet true <nil>"}, // which has more versions
		{"tie", "1.0", "a.tie true <nil>"},
		{"tie", "2.0", "z.other true <nil>"},
		{"widget", "1.0", " false <nil>"}, // no jar
		{"' OR 1=1 --", "1.0", " false <nil>"},
		{"", "", " false <nil>"},
	} {
		group, ok, err := db.ByArtifact(tt.artifact, tt.version)
		if got := fmt.Sprint(group, " ", ok, " ", err); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.artifact, tt.version, got, tt.want)
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if _, ok, err := db.ByArtifact("jstl", "1.2"); err != nil || !ok {
					t.Error(ok, err)
				}
			}
		})
	}
	wg.Wait()
	if _, err := db.db.Exec("DELETE FROM indices"); err == nil {
		t.Error("the database can be written")
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "java")); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestJavaErrors(t *testing.T) {
	good, meta := javaFiles(t, time.Now(), jars())
	empty, _ := javaFiles(t, time.Now(), nil)
	made := func(statements ...string) entry {
		name := filepath.Join(t.TempDir(), "x.db")
		db, err := sql.Open("sqlite", name)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return file(javaName, string(data))
	}
	artifacts, indices := "CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT)", "CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT)"
	zeros := good
	zeros.content = good.content[:4096] + strings.Repeat("\xff", len(good.content)-4096)
	for _, tt := range []struct {
		name     string
		db, meta entry
		want     string
	}{
		{"some other file", file(javaName, strings.Repeat("hello ", 100)), meta, "it is no SQLite file"},
		{"empty", file(javaName, ""), meta, "it is no SQLite file"},
		{"truncated", file(javaName, good.content[:8192]), meta, "of at least"},
		{"damaged", zeros, meta, "is corrupt"},
		{"without jars", empty, meta, "holds no jars"},
		{"without tables", made("CREATE TABLE x(y)"), meta, "has not the tables"},
		{"a view", made(artifacts, "CREATE VIEW indices AS SELECT 1 AS artifact_id, '1' AS version, x'00' AS sha1, 'jar' AS archive_type"), meta, "has not the tables"},
		{"other columns", made(artifacts, "CREATE TABLE indices(x)"), meta, "is corrupt"},
		{"a schema of its own", good, file(metadataName, strings.Replace(meta.content, `"Version":1`, `"Version":2`, 1)), "schema version 2: this scangate reads version 1"},
		{"no metadata", good, file("x", ""), "metadata.json does not exist: run `scangate db update --java`"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, err := OpenJava(javaDir(t, tt.db, tt.meta))
			if err == nil {
				db.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
		})
	}
	if _, err := OpenJava(t.TempDir()); !errors.Is(err, ErrNoJava) || !strings.Contains(err.Error(), "scangate db update --java") {
		t.Errorf("none: %v", err)
	}
	hostile := made(artifacts, indices, "INSERT INTO artifacts VALUES(1, 'a' || char(10), 'b'), (2, hex(zeroblob(5000)), 'c')", "INSERT INTO indices VALUES(1, '1', x'"+hex.EncodeToString(sum(1))+"', 'jar'), (2, '1', x'00', 'jar')")
	db, err := OpenJava(javaDir(t, hostile, meta))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, _, _, _, err := db.BySHA1(hex.EncodeToString(sum(1))); err == nil {
		t.Error("a group with a line end gave no error")
	}
	if _, _, err := db.ByArtifact("c", "1"); err == nil {
		t.Error("a huge group gave no error")
	}
}

// TestJavaUpdate: the machinery of the vulnerability database serves this one,
// and neither touches the other.
func TestJavaUpdate(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m := newMirror(t)
	push := func(built time.Time) {
		db, meta := javaFiles(t, built, jars())
		m.pushAs(t, "1", static.NewLayer(archive(t, db, meta), types.MediaType(java.layerType)))
	}
	push(now.Add(-30 * time.Hour))
	dir := build(t, now)
	out, err := Java().Update(t.Context(), dir, options(m))
	if err != nil || !out.Updated || !strings.HasSuffix(out.Source, m.repo) {
		t.Fatal(out, err)
	}
	info, err := Java().Inspect(dir, now)
	if err != nil || !info.Built.Equal(now.Add(-30*time.Hour)) || info.Stale(now) || info.Due(now) || info.Schema != 1 || info.Source != m.repo+":1" || info.Dir != filepath.Join(dir, "java") {
		t.Errorf("%+v, %v", info, err)
	}
	if out, err := Java().Update(t.Context(), dir, options(m)); err != nil || out.Updated {
		t.Errorf("again: %+v, %v", out, err)
	}
	db, err := OpenJava(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if !builtAt(t, dir).Equal(now) {
		t.Error("the vulnerability database is another")
	}

	// Carried to where there is no network.
	var exported bytes.Buffer
	if err := Java().Export(t.Context(), &exported, dir, now); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "java.tar.gz")
	if err := os.WriteFile(name, exported.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if info, err := Java().Import(t.Context(), other, name, now); err != nil || !info.Built.Equal(now.Add(-30*time.Hour)) {
		t.Fatal(info, err)
	}
	if moved, err := OpenJava(other); err != nil {
		t.Error(err)
	} else if err := moved.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Import(t.Context(), other, name, now); err == nil || !strings.Contains(err.Error(), `unexpected entry "trivy-java.db"`) {
		t.Errorf("as a vulnerability database: %v", err)
	}

	// Due after NextUpdate; the newest replaces it while one is in use.
	push(now.Add(-time.Hour))
	later := options(m)
	later.Now = func() time.Time { return now.Add(48 * time.Hour) }
	if err := Java().Refresh(t.Context(), dir, later); err != nil {
		t.Fatal(err)
	}
	if info, err := Java().Inspect(dir, now); err != nil || !info.Built.Equal(now.Add(-time.Hour)) {
		t.Errorf("%+v, %v", info, err)
	}
	if _, ok, err := db.ByArtifact("jstl", "1.2"); err != nil || !ok {
		t.Errorf("the one in use: %v, %v", ok, err)
	}
	// A mirror with the wrong database.
	m.pushAs(t, "1", dbLayer(published(t, now)))
	if _, err := Java().Update(t.Context(), dir, options(m)); err == nil || !strings.Contains(err.Error(), "this is no Java database") {
		t.Errorf("the wrong database: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Java().Update(ctx, t.TempDir(), options(m)); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
}
