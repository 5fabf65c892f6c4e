package secret

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

func TestSubdirectory(t *testing.T) {
	w := newWorld(t)
	w.put("top.txt", "key = "+awsKey+"\n")
	w.write("api/kept.txt", "key = "+awsKey+"\n")
	c := w.put("api/deep/gone.txt", "key = "+githubPAT+"\n")[:12]
	w.remove("api/deep/gone.txt")
	r := mustScan(t, filepath.Join(w.dir, "api"))
	want := []string{"github-pat deep/gone.txt:1 " + c, "aws-access-token kept.txt:1"}
	if diff := cmp.Diff(want, brief(r.Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if r.Looked.Files != 1 || r.Looked.Commits != 3 {
		t.Errorf("looked %+v", r.Looked)
	}
}

func TestLinkedWorktree(t *testing.T) {
	w := newWorld(t)
	c := w.put("s.txt", "key = "+awsKey+"\n")[:12]
	w.remove("s.txt")
	w.put("README", "x\n")
	linked := filepath.Join(t.TempDir(), "linked")
	w.git("worktree", "add", "-q", linked, "-b", "other")
	if info, err := os.Lstat(filepath.Join(linked, ".git")); err != nil || info.IsDir() {
		t.Fatal("not a .git file")
	}
	if diff := cmp.Diff([]string{"aws-access-token s.txt:1 " + c}, brief(mustScan(t, linked).Findings)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestShallow(t *testing.T) {
	w := newWorld(t)
	w.put("s.txt", "key = "+awsKey+"\n")
	w.remove("s.txt")
	w.put("README", "x\n")
	dir := t.TempDir()
	w.git("clone", "-q", "--depth=1", "file://"+w.dir, dir)
	r := mustScan(t, dir)
	if notes(r, finding.Gap, "history before 2023-11-17 was not scanned") != 1 || r.Looked.Commits != 1 {
		t.Errorf("looked %+v, notes %v", r.Looked, r.Notes)
	}
}
