package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/git"
)

// settingsAt is what a commit has of policy, ignores and settings, laid out in a
// directory.
type settingsAt struct {
	top, dir string               // the top level, and the scanned directory in it
	entries  map[string]git.Entry // of the commit, by path below the top level
	taken    map[string]bool      // what is laid out
	names    settingNames
	changed  []string // what the pull request changes in them, a line each
	config   string   // the configuration's path below the top level; empty: it is elsewhere
}

// takeSettings lays out what is a setting by its name.
func (p *pull) takeSettings(ctx context.Context) error {
	s := &settingsAt{entries: map[string]git.Entry{}, taken: map[string]bool{}}
	var err error
	if s.top, s.dir, err = p.place("settings"); err != nil {
		return err
	}
	entries, err := p.top.ListTree(ctx, p.tip)
	if err != nil {
		return err
	}
	for _, e := range entries {
		s.entries[e.Path] = e
	}
	p.settings = s
	return p.layOut(ctx)
}

// layOut writes those settings that are not there yet.
func (p *pull) layOut(ctx context.Context) error {
	var list []git.Entry
	for name, e := range p.settings.entries {
		if rel := p.rel(name); !p.settings.taken[name] && e.Regular() && (p.settings.names.scans(rel) || p.settings.names.judges(rel)) {
			p.settings.taken[name] = true
			list = append(list, e)
		}
	}
	return p.top.Extract(ctx, list, p.settings.top)
}

// rel is a path below the top level as it is seen from the scanned directory.
func (p *pull) rel(name string) string {
	if p.prefix == "" {
		return name
	}
	if rest, ok := strings.CutPrefix(name, p.prefix+"/"); ok {
		return rest
	}
	rel, err := filepath.Rel(filepath.FromSlash(p.prefix), filepath.FromSlash(name))
	if err != nil {
		return name
	}
	return filepath.ToSlash(rel)
}

// load reads the configuration as the commit has it. One outside of the
// repository is read as it is.
func (p *pull) load(name string) (*config.File, error) {
	at, label := p.fromTop(config.DefaultName), config.DefaultName
	if name != "" {
		inside, ok := p.inside(name)
		if !ok {
			return config.Load(name, "")
		}
		at, label = inside, name
	}
	p.settings.config = at
	e, there := p.settings.entries[at]
	p.settings.names = settingNames{own: []string{p.rel(at)}}
	if !there {
		if name == "" {
			return &config.File{}, nil
		}
		if _, err := os.Lstat(name); err != nil {
			return config.Load(name, "") // it says so
		}
		return &config.File{}, nil // it counts once it is merged
	}
	if !e.Regular() {
		return nil, fmt.Errorf("configuration: %s of %s is not a regular file", label, p.rev)
	}
	if err := p.layOut(p.ctx); err != nil {
		return nil, err
	}
	data, err := readBelow(p.settings.top, at, config.MaxSize)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	file, err := config.Parse(data, label)
	if err != nil {
		return nil, err
	}
	if name != "" {
		file.Dir = filepath.Join(p.settings.top, filepath.FromSlash(path.Dir(at)))
	}
	p.settings.names = namesOf(data, p.rel(at))
	return file, p.layOut(p.ctx)
}

// inside is the path of a file below the top level, if it is in the repository.
func (p *pull) inside(name string) (string, bool) {
	dir, err := filepath.EvalSymlinks(filepath.Dir(name))
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(p.git.Top, filepath.Join(dir, filepath.Base(name)))
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// baseline is where the commit's version of a baseline is laid out; one outside
// of the repository is where it is. Not there: the pull request adds it.
func (p *pull) baseline(name string) (file string, there bool, err error) {
	at, ok := p.inside(name)
	if !ok {
		return name, true, nil
	}
	p.settings.names.own = append(p.settings.names.own, p.rel(at))
	if err := p.layOut(p.ctx); err != nil {
		return "", false, err
	}
	if p.settings.taken[at] {
		return filepath.Join(p.settings.top, filepath.FromSlash(at)), true, nil
	}
	_, err = os.Lstat(name)
	return name, err != nil, nil // who reads it says that it is nowhere
}

// changes compares the settings with those of the tree: what the pull request
// changes, in words, and the files that scanners would read otherwise than the
// commit has them.
func (p *pull) changes(tree *scanners.Tree) (words, scanned []string, err error) {
	names := map[string]bool{}
	for at := range p.settings.taken {
		names[p.rel(at)] = true
	}
	for _, f := range tree.Files() {
		if p.settings.names.scans(f.Path) || p.settings.names.judges(f.Path) {
			names[f.Path] = true
		}
	}
	for name := range names {
		now, ok, err := p.same(name, p.settings.entries[p.fromTop(name)].ID)
		if err != nil {
			return nil, nil, err
		}
		if !ok && p.settings.names.scans(name) {
			scanned = append(scanned, name)
		}
		was := p.settings.entries[p.fromTop(name)].ID
		if p.base != "" && !strings.HasPrefix(name, "../") {
			if was = p.had[name].ID; was != p.settings.entries[p.fromTop(name)].ID {
				if now, ok, err = p.same(name, was); err != nil {
					return nil, nil, err
				}
			}
		}
		switch {
		case ok:
		case was == "":
			words = append(words, name+" (added): it counts once it is merged")
		case !now:
			words = append(words, fmt.Sprintf("%s (removed): that of %s counts", name, p.rev))
		default:
			words = append(words, fmt.Sprintf("%s (modified): that of %s counts", name, p.rev))
		}
	}
	slices.Sort(words)
	slices.Sort(scanned)
	return words, scanned, nil
}

// same reports whether a file of the working tree is there, and has the content
// of an object; an empty id stands for no file.
func (p *pull) same(name, id string) (there, same bool, err error) {
	at := filepath.FromSlash(p.fromTop(name))
	info, err := p.root.Lstat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, id == "", nil
	case err != nil:
		return false, false, err
	case id == "" || !info.Mode().IsRegular():
		return true, false, nil
	}
	f, err := p.root.Open(at)
	if err != nil {
		return true, false, err
	}
	defer f.Close()
	same, err = git.IsBlob(f, info.Size(), id)
	return true, same, err
}
