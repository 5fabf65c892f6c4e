package scanners

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plant makes files below a new directory and returns it.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func walk(t *testing.T, dir string) *Tree {
	t.Helper()
	tree, err := Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

func paths(tree *Tree) (out []string) {
	for _, f := range tree.Files() {
		out = append(out, f.Path)
	}
	return out
}

func TestWalkListsRegularFilesOnly(t *testing.T) {
	dir := plant(t, map[string]string{
		"b.txt": "bb", "a/c.txt": "c", "a-b/x": "", "a.txt": "", ".git/config": "x", "web/node_modules/x/package-lock.json": "{}",
		".scangate/results.json": "{}", "a\nb::error::.txt": "odd",
	})
	outside := plant(t, map[string]string{"secret.txt": "outside"})
	for link, to := range map[string]string{
		"out": outside, "loop": ".", "a/up": "..", "gone": "nowhere", "passwd": filepath.Join(outside, "secret.txt"),
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	tree := walk(t, dir)
	want := []string{"a/c.txt", "a\nb::error::.txt", "a-b/x", "a.txt", "b.txt"}
	got := paths(tree)
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for _, w := range want {
		if !tree.Has(w) {
			t.Errorf("%q is missing in %q", w, got)
		}
	}
	if tree.Has("out/secret.txt") || tree.Has("zzz") || tree.Has("a") {
		t.Error("Has reports what is not there")
	}
	if n := len(tree.Problems()); n != 0 {
		t.Errorf("%d problems: %v", n, tree.Problems())
	}
}

func TestReadStaysInsideTheTree(t *testing.T) {
	outside := plant(t, map[string]string{"secret.txt": "outside"})
	dir := plant(t, map[string]string{"a.txt": "inside"})
	tree := walk(t, dir)
	// The link appears after the walk, under the name of a file it saw.
	if err := os.Remove(filepath.Join(dir, "a.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret.txt"), filepath.Join(dir, "a.txt")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.txt", "../" + filepath.Base(outside) + "/secret.txt", filepath.Join(outside, "secret.txt")} {
		if data, err := tree.Read(name, 100); err == nil {
			t.Errorf("Read(%q) = %q", name, data)
		}
	}
}

func TestReadIsBounded(t *testing.T) {
	dir := plant(t, map[string]string{"a.txt": "12345", "empty": ""})
	tree := walk(t, dir)
	for _, tt := range []struct {
		name  string
		limit int64
		want  string
		err   error
	}{{"a.txt", 5, "12345", nil}, {"a.txt", 4, "", ErrTooLarge}, {"empty", 0, "", nil}} {
		got, err := tree.Read(tt.name, tt.limit)
		if string(got) != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("Read(%s, %d) = %q, %v", tt.name, tt.limit, got, err)
		}
	}
	huge := filepath.Join(dir, "huge")
	if err := os.WriteFile(huge, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 1<<30); err != nil {
		t.Fatal(err)
	}
	if _, err := walk(t, dir).Read("huge", 1<<20); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a 1 GB file: %v", err)
	}
}

func TestWalkExplainsABadRoot(t *testing.T) {
	dir := plant(t, map[string]string{"file": ""})
	if _, err := Walk(t.Context(), filepath.Join(dir, "file")); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("a file: %v", err)
	}
	if _, err := Walk(t.Context(), filepath.Join(dir, "no")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Walk(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestHasFindsEveryWalkedFile(t *testing.T) {
	files := map[string]string{}
	for _, a := range []string{"a", "a-", "a.b", "ab", "a/b", "B", "0"} {
		for _, b := range []string{"x", "y.z", "-", "~"} {
			files["d/"+strings.ReplaceAll(a, "/", "_")+"/"+b] = ""
			files[strings.ReplaceAll(a, "/", "+")+b] = ""
		}
	}
	tree := walk(t, plant(t, files))
	if d := cmp.Diff(len(files), len(tree.Files())); d != "" {
		t.Fatal(d)
	}
	for name := range files {
		if !tree.Has(name) {
			t.Errorf("Has(%q) is false", name)
		}
	}
}
