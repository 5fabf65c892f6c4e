package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// leak is put together here, so that it does not stand in this file.
var leak = "key = AK" + "IA" + "QZ4XWT7NB" + "2LKVM5J\n"

// newRepo makes a git repository with one commit and moves into it.
func newRepo(t *testing.T) *try {
	t.Helper()
	y := newTry(t, "unused=clean")
	y.scanners = embedded()
	y.env = map[string]string{}
	gitDo(t, "init", "-q", "-b", "main")
	gitDo(t, "add", "-A")
	gitDo(t, "commit", "-q", "-m", "first")
	return y
}

func gitDo(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSince(t *testing.T) {
	y := newRepo(t)
	write(t, "old.txt", leak)
	gitDo(t, "add", "-A")
	gitDo(t, "commit", "-q", "-m", "a leak")
	gitDo(t, "tag", "old")
	scan := []string{"scan", "--scanners", "secret", "--fail-on", "any"}
	since := append(scan, "--since", "old")
	y.run(scan...).want(1, "aws-access-token")
	y.run(since...).want(0, "VERDICT: PASSED")
	write(t, "new.txt", leak)
	y.run(since...).want(1, "new.txt")
	if strings.Contains(y.stdout, "old.txt") {
		t.Errorf("what is old is reported:\n%s", y.stdout)
	}
	y.run("plan", "--scanners", "secret", "--since", "old").want(0, "0 commits and 1 file of the working tree, new since old (merge base ")
	y.run(append(scan, "--since", "nowhere")...).want(exitUsage, `--since "nowhere": this clone has no such commit; fetch it first, on GitHub by checking out with fetch-depth: 0`)
	y.run("plan", "--scanners", "secret", "--since", "nowhere").want(exitUsage, "this clone has no such commit")
	y.run(append(scan, "--since", "--output=x")...).want(exitUsage, "does not begin with a dash")
	y.run("scan", "--scanners", "iac", "--since", "nowhere").want(exitUsage, "this clone has no such commit")
	write(t, ".scangate.yaml", "version: 1\nscanners: {secret: {history: range}}\n")
	y.run(scan...).want(exitUsage, "needs a revision to start from: give --since REV")
	y.run(since...).want(1, "new.txt")
	y.env["SCANGATE_SINCE"], y.env["SCANGATE_SCANNERS"], y.env["SCANGATE_FAIL_ON"] = "old", "secret", "any"
	y.run("action").want(1, "new.txt")
	y.env["SCANGATE_SINCE"] = "nowhere"
	y.run("action").want(exitUsage, "this clone has no such commit")
}

// TestPartOfAScanCallsNothingUnused, neither in the scan nor when its results
// are judged again.
func TestPartOfAScanCallsNothingUnused(t *testing.T) {
	y := newRepo(t)
	y.scanners = slices.DeleteFunc(embedded(), func(e entry) bool { return e.name != "secret" && e.name != "iac" })
	write(t, "old.txt", leak)
	write(t, "Dockerfile", "FROM scratch\nUSER 1000\nHEALTHCHECK NONE\n")
	write(t, ".scangate.yaml", "ignore:\n- {id: aws-access-token, path: old.txt, reason: revoked, permanent: true}\n- {id: gone, scanner: iac, reason: old, permanent: true}\n")
	gitDo(t, "add", "-A")
	gitDo(t, "commit", "-q", "-m", "a leak")
	y.run("scan").want(0, "(gone) fits no finding")
	y.run("gate", defaultResults).want(0, "(gone) fits no finding")
	write(t, "new.txt", "nothing\n")
	gitDo(t, "add", "new.txt")
	for _, part := range []string{"--since=HEAD", "--staged"} {
		for _, args := range [][]string{{"scan", part}, {"gate", defaultResults}} {
			if y.run(args...).want(0, "VERDICT: PASSED"); strings.Contains(y.stdout, "fits no finding") {
				t.Errorf("%s %v:\n%s", part, args, y.stdout)
			}
		}
	}
	gitDo(t, "commit", "-q", "-m", "more")
	for _, args := range [][]string{{"scan", "--since=HEAD"}, {"gate", defaultResults}} { // nothing is new
		if y.run(args...); strings.Contains(y.stdout, "fits no finding") {
			t.Errorf("%v:\n%s", args, y.stdout)
		}
	}
}

func TestStaged(t *testing.T) {
	y := newRepo(t)
	// What the policy requires of a whole scan, a commit hook cannot give.
	write(t, ".scangate.yaml", "version: 1\npolicy: {require: [dependency, secret]}\n")
	y.run("scan", "--staged").want(0, "VERDICT: PASSED")
	for _, part := range []string{"dependency", "--staged looks at secrets in staged changes only"} {
		if !strings.Contains(y.stdout, part) {
			t.Errorf("no %q in\n%s", part, y.stdout)
		}
	}
	write(t, "s.txt", leak)
	y.run("scan", "--staged").want(0, "VERDICT: PASSED")
	gitDo(t, "add", "s.txt")
	y.run("scan", "--staged").want(1, "in the staged changes")
	y.run("plan", "--staged").want(0, "1 file with staged changes")
	y.run("scan", "--staged", "--since", "HEAD").want(exitUsage, "exclude each other")

	// git commit -a gives its hooks another index.
	index, err := os.ReadFile(".git/index")
	if err != nil {
		t.Fatal(err)
	}
	write(t, ".git/next-index", string(index))
	gitDo(t, "reset", "-q")
	y.run("scan", "--staged").want(0, "VERDICT: PASSED")
	y.env["GIT_INDEX_FILE"] = ".git/next-index"
	y.run("scan", "--staged").want(1, "in the staged changes")
	y.env["GIT_INDEX_FILE"] = ".git"
	y.run("scan", "--staged").want(3, "secret: failed")
	delete(y.env, "GIT_INDEX_FILE")

	t.Chdir(t.TempDir())
	write(t, "main.go", "package main\n")
	y.run("scan", "--staged").want(exitUsage, filepath.Base(mustGetwd(t))+" is not in a git repository")
}

func mustGetwd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
