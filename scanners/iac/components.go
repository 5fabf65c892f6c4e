package iac

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/work"
)

// relative finds what may be the address of another module of the tree.
var relative = regexp.MustCompile(`"(\.\.?/[^"\n]{0,500})"`)

// components groups the directories of Terraform code by who may call whom: a
// module is told with all that call it, as what several of them say of one place
// is told apart by counting. Any text that looks like the way to another
// directory counts, so groups may be larger than they need to be. They are in
// the order of their first directories.
func components(tree *scanners.Tree, files []work.File) [][]string {
	leader := map[string]string{}
	var dirs []string
	for _, f := range files {
		if dir := path.Dir(f.Path); leader[dir] == "" {
			leader[dir] = dir
			dirs = append(dirs, dir)
		}
	}
	find := func(dir string) string {
		for leader[dir] != dir {
			leader[dir] = leader[leader[dir]]
			dir = leader[dir]
		}
		return dir
	}
	for _, f := range files {
		data, err := tree.Read(f.Path, work.MaxFileSize)
		if err != nil {
			continue // Scan says so
		}
		from := path.Dir(f.Path)
		for _, m := range relative.FindAllSubmatch(data, -1) {
			to, _, _ := strings.Cut(string(m[1]), "?")
			// "//" separates a package from a directory in it.
			if to = path.Join(from, to); leader[to] != "" {
				leader[find(to)] = find(from)
			}
		}
	}
	groups := map[string][]string{}
	for _, dir := range dirs {
		groups[find(dir)] = append(groups[find(dir)], dir)
	}
	var out [][]string
	for _, dirs := range groups {
		slices.Sort(dirs)
		out = append(out, dirs)
	}
	slices.SortFunc(out, slices.Compare)
	return out
}
