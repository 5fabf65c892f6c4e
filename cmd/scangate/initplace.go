package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/scanners/git"
)

// place is where a directory is in a git repository.
type place struct {
	top    string // absolute, the repository's top level; empty: there is none
	shown  string // the same, as seen from the current directory
	prefix string // the directory below top, with slashes; empty: it is top
}

// locate finds the repository of a directory. It runs nothing.
func locate(dir string) (place, error) {
	real, err := git.RealPath(dir)
	if err != nil {
		return place{}, pathError(dir, err)
	}
	top, prefix, err := git.Locate(real)
	if err != nil {
		return place{}, usageError{err}
	}
	if top == "" {
		return place{}, nil
	}
	p := place{top: top, shown: top, prefix: prefix}
	if here, err := git.RealPath("."); err == nil {
		if rel, err := filepath.Rel(here, top); err == nil {
			p.shown = rel
		}
	}
	return p, nil
}

// otherCI are the files by which other systems than GitHub are recognised, and
// the example for each.
var otherCI = [...][2]string{
	{".gitlab-ci.yml", "examples/gitlab-ci.yml"},
	{"azure-pipelines.yml", "examples/azure-pipelines.yml"},
}

// noWorkflow says why a workflow for GitHub is out of place; empty: it is not.
func (p place) noWorkflow() (string, error) {
	if p.top == "" {
		return "this is not in a git repository", nil
	}
	root, err := os.OpenRoot(p.top)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.shown, fileio.Cause(err))
	}
	defer root.Close()
	if _, err := root.Lstat(".github"); !errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	var why []string
	for _, ci := range otherCI {
		if _, err := root.Lstat(ci[0]); err == nil {
			why = append(why, "there is "+ci[0]+" and no .github; begin with "+ci[1]+" of "+projectURL)
		}
	}
	return strings.Join(why, "; "), nil
}

// branch is the default branch, as far as the clone knows it, and how it does.
func (p place) branch(ctx context.Context) (name, from string, err error) {
	const fallback, guess = "main", "a guess: git names no branch"
	g, err := git.New(p.top, p.top)
	if errors.Is(err, git.ErrMissing) {
		return fallback, guess, nil
	}
	if err != nil {
		return "", "", err
	}
	for _, ref := range [...][3]string{
		{"refs/remotes/origin/HEAD", "refs/remotes/origin/", "as origin/HEAD says"},
		{"HEAD", "refs/heads/", "which is checked out"},
	} {
		// What git cannot tell, be it for a damaged repository, is not known.
		out, err := g.Output(ctx, "symbolic-ref", "--quiet", ref[0])
		if ctx.Err() != nil {
			return "", "", errors.New("interrupted: nothing was written")
		}
		name, ok := strings.CutPrefix(strings.TrimSuffix(string(out), "\n"), ref[1])
		if err == nil && ok && name != "" {
			return name, ref[2], nil
		}
	}
	return fallback, guess, nil
}
