package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/ignore"
)

// maxIgnoreDirs bounds the directories that are looked into for ignore files.
const maxIgnoreDirs = 5000

// ignores makes the exemption of the configuration's own list. Of part of a
// scan it does not say what is unused.
func (a *app) ignores(file *config.File, known policy.Known, part bool) (*ignore.Set, error) {
	list, err := ignore.Parse(file.Ignore, slices.Sorted(maps.Keys(known)))
	if err != nil {
		return nil, err
	}
	set := ignore.New(list, time.Now())
	if !part {
		for _, e := range a.scanners {
			set.Whole = append(set.Whole, e.name)
		}
	}
	return set, nil
}

// honour adds what the ignore files of other tools in dir ask for to a policy
// that is to judge results.
func (a *app) honour(pol policy.Policy, dir string, res finding.Results) policy.Policy {
	list := foreignIgnores(dir, res, a.watched.read)
	if len(list.Entries)+len(list.Problems) > 0 {
		pol.Exemptions = append(slices.Clone(pol.Exemptions), ignore.New(list, time.Now()))
	}
	return pol
}

// foreignIgnores reads the ignore files of other tools: those in the root of
// what is scanned, and those beside lockfiles that something was found in.
// What they get wrong is part of the list.
func foreignIgnores(dir string, res finding.Results, saw func(role, name string, data []byte)) ignore.List {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return ignore.Unreadable("what other tools ignore here", fileio.Cause(err))
	}
	defer root.Close()
	files := ignore.RootFiles()
	dirs := map[string]bool{}
	for i := range res.Runs {
		if res.Runs[i].Scanner != "dependency" {
			continue
		}
		for j := range res.Runs[i].Findings {
			if p := res.Runs[i].Findings[j].Location.Path; p != "" && fs.ValidPath(p) {
				dirs[path.Dir(p)] = true
			}
		}
	}
	delete(dirs, ".")
	var out ignore.List
	sorted := slices.Sorted(maps.Keys(dirs))
	if len(sorted) > maxIgnoreDirs {
		out.Problems = append(out.Problems, fmt.Sprintf("%s is looked for in the first %d directories only", ignore.DirFile, maxIgnoreDirs))
		sorted = sorted[:maxIgnoreDirs]
	}
	for _, d := range sorted {
		files = append(files, path.Join(d, ignore.DirFile))
	}
	for _, name := range files {
		data, err := readRegular(root.FS(), name, ignore.MaxFile)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			out = ignore.Join(out, ignore.Unreadable(name, fileio.Cause(err)))
		default:
			out = ignore.Join(out, ignore.Foreign(name, data))
			saw("ignore", name, data)
		}
	}
	return out
}
