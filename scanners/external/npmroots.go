package external

import (
	"path"
	"slices"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// The modes of units that are not for npm.
const (
	byPNPM  = "pnpm"
	byYarn1 = "yarn 1"
	byYarn  = "yarn"
)

// npmRoots finds the lockfiles.
func npmRoots(t *scanners.Tree, paths []string) Units {
	const kinds = "package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml or yarn.lock"
	u := Units{None: "no " + kinds}
	add := func(dir string) (some bool) {
		for _, file := range locksIn(t, dir) {
			u.List = append(u.List, file)
			some = true
		}
		return some
	}
	if len(paths) > 0 {
		for _, dir := range slices.Compact(slices.Sorted(slices.Values(paths))) {
			if !add(dir) {
				u.Gaps = append(u.Gaps, finding.Note{Level: finding.Gap, Path: unitPath(Unit{Dir: dir}), Message: "paths: there is no " + kinds + ": npm install --package-lock-only writes one"})
			}
		}
		return u
	}
	seen := map[string]bool{}
	for _, f := range t.Files() {
		dir, name := path.Split(f.Path)
		if dir = path.Clean(dir); seen[dir] || !slices.Contains(npmLockNames, name) && name != pnpmLockName && name != yarnLockName {
			continue
		}
		seen[dir] = true
		add(dir)
	}
	return u
}

// locksIn are the lockfiles of a directory: one of each package manager.
func locksIn(t *scanners.Tree, dir string) (units []Unit) {
	add := func(name, mode string) bool {
		file := path.Join(dir, name)
		if !t.Has(file) {
			return false
		}
		if mode == byYarn && isYarn1(t, file) {
			mode = byYarn1
		}
		units = append(units, Unit{Dir: dir, Name: file, File: file, Mode: mode})
		return true
	}
	for _, name := range npmLockNames {
		if add(name, "") {
			break
		}
	}
	add(pnpmLockName, byPNPM)
	add(yarnLockName, byYarn)
	return units
}
