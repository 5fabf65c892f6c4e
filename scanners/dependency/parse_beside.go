package dependency

import (
	"encoding/json"
	"path"
	"slices"
	"strings"
)

const (
	// maxBeside bounds a file that is read for the sake of a lockfile, in bytes.
	maxBeside = 8 << 20

	// maxMembers bounds the members of a workspace, and maxPatterns the
	// patterns that name them.
	maxMembers, maxPatterns = 10_000, 1_000
)

// beside returns the content of a file at a path relative to the lockfile's
// directory, or nil when there is none in the tree to be read.
func (in source) beside(relative string) []byte {
	name, ok := inTree(in.path, relative)
	if !ok || in.tree == nil || !in.tree.Has(name) {
		return nil
	}
	data, err := in.tree.Read(name, maxBeside)
	if err != nil {
		return nil
	}
	return data
}

// inTree resolves a path relative to the directory of file. It reports false
// for one outside the tree.
func inTree(file, relative string) (string, bool) {
	name := path.Join(path.Dir(file), relative)
	return name, !path.IsAbs(relative) && name != ".." && !strings.HasPrefix(name, "../")
}

// members returns the directories, relative to the lockfile's, that one of the
// patterns matches and where a file of that name lies. A pattern that begins
// with ! takes directories out again.
func (in source) members(patterns []string, file string) (dirs []string) {
	if in.tree == nil || len(patterns) == 0 || len(patterns) > maxPatterns {
		return nil
	}
	base := path.Dir(in.path)
	for _, f := range in.tree.Files() {
		if path.Base(f.Path) != file {
			continue
		}
		dir, ok := path.Dir(f.Path), true
		if base != "." {
			dir, ok = strings.CutPrefix(dir, base+"/")
		}
		if !ok || dir == "." {
			continue
		}
		member := false
		for _, p := range patterns {
			if p, without := strings.CutPrefix(p, "!"); matchDir(p, dir) {
				member = !without
			}
		}
		if member {
			dirs = append(dirs, dir)
		}
		if len(dirs) == maxMembers {
			break
		}
	}
	return dirs
}

// matchDir matches a directory with a pattern such as packages/* or
// packages/**.
func matchDir(pattern, dir string) bool {
	return matchParts(strings.Split(path.Clean(pattern), "/"), strings.Split(dir, "/"))
}

func matchParts(pattern, parts []string) bool {
	for i, p := range pattern {
		if p == "**" {
			rest := pattern[i+1:]
			if slices.Contains(rest, "**") { // more than one would take exponential time
				return false
			}
			return len(parts) >= len(rest) && matchParts(rest, parts[len(parts)-len(rest):])
		}
		if len(parts) == 0 {
			return false
		}
		if ok, err := path.Match(p, parts[0]); !ok || err != nil {
			return false
		}
		parts = parts[1:]
	}
	return len(parts) == 0
}

// packageJSON is what is read of a package.json.
type packageJSON struct {
	Dependencies map[string]string `json:"dependencies"`
	Optional     map[string]string `json:"optionalDependencies"`
	Dev          map[string]string `json:"devDependencies"`
	Workspaces   workspaceList     `json:"workspaces"`
}

// workspaceList is an array or, as Yarn 1 allows, an object with one.
type workspaceList []string

// UnmarshalJSON leaves the list empty for what is neither.
func (l *workspaceList) UnmarshalJSON(data []byte) error {
	var object struct {
		Packages []string `json:"packages"`
	}
	if json.Unmarshal(data, (*[]string)(l)) != nil && json.Unmarshal(data, &object) == nil {
		*l = object.Packages
	}
	return nil
}

// packageJSON reads that file in a directory relative to the lockfile's.
func (in source) packageJSON(dir string) (p packageJSON, ok bool) {
	data := in.beside(path.Join(dir, "package.json"))
	return p, data != nil && json.Unmarshal(data, &p) == nil
}

// reach returns the ids that can be reached from some, with those themselves.
func reach(from []string, requires map[string][]string) map[string]bool {
	reached := make(map[string]bool, len(requires))
	queue := slices.Clone(from)
	for len(queue) > 0 {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if !reached[id] {
			reached[id] = true
			queue = append(queue, requires[id]...)
		}
	}
	return reached
}

// develop marks what the project requires for development only. What neither
// leads to may be used in any way, and is not marked.
func (inv *inventory) develop(production, development []string) {
	requires := make(map[string][]string, len(inv.requires))
	for _, d := range inv.requires {
		requires[d.ID] = append(requires[d.ID], d.DependsOn...)
	}
	for _, p := range inv.packages {
		if projectsOwn(p) { // these lists do not tell the two apart
			delete(requires, p.ID)
		}
	}
	used, dev := reach(production, requires), reach(development, requires)
	for i, p := range inv.packages {
		inv.packages[i].Dev = dev[p.ID] && !used[p.ID] && !projectsOwn(p)
	}
}
