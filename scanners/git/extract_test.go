package git

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// do runs git as whoever works in the repository does.
func do(t *testing.T, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=A", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// repository makes one with a commit of these files.
func repository(t *testing.T, files map[string]string) (*Git, string) {
	t.Helper()
	dir := t.TempDir()
	do(t, dir, "", "init", "-q", "-b", "main")
	for name, content := range files {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	do(t, dir, "", "add", "-A")
	do(t, dir, "", "commit", "-q", "-m", "one")
	g, prefix, err := Open(dir)
	if err != nil || prefix != "" {
		t.Fatal(prefix, err)
	}
	return g, do(t, dir, "", "rev-parse", "HEAD")
}

// laidOut lists what is in a directory.
func laidOut(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return fs.SkipDir
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(name)
			out[rel] = "-> " + to
			return err
		}
		data, err := os.ReadFile(name)
		out[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestExtract(t *testing.T) {
	g, head := repository(t, map[string]string{"a.txt": "a\r\n", "sub/deep/b": "b", ".gitattributes": "* text eol=lf filter=x ident export-ignore\n", "$Id$": "$Id$"})
	entries, err := g.ListTree(t.Context(), head)
	if err != nil {
		t.Fatal(err)
	}
	a := entries[slices.IndexFunc(entries, func(e Entry) bool { return e.Path == "sub/deep/b" })]
	link := func(path, to string) Entry {
		return Entry{Path: path, Mode: "120000", ID: do(t, g.Top, to, "hash-object", "-w", "--stdin")}
	}
	entries = append(entries,
		Entry{Path: "../out", Mode: "100644", ID: a.ID}, Entry{Path: "/out", Mode: "100644", ID: a.ID}, Entry{Path: "sub/../../out", Mode: "100644", ID: a.ID},
		Entry{Path: ".git/hooks/post-checkout", Mode: "100755", ID: a.ID}, Entry{Path: "x/.GIT/config", Mode: "100644", ID: a.ID},
		Entry{Path: "tool", Mode: "100755", ID: a.ID}, Entry{Path: "inner", Mode: "160000", ID: head},
		link("near", "sub/deep/b"), link("sub/up", "../a.txt"), link("far", "/etc/passwd"), link("sub/farther", "../../etc"),
		link("tricky", "near/../../../etc/passwd"), link("gone", "nowhere"))
	dir := t.TempDir()
	if err := g.Extract(t.Context(), entries, dir); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a.txt": "a\r\n", "sub/deep/b": "b", "$Id$": "$Id$", ".gitattributes": "* text eol=lf filter=x ident export-ignore\n",
		"tool": "b", "near": "-> sub/deep/b", "sub/up": "-> ../a.txt", "gone": "-> nowhere"}
	// What add made of the line end is what the repository has.
	want["a.txt"] = do(t, g.Top, "", "show", "HEAD:a.txt") + "\n"
	if d := cmp.Diff(want, laidOut(t, dir)); d != "" {
		t.Error(d)
	}
	if info, err := os.Stat(filepath.Join(dir, "tool")); err != nil || info.Mode().Perm()&0o100 == 0 {
		t.Errorf("%v, %v: it is to be a program", info, err)
	}
	if err := g.Extract(t.Context(), entries[:1], dir); err == nil {
		t.Error("a file that is there was written over")
	}
	missing := Entry{Path: "missing", Mode: "100644", ID: strings.Repeat("0", 39) + "1"}
	if err := g.Extract(t.Context(), []Entry{missing}, t.TempDir()); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("%v of an object that is not there", err)
	}
	if err := g.Extract(t.Context(), entries[:1], filepath.Join(dir, "nowhere")); err == nil {
		t.Error("written to nowhere")
	}
}

// TestPose: the repository that is made knows the commit and those before it,
// and nothing of what came later; the one that it borrows from stays as it is.
func TestPose(t *testing.T) {
	g, first := repository(t, map[string]string{"a": "one\n"})
	do(t, g.Top, "", "commit", "-q", "--allow-empty", "-m", "two")
	dir := t.TempDir()
	entries, err := g.ListTree(t.Context(), first)
	if err == nil {
		err = g.Extract(t.Context(), entries, dir)
	}
	if err == nil {
		err = g.Pose(t.Context(), dir, first)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := do(t, dir, "", "for-each-ref"); got != "" {
		t.Errorf("it has refs: %s", got)
	}
	if got := do(t, dir, "", "log", "--format=%H %s"); got != first+" one" {
		t.Errorf("its history is %q", got)
	}
	if got := do(t, dir, "", "status", "--porcelain"); got != "" {
		t.Errorf("its work tree differs: %q", got)
	}
	if got := do(t, g.Top, "", "status", "--porcelain", "--branch"); got != "## main" {
		t.Errorf("the repository itself: %q", got)
	}
}

func TestRenames(t *testing.T) {
	g, first := repository(t, map[string]string{"a/b c.txt": strings.Repeat("line\n", 30), "stays": "x\n"})
	do(t, g.Top, "", "mv", "a", "ü")
	do(t, g.Top, "", "commit", "-q", "-m", "move")
	got, err := g.Renames(t.Context(), first, do(t, g.Top, "", "rev-parse", "HEAD"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"ü/b c.txt": "a/b c.txt"}, got); d != "" {
		t.Error(d)
	}
	if bases, err := g.MergeBases(t.Context(), first, "HEAD"); err != nil || len(bases) != 1 || bases[0] != first {
		t.Errorf("merge bases %v, %v", bases, err)
	}
	for _, rev := range []string{"-x", "a\nb", strings.Repeat("a", 2000)} {
		if CheckRevision(rev) == nil {
			t.Errorf("%.20q is taken for a revision", rev)
		}
	}
}
