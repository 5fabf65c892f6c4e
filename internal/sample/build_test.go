package sample

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/secret"
)

const (
	shop     = "../../testdata/sample/shop"
	expected = "../../testdata/sample/expected/secret.txt"
)

// fixture is a tree that has nothing to do with the shop.
func fixture(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a b"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a b", "c.txt"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func build(t *testing.T, src string) string {
	t.Helper()
	dst := filepath.Join(t.TempDir(), "new", "shop")
	if err := Build(t.Context(), src, dst); err != nil {
		t.Fatal(err)
	}
	return dst
}

func output(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestIDs asserts that the commits are the same whatever is added at the end,
// and whatever the machine is set up for.
func TestIDs(t *testing.T) {
	const list = "--format=%h %an <%ae> %cs %s"
	one := output(t, build(t, shop), "log", list, "--all", "--abbrev=12")
	t.Setenv("GIT_AUTHOR_NAME", "Somebody Else")
	t.Setenv("TZ", "Asia/Tokyo")
	two := output(t, build(t, fixture(t)), "log", list, "--all", "--abbrev=12")
	_, one, _ = strings.Cut(one, "\n") // the last commit holds the tree
	_, two, _ = strings.Cut(two, "\n")
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("(-shop +fixture):\n%s", diff)
	}
	if n := strings.Count(one, "Shop Team <shop@example.invalid>"); n != 10 {
		t.Errorf("%d commits, want 10:\n%s", n, one)
	}
	a := output(t, build(t, fixture(t)), "rev-parse", "main")
	if b := output(t, build(t, fixture(t)), "rev-parse", "main"); a != b {
		t.Errorf("two builds of one tree: %s and %s", a, b)
	}
}

// TestSecrets asserts that the scanner finds what is written down, and that
// the shop's own files add nothing.
func TestSecrets(t *testing.T) {
	s, err := secret.New(secret.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range []string{shop, fixture(t)} {
		tree, err := scanners.Walk(t.Context(), build(t, src))
		if err != nil {
			t.Fatal(err)
		}
		defer tree.Close()
		target := scanners.Target{Tree: tree, Jobs: 2}
		work, err := s.Plan(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Scan(t.Context(), target, work)
		if err != nil {
			t.Fatal(err)
		}
		if err := Compare(finding.Run{Scanner: "secret", Findings: r.Findings}, expected); err != nil {
			t.Errorf("%s:\n%v", filepath.Base(src), err)
		}
		if want := fmt.Sprintf("full history (11 commits) and %d files of the working tree", r.Looked.Files); work.What != want || r.Looked.Commits != 11 {
			t.Errorf("plan %q, want %q; looked %+v", work.What, want, r.Looked)
		}
	}
}

func TestTree(t *testing.T) {
	dst := build(t, fixture(t))
	if b, err := os.ReadFile(filepath.Join(dst, "a b", "c.txt")); err != nil || string(b) != "hello" {
		t.Errorf("%q, %v", b, err)
	}
	if got := output(t, dst, "status", "--porcelain", "--ignored"); got != "" {
		t.Errorf("not clean: %s", got)
	}
}

func TestBuildRefuses(t *testing.T) {
	full, src := fixture(t), fixture(t)
	if err := Build(t.Context(), src, full); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a full directory: %v", err)
	}
	if err := Build(t.Context(), t.TempDir(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "no files") {
		t.Errorf("nothing to copy: %v", err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(src, "link")); err != nil {
		t.Fatal(err)
	}
	if err := Build(t.Context(), src, t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a link: %v", err)
	}
}

// TestCompare asserts that a missing and a surplus finding are both seen.
func TestCompare(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.txt")
	if err := os.WriteFile(file, []byte("# comment\n\nhigh\tr\ta:1\ttree\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	f := finding.Finding{RuleID: "r", Severity: finding.High, Location: finding.Location{Path: "a", StartLine: 1}}
	run := finding.Run{Scanner: "secret", Findings: []finding.Finding{f}}
	if err := Compare(run, file); err != nil {
		t.Error(err)
	}
	run.Findings = nil
	if err := Compare(run, file); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Error(err)
	}
	run.Findings = []finding.Finding{f, f}
	if err := Compare(run, file); err == nil || !strings.Contains(err.Error(), "not expected") {
		t.Error(err)
	}
}
