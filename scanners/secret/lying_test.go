//go:build unix

package secret

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGitFailsOnWhatIsNew asserts that no way in which git can go wrong reads
// as clean, for a range and for staged changes.
func TestGitFailsOnWhatIsNew(t *testing.T) {
	range_, staged := Options{Since: "old"}, Options{Staged: true}
	tests := []struct {
		name   string
		o      Options
		script string
		want   string
	}{
		{"no merge base is not the same as a failure", range_, `case $sub in merge-base) echo "fatal: no" >&2; exit 128;; esac; exec $REAL "$@"`, "git merge-base: exit status 128: fatal: no"},
		{"a merge base that is none", range_, `case $sub in merge-base) echo yes;; esac; exec $REAL "$@"`, "printed something else than commits"},
		{"a merge base that is not there", range_, `case $sub in merge-base) echo ` + strings.Repeat("1", 40) + `; exit 0;; esac; exec $REAL "$@"`, "git ls-tree: exit status 128"},
		{"ls-tree is cut short", range_, `case $sub in ls-tree) $REAL "$@" | head -c 55; exit 0;; esac; exec $REAL "$@"`, "the output of git ls-tree ends early"},
		{"rev-parse dies", range_, `case "$sub $*" in rev-parse*--verify*) kill -9 $$;; esac; exec $REAL "$@"`, "git rev-parse: signal: killed"},
		{"the range is empty all at once", range_, `case "$sub $*" in rev-list*--parents*) exit 0;; esac; exec $REAL "$@"`, "lists no commit any more"},
		{"a commit of the range is left out", range_, `case $sub in log) sed 1d | $REAL "$@"; exit;; esac; exec $REAL "$@"`, "left out commits"},
		{"the log of the range is killed", range_, `case $sub in log) $REAL "$@" | head -n 3; kill -9 $$;; esac; exec $REAL "$@"`, "signal: killed"},
		{"diff-index dies", staged, `case "$sub $*" in diff-index*--patch*) $REAL "$@" | head -n 3; echo "fatal: no" >&2; exit 128;; esac; exec $REAL "$@"`, "fatal: no"},
		{"diff-index is killed", staged, `case "$sub $*" in diff-index*--patch*) kill -9 $$;; esac; exec $REAL "$@"`, "signal: killed"},
		{"diff-index prints nothing", staged, `case "$sub $*" in diff-index*--patch*) exit 0;; esac; exec $REAL "$@"`, "showed 0 of 2 staged files"},
		{"diff-index leaves out the last file", staged, `case "$sub $*" in diff-index*--patch*) $REAL "$@" | head -n 7; exit 0;; esac; exec $REAL "$@"`, "showed 1 of 2 staged files"},
		{"diff-index leaves out the first file", staged, `case "$sub $*" in diff-index*--patch*) $REAL "$@" | tail -n +8; exit 0;; esac; exec $REAL "$@"`, "leaves out a staged file"},
		{"diff-index is cut in the middle of a hunk", staged, `case "$sub $*" in diff-index*--patch*) $REAL "$@" | head -c 190; exit 0;; esac; exec $REAL "$@"`, "cannot read the output of git diff-index"},
		{"diff-index prints a commit", staged, `case "$sub $*" in diff-index*--patch*) printf '\000` + strings.Repeat("1", 40) + ` 1\n'; $REAL "$@"; exit 0;; esac; exec $REAL "$@"`, "a line belongs to no file"},
		{"the list of staged files dies", staged, `case "$sub $*" in diff-index*--raw*) $REAL "$@"; exit 3;; esac; exec $REAL "$@"`, "git diff-index: exit status 3"},
		{"the list of staged files is no list", staged, `case "$sub $*" in diff-index*--raw*) printf 'yes\000'; exit 0;; esac; exec $REAL "$@"`, "printed an entry that is not one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.put("README", "x\n")
			w.git("branch", "old")
			w.put("s.txt", "key = "+awsKey+"\n")
			w.put("t.txt", "x\n")
			w.write("a.txt", "key = "+awsKey2+"\n")
			w.write("b.txt", "x\n")
			w.git("add", "-A")
			fakeGit(t, tt.script)
			r, err := scan(t.Context(), t, newScanner(t, tt.o), w.dir, 2)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
			if len(r.Findings) != 0 || strings.Contains(fmt.Sprint(err), "\n") {
				t.Errorf("findings %v, error %q", brief(r.Findings), err)
			}
			noSecrets(t, fmt.Sprint(err))
		})
	}
}

