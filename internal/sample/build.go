// Package sample makes the vulnerable sample repository that the demo and the
// end-to-end tests scan, and compares what was found with what is written
// down in testdata/sample/expected.
package sample

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// maxFile bounds a file of the sample, in bytes.
const maxFile = 8 << 20

// Build copies the tree at src to dst and makes dst a git repository whose
// history holds secrets that were added and taken away again. The ids of the
// commits with secrets are the same on every machine and do not depend on
// src, which is added last. dst must be absent or empty.
func Build(ctx context.Context, src, dst string) error {
	tree, err := readTree(src)
	if err != nil {
		return err
	}
	if entries, err := os.ReadDir(dst); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: remove it first", dst)
	}
	if err := os.MkdirAll(dst, 0o755); err != nil {
		return err
	}
	var in bytes.Buffer
	for i, c := range append(history(), change{branch: "main", from: "main", message: "Add the shop", write: tree}) {
		if err := c.encode(&in, i); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		stdin []byte
		args  []string
	}{
		{nil, []string{"init", "--quiet", "--template=", "--initial-branch=main"}},
		{in.Bytes(), []string{"fast-import", "--quiet", "--date-format=raw"}},
		{nil, []string{"reset", "--quiet", "--hard", "main"}},
	} {
		if err := git(ctx, dst, step.stdin, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// git runs git with none of the machine's configuration, which could change
// the bytes of a commit.
func git(ctx context.Context, dir string, stdin []byte, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.autocrlf=false", "-c", "core.hooksPath=" + os.DevNull}, args...)...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "SystemRoot=" + os.Getenv("SystemRoot"), "LC_ALL=C", "GIT_DEFAULT_HASH=sha1",
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_ATTR_NOSYSTEM=1", "GIT_CEILING_DIRECTORIES=" + filepath.Dir(dir)}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(out))
	}
	return nil
}

// text is a file of a commit.
type text struct{ path, content string }

// readTree reads the regular files below dir, in lexical order.
func readTree(dir string) (files []text, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() || info.Size() > maxFile {
			return fmt.Errorf("%s: not a regular file of at most %d MiB", name, maxFile>>20)
		}
		content, err := root.ReadFile(filepath.FromSlash(name))
		files = append(files, text{name, string(content)})
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s holds no files", dir)
	}
	return files, err
}

// change is a commit. A branch named as from or merge must have one already.
type change struct {
	branch, from, merge string
	message             string
	write               []text
	remove              []string
}

// author signs every commit; firstCommit and betweenCommits are its clock, in
// Unix seconds.
const (
	author         = "Shop Team <shop@example.invalid>"
	firstCommit    = 1_704_099_600 // 2024-01-01 09:00 UTC
	betweenCommits = 9 * 86400
)

// encode writes the n-th change as git fast-import reads it.
func (c change) encode(w *bytes.Buffer, n int) error {
	fmt.Fprintf(w, "commit refs/heads/%s\ncommitter %s %d +0000\ndata %d\n%s\n", c.branch, author, firstCommit+n*betweenCommits, len(c.message), c.message)
	if c.from != "" && c.from != c.branch {
		fmt.Fprintf(w, "from refs/heads/%s\n", c.from)
	}
	if c.merge != "" {
		fmt.Fprintf(w, "merge refs/heads/%s\n", c.merge)
	}
	for _, path := range c.remove {
		fmt.Fprintf(w, "D %s\n", path)
	}
	for _, f := range c.write {
		if strings.ContainsAny(f.path, "\n\"") {
			return errors.New("a file of the sample has a quote or a line end in its name")
		}
		fmt.Fprintf(w, "M 100644 inline %s\ndata %d\n%s\n", f.path, len(f.content), f.content)
	}
	w.WriteByte('\n')
	return nil
}
