package secret

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func TestStaged(t *testing.T) {
	stage := func(w *world, path, content string) {
		w.write(path, content)
		w.git("add", "--", path)
	}
	tests := []struct {
		name string
		make func(w *world) (plan string, want []string)
	}{
		{"an empty repository", func(w *world) (string, []string) {
			stage(w, "a/s.txt", "x\nkey = "+awsKey+"\n")
			return "1 file with staged changes", []string{"aws-access-token a/s.txt:2"}
		}},
		{"an empty repository of SHA-256", func(w *world) (string, []string) {
			os.RemoveAll(filepath.Join(w.dir, ".git"))
			w.git("init", "-q", "--object-format=sha256")
			stage(w, "s.txt", "key = "+awsKey+"\n")
			return "1 file with staged changes", []string{"aws-access-token s.txt:1"}
		}},
		{"only what is staged", func(w *world) (string, []string) {
			w.write("old.txt", "key = "+awsKey+"\n")
			w.put("s.txt", "one\n")
			stage(w, "s.txt", "one\ntwo\nkey = "+awsKey2+"\n")
			w.write("s.txt", "clean in the tree, not in the index\n")
			w.write("untracked.txt", "key = "+githubPAT+"\n")
			return "1 file with staged changes", []string{"aws-access-token s.txt:3"}
		}},
		{"not staged any more", func(w *world) (string, []string) {
			w.put("s.txt", "one\n")
			stage(w, "s.txt", "one\n")
			w.write("s.txt", "key = "+awsKey2+"\n")
			w.write("new.txt", "key = "+awsKey2+"\n")
			w.git("add", "-N", "new.txt")
			return "no staged changes: the index is as HEAD is", nil
		}},
		{"deleted, renamed, changed in mode, a link, a submodule", func(w *world) (string, []string) {
			w.write("gone.txt", "key = "+awsKey+"\n")
			w.write("run.sh", "key = "+awsKey+"\n")
			w.put("old.txt", "key = "+awsKey2+"\n")
			w.git("rm", "-q", "gone.txt")
			w.git("mv", "old.txt", "new.txt")
			w.git("update-index", "--chmod=+x", "run.sh")
			w.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("1", 40)+",mod")
			if err := os.Symlink("run.sh", filepath.Join(w.dir, "link")); err != nil {
				w.t.Fatal(err)
			}
			w.git("add", "link")
			return "3 files with staged changes", []string{"aws-access-token new.txt:1"}
		}},
		{"everything deleted", func(w *world) (string, []string) {
			w.put("gone.txt", "key = "+awsKey+"\n")
			w.git("rm", "-q", "gone.txt")
			return "no staged changes", nil
		}},
		{"binary for git: by an attribute, in UTF-16, by its name", func(w *world) (string, []string) {
			stage(w, ".gitattributes", "*.txt -diff\n")
			stage(w, "s.txt", "one\nkey = "+awsKey+"\n")
			stage(w, "win.ini", utf16Of("[x]\r\nkey = "+awsKey+"\r\n"))
			stage(w, "cert.p12", "\x00\x01")
			return "4 files with staged changes", []string{"pkcs12-file cert.p12:0", "aws-access-token s.txt:2", "aws-access-token win.ini:2"}
		}},
		{"settings that hide or rewrite", func(w *world) (string, []string) {
			for _, kv := range [][2]string{{"diff.noprefix", "true"}, {"diff.mnemonicPrefix", "true"}, {"diff.context", "9"}, {"color.ui", "always"},
				{"diff.relative", "true"}, {"core.quotePath", "false"}, {"diff.renames", "copies"}, {"diff.wsErrorHighlight", "all"}, {"diff.ignoreSubmodules", "all"}} {
				w.git("config", kv[0], kv[1])
			}
			w.put("a/one.txt", "one\n")
			stage(w, "a/ü \"q\".txt", "one\nkey = "+awsKey+"\n")
			return "1 file with", []string{"aws-access-token a/ü \"q\".txt:2"}
		}},
		{"the tree pretends to be what is staged", func(w *world) (string, []string) {
			w.put("s.txt", "one\n")
			// The same size and times, and other content: git diff shows this.
			w.git("config", "core.trustctime", "false")
			name, old := filepath.Join(w.dir, "s.txt"), time.Unix(1_600_000_000, 0)
			for _, content := range []string{"key = " + awsKey + "\n", strings.Repeat("x", len("key = "+awsKey)) + "\n"} {
				w.write("s.txt", content)
				if err := os.Chtimes(name, old, old); err != nil {
					w.t.Fatal(err)
				}
				if content[0] == 'k' {
					w.git("add", "s.txt")
				}
			}
			if strings.Contains(w.git("diff", "--cached"), awsKey) {
				w.t.Error("git itself shows what is staged: this test shows nothing")
			}
			return "1 file with", []string{"aws-access-token s.txt:1"}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			plan, want := tt.make(w)
			what, r := sinceScan(t, Options{Staged: true}, w.dir, 2)
			if !strings.HasPrefix(what, plan) {
				t.Errorf("plan %q, want %q", what, plan)
			}
			got := brief(r.Findings)
			for _, f := range r.Findings {
				for _, l := range f.Related {
					got = append(got, fmt.Sprintf("%s %s:%d", f.RuleID, l.Path, l.StartLine))
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			for _, f := range r.Findings {
				if !strings.Contains(f.Message, ": in the staged changes") {
					t.Errorf("message %q", f.Message)
				}
			}
			if r.Looked.None() || notes(r, finding.Gap, "") > 0 {
				t.Errorf("looked %+v, notes %v", r.Looked, r.Notes)
			}
		})
	}
}

func TestStagedElsewhere(t *testing.T) {
	w := newWorld(t)
	w.put("README", "x\n")
	w.write("api/s.txt", "key = "+awsKey+"\n")
	w.write("top.txt", "key = "+awsKey2+"\n")
	w.git("add", "-A")
	_, r := sinceScan(t, Options{Staged: true}, filepath.Join(w.dir, "api"), 1)
	if diff := cmp.Diff([]string{"aws-access-token s.txt:1"}, brief(r.Findings)); diff != "" {
		t.Errorf("in a subdirectory (-want +got):\n%s", diff)
	}
	// What `git commit -a` gives to a hook.
	index := filepath.Join(w.dir, ".git/next-index")
	data, err := os.ReadFile(filepath.Join(w.dir, ".git/index"))
	if err == nil {
		err = os.WriteFile(index, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.git("reset", "-q")
	if what, r := sinceScan(t, Options{Staged: true}, w.dir, 1); len(r.Findings) != 0 {
		t.Errorf("%s: %v", what, brief(r.Findings))
	}
	if what, r := sinceScan(t, Options{Staged: true, Index: index}, w.dir, 1); len(r.Findings) != 2 {
		t.Errorf("another index: %s: %v", what, brief(r.Findings))
	}
	linked := filepath.Join(t.TempDir(), "linked")
	w.git("worktree", "add", "-q", linked, "-b", "other")
	other := &world{t: t, dir: linked}
	other.write("s.txt", "key = "+githubPAT+"\n")
	other.git("add", "-A")
	if what, r := sinceScan(t, Options{Staged: true}, linked, 1); len(r.Findings) != 1 {
		t.Errorf("a linked work tree: %s: %v", what, brief(r.Findings))
	}
}

func TestStagedWhat(t *testing.T) {
	plan := func(dir string) (string, error) {
		work, err := newScanner(t, Options{Staged: true}).Plan(t.Context(), target(t, dir, 1))
		return work.Skip, err
	}
	w := newWorld(t)
	if skip, err := plan(w.dir); err != nil || !strings.Contains(skip, "nothing is staged") {
		t.Errorf("nothing at all: %q, %v", skip, err)
	}
	var use *UsageError
	if _, err := plan(t.TempDir()); !errors.As(err, &use) {
		t.Errorf("without a repository: %v", err)
	}
	w.put("top", "x\n")
	w.git("checkout", "-q", "-b", "side")
	w.put("top", "side\n")
	w.git("checkout", "-q", "main")
	w.put("top", "main\n")
	w.try("merge", "-q", "side")
	if _, err := plan(w.dir); err == nil || !strings.Contains(err.Error(), "the index holds conflicts") {
		t.Errorf("conflicts: %v", err)
	}
	gone := newWorld(t)
	c := gone.put("top", "x\n")
	os.Remove(filepath.Join(gone.dir, ".git/objects", c[:2], c[2:]))
	if _, err := plan(gone.dir); err == nil || !strings.Contains(err.Error(), "HEAD names a commit that is not in the repository") {
		t.Errorf("HEAD is missing: %v", err)
	}
}