// TestWhatIsNewRunsNothing scans what is new in a repository whose filters,
// attributes and hooks name a program, after touching every file, which makes
// git ask the filters.
func TestWhatIsNewRunsNothing(t *testing.T) {
	w := newWorld(t)
	mark := filepath.Join(t.TempDir(), "ran")
	evil := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(evil, []byte("#!/bin/sh\necho \"$0 $@\" >> '"+mark+"'\ncat\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.put(".gitattributes", "* diff=evil merge=evil filter=evil\n")
	w.put("same.txt", "key = "+awsKey+"\n")
	w.git("branch", "old")
	w.put("committed.txt", "x\n")
	w.write("s.txt", "key = "+awsKey2+"\n")
	w.git("add", "-A")
	for _, key := range []string{"core.fsmonitor", "core.pager", "diff.external", "diff.evil.command", "diff.evil.textconv", "merge.evil.driver",
		"filter.evil.clean", "filter.evil.smudge", "filter.evil.process"} {
		w.git("config", key, evil)
	}
	w.write("same.txt", "key = "+awsKey+"\n")
	w.write("s.txt", "key = "+awsKey2+"\n")
	os.Remove(mark)
	_, r := sinceScan(t, Options{Since: "old"}, w.dir, 1)
	if diff := cmp.Diff([]string{"aws-access-token s.txt:1"}, brief(r.Findings)); diff != "" {
		t.Errorf("new (-want +got):\n%s", diff)
	}
	_, r = sinceScan(t, Options{Staged: true}, w.dir, 1)
	if diff := cmp.Diff([]string{"aws-access-token s.txt:1"}, brief(r.Findings)); diff != "" {
		t.Errorf("staged (-want +got):\n%s", diff)
	}
	if ran, err := os.ReadFile(mark); err == nil {
		t.Errorf("the repository ran a program:\n%s", ran)
	}
	if w.try("diff", "HEAD"); !exists(mark) {
		t.Error("git itself does not run the program either: this test shows nothing")
	}
}

// TestWhatIsNewForAnotherOwner scans a repository that git refuses to read.
func TestWhatIsNewForAnotherOwner(t *testing.T) {
	w := newWorld(t)
	w.put("README", "x\n")
	w.git("branch", "old")
	w.write("s.txt", "key = "+awsKey+"\n")
	w.git("add", "-A")
	fakeGit(t, `export GIT_TEST_ASSUME_DIFFERENT_OWNER=1; exec $REAL "$@"`)
	if out, err := w.try("status"); err == nil || !strings.Contains(out, "dubious ownership") {
		t.Fatalf("git reads it: %v, %s", err, out)
	}
	for _, o := range []Options{{Since: "old"}, {Staged: true}} {
		if _, r := sinceScan(t, o, w.dir, 1); len(r.Findings) != 1 {
			t.Errorf("%+v: %v", o, brief(r.Findings))
		}
	}
}

// TestPartialCloneOfWhatIsNew asserts that a missing object is an error, which
// says what to do.
func TestPartialCloneOfWhatIsNew(t *testing.T) {
	w := newWorld(t)
	w.put("README", "x\n")
	w.git("branch", "old")
	w.put("s.txt", "key = "+awsKey+"\n")
	w.remove("s.txt")
	w.git("config", "uploadpack.allowFilter", "true")
	clone := &world{t: t, dir: t.TempDir()}
	clone.git("clone", "-q", "--filter=blob:none", "file://"+w.dir, ".")
	for _, o := range []Options{{}, {Since: "origin/old"}} {
		_, err := scan(t.Context(), t, newScanner(t, o), clone.dir, 1)
		if err == nil || !strings.Contains(err.Error(), "clone it without --filter") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestCacheAsksForNewCommitsOnly asserts that git is not asked again for what
// is known, and that what is new cannot go missing because of it.
func TestCacheAsksForNewCommitsOnly(t *testing.T) {
	w, cacheDir, _ := cached(t)
	fakeGit(t, `case $sub in log) cat >&2; exit 9;; esac; exec $REAL "$@"`)
	r, err := scan(t.Context(), t, newScanner(t, Options{CacheDir: cacheDir}), w.dir, 2)
	if err != nil || len(r.Findings) != 3 || r.Looked.Commits != 4 {
		t.Errorf("all is known: %v, %+v, %v", brief(r.Findings), r.Looked, err)
	}
	c := w.put("new.txt", "key = "+awsKey+"\n")
	for range 2 {
		_, err = scan(t.Context(), t, newScanner(t, Options{CacheDir: cacheDir}), w.dir, 2)
		if err == nil || !strings.HasSuffix(err.Error(), "git log: exit status 9: "+c) {
			t.Errorf("one is new: %v, want %s", err, c)
		}
	}
}

// TestFailedScanKeepsNothing asserts that commits count as scanned only after
// a scan that was complete.
func TestFailedScanKeepsNothing(t *testing.T) {
	w := newWorld(t)
	w.put("s.txt", "key = "+awsKey+"\n")
	w.remove("s.txt")
	cacheDir := filepath.Join(t.TempDir(), "cache")
	fakeGit(t, `case $sub in log) $REAL "$@"; kill -9 $$;; esac; exec $REAL "$@"`)
	if _, err := scan(t.Context(), t, newScanner(t, Options{CacheDir: cacheDir}), w.dir, 2); err == nil {
		t.Error("no error")
	}
	if exists(cacheDir) {
		t.Error("something was kept")
	}
}
