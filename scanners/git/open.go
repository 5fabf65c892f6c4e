package git

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Open finds the repository of a directory, and where that is below the
// repository's top level; empty: it is the top level. There is none, and no
// error, when no directory at or above it has a .git. What has a .git is a
// repository: if git cannot read it, whatever is asked of it will say so.
func Open(dir string) (g *Git, prefix string, err error) {
	real, err := RealPath(dir)
	if err != nil {
		return nil, "", err
	}
	top, prefix, err := Locate(real)
	if err != nil || top == "" {
		return nil, "", err
	}
	if g, err = New(real, top); err != nil {
		return nil, "", err
	}
	return g, prefix, nil
}

// RealPath is the absolute path of a directory without links.
func RealPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// Locate finds the top level of the repository of a directory, which RealPath has
// made, and where that is below it, with slashes. Both are empty, without an
// error, where there is none. It runs nothing.
func Locate(real string) (top, prefix string, err error) {
	if top, err = findTop(real); err != nil || top == "" {
		return "", "", err
	}
	if rel, err := filepath.Rel(top, real); err == nil && rel != "." {
		prefix = filepath.ToSlash(rel)
	}
	return top, prefix, nil
}

// Shallow reports whether the clone lacks part of the history.
func (g *Git) Shallow(ctx context.Context) (bool, error) {
	out, err := g.Output(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return false, fmt.Errorf("%w (is %s a whole and readable repository?)", err, filepath.Base(g.Top))
	}
	switch strings.TrimSpace(string(out)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errors.New("git rev-parse does not know --is-shallow-repository: git 2.15 or later is needed")
}

// path asks where git keeps something of the repository's own.
func (g *Git) path(ctx context.Context, name string) (string, error) {
	out, err := g.Output(ctx, "rev-parse", "--git-path", name)
	if err != nil {
		return "", err
	}
	p := strings.TrimSuffix(string(out), "\n")
	if !filepath.IsAbs(p) {
		p = filepath.Join(g.Dir, p)
	}
	return p, nil
}

// Objects is the directory of the repository's objects.
func (g *Git) Objects(ctx context.Context) (string, error) { return g.path(ctx, "objects") }
