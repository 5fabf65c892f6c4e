package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/internal/githubapi"
	"github.com/scangate/scangate/vulndb"
)

// TestDoctor: what keeps a scan from being complete is a problem, said with its
// remedy, and what is only missing is none.
func TestDoctor(t *testing.T) {
	facts := advisories(t)
	database := func(t *testing.T, age time.Duration) {
		t.Helper()
		if err := vulndb.Build(facts, "db", time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		set  func(t *testing.T, y *try)
		args []string
		code int
		says []string
	}{
		{"all is well", func(t *testing.T, y *try) { database(t, time.Hour) }, []string{"--db", "db"}, exitPassed,
			[]string{"ok       git            version ", "ok       configuration  none: high and critical findings fail", "ok       database       1 hour old", "ok       secret         full history (", "-        github         there is no token"}},
		{"no database yet", nil, nil, exitPassed, []string{"-        database       none yet: the first scan that needs one downloads it"}},
		{"a broken database", func(t *testing.T, y *try) {
			y.env["SCANGATE_CACHE_DIR"] = filepath.Join(t.TempDir(), "cache")
			writeAll(t, map[string]string{filepath.Join(y.env["SCANGATE_CACHE_DIR"], "db", "trivy.db"): "junk"})
		}, nil, exitPassed, []string{"warning  database ", "→ scangate db update"}},
		{"no database, and no network", nil, []string{"--offline"}, exitIncomplete, []string{"problem  database ", "→ scangate db update"}},
		{"an old database", func(t *testing.T, y *try) { database(t, 72*time.Hour) }, []string{"--db", "db"}, exitPassed, []string{"warning  database       3 days old", "→ scangate db update"}},
		{"one that is too old", func(t *testing.T, y *try) {
			database(t, 72*time.Hour)
			write(t, ".scangate.yaml", "version: 1\ndb: {max-age: 48h}\n")
		}, []string{"--db", "db"}, exitIncomplete, []string{"problem  database       3 days old, and db.max-age allows 48h0m0s"}},
		{"a mistake in the configuration", func(t *testing.T, y *try) { write(t, ".scangate.yaml", "version: 1\npolicy:\n  treshold: {}\n") }, nil, exitUsage,
			[]string{"problem  configuration  .scangate.yaml:3:3: ", `did you mean "thresholds"`}},
		{"a mistake in a section", func(t *testing.T, y *try) {
			write(t, ".scangate.yaml", "version: 1\nscanners: {secret: {histori: none}}\n")
		}, nil, exitUsage,
			[]string{"problem  scanners       .scangate.yaml:2:"}},
		{"a policy that asks for a feed", func(t *testing.T, y *try) {
			write(t, ".scangate.yaml", "version: 1\npolicy:\n  rules: [{match: {kev: true}, action: fail, because: exploited}]\n")
		}, []string{"--offline"}, exitIncomplete, []string{"problem  kev "}},
		{"the same, with the network", func(t *testing.T, y *try) {
			write(t, ".scangate.yaml", "version: 1\npolicy:\n  rules: [{match: {kev: true}, action: fail, because: exploited}]\n")
		}, nil, exitPassed, []string{"-        kev            the next scan downloads it"}},
		{"a shallow clone", func(t *testing.T, y *try) {
			origin := mustGetwd(t)
			t.Chdir(t.TempDir())
			gitDo(t, "clone", "-q", "--depth", "1", "file://"+origin, ".")
		}, nil, exitIncomplete, []string{"problem  git ", "→ check out with fetch-depth: 0"}},
		{"no git", func(t *testing.T, y *try) { t.Setenv("PATH", "") }, nil, exitIncomplete, []string{"problem  git            there is no git program", "problem  secret "}},
		{"a cache in the tree", func(t *testing.T, y *try) { y.env["SCANGATE_CACHE_DIR"] = "cache" }, nil, exitUsage, []string{"problem  cache          SCANGATE_CACHE_DIR: "}},
		{"a cache that is a file", func(t *testing.T, y *try) {
			name := filepath.Join(t.TempDir(), "file")
			write(t, name, "")
			y.env["SCANGATE_CACHE_DIR"] = filepath.Join(name, "cache")
		}, nil, exitPassed, []string{"warning  cache ", "→ SCANGATE_CACHE_DIR names another directory"}},
		{"a wrong format", nil, []string{"--format", "jsn"}, exitUsage, []string{`unknown format "jsn"; did you mean "json"?`}},
		{"part of a scan", nil, []string{"--staged"}, exitUsage, []string{"doctor looks at a whole scan"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			y := newPull(t, twoKnown, func() { write(t, "new.tf", "bad three\n") })
			if tt.set != nil {
				tt.set(t, y)
			}
			y.run(append([]string{"doctor"}, tt.args...)...)
			for _, part := range tt.says {
				y.want(tt.code, part)
			}
		})
	}
}

// TestDoctorAsksGitHub: what the token can reach is said, the token is not, and
// nothing is changed.
func TestDoctorAsksGitHub(t *testing.T) {
	for mode, part := range map[githubapi.Mode]string{
		githubapi.Normal:    "ok       github         octo/shop and its alerts can be read",
		githubapi.NoLicence: "warning  github         octo/shop has no code scanning (",
		githubapi.Archived:  "warning  github         octo/shop is archived",
		githubapi.NoAccess:  "warning  github         octo/shop cannot be read: ",
		githubapi.BadToken:  "the token is wrong or has expired",
		githubapi.NotAPI:    "is not GitHub's API",
	} {
		y := newPull(t, twoKnown, func() { write(t, "new.tf", "bad three\n") })
		hub := inJob(t, y, githubapi.Options{Mode: mode})
		y.run("doctor").want(exitPassed, part)
		if strings.Contains(y.stdout+y.stderr, "t0k3n") {
			t.Errorf("%s: the token is printed:\n%s", mode, y.stdout)
		}
		for _, r := range hub.Requests() {
			if r.Method != "GET" {
				t.Errorf("%s: %s %s", mode, r.Method, r.Path)
			}
		}
		y.run("doctor", "--offline").want(exitIncomplete, "not asked, with --offline") // there is no database
	}
}

// TestDoctorForPrograms: the same as JSON, and nothing of it is left in the tree or
// in the cache.
func TestDoctorForPrograms(t *testing.T) {
	y := newPull(t, twoKnown, func() { write(t, "new.tf", "bad three\n") })
	cache := t.TempDir()
	y.env["SCANGATE_CACHE_DIR"] = cache
	y.run("doctor", "--format", "json").want(exitPassed, `"name": "secret"`)
	var list []checkup
	if err := json.Unmarshal([]byte(y.stdout), &list); err != nil || len(list) < 6 {
		t.Errorf("%v: %s", err, y.stdout)
	}
	if out := gitOutput(t, "status", "--porcelain"); out != "" {
		t.Errorf("it has changed the tree: %s", out)
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) > 0 {
		t.Errorf("it has left something in the cache: %v, %v", entries, err)
	}
}
