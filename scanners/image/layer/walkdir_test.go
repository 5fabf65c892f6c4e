//go:build unix

package layer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"etc", "proc/1", "srv/proc"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, body := range map[string]string{"etc/a": "one", "proc/1/status": "x", "srv/proc/b": "two", "srv/.wh.c": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"etc/in": "../srv", "etc/out": "../../x", "abs": "/etc/a"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "etc/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWalkDir(t *testing.T) {
	var seen []string
	stats, problems, err := WalkDir(context.Background(), tree(t), DefaultLimits(), func(e Entry, r io.Reader) error {
		body, err := io.ReadAll(r)
		seen = append(seen, line(e, body))
		return err
	})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	want := []string{
		"directory .", "symbolic link abs -> etc/a", "directory etc", `file etc/a 3 "one"`, "symbolic link etc/in -> srv", "symbolic link etc/out",
		"device etc/pipe", "directory proc", "directory srv", `file srv/.wh.c 0 ""`, "directory srv/proc", `file srv/proc/b 3 "two"`,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(Stats{Entries: 12, Files: 3, Bytes: 6}, stats); diff != "" {
		t.Error(diff)
	}
}

// TestWalkDirContentIsTheFile: what takes a file's place meanwhile is not read.
func TestWalkDirContentIsTheFile(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("outside"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := map[string]func(string) error{
		"a link out": func(p string) error { return os.Symlink(outside, p) },
		"a pipe":     func(p string) error { return syscall.Mkfifo(p, 0o600) },
		"nothing":    func(string) error { return nil },
	}
	for name, replace := range tests {
		t.Run(name, func(t *testing.T) {
			dir := tree(t)
			_, _, err := WalkDir(context.Background(), dir, DefaultLimits(), func(e Entry, r io.Reader) error {
				if e.Path != "etc/a" {
					return nil
				}
				p := filepath.Join(dir, e.Path)
				if err := errors.Join(os.Remove(p), replace(p)); err != nil {
					t.Fatal(err)
				}
				if body, err := io.ReadAll(r); err == nil || len(body) > 0 {
					t.Errorf("read %q, %v", body, err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWalkDirLimits(t *testing.T) {
	dir := tree(t)
	lim := DefaultLimits()
	lim.Entries = 4
	n := 0
	stats, problems, err := WalkDir(context.Background(), dir, lim, func(Entry, io.Reader) error { n++; return nil })
	if err != nil || n != 4 || stats.Entries != 4 || !cmp.Equal(problems, []string{"only the first 4 entries were looked at"}) {
		t.Error(n, stats, problems, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	_, _, err = WalkDir(ctx, dir, DefaultLimits(), func(Entry, io.Reader) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	stop := fmt.Errorf("stop")
	if _, _, err = WalkDir(context.Background(), dir, DefaultLimits(), func(Entry, io.Reader) error { return stop }); err != stop {
		t.Error(err)
	}
	if _, _, err = WalkDir(context.Background(), filepath.Join(dir, "gone"), lim, nil); err == nil || err.Error() != "the directory cannot be opened: no such file or directory" {
		t.Error(err)
	}
}
