//go:build unix

package run

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	base := shared(t)
	path := func(name string) string { return filepath.Join(base, name) }
	write := func(name string, mode os.FileMode) {
		if err := os.MkdirAll(filepath.Dir(path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path(name), []byte("#!/bin/sh\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		if err := os.Symlink(to, path(name)); err != nil {
			t.Fatal(err)
		}
	}
	write("bin/good", 0o755)
	write("bin/open", 0o777)
	write("bin/plain", 0o644)
	write("late/plain", 0o755)
	write("loose/tool", 0o755)
	write("tree/node_modules/.bin/npm", 0o755)
	write("tree/node_modules/.bin/good", 0o755)
	link("good", "bin/alias")
	link(path("tree/node_modules/.bin/npm"), "bin/lured")
	link("nowhere", "bin/broken")
	link(path("bin/good"), "tree/led-out")
	link(path("tree"), "into")
	if err := os.Mkdir(path("bin/directory"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path("loose"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Chdir(path("tree"))
	search := Search{
		Dirs: []string{"", ".", "node_modules/.bin", path("tree/node_modules/.bin"), path("into/node_modules/.bin"), path("none"), path("bin"), path("late"), path("loose")},
		Tree: path("into"), Hint: "install it with\n`x`",
	}
	tests := []struct {
		name string
		want Program
		kind error
		line string
	}{
		{name: "good", want: Program{Path: path("bin/good"), Real: path("bin/good")}},
		{name: "alias", want: Program{Path: path("bin/alias"), Real: path("bin/good")}},
		{name: path("bin/good"), want: Program{Path: path("bin/good"), Real: path("bin/good")}},
		{name: "open", want: Program{Path: path("bin/open"), Real: path("bin/open"), Notes: []string{path("bin/open") + " can be written by everyone"}}},
		{name: "tool", want: Program{Path: path("loose/tool"), Real: path("loose/tool"), Notes: []string{"the directory of " + path("loose/tool") + " can be written by everyone"}}},
		{name: "plain", want: Program{Path: path("late/plain"), Real: path("late/plain")}},
		{name: "none", kind: ErrNotFound, line: "none is not installed; install it with `x`"},
		{name: "npm", kind: ErrInTree, line: path("tree/node_modules/.bin/npm") + " is inside the scanned tree, from which nothing is run; install it with `x`"},
		{name: "lured", kind: ErrInTree, line: path("bin/lured") + " is inside the scanned tree, from which nothing is run; install it with `x`"},
		{name: path("tree/led-out"), kind: ErrInTree},
		{name: path("tree/node_modules/.bin/npm"), kind: ErrInTree},
		{name: path("into/node_modules/.bin/npm"), kind: ErrInTree},
		{name: path("bin/plain"), kind: ErrNotExecutable},
		{name: "directory", kind: ErrNotExecutable},
		{name: path("bin/none"), kind: ErrNotFound},
		{name: "broken", kind: ErrNotFound},
		{name: "./npm", kind: ErrNotFound, line: "./npm: a program is named without directories or by its absolute path"},
		{name: "node_modules/.bin/npm", kind: ErrNotFound},
		{name: "..", kind: ErrNotFound},
		{name: "", kind: ErrNotFound},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := search.Find(tt.name)
			if diff := cmp.Diff(tt.want, got); diff != "" || (err == nil) != (tt.kind == nil) || tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if tt.line != "" && strings.ReplaceAll(err.Error(), path("into"), path("tree")) != tt.line {
				t.Errorf("got %q, want %q", err, tt.line)
			}
		})
	}
	if got, err := search.Path(); err != nil || !cmp.Equal(got, []string{path("bin"), path("late"), path("loose")}) {
		t.Errorf("path %q, %v", got, err)
	}
	if got, err := (Search{Dirs: search.Dirs, Tree: path("none")}).Path(); err == nil {
		t.Errorf("path %q without knowing the tree", got)
	}
	if _, err := (Search{Dirs: search.Dirs, Tree: path("none")}).Find("good"); err == nil {
		t.Error("it finds something without knowing the tree")
	}
	if got, err := (Search{Dirs: search.Dirs}).Find("lured"); err != nil || got.Path != path("bin/lured") {
		t.Errorf("without a tree: %+v, %v", got, err)
	}
}

func TestHash(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of FIPS 180-4's example
	if got, err := Hash(file); got != want || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	for _, path := range []string{filepath.Dir(file), os.DevNull, file + "x"} {
		if got, err := Hash(path); err == nil {
			t.Errorf("%s has the digest %s", path, got)
		}
	}
}
