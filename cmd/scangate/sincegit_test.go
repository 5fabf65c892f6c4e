package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// twoKnown has two known findings.
var twoKnown = map[string]string{"a.tf": "bad one\nfine\n", "b/c.tf": "bad two\n"}

// output is what git prints.
func gitOutput(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("git", args...).Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// TestPullRequestsOnGit is the other half of the table: the ways in which
// commits of a pull request come to lie in a clone.
func TestPullRequestsOnGit(t *testing.T) {
	ahead := func(t *testing.T) { // main goes on after the branch
		gitDo(t, "checkout", "-q", "main")
		write(t, "later.tf", "bad later\n")
		commitAll(t, "later")
		gitDo(t, "checkout", "-q", "pull")
	}
	add := func(t *testing.T) func() { return func() { write(t, "new.tf", "bad three\n") } }

	t.Run("main goes on", func(t *testing.T) {
		y := newPull(t, twoKnown, add(t))
		ahead(t)
		y.run("scan", "--since", "main").want(1, "1 finding new, 2 known, 0 fixed")
	})
	t.Run("main has a stricter policy by now", func(t *testing.T) {
		y := newPull(t, map[string]string{"a.tf": "bad one\n", ".scangate.yaml": "version: 1\npolicy: {thresholds: {iac: {fail-on: none}}}\n"}, add(t))
		y.run("scan", "--since", "main").want(0, "1 finding new")
		gitDo(t, "checkout", "-q", "main")
		write(t, ".scangate.yaml", "version: 1\npolicy: {thresholds: {iac: {fail-on: any}}}\n")
		commitAll(t, "stricter")
		gitDo(t, "checkout", "-q", "pull")
		y.run("scan", "--since", "main").want(1, "fail-on: any (.scangate.yaml:2)")
		if strings.Contains(y.stdout, "changed here") {
			t.Errorf("the pull request has not changed the policy:\n%s", y.stdout)
		}
	})
	t.Run("rebase", func(t *testing.T) {
		y := newPull(t, twoKnown, add(t))
		ahead(t)
		gitDo(t, "rebase", "-q", "main")
		y.run("scan", "--since", "main").want(1, "1 finding new, 3 known, 0 fixed")
	})
	t.Run("squash", func(t *testing.T) {
		y := newPull(t, twoKnown, func() {
			write(t, "new.tf", "bad three\n")
			commitAll(t, "one")
			write(t, "new.tf", "bad three\nbad four\n")
		})
		gitDo(t, "reset", "-q", "--soft", "main")
		commitAll(t, "all in one")
		y.run("scan", "--since", "main").want(1, "2 findings new, 2 known, 0 fixed")
	})
	t.Run("merge queue", func(t *testing.T) { // GitHub merges into a commit of its own
		y := newPull(t, twoKnown, add(t))
		ahead(t)
		gitDo(t, "checkout", "-q", "--detach", "main")
		gitDo(t, "merge", "-q", "--no-ff", "-m", "queued", "pull")
		y.run("scan", "--since", "HEAD^1").want(1, "1 finding new, 3 known, 0 fixed")
		y.run("scan", "--since", "main").want(1, "1 finding new, 3 known, 0 fixed")
	})
	t.Run("merge of main into the branch", func(t *testing.T) {
		y := newPull(t, twoKnown, add(t))
		ahead(t)
		gitDo(t, "merge", "-q", "--no-ff", "-m", "main", "main")
		y.run("scan", "--since", "main").want(1, "1 finding new, 3 known, 0 fixed")
	})
	t.Run("not committed yet", func(t *testing.T) {
		y := newPull(t, twoKnown, func() {})
		write(t, "a.tf", "fine\nbad three\n")
		if err := os.Rename("b", "d"); err != nil {
			t.Fatal(err)
		}
		y.run("scan", "--since", "main").want(1, "1 finding new, 1 known, 1 fixed")
	})
	t.Run("shallow clone", func(t *testing.T) {
		y := newPull(t, twoKnown, add(t))
		ahead(t)
		origin := mustGetwd(t)
		t.Chdir(t.TempDir())
		gitDo(t, "clone", "-q", "--depth", "1", "--branch", "pull", "file://"+origin, "clone")
		t.Chdir("clone")
		y.run("scan", "--since", "origin/main").want(exitUsage, "this clone has no such commit; fetch it first, on GitHub by checking out with fetch-depth: 0")
		gitDo(t, "fetch", "-q", "--depth", "1", "origin", "main")
		y.run("scan", "--since", "FETCH_HEAD").want(1, "all that it found counts as new: the clone is shallow and does not reach the merge base: check out with fetch-depth: 0, or run git fetch --unshallow")
		gitDo(t, "fetch", "-q", "--unshallow", "origin")
		gitDo(t, "fetch", "-q", "origin", "main:refs/remotes/origin/main")
		y.run("scan", "--since", "origin/main").want(1, "1 finding new, 2 known, 0 fixed")
	})
	t.Run("shallow clone of a merge", func(t *testing.T) { // actions/checkout with fetch-depth: 2
		y := newPull(t, twoKnown, add(t))
		ahead(t)
		gitDo(t, "checkout", "-q", "-b", "merged", "main")
		gitDo(t, "merge", "-q", "--no-ff", "-m", "merged", "pull")
		origin := mustGetwd(t)
		t.Chdir(t.TempDir())
		gitDo(t, "clone", "-q", "--depth", "2", "--branch", "merged", "file://"+origin, "clone")
		t.Chdir("clone")
		y.run("scan", "--since", "HEAD^1").want(1, "1 finding new, 3 known, 0 fixed")
	})
	t.Run("fork", func(t *testing.T) {
		y := newPull(t, twoKnown, func() {})
		upstream := mustGetwd(t)
		t.Chdir(t.TempDir())
		gitDo(t, "clone", "-q", "--branch", "main", upstream, "fork")
		t.Chdir("fork")
		gitDo(t, "checkout", "-q", "-b", "mine")
		write(t, "new.tf", "bad three\n")
		commitAll(t, "mine")
		gitDo(t, "remote", "add", "upstream", upstream)
		gitDo(t, "fetch", "-q", "upstream")
		y.run("scan", "--since", "upstream/main").want(1, "1 finding new, 2 known, 0 fixed")
	})
	t.Run("no common history", func(t *testing.T) {
		y := newPull(t, twoKnown, func() {})
		gitDo(t, "checkout", "-q", "--orphan", "other")
		commitAll(t, "other")
		y.run("scan", "--since", "main").want(1, "all that it found counts as new: HEAD and main share no commit")
	})
	t.Run("a directory of the repository", func(t *testing.T) {
		y := newPull(t, map[string]string{"app/a.tf": "bad one\n", "lib/b.tf": "bad two\n", "app/.scangate.yaml": "version: 1\npolicy: {thresholds: {iac: {fail-on: any}}}\n", "ci.yaml": "version: 1\npolicy: {baseline: known.json}\n", "known.json": "{\"version\": 1, \"findings\": []}\n"}, func() {
			write(t, "app/new.tf", "bad three\n")
			write(t, "lib/other.tf", "bad four\n")
			write(t, "known.json", "no more\n")
		})
		y.run("scan", "app", "--since", "main").want(1, "fail-on: any (.scangate.yaml:2)")
		y.want(1, "1 finding new, 1 known, 0 fixed")
		y.run("scan", "app", "--since", "main", "--config", "ci.yaml").want(1, "fail-on: high (default)")
		y.want(1, "changed here: ../known.json (modified): that of main counts")
		y.run("scan", "app", "--since", "main", "--config", "nowhere.yaml").want(exitUsage, "nowhere.yaml")
		t.Chdir("app")
		y.run("scan", "--since", "main").want(1, "1 finding new, 1 known, 0 fixed")
	})
	t.Run("links and other repositories", func(t *testing.T) {
		y := newPull(t, map[string]string{"a.tf": "bad one\n"}, func() {
			if err := os.Symlink("/etc/passwd", "out.tf"); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("a.tf", "in.tf"); err != nil {
				t.Fatal(err)
			}
			gitDo(t, "init", "-q", "inner")
			t.Chdir("inner")
			write(t, "i.tf", "bad inner\n")
			commitAll(t, "inner")
			t.Chdir("..")
		})
		y.run("scan", "--since", "main").want(1, "1 finding new, 1 known, 0 fixed")
		// The same as the base of the next one.
		y.run("scan", "--since", "HEAD").want(1, "1 finding new, 1 known, 0 fixed")
	})
}

// TestBaseResults says when results that were saved stand for a scan of the base.
func TestBaseResults(t *testing.T) {
	y := newPull(t, twoKnown, func() { write(t, "new.tf", "bad three\n") })
	released = "1.0.0"
	t.Cleanup(func() { released = "" })
	saved := filepath.Join(t.TempDir(), "base.json")
	scan := []string{"scan", "--since", "main", "--base-results", saved}
	from := func(want string) {
		t.Helper()
		res, err := readResults(".scangate/results.json")
		if err != nil {
			t.Fatal(err)
		}
		for _, run := range res.Runs {
			if run.Since == nil || run.Since.From != want {
				t.Errorf("%s was compared with %+v, want %s", run.Scanner, run.Since, want)
			}
		}
	}
	noCache := func() { t.Helper(); t.Setenv("XDG_CACHE_HOME", t.TempDir()) }

	gitDo(t, "checkout", "-q", "main")
	y.run("scan", "--results", saved).want(1, "VERDICT: FAILED")
	gitDo(t, "checkout", "-q", "pull")
	y.run(scan...).want(1, "1 finding new, 2 known, 0 fixed")
	from("saved results")

	// The cache is next, and then a scan, which fills it.
	y.run("scan", "--since", "main").want(1, "1 finding new, 2 known, 0 fixed")
	from("a scan")
	y.run("scan", "--since", "main").want(1, "1 finding new, 2 known, 0 fixed")
	from("the cache")
	entries, err := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "scangate", "bases", "*"))
	if err != nil || len(entries) != 1 {
		t.Fatalf("the cache holds %v, %v", entries, err)
	}
	write(t, entries[0], "damaged")
	y.run("scan", "--since", "main").want(1, "1 finding new, 2 known, 0 fixed")
	from("a scan")

	// Of another commit, of another version, of half a scan: not used, and said.
	noCache()
	y.run("scan", "--results", saved).want(1, "VERDICT: FAILED")
	y.run(scan...).want(1, "the saved results of the base are not used: they are of commit "+gitOutput(t, "rev-parse", "--short=12", "HEAD"))
	from("a scan")
	gitDo(t, "checkout", "-q", "main")
	y.run("scan", "--since", "main", "--results", saved)
	gitDo(t, "checkout", "-q", "pull")
	noCache()
	y.run(scan...).want(1, "the saved results of the base are not used: they are not of a whole scan")
	gitDo(t, "checkout", "-q", "main")
	released = "0.9.0"
	y.run("scan", "--results", saved)
	released = "1.0.0"
	gitDo(t, "checkout", "-q", "pull")
	noCache()
	y.run(scan...).want(1, "they were made by scangate 0.9.0")
	y.run("scan", "--since", "main", "--base-results", "nowhere.json").want(1, "the saved results of the base are not used: nowhere.json")
	y.run("scan", "--base-results", saved).want(exitUsage, "it goes with --since")

	// Other settings give other findings.
	gitDo(t, "checkout", "-q", "main")
	y.run("scan", "--results", saved)
	write(t, ".gitleaks.toml", "[extend]\nuseDefault = true\n")
	commitAll(t, "settings")
	gitDo(t, "checkout", "-q", "pull")
	noCache()
	y.run(scan...).want(1, "they were made with other settings")

	// Of a scanner that has died there is nothing to go by.
	gitDo(t, "checkout", "-q", "main")
	write(t, "dead", "x\n")
	commitAll(t, "dead")
	y.run("scan", "--results", saved).want(1, "iac: failed: a file called dead")
	gitDo(t, "checkout", "-q", "-b", "next")
	gitDo(t, "rm", "-q", "dead")
	commitAll(t, "alive")
	noCache()
	y.run(scan...).want(1, "iac: all that it found counts as new: its scan of the base has failed: a file called dead")
}
