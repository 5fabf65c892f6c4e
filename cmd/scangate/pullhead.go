package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
)

// withSettings lays out the tree with those files that say how to scan as the
// commit has them, and returns where. Programs of others read them from where
// they work: there is no other way to keep a pull request from telling them to
// look away.
func (p *pull) withSettings(ctx context.Context, tree *scanners.Tree, changed []string) (string, error) {
	top, dir, err := p.place("head")
	if err != nil {
		return "", err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	instead := map[string]bool{}
	for _, name := range changed {
		instead[name] = true
	}
	for _, f := range tree.Files() {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if instead[f.Path] {
			continue
		}
		if err := copyFile(root, tree, f.Path); err != nil {
			return "", err
		}
	}
	if err := p.putSettings(root, changed); err != nil {
		return "", err
	}
	out, err := p.git.Output(ctx, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return "", err
	}
	link := "gitdir: " + strings.TrimSuffix(string(out), "\n") + "\n"
	return dir, os.WriteFile(filepath.Join(top, ".git"), []byte(link), 0o644)
}

// putSettings copies settings that are laid out below a root, over what is there.
func (p *pull) putSettings(root *os.Root, names []string) error {
	from, err := os.OpenRoot(p.settings.dir)
	if err != nil {
		return err
	}
	defer from.Close()
	for _, name := range names {
		if strings.HasPrefix(name, "../") || !p.settings.taken[p.fromTop(name)] {
			continue
		}
		f, err := from.Open(filepath.FromSlash(name))
		if err != nil {
			return err
		}
		err = errors.Join(writeTo(root, name, f), f.Close())
		if err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies a file of the tree. One that is gone or cannot be read is for
// the scanners to note, which do so of the copy.
func copyFile(root *os.Root, tree *scanners.Tree, name string) error {
	f, err := tree.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(writeTo(root, name, f), f.Close())
}

func writeTo(root *os.Root, name string, f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	at := filepath.FromSlash(name)
	if err := root.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	out, err := root.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600|info.Mode().Perm()&0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, f)
	return errors.Join(err, out.Close())
}

// layOutBase lays out the merge base as a repository of its own, with the
// settings that the head is scanned with, and returns the scanned directory in it.
func (p *pull) layOutBase(ctx context.Context) (string, error) {
	top, dir, err := p.place("base")
	if err != nil {
		return "", err
	}
	var list []git.Entry
	for name, e := range p.had {
		if !p.settings.names.scans(name) {
			list = append(list, e)
		}
	}
	if err := p.git.Extract(ctx, list, dir); err != nil {
		return "", err
	}
	var settings []string
	for at := range p.settings.taken {
		if name := p.rel(at); p.settings.names.scans(name) {
			settings = append(settings, name)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	if err := p.putSettings(root, settings); err != nil {
		return "", err
	}
	return dir, p.top.Pose(ctx, top, p.base)
}
