//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInitWhereOneMayNotWrite: as somebody who may read all and write some of
// it. What cannot be written whole is not begun.
func TestInitWhereOneMayNotWrite(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	newTry(t, "unused=clean")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(here), 0o755); err != nil { // t.TempDir is for its owner alone
		t.Fatal(err)
	}
	gitDo(t, "init", "-q", "-b", "main", "repo")
	put(t, "repo/shop/go.mod", []byte("module shop\n"))
	if err := os.Chmod("repo/shop", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod("repo", 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod("repo", 0o755)
	before := allFiles(t, "repo")
	for _, tt := range []struct{ dir, file string }{
		{"repo", "repo/.scangate.yaml"},                      // the first of both
		{"repo/shop", "repo/.github/workflows/scangate.yml"}, // the second
	} {
		cmd := exec.Command(self, "init", tt.dir)
		cmd.Env = append(os.Environ(), "SCANGATE_TEST_UNPRIVILEGED=1")
		var errs strings.Builder
		cmd.Stderr = &errs
		cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != exitIncomplete {
			t.Errorf("%s: exit code %d", tt.dir, code)
		}
		want := "scangate: cannot write " + tt.file + ": permission denied; nothing was written, --dry-run prints what would be\n"
		if d := cmp.Diff(want, errs.String()); d != "" {
			t.Errorf("%s: %s", tt.dir, d)
		}
		if d := cmp.Diff(before, allFiles(t, "repo")); d != "" {
			t.Errorf("%s: left behind: %s", tt.dir, d)
		}
	}
}

// TestWriteDraftsAllOrNone: a file that appears meanwhile is not replaced, and
// nothing else is left.
func TestWriteDraftsAllOrNone(t *testing.T) {
	t.Chdir(t.TempDir())
	drafts := []draft{
		{dir: ".", name: "a/b/one", shown: "a/b/one", content: []byte("1")},
		{dir: ".", name: "two", shown: "two", content: []byte("2")},
	}
	put(t, "two", []byte("mine"))
	err := writeDrafts(drafts)
	if err == nil || err.Error() != "cannot write two: file already exists" && err.Error() != "cannot write two: file exists" {
		t.Errorf("error %v", err)
	}
	if _, err := os.Lstat("a"); !os.IsNotExist(err) {
		t.Errorf("a directory is left: %v", err)
	}
	if d := cmp.Diff([]string{"two"}, allFiles(t, ".")); d != "" || readText(t, "two") != "mine" {
		t.Errorf("left behind: %s", d)
	}
	if err := os.Remove("two"); err != nil {
		t.Fatal(err)
	}
	if err := writeDrafts(drafts); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a/b/one", "two"}, allFiles(t, ".")); d != "" || readText(t, "a/b/one") != "1" || readText(t, "two") != "2" {
		t.Errorf("written: %s", d)
	}
	if info, err := os.Stat("two"); err != nil || info.Mode().Perm()&0o600 != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}
