package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/vulndb"
)

// TestActionJudgesSavedResults: of the shards of a scan, the action makes the
// same summary, SARIF, outputs and verdict as of a scan of its own.
func TestActionJudgesSavedResults(t *testing.T) {
	y := newPull(t, twoKnown, func() { write(t, "new.tf", "bad three\n") })
	kept := t.TempDir()
	y.env["GITHUB_OUTPUT"], y.env["GITHUB_STEP_SUMMARY"] = filepath.Join(kept, "output"), filepath.Join(kept, "summary")
	y.env["SCANGATE_SARIF_FILE"] = filepath.Join(kept, "scangate.sarif")
	took := regexp.MustCompile(`\| [0-9.]+m?s \|`)
	action := func() map[string]string {
		t.Helper()
		write(t, y.env["GITHUB_OUTPUT"], "")
		write(t, y.env["GITHUB_STEP_SUMMARY"], "")
		y.run("action").want(1, "VERDICT: FAILED")
		out := y.outputs()
		for name, file := range map[string]string{"summary": y.env["GITHUB_STEP_SUMMARY"], "sarif": y.env["SCANGATE_SARIF_FILE"]} {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = took.ReplaceAllString(string(data), "| |")
		}
		if !strings.Contains(y.stdout, "::error ") {
			t.Errorf("no annotations:\n%s", y.stdout)
		}
		return out
	}
	want := action()
	for _, shard := range []string{"1", "2"} {
		y.run("scan", "--shard", shard+"/2", "--results", filepath.Join(kept, "shard-"+shard+".json")).want(0, "is a part of the scan")
	}
	y.env["SCANGATE_RESULTS"] = filepath.Join(kept, "shard-*.json")
	if d := cmp.Diff(want, action()); d != "" {
		t.Error(d)
	}
	if err := os.Remove(filepath.Join(kept, "shard-2.json")); err != nil {
		t.Fatal(err)
	}
	y.env["SCANGATE_FAIL_ON"] = "none"
	y.run("action").want(exitIncomplete, "shard 2/2")
	y.env["SCANGATE_RESULTS"] = filepath.Join(kept, "part-*.json")
	y.run("action").want(exitUsage, "results: no file matches")
	y.env["SCANGATE_RESULTS"], y.env["SCANGATE_SCANNERS"] = filepath.Join(kept, "shard-*.json"), "iac"
	y.run("action").want(exitUsage, "results: nothing is scanned, and scanners is about a scan")
	y.env["SCANGATE_SCANNERS"], y.env["SCANGATE_ONLY_NEW"] = "", "true"
	y.run("action").want(exitUsage, "results: nothing is scanned, and only-new is about a scan")
}

// TestSavedResultsAndTheEvent: results do not get around what the action refuses.
func TestSavedResultsAndTheEvent(t *testing.T) {
	y := newPull(t, twoKnown, func() {})
	y.run("scan", "--fail-on", "none", "--results", "results.json").want(0, "PASSED")
	y.env["GITHUB_EVENT_NAME"], y.env["SCANGATE_RESULTS"] = "pull_request_target", "results.json"
	y.run("action").want(exitUsage, "pull_request_target runs with the rights of the repository")
}

// TestCacheDirectory: what is kept from run to run goes where the input says,
// and never where it would be scanned.
func TestCacheDirectory(t *testing.T) {
	y := newPull(t, twoKnown, func() { write(t, "new.tf", "bad three\n") })
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	y.env["SCANGATE_CACHE_DIR"] = dir
	y.run("action").want(1, "VERDICT: FAILED")
	if _, err := os.Stat(filepath.Join(dir, "secrets")); err != nil {
		t.Errorf("the cache of the secret scanner: %v", err)
	}
	y.run("db", "status").want(exitIncomplete, filepath.Join(dir, "db"))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(mustGetwd(t), link); err != nil {
		t.Fatal(err)
	}
	for _, inside := range []string{"cache", ".", filepath.Join(link, "cache", "deep")} {
		y.env["SCANGATE_CACHE_DIR"] = inside
		for _, command := range []string{"action", "scan", "plan"} {
			y.run(command).want(exitUsage, "is in the directory to scan, and would be scanned")
		}
	}
	y.env["SCANGATE_CACHE_DIR"] = filepath.Join(".scangate", "cache")
	y.run("scan").want(1, "VERDICT: FAILED")
}

// TestDatabaseAgeOfTheAction: the input wins over the configuration.
func TestDatabaseAgeOfTheAction(t *testing.T) {
	facts := advisories(t)
	for _, tt := range []struct{ configured, input, part string }{
		{"1h", "", "and db.max-age allows 1h"},
		{"1h", "0", "VERDICT: PASSED"},
		{"0", "1h", "and db.max-age allows 1h"},
		{"0", "-1h", `db-max-age: "-1h" is not a duration`},
		{"0", "soon", `db-max-age: "soon" is not a duration`},
	} {
		y := newTry(t, "unused=clean")
		for _, e := range embedded() {
			if e.name == "dependency" {
				y.scanners = []entry{e}
			}
		}
		write(t, "requirements.txt", "left-pad==1.0.0\n")
		if err := vulndb.Build(facts, "db", time.Now().Add(-30*time.Hour)); err != nil {
			t.Fatal(err)
		}
		y.env = map[string]string{"SCANGATE_DB": "db", "SCANGATE_DB_MAX_AGE": tt.input}
		write(t, ".scangate.yaml", "version: 1\ndb: {max-age: "+tt.configured+"}\n")
		y.run("action")
		if !strings.Contains(y.stdout+y.stderr, tt.part) {
			t.Errorf("configured %s, input %q: no %q in\n%s%s", tt.configured, tt.input, tt.part, y.stdout, y.stderr)
		}
	}
}
