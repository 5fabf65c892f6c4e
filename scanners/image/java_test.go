package image

import (
	"archive/zip"
	"bytes"
	"crypto/sha1"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/vulndb"
)

// namelessJar says nothing of what it is.
func namelessJar(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("a/B.class")
	if err == nil {
		_, err = w.Write([]byte("\xca\xfe\xba\xbe"))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// javaDatabase knows one jar.
func javaDatabase(t *testing.T, dir, jar, group, artifact, version string) {
	t.Helper()
	place := filepath.Join(dir, "java")
	if err := os.MkdirAll(place, 0o755); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(place, "trivy-java.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sum := sha1.Sum([]byte(jar))
	for _, step := range []struct {
		query string
		args  []any
	}{
		{"CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT)", nil},
		{"CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT)", nil},
		{"INSERT INTO artifacts VALUES(1, ?, ?)", []any{group, artifact}},
		{"INSERT INTO indices VALUES(1, ?, ?, 'jar')", []any{version, sum[:]}},
	} {
		if _, err := db.Exec(step.query, step.args...); err != nil {
			t.Fatal(err)
		}
	}
	meta := `{"Version":1,"UpdatedAt":"` + time.Now().UTC().Format(time.RFC3339) + `","NextUpdate":"2100-01-01T00:00:00Z"}`
	if err := os.WriteFile(filepath.Join(place, "metadata.json"), []byte(meta), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestJavaDatabase: a jar that says nothing is told by its digest, once there
// is a database for that; until then, a note says that there is one.
func TestJavaDatabase(t *testing.T) {
	jar := namelessJar(t)
	ref := layoutOf(t, t.TempDir(), imageOf(t, v1.Config{}, madeStep{"COPY a.jar /", []entry{{"app/a.jar", jar}}}))
	o := Options{DB: advisories(t), Cache: t.TempDir()}
	o.Java = vulndb.JavaSource{Dir: o.DB.Dir}
	run := scan(t, o, ref, nil)
	if got := notes(run); run.Status != finding.Completed || !slices.ContainsFunc(got, func(s string) bool {
		return strings.HasPrefix(s, "info 1 jar not matched") && strings.Contains(s, "scangate db update --java")
	}) {
		t.Errorf("%s: %q", run.Status, got)
	}
	javaDatabase(t, o.DB.Dir, jar, "org.apache.logging.log4j", "log4j-core", "2.14.1")
	run = scan(t, o, ref, nil)
	if !slices.ContainsFunc(run.Findings, func(f finding.Finding) bool {
		return f.RuleID == "CVE-2021-44228" && f.Package.Name == "org.apache.logging.log4j:log4j-core" && f.Layer.File == "app/a.jar"
	}) {
		t.Errorf("%s: %q, %q", run.Status, summaries(run), notes(run))
	}
}
