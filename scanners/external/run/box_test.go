package run

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBoxFiles(t *testing.T) {
	b := newBox(t)
	if err := b.Write("in/config.toml", []byte("x = 1")); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(b.Path("in/config.toml")); string(got) != "x = 1" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := b.Read("in/config.toml", 5); string(got) != "x = 1" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := b.Read("in/config.toml", 4); !errors.Is(err, ErrCut) || got != nil || err.Error() != "the tool's in/config.toml is over 4 bytes" {
		t.Errorf("over the limit: %q, %v", got, err)
	}
	if _, err := b.Read("none", 5); !errors.Is(err, fs.ErrNotExist) || err.Error() != "the tool did not write none" {
		t.Errorf("missing: %v", err)
	}
	for _, name := range []string{"../home/x", "/etc/passwd", "", "a/../../x"} {
		if _, err := b.Read(name, 5); err == nil {
			t.Errorf("%q is read", name)
		}
		if err := b.Write(name, nil); err == nil {
			t.Errorf("%q is written", name)
		}
		if p := b.Path(name); !strings.HasPrefix(p, b.dir) {
			t.Errorf("%q is %s", name, p)
		}
	}
	if err := os.Mkdir(b.Path("dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Read("dir", 5); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
}

// TestBoxShared asserts that a second tool finds what the first has left, and
// that nothing is there afterwards.
func TestBoxShared(t *testing.T) {
	b, err := NewBox()
	if err != nil {
		t.Fatal(err)
	}
	must(t, b, self(t, "write", filepath.Join(b.Home(), "cache")))
	if r := must(t, b, self(t, "read", filepath.Join(b.Home(), "cache"))); string(r.Stdout) != "true x\n" {
		t.Errorf("got %q", r.Stdout)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(b.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the box is still there: %v", err)
	}
}

// TestFlatten removes what cannot be removed by recursion.
func TestFlatten(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	deep := filepath.Join(dir, "moved-1")
	for range 40 {
		if err := os.MkdirAll(filepath.Join(deep, "a", "b"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(deep, "f"), nil, 0o400); err != nil {
			t.Fatal(err)
		}
		os.Chmod(filepath.Join(deep, "a", "b"), 0)
		deep = filepath.Join(deep, "a")
	}
	outside := filepath.Join(t.TempDir(), "keep")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	os.Chmod(filepath.Join(dir, "moved-1"), 0)
	if err := flatten(root); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("it followed a link: %v", err)
	}
}
