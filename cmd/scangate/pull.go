package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
	"github.com/scangate/scangate/text"
)

// pull is a pull request: what is checked out, and the merge base with the
// revision that it is to be merged into. Findings are compared with those of
// the merge base. Policy, ignores and settings of tools are those of the
// revision itself: whoever branches off from long ago does not get the policy
// of long ago.
type pull struct {
	ctx             context.Context // the command's own
	rev             string
	git             *git.Git // works in the scanned directory
	top             *git.Git // works at the top level
	prefix          string   // the scanned directory below that
	head, tip, base string   // commits; there may be no base
	unknown         string   // why there is none
	had             map[string]git.Entry
	tmp             string   // where files of commits are laid out
	root            *os.Root // the top level of the working tree

	settings *settingsAt
}

// openPull finds the commits. Close it when done.
func openPull(ctx context.Context, dir, rev string) (*pull, error) {
	if err := git.CheckRevision(rev); err != nil {
		return nil, usage("--since: %w", err)
	}
	p := &pull{ctx: ctx, rev: text.OneLine(rev, 80)}
	if git.IsHash(rev) {
		p.rev = rev[:12]
	}
	var err error
	if p.git, p.prefix, err = git.Open(dir); err != nil {
		return nil, fmt.Errorf("--since: %w", err)
	}
	if p.git == nil {
		return nil, usage("--since: %s is not in a git repository", filepath.Base(dir))
	}
	top := *p.git
	top.Dir = top.Top
	p.top = &top
	if p.head, err = p.git.Resolve(ctx, "HEAD"); err == nil {
		p.tip, err = p.git.Resolve(ctx, rev)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("--since: %w", err)
	case p.head == "":
		return nil, usage("--since %q: there is no commit yet", p.rev)
	case p.tip == "":
		return nil, usage("--since %q: this clone has no such commit; fetch it first, on GitHub by checking out with fetch-depth: 0", p.rev)
	}
	if p.root, err = os.OpenRoot(p.git.Top); err != nil {
		return nil, fmt.Errorf("--since: %w", err)
	}
	if p.tmp, err = os.MkdirTemp("", "scangate-since-"); err != nil {
		p.close()
		return nil, fmt.Errorf("--since: %w", err)
	}
	if err := errors.Join(p.findBase(ctx), p.takeSettings(ctx)); err != nil {
		p.close()
		return nil, fmt.Errorf("--since: %w", err)
	}
	return p, nil
}

// close removes what was laid out.
func (p *pull) close() {
	if p != nil {
		os.RemoveAll(p.tmp)
		p.root.Close()
	}
}

// findBase finds the merge base and lists its files. That there is none is no
// error: everything is new then.
func (p *pull) findBase(ctx context.Context) error {
	bases, err := p.git.MergeBases(ctx, p.head, p.tip)
	if err != nil {
		return err
	}
	if len(bases) == 0 {
		p.unknown = fmt.Sprintf("HEAD and %s share no commit", p.rev)
		shallow, err := p.git.Shallow(ctx)
		if shallow {
			p.unknown = "the clone is shallow and does not reach the merge base: check out with fetch-depth: 0, or run git fetch --unshallow"
		}
		return err
	}
	p.base = bases[0] // of several, git names the best one first
	entries, err := p.git.ListTree(ctx, p.base)
	if err != nil {
		return err
	}
	p.had = make(map[string]git.Entry, len(entries))
	for _, e := range entries {
		p.had[e.Path] = e
	}
	return nil
}

// place is a directory of its own for files of a commit, and the scanned
// directory in it.
func (p *pull) place(name string) (top, dir string, err error) {
	top = filepath.Join(p.tmp, name)
	dir = filepath.Join(top, filepath.FromSlash(p.prefix))
	return top, dir, os.MkdirAll(dir, 0o755)
}

// fromTop is the path of a file of the scanned directory below the top level.
func (p *pull) fromTop(name string) string { return path.Join(p.prefix, name) }

// openPull opens the pull request that a scan is about, if it is about one.
func (s *scanning) openPull(ctx context.Context) (err error) {
	if s.since == "" {
		if len(s.baseResults) > 0 {
			return usage("--base-results: it goes with --since")
		}
		return nil
	}
	s.pull, err = openPull(ctx, s.path, s.since)
	return err
}

// openPullOf opens the pull request that saved results are of, if they are of
// one: it is judged by the policy that the scan found in its base. A policy that
// is named is taken as it is.
func (j *judging) openPullOf(ctx context.Context, dir string, res finding.Results) (err error) {
	if res.Since == nil || res.Since.Policy == "" || j.config != "" {
		return nil
	}
	if j.pull, err = openPull(ctx, dir, res.Since.Policy); err != nil {
		return usage("the results are of a pull request, and are judged by the policy of its base, in a clone that has commit %.12s (or name a policy with --config): %w", res.Since.Policy, err)
	}
	return nil
}

// settingsDir is where settings and ignores of what is in dir are read from.
func (j *judging) settingsDir(dir string) string {
	if j.pull != nil {
		return j.pull.settings.dir
	}
	return dir
}

// addBaseline adds the baseline of that name to a policy.
func (j *judging) addBaseline(pol *policy.Policy, name string, w *watched) error {
	file := name
	if j.pull != nil {
		var there bool
		var err error
		if file, there, err = j.pull.baseline(name); err != nil || !there {
			return err
		}
	}
	known, err := readBaselineAs(file, name)
	if err == nil {
		w.readBaseline(file, name)
		pol.Baseline = known
	}
	return err
}

// root is the name of the scanned directory.
func (s *scanning) root() string {
	abs, err := filepath.Abs(s.path)
	if err != nil {
		return ""
	}
	return filepath.Base(abs)
}

// read reads a file of the scanned directory, one of the settings as they count.
func (set settings) read(name string, limit int64) ([]byte, error) {
	if set.names.scans(path.Clean(filepath.ToSlash(name))) {
		return readBelow(set.settings, name, limit)
	}
	return readBelow(set.path, name, limit)
}

// tree is what is scanned: the tree itself, unless the pull request changes what
// scanners read as settings.
func (p *pull) tree(ctx context.Context, tree *scanners.Tree) (*scanners.Tree, error) {
	if p == nil {
		return tree, nil
	}
	words, scanned, err := p.changes(tree)
	if err != nil {
		tree.Close()
		return nil, fmt.Errorf("--since: %w", err)
	}
	p.settings.changed = words
	if len(scanned) == 0 {
		return tree, nil
	}
	defer tree.Close()
	dir, err := p.withSettings(ctx, tree, scanned)
	if err != nil {
		return nil, fmt.Errorf("--since: laying out the files with the settings of %s: %w", p.rev, err)
	}
	return scanners.Walk(ctx, dir)
}
