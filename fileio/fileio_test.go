package fileio

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestReplace(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	if err := Replace(name, func(w io.Writer) error { _, err := io.WriteString(w, "old"); return err }); err != nil {
		t.Fatal(err)
	}
	full := errors.New("full")
	if err := Replace(name, func(w io.Writer) error { io.WriteString(w, "new"); return full }); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "old" {
		t.Errorf("%q, %v", got, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := Replace(filepath.Join(dir, "no", "out"), func(io.Writer) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

func TestCause(t *testing.T) {
	other := errors.New("other")
	for _, tt := range []struct{ in, want error }{
		{fmt.Errorf("reading: %w", &fs.PathError{Op: "open", Path: "/a", Err: syscall.ENOENT}), syscall.ENOENT},
		{&os.LinkError{Op: "rename", Old: "/a", New: "/b", Err: syscall.EXDEV}, syscall.EXDEV},
		{other, other},
	} {
		if got := Cause(tt.in); got != tt.want {
			t.Errorf("Cause(%v) = %v", tt.in, got)
		}
	}
}
