//go:build unix

package secret

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeGit puts a program named git in front of the real one. The script finds
// the real one in $REAL and the subcommand in $sub.
func fakeGit(t *testing.T, script string) {
	t.Helper()
	real, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	head := "#!/bin/sh\nREAL='" + real + "'\nsub=\nskip=\nfor a in \"$@\"; do\n" +
		"if [ -n \"$skip\" ]; then skip=; continue; fi\n" +
		"case $a in -c) skip=1;; -*) ;; *) sub=$a; break;; esac\ndone\n"
	if err := os.WriteFile(filepath.Join(dir, "git"), []byte(head+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// TestGitFails asserts that no way in which git can go wrong reads as clean.
func TestGitFails(t *testing.T) {
	tests := []struct{ name, script, want string }{
		{"status 128", `case $sub in log) echo "fatal: no" >&2; exit 128;; esac; exec $REAL "$@"`, "git log: exit status 128: fatal: no"},
		{"partial log, then status 128", `case $sub in log) $REAL "$@" | head -n 5; echo "fatal: early" >&2; exit 128;; esac; exec $REAL "$@"`, "fatal: early"},
		{"partial log, status 0", `case $sub in log) $REAL "$@" | head -n 7; exit 0;; esac; exec $REAL "$@"`, "git log"},
		{"cut in the middle of a hunk", `case $sub in log) $REAL "$@" | head -c 320; exit 0;; esac; exec $REAL "$@"`, "git log"},
		{"killed", `case $sub in log) $REAL "$@" | head -n 5; kill -9 $$;; esac; exec $REAL "$@"`, "signal: killed"},
		{"a commit is left out", `case $sub in log) sed 2d | $REAL "$@"; exit;; esac; exec $REAL "$@"`, "left out commits"},
		{"the last commit is left out", `case $sub in log) sed '$d' | $REAL "$@"; exit;; esac; exec $REAL "$@"`, "showed 2 of 3 commits"},
		{"nothing at all", `case $sub in log) cat >/dev/null; exit 0;; esac; exec $REAL "$@"`, "showed 0 of 3 commits"},
		{"no commit listed", `case "$sub $*" in rev-list*--parents*) exit 0;; esac; exec $REAL "$@"`, "lists no commit any more"},
		{"the list fails", `case "$sub $*" in rev-list*--parents*) $REAL "$@" | head -n 2; exit 1;; esac; exec $REAL "$@"`, "git rev-list: exit status 1"},
		{"no count", `case "$sub" in rev-list) echo many; exit 0;; esac; exec $REAL "$@"`, "did not print a number"},
		{"ls-files fails", `case $sub in ls-files) echo "fatal: index" >&2; exit 128;; esac; exec $REAL "$@"`, "fatal: index"},
		{"cat-file dies", `case $sub in cat-file) echo "fatal: blob" >&2; exit 128;; esac; exec $REAL "$@"`, "fatal: blob"},
		{"cat-file stops", `case $sub in cat-file) read id; echo "$id blob 27"; printf "key = "; exit 0;; esac; exec $REAL "$@"`, "the output of git cat-file ends early"},
		{"the login of a URL stays out", `echo "fatal: https://ann:` + githubPAT + `@host/x" >&2; exit 1`, "fatal: https://***@host/x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.write(".gitattributes", "*.txt -diff\n")
			w.put("s.txt", "key = "+awsKey+"\n")
			w.put("b.c", "x\ny\n")
			w.put("c.c", "x\n")
			fakeGit(t, tt.script)
			r, err := scan(t.Context(), t, newScanner(t, Options{}), w.dir, 2)
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

func TestGitTalks(t *testing.T) {
	w := newWorld(t)
	c := w.put("s.txt", "key = "+awsKey+"\n")[:12]
	w.remove("s.txt")
	fakeGit(t, `i=0; while [ $i -lt 3000 ]; do echo "warning: line $i of some length" >&2; i=$((i+1)); done; exec $REAL "$@"`)
	t.Setenv("GIT_TRACE", "1")
	t.Setenv("GIT_DIR", "/nonexistent")
	t.Setenv("GIT_CONFIG_COUNT", "broken")
	r := mustScan(t, w.dir)
	if diff := cmp.Diff([]string{"aws-access-token s.txt:1 " + c}, brief(r.Findings)); diff != "" || r.Looked.Commits != 2 {
		t.Errorf("looked %+v, findings (-want +got):\n%s", r.Looked, diff)
	}
}

// TestOtherOwner scans a repository that git itself refuses to read.
func TestOtherOwner(t *testing.T) {
	w := newWorld(t)
	c := w.put("s.txt", "key = "+awsKey+"\n")[:12]
	w.remove("s.txt")
	fakeGit(t, `export GIT_TEST_ASSUME_DIFFERENT_OWNER=1; exec $REAL "$@"`)
	if out, err := w.try("status"); err == nil || !strings.Contains(out, "dubious ownership") {
		t.Fatalf("git reads it: %v, %s", err, out)
	}
	if diff := cmp.Diff([]string{"aws-access-token s.txt:1 " + c}, brief(mustScan(t, w.dir).Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// TestPartialClone asserts that nothing is fetched, and that what is not there
// is not passed over.
func TestPartialClone(t *testing.T) {
	w := newWorld(t)
	w.put("s.txt", "key = "+awsKey+"\n")
	w.remove("s.txt")
	w.put("README", "x\n")
	w.git("config", "uploadpack.allowFilter", "true")
	w.git("config", "uploadpack.allowAnySHA1InWant", "true")
	clone := &world{t: t, dir: t.TempDir()}
	clone.git("clone", "-q", "--filter=blob:none", "file://"+w.dir, ".")
	clone.git("config", "protocol.file.allow", "always")
	if _, err := scan(t.Context(), t, newScanner(t, Options{}), clone.dir, 1); err == nil || !strings.Contains(err.Error(), "git log: exit status 128") {
		t.Errorf("got %v", err)
	}
}

func TestNoGit(t *testing.T) {
	w := newWorld(t)
	w.put("s.txt", "x\n")
	plain := t.TempDir()
	(&world{t: t, dir: plain}).write("s.txt", "key = "+awsKey+"\n")
	t.Setenv("PATH", t.TempDir())
	if _, err := newScanner(t, Options{}).Plan(t.Context(), target(t, w.dir, 1)); err == nil || !strings.Contains(err.Error(), "install git") {
		t.Errorf("a repository without git: %v", err)
	}
	for _, o := range []Options{{History: "none", Since: "HEAD"}, {History: "none", Staged: true}} {
		if _, err := newScanner(t, o).Plan(t.Context(), target(t, w.dir, 1)); err == nil || !strings.Contains(err.Error(), "install git") {
			t.Errorf("%+v: a repository without git: %v", o, err)
		}
	}
	w.write("ignored.txt", "key = "+awsKey+"\n")
	w.write(".gitignore", "ignored.txt\n")
	r, err := scan(t.Context(), t, newScanner(t, Options{History: "none"}), w.dir, 1)
	if err != nil || len(r.Findings) != 1 || len(r.Notes) == 0 || !strings.Contains(r.Notes[0].Message, "files that git ignores are scanned, too") {
		t.Errorf("the files of a repository without git: %v, %v, %v", brief(r.Findings), r.Notes, err)
	}
	if r := mustScan(t, plain); len(r.Findings) != 1 {
		t.Errorf("a directory without git: %v", brief(r.Findings))
	}
}

// TestDamaged asserts that a repository that is not whole is an error.
func TestDamaged(t *testing.T) {
	blob := func(w *world, rev string) string {
		id := w.git("rev-parse", rev)
		return filepath.Join(w.dir, ".git/objects", id[:2], id[2:])
	}
	overwrite := func(path, content string) {
		os.Chmod(path, 0o644)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name   string
		damage func(w *world)
	}{
		{"missing blob", func(w *world) { os.Remove(blob(w, "HEAD~1:s.txt")) }},
		{"missing blob behind -diff", func(w *world) { os.Remove(blob(w, "HEAD~1:t.dat")) }},
		{"corrupt blob", func(w *world) { overwrite(blob(w, "HEAD~1:s.txt"), "garbage") }},
		{"corrupt tree", func(w *world) { overwrite(blob(w, "HEAD~1^{tree}"), "garbage") }},
		{"missing commit", func(w *world) { os.Remove(blob(w, "HEAD~1")) }},
		{"empty .git", func(w *world) {
			os.RemoveAll(filepath.Join(w.dir, ".git"))
			os.Mkdir(filepath.Join(w.dir, ".git"), 0o755)
		}},
		{"broken HEAD", func(w *world) { overwrite(filepath.Join(w.dir, ".git/HEAD"), "garbage\n") }},
		{"broken ref", func(w *world) { overwrite(filepath.Join(w.dir, ".git/refs/heads/other"), "garbage\n") }},
		{"ref to nothing", func(w *world) {
			overwrite(filepath.Join(w.dir, ".git/refs/heads/other"), strings.Repeat("1", 40)+"\n")
		}},
		{"corrupt index", func(w *world) { overwrite(filepath.Join(w.dir, ".git/index"), "garbage") }},
		{".git file to nowhere", func(w *world) {
			os.RemoveAll(filepath.Join(w.dir, ".git"))
			overwrite(filepath.Join(w.dir, ".git"), "gitdir: /nonexistent\n")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The repository stands in another one, which must not answer for it.
			outer := newWorld(t)
			outer.put("README", "x\n")
			w := &world{t: t, dir: filepath.Join(outer.dir, "inner")}
			os.Mkdir(w.dir, 0o755)
			w.git("init", "-q", "-b", "main")
			w.write(".gitattributes", "*.dat -diff\n")
			w.put("README", "x\n")
			w.write("t.dat", "some text\n")
			w.put("s.txt", "key = "+awsKey+"\n")
			w.git("rm", "-q", "s.txt", "t.dat")
			w.commit()
			tt.damage(w)
			if r, err := scan(t.Context(), t, newScanner(t, Options{}), w.dir, 1); err == nil {
				t.Errorf("no error; findings %v, looked %+v", brief(r.Findings), r.Looked)
			}
		})
	}
}

func TestBareRepository(t *testing.T) {
	w := newWorld(t)
	w.git("init", "-q", "--bare", "x.git")
	if _, err := newScanner(t, Options{}).Plan(t.Context(), target(t, filepath.Join(w.dir, "x.git"), 1)); err == nil || !strings.Contains(err.Error(), "bare") {
		t.Error(err)
	}
}

// TestRepositoryRunsNothing scans a repository whose configuration, attributes
// and hooks name a program wherever git knows a place for one.
func TestRepositoryRunsNothing(t *testing.T) {
	w := newWorld(t)
	mark := filepath.Join(t.TempDir(), "ran")
	evil := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(evil, []byte("#!/bin/sh\necho \"$0 $@\" >> '"+mark+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.write(".gitattributes", "* diff=evil merge=evil filter=evil\n")
	c := evilMerge(w, "key = "+awsKey+"\n")
	os.Remove(mark)
	for _, key := range []string{"core.fsmonitor", "core.pager", "pager.log", "pager.ls-files", "pager.rev-list", "pager.cat-file", "core.sshCommand", "core.editor",
		"core.gitProxy", "core.askPass", "core.alternateRefsCommand", "diff.external", "diff.evil.command", "diff.evil.textconv", "merge.evil.driver",
		"filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "gpg.program", "credential.helper", "uploadpack.packObjectsHook"} {
		w.git("config", key, evil)
	}
	w.git("config", "core.hooksPath", filepath.Dir(evil))
	w.git("config", "log.showSignature", "true")
	w.git("config", "merge.default", "evil")
	for _, hook := range []string{"post-index-change", "fsmonitor-watchman", "reference-transaction"} {
		if err := os.Symlink(evil, filepath.Join(filepath.Dir(evil), hook)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(evil, filepath.Join(w.dir, ".git/hooks", hook)); err != nil {
			t.Fatal(err)
		}
	}
	r := mustScan(t, w.dir)
	if diff := cmp.Diff([]string{"aws-access-token top:1 " + c}, brief(r.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if ran, err := os.ReadFile(mark); err == nil {
		t.Errorf("the repository ran a program:\n%s", ran)
	}
	if w.try("log", "-p", "-1", "--ext-diff"); !exists(mark) {
		t.Error("git itself does not run the program either: this test shows nothing")
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// TestScanWritesNothing asserts that the scanned repository stays as it is.
func TestScanWritesNothing(t *testing.T) {
	w := newWorld(t)
	evilMerge(w, "key = "+awsKey+"\n")
	list := func() (out []string) {
		filepath.Walk(w.dir, func(path string, info os.FileInfo, err error) error {
			out = append(out, fmt.Sprint(path, info.Size(), info.ModTime()))
			return err
		})
		return out
	}
	before := list()
	mustScan(t, w.dir)
	if diff := cmp.Diff(before, list()); diff != "" {
		t.Error(diff)
	}
}
