package secret

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// sinceScan plans and scans what is new, and returns the plan beside the report.
func sinceScan(t *testing.T, o Options, dir string, jobs int) (string, scanners.Report) {
	t.Helper()
	target := target(t, dir, jobs)
	s := newScanner(t, o)
	work, err := s.Plan(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Scan(t.Context(), target, work)
	if err != nil {
		t.Fatal(err)
	}
	noSecrets(t, r)
	return work.What, r
}

// TestSince names, for each shape of history, what is new since the branch old.
func TestSince(t *testing.T) {
	// main, with a secret that is old; old stays there.
	start := func(w *world) {
		w.put("old.txt", "key = "+awsKey+"\n")
		w.git("branch", "old")
	}
	tests := []struct {
		name string
		make func(w *world) (plan string, want []string)
	}{
		{"new commits and a new file", func(w *world) (string, []string) {
			start(w)
			c := w.put("gone.txt", "key = "+awsKey2+"\n")[:12]
			w.remove("gone.txt")
			w.write("fresh.txt", "key = "+githubPAT+"\n")
			return "2 commits and 1 file of the working tree, new since old (merge base ", []string{"github-pat fresh.txt:1", "aws-access-token gone.txt:1 " + c}
		}},
		{"old went on", func(w *world) (string, []string) {
			start(w)
			w.git("checkout", "-q", "old")
			w.put("theirs.txt", "key = "+awsKey2+"\n")
			w.git("checkout", "-q", "main")
			w.put("mine.txt", "x\nkey = "+githubPAT+"\n")
			return "1 commit and 1 file of", []string{"github-pat mine.txt:2"}
		}},
		{"old was merged into HEAD", func(w *world) (string, []string) {
			start(w)
			w.put("mine.txt", "key = "+githubPAT+"\n")
			w.git("checkout", "-q", "old")
			w.put("theirs.txt", "key = "+awsKey2+"\n")
			w.git("checkout", "-q", "main")
			w.git("merge", "-q", "--no-edit", "old")
			return "2 commits and 1 file of", []string{"github-pat mine.txt:1"}
		}},
		{"criss-cross: a file is new that is new against one merge base", func(w *world) (string, []string) {
			w.put("top", "x\n")
			w.git("checkout", "-q", "-b", "old")
			w.put("theirs.txt", "key = "+awsKey2+"\n")
			w.git("checkout", "-q", "main")
			w.put("mine.txt", "key = "+githubPAT+"\n")
			w.git("tag", "m1")
			w.git("merge", "-q", "--no-edit", "old")
			w.git("checkout", "-q", "old")
			w.git("merge", "-q", "--no-edit", "m1")
			w.put("later", "x\n")
			w.git("checkout", "-q", "main")
			return "1 commit and 2 files of the working tree, new since old (2 merge bases)", []string{"github-pat mine.txt:1", "aws-access-token theirs.txt:1"}
		}},
		{"another branch is not looked at", func(w *world) (string, []string) {
			start(w)
			w.git("checkout", "-q", "-b", "side")
			w.put("side.txt", "key = "+awsKey2+"\n")
			w.git("checkout", "-q", "main")
			w.put("README", "x\n")
			return "1 commit and 1 file of", nil
		}},
		{"an evil merge", func(w *world) (string, []string) {
			start(w)
			c := evilMerge(w, "key = "+awsKey2+"\n")
			return "5 commits and 1 file of", []string{"aws-access-token top:1 " + c}
		}},
		{"no common history", func(w *world) (string, []string) {
			start(w)
			w.git("checkout", "-q", "--orphan", "fresh")
			w.put("mine.txt", "key = "+githubPAT+"\n")
			return "1 commit and 2 files of the working tree, new since old (no merge base)", []string{"github-pat mine.txt:1", "aws-access-token old.txt:1"}
		}},
		{"touched, but the same; other line ends, but the same; renamed; hidden from git", func(w *world) (string, []string) {
			w.write("crlf.txt", "a\nb\nkey = "+awsKey+"\n")
			w.write("moved.txt", "key = "+awsKey2+"\n")
			w.write("hidden.txt", "x\n")
			start(w)
			w.write("old.txt", "key = "+awsKey+"\n")
			w.write("crlf.txt", "a\r\nb\r\nkey = "+awsKey+"\r\n")
			if err := os.Rename(filepath.Join(w.dir, "moved.txt"), filepath.Join(w.dir, "here.txt")); err != nil {
				w.t.Fatal(err)
			}
			w.git("update-index", "--assume-unchanged", "hidden.txt")
			w.write("hidden.txt", "key = "+githubPAT+"\n")
			return "0 commits and 2 files of", []string{"aws-access-token here.txt:1", "github-pat hidden.txt:1"}
		}},
		{"nothing new", func(w *world) (string, []string) {
			start(w)
			return "0 commits and 0 files of", nil
		}},
		{"behind old", func(w *world) (string, []string) {
			start(w)
			w.git("checkout", "-q", "old")
			w.put("theirs.txt", "key = "+awsKey2+"\n")
			w.git("checkout", "-q", "main")
			return "0 commits and 0 files of", nil
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			plan, want := tt.make(w)
			for _, jobs := range []int{1, 3} {
				what, r := sinceScan(t, Options{Since: "old"}, w.dir, jobs)
				if !strings.HasPrefix(what, plan) {
					t.Errorf("plan %q, want %q", what, plan)
				}
				if diff := cmp.Diff(want, brief(r.Findings)); diff != "" {
					t.Errorf("findings (-want +got):\n%s", diff)
				}
				if r.Looked.None() || notes(r, finding.Gap, "") > 0 {
					t.Errorf("looked %+v, notes %v", r.Looked, r.Notes)
				}
			}
		})
	}
}

func TestSinceInASubdirectoryAndWithoutHistory(t *testing.T) {
	w := newWorld(t)
	w.put("api/old.txt", "key = "+awsKey+"\n")
	w.git("tag", "-a", "-m", "t", "v1")
	w.put("api/new.txt", "key = "+githubPAT+"\n")
	w.put("other.txt", "key = "+awsKey2+"\n")
	what, r := sinceScan(t, Options{Since: "v1"}, filepath.Join(w.dir, "api"), 2)
	if diff := cmp.Diff([]string{"github-pat new.txt:1"}, brief(r.Findings)); diff != "" || !strings.HasPrefix(what, "2 commits and 1 file ") {
		t.Errorf("%s; findings (-want +got):\n%s", what, diff)
	}
	what, r = sinceScan(t, Options{Since: "v1", History: "none"}, w.dir, 2)
	if len(r.Findings) != 2 || r.Looked.Commits != 0 || !strings.HasPrefix(what, "0 commits and 2 files ") {
		t.Errorf("without history: %s; %v, %+v", what, brief(r.Findings), r.Looked)
	}
}

func TestSinceWhat(t *testing.T) {
	w := newWorld(t)
	plan := func(dir, rev string) error {
		_, err := newScanner(t, Options{Since: rev}).Plan(t.Context(), target(t, dir, 1))
		return err
	}
	for _, tt := range []struct{ rev, want string }{
		{"HEAD", "there is no commit yet"},
		{"nowhere", "this clone has no such commit; fetch it first, on GitHub by checking out with fetch-depth: 0"},
		{strings.Repeat("0", 40), "this clone has no such commit"},
		{"^main", "this clone has no such commit"},
		{"HEAD:README", "this clone has no such commit"},
		{"main..main", "this clone has no such commit"},
		{"$(touch x)", "this clone has no such commit"},
	} {
		err := plan(w.dir, tt.rev)
		var use *UsageError
		if !errors.As(err, &use) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.rev, err, tt.want)
		}
		if tt.rev == "HEAD" {
			w.put("README", "x\n")
		}
	}
	var use *UsageError
	if err := plan(t.TempDir(), "main"); !errors.As(err, &use) || !strings.Contains(err.Error(), "not in a git repository") {
		t.Errorf("without a repository: %v", err)
	}
}

