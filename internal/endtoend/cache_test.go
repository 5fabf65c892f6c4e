package endtoend

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestCache: what a push has kept serves a pull request, which keeps nothing.
func TestCache(t *testing.T) {
	t.Parallel()
	j, _ := newUser(t, "cache.yml")
	m := newMirror(t)
	caches := t.TempDir()
	j.standIn(cacheAction, map[string]string{"restore/action.yml": restoreCache, "save/action.yml": saveCache})
	j.env("CACHES", caches)
	j.write(".scangate.yaml", m.config)
	j.write("requirements.txt", mended)
	j.commit("packages")

	j.env("GITHUB_RUN_ID", "1")
	r := j.run("cache.yml")
	if !r.passed || m.asked.Load() == 0 {
		t.Errorf("the job passed: %v; the registry was asked %d times", r.passed, m.asked.Load())
	}
	place := regexp.MustCompile(`(?m)saved scangate-\w+-1 from (\S+/tmp/scangate)$`).FindStringSubmatch(r.log)
	if place == nil || !strings.Contains(r.log, "nothing to restore to "+place[1]+"\n") {
		t.Errorf("restored and saved is not the same place: %v", place)
	}
	saved, err := filepath.Glob(filepath.Join(caches, "scangate-*-1"))
	if err != nil || len(saved) != 1 || count(t, saved[0], "trivy.db") != 1 {
		t.Errorf("saved: %v, %v", saved, err)
	}
	if n := count(t, filepath.Join(j.home, "cache"), "trivy.db"); n != 0 {
		t.Error("the database is where nobody keeps it")
	}

	before := m.asked.Load()
	j.env("GITHUB_RUN_ID", "2")
	j.merge("requirements.txt", vulnerable)
	j.pullRequest("octo/shop")
	r = j.run("cache.yml")
	if out := r.outputs("scangate/scan"); r.passed || out["conclusion"] != "failed" || out["high"] != "1" || out["db-age-hours"] != "0" {
		t.Errorf("the job passed: %v, %v", r.passed, out)
	}
	if n := m.asked.Load(); n != before {
		t.Errorf("the registry was asked %d times more", n-before)
	}
	if !regexp.MustCompile(`(?m)restored scangate-\w+-1 to \S+/tmp/scangate$`).MatchString(r.log) {
		t.Error("what was saved is not restored")
	}
	if all, err := os.ReadDir(caches); err != nil || len(all) != 1 {
		t.Errorf("a pull request has written the cache: %v, %v", all, err)
	}
}

// count is how many files below a directory have that name.
func count(t *testing.T, dir, name string) (n int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && e.Name() == name {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
