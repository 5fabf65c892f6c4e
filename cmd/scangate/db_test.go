package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/scangate/scangate/vulndb"
)

// mirror serves a database built then, from this machine, and counts requests.
func mirror(t *testing.T, built time.Time) (repo string, asked *atomic.Int64) {
	t.Helper()
	dir := t.TempDir()
	if err := vulndb.Build(advisories(t), dir, built); err != nil {
		t.Fatal(err)
	}
	return serve(t, dir, "trivy-db:2", "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip")
}

// serve serves the files of a directory as a layer, from this machine.
func serve(t *testing.T, dir, path, layerType string) (repo string, asked *atomic.Int64) {
	t.Helper()
	var layer bytes.Buffer
	z := gzip.NewWriter(&layer)
	w := tar.NewWriter(z)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Int64)
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, static.NewLayer(layer.Bytes(), types.MediaType(layerType)))
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	asked.Store(0)
	return ref.Context().Name(), asked
}

// javaMirror serves a Java database.
func javaMirror(t *testing.T) (repo string, asked *atomic.Int64) {
	t.Helper()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, "trivy-java.db"))
	for _, statement := range []string{
		"CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT)",
		"CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT)",
		"INSERT INTO artifacts VALUES(1, 'g', 'a')",
		"INSERT INTO indices VALUES(1, '1', zeroblob(20), 'jar')",
	} {
		if err == nil {
			_, err = db.Exec(statement)
		}
	}
	if err == nil {
		err = db.Close()
	}
	meta := fmt.Sprintf(`{"Version": 1, "UpdatedAt": %q, "NextUpdate": %[1]q}`, time.Now().Format(time.RFC3339))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "metadata.json"), []byte(meta), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, dir, "trivy-java-db:1", "application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip")
}