// TestSinceInAShallowClone asserts that a range counts as whole only if the
// clone does not end in it.
func TestSinceInAShallowClone(t *testing.T) {
	w := newWorld(t)
	w.put("a", "1\n")
	w.put("a", "2\n")
	w.git("branch", "old")
	w.put("s.txt", "key = "+awsKey+"\n")
	w.remove("s.txt")
	w.put("b", "x\n")
	clone := func(depth string) string {
		dir := t.TempDir()
		w.git("clone", "-q", "--no-single-branch", "--depth="+depth, "file://"+w.dir, dir)
		return dir
	}
	_, r := sinceScan(t, Options{Since: "origin/old"}, clone("4"), 1)
	if len(r.Findings) != 1 || r.Looked.Commits != 3 || notes(r, finding.Gap, "") != 0 {
		t.Errorf("whole: %v, %+v, %v", brief(r.Findings), r.Looked, r.Notes)
	}
	what, r := sinceScan(t, Options{Since: "origin/old"}, clone("2"), 1)
	if notes(r, finding.Gap, "shallow clone: it ends at commit") != 1 || notes(r, finding.Gap, "fetch-depth: 0") != 1 {
		t.Errorf("%s: %v", what, r.Notes)
	}
	if notes(r, finding.Information, "share no commit in this clone") != 1 {
		t.Errorf("notes %v", r.Notes)
	}
}