// advisories is the place of the sample's facts, before a test goes elsewhere.
func advisories(t *testing.T) string {
	t.Helper()
	for dir, err := os.Getwd(); err == nil; dir = filepath.Dir(dir) {
		facts := filepath.Join(dir, "testdata", "advisories")
		if _, err := os.Stat(facts); err == nil {
			return facts
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	t.Fatal("no advisories")
	return ""
}

func TestDB(t *testing.T) {
	repo, asked := mirror(t, time.Now().Add(-30*time.Hour))
	facts := advisories(t)
	y := newTry(t, "secret=clean")
	y.env = map[string]string{"SCANGATE_DB": "db"}
	y.run("db", "status").want(exitIncomplete, "db/trivy.db does not exist: run `scangate db update`")
	y.run("db", "export", "x.tar.gz").want(exitIncomplete, "does not exist")
	if _, err := os.Stat("x.tar.gz"); err == nil {
		t.Error("a failed export left a file")
	}
	y.run("db", "update").want(exitIncomplete, "registry.invalid/db: its name cannot be resolved (--db-repository")
	y.run("db", "status").want(exitIncomplete, "(the last update, 0 minutes ago, failed: ")
	y.run("db", "update", "--db-repository", "registry.invalid/db", "--db-repository", repo).want(exitIncomplete, "registry.invalid/db: its name cannot be resolved; "+repo+": its name")
	y.mirrors.Transport = nil
	y.run("db", "update", "--no-feeds", "--db-repository", repo).want(0, "updated to the vulnerability database built ")
	if !strings.Contains(y.stderr, "scangate: downloading 0.0 MiB from "+repo) {
		t.Errorf("no progress:\n%s", y.stderr)
	}
	y.run("db", "update", "--no-feeds", "--db-repository", repo).want(0, "nothing newer than the vulnerability database built ")
	y.run("db", "status").want(0, "30 hours, a newer one should be out")
	y.run("db", "status", "--format", "json").want(0, "")
	var s dbState
	if err := json.Unmarshal([]byte(y.stdout), &s); err != nil || s.AgeHours != 30 || s.Stale || !s.Due || s.Schema != 2 || s.Source != repo+":2" || s.Size == 0 || !strings.HasPrefix(s.Digest, "sha256:") {
		t.Errorf("%v, %+v", err, s)
	}
	if before := asked.Load(); before == 0 {
		t.Error("nothing was asked for")
	}

	y.run("db", "export", "x.tar.gz").want(0, "wrote x.tar.gz")
	y.run("db", "import", "x.tar.gz", "--db", "other").want(0, "imported the vulnerability database built ")
	y.run("db", "status", "--db", "other").want(0, "x.tar.gz, from "+repo+":2")
	data, err := os.ReadFile("x.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("x.tar.gz", data[:len(data)-20], 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("db", "import", "x.tar.gz", "--db", "other").want(exitIncomplete, "nothing was replaced")
	y.run("db", "status", "--db", "other").want(0, "stale")

	y.run("db", "build", facts, "-o", "built").want(0, "`scangate scan --db built` uses it")
	y.run("db", "status", "--db", "built").want(0, "0 minutes")
	y.run("db", "build", "built").want(exitIncomplete, "holds no .yaml file")

	const osv = `{"id": "X-1", "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"], "ranges": [{"type": "GIT"}]}]}`
	if err := os.WriteFile("x.json", []byte(osv), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("db", "build", "--osv", "x.json", "-o", "own").want(0, "built a database in own")
	if !strings.Contains(y.stderr, "left out: 1 × ranges of Git commits") {
		t.Errorf("nothing was said of what is left out:\n%s", y.stderr)
	}
	y.run("db", "build", facts, "--osv", "x.json", "-o", "own").want(0, "built a database in own")
	y.run("db", "build", facts, "--osv", "none", "-o", "own").want(exitIncomplete, "OSV advisories: none: no such file or directory")
}

func TestJavaDB(t *testing.T) {
	repo, _ := javaMirror(t)
	facts := advisories(t)
	y := newTry(t, "secret=clean")
	if err := vulndb.Build(facts, "db", time.Now()); err != nil {
		t.Fatal(err)
	}
	y.env = map[string]string{"SCANGATE_DB": "db"}
	y.run("db", "export", "--java", "x.tar.gz").want(exitIncomplete, "there is no Java database in ")
	y.run("db", "status").want(0, "stale")
	if strings.Contains(y.stdout, "Java database") {
		t.Errorf("status:\n%s", y.stdout)
	}
	y.mirrors.Transport = nil
	y.run("db", "update", "--java", "--db-repository", repo).want(0, "updated to the Java database built ")
	y.run("db", "status").want(0, "\nJava database\npath ")
	y.run("db", "status", "--format", "json").want(0, "")
	var s dbState
	if err := json.Unmarshal([]byte(y.stdout), &s); err != nil || s.Java == nil || s.Java.Source != repo+":1" || s.Java.Java != nil || s.Source != "" {
		t.Errorf("%v, %+v", err, s)
	}
	y.run("db", "export", "--java", "x.tar.gz").want(0, "`scangate db import --java` reads it")
	y.run("db", "import", "x.tar.gz", "--db", "other").want(exitIncomplete, "unexpected entry")
	y.run("db", "import", "--java", "x.tar.gz", "--db", "other").want(0, "imported the Java database built ")
	db, err := vulndb.OpenJava("other")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestScanKeepsTheDefaultDatabaseUpToDate(t *testing.T) {
	repo, asked := mirror(t, time.Now())
	facts := advisories(t)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	y := newTry(t, "unused=clean")
	y.scanners = embedded()
	if err := os.WriteFile("requirements.txt", []byte("requests==2.19.0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	scan := func(args ...string) *try {
		return y.run(append([]string{"scan", "--scanners", "dependency", "--fail-on", "none"}, args...)...)
	}
	y.run("plan")
	scan("--offline").want(exitIncomplete, "trivy.db does not exist: run `scangate db update`")
	scan().want(exitIncomplete, "could not be downloaded: no mirror has a vulnerability database for us: registry.invalid/db: its name cannot be resolved: run `scangate db update`")

	// One way to name a mirror, for scans and for updates; the flag wins.
	configure := func(text string) {
		if err := os.WriteFile(".scangate.yaml", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	configure("db: {repository: [mine.invalid/db, yours.invalid/db]}\n")
	scan().want(exitIncomplete, "mine.invalid/db: its name cannot be resolved; yours.invalid/db: its name")
	y.run("db", "update").want(exitIncomplete, "mine.invalid/db: its name cannot be resolved; yours.invalid/db: its name")
	scan("--db-repository", "flag.invalid/db").want(exitIncomplete, "for us: flag.invalid/db: its name")
	y.run("db", "update", "--db-repository", "flag.invalid/db").want(exitIncomplete, "for us: flag.invalid/db: its name")
	y.run("db", "update", "--java").want(exitIncomplete, "for us: registry.invalid/db: its name")
	configure("db:\n  java-repository: [jars.invalid/db]\n")
	y.run("db", "update", "--java").want(exitIncomplete, "no mirror has a Java database for us: jars.invalid/db: its name")
	for _, key := range []string{"repository", "java-repository"} {
		configure("db:\n  " + key + ":\n    - https://mine.invalid/db\n")
		scan().want(exitUsage, ".scangate.yaml:3:7: \"https://mine.invalid/db\" is not a repository such as ghcr.io/")
	}
	configure("db: {repository: mine.invalid/db}\n")
	scan().want(exitUsage, "db.repository: want a list, not a single value")
	if err := os.Remove(".scangate.yaml"); err != nil {
		t.Fatal(err)
	}

	good := vulndb.UpdateOptions{Repositories: []string{repo}}
	bad := y.mirrors
	y.mirrors = good
	scan("--offline").want(exitIncomplete, "does not exist")
	if asked.Load() != 0 {
		t.Error("--offline asked a mirror")
	}
	scan().want(0, "VERDICT: PASSED")
	if asked.Load() == 0 {
		t.Error("no mirror was asked")
	}
	before := asked.Load()
	scan().want(0, "VERDICT: PASSED")
	if err := vulndb.Build(facts, "old", time.Now().Add(-30*time.Hour)); err != nil {
		t.Fatal(err)
	}
	scan("--db", "old").want(0, "VERDICT: PASSED")
	y.env = map[string]string{"SCANGATE_DB": "old"}
	scan().want(0, "VERDICT: PASSED")
	y.env = nil
	if asked.Load() != before {
		t.Error("a mirror was asked for a fresh database, or for one that is not ours to keep")
	}

	// Due, and the mirrors do not answer.
	dir, _ := (&app{getenv: os.Getenv}).database("")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := vulndb.Build(facts, dir, time.Now().Add(-30*time.Hour)); err != nil {
		t.Fatal(err)
	}
	y.mirrors = bad
	scan("--results", "r.json").want(0, "VERDICT: PASSED")
	res, err := readResults("r.json")
	if err != nil {
		t.Fatal(err)
	}
	notes := res.Find("dependency").Notes
	if len(notes) == 0 || !strings.Contains(notes[0].Message, "could not be refreshed") || !strings.Contains(notes[0].Message, "its name cannot be resolved") {
		t.Errorf("notes %+v", notes)
	}
}
