package dependency

import (
	"bytes"
	"encoding/json"
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// maxFolders bounds the folders that are looked through for a required package.
const maxFolders = 100

// npmEntry is a folder in the lockfiles of npm 7 and later: one below
// node_modules, or one of the project's own.
type npmEntry struct {
	Name         string            `json:"name"` // where it differs from the folder's
	Version      string            `json:"version"`
	Resolved     string            `json:"resolved"`
	License      npmLicense        `json:"license"`
	Link         bool              `json:"link"`
	Dev          bool              `json:"dev"`
	Dependencies map[string]string `json:"dependencies"`
	Optional     map[string]string `json:"optionalDependencies"`
	Peer         map[string]string `json:"peerDependencies"`
	Development  map[string]string `json:"devDependencies"` // of the project's own only
}

// npmLicense is a text or, in old packages, an object.
type npmLicense string

// UnmarshalJSON leaves the licence empty for what is neither: package.json is
// not checked by anyone.
func (l *npmLicense) UnmarshalJSON(data []byte) error {
	var object struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(data, (*string)(l)) != nil && json.Unmarshal(data, &object) == nil {
		*l = npmLicense(object.Type)
	}
	return nil
}

func (l npmLicense) list() []string {
	if l == "" {
		return nil
	}
	return []string{string(l)}
}

// parseNpm reads package-lock.json and npm-shrinkwrap.json of all versions.
// The engine's parser knows no aliases in version 1, takes the project's
// workspaces for packages, what those require for indirect, and mixes up
// workspaces of which one's path begins with another's. It also takes twice the
// time and four times the memory.
func parseNpm(in source) (inventory, error) {
	var lock struct {
		Packages     map[string]npmEntry `json:"packages"`
		Dependencies json.RawMessage     `json:"dependencies"` // a second time the same, if there are packages
	}
	if !utf8.Valid(in.data) {
		return inventory{}, errors.New("not UTF-8")
	}
	if err := json.Unmarshal(in.data, &lock); err != nil {
		return inventory{}, err
	}
	if len(lock.Packages) > 0 || lock.Dependencies == nil {
		return npmFolders(lock.Packages), nil
	}
	var top map[string]npmNested
	if err := json.Unmarshal(lock.Dependencies, &top); err != nil {
		return inventory{}, err
	}
	return npmTree(in, top), nil
}

// npmFolders reads version 2 and later of the format, where folders stand for
// packages. A package's id is its folder.
func npmFolders(folders map[string]npmEntry) (inv inventory) {
	direct := map[string]bool{}
	inv.packages = make([]ftypes.Package, 0, len(folders))
	inv.requires = make([]ftypes.Dependency, 0, len(folders))
	for folder, e := range folders {
		if e.Link {
			continue
		}
		var on []string
		for _, names := range []map[string]string{e.Dependencies, e.Optional, e.Peer} {
			on = npmResolve(folders, folder, names, on)
		}
		p := ftypes.Package{ID: folder, Name: e.Name, Version: e.Version, Dev: e.Dev, Licenses: e.License.list()}
		if i := strings.LastIndex(folder, "node_modules/"); i < 0 {
			p.Relationship, p.Dev = ftypes.RelationshipRoot, false
			on = npmResolve(folders, folder, e.Development, on)
			for _, id := range on {
				direct[id] = true
			}
		} else if p.Name == "" {
			p.Name = folder[i+len("node_modules/"):]
		}
		inv.packages = append(inv.packages, p)
		if len(on) > 0 {
			inv.requires = append(inv.requires, ftypes.Dependency{ID: folder, DependsOn: on})
		}
	}
	inv.direct(direct)
	return inv
}

// npmResolve adds the folders where the packages of those names are found by
// code that lies in a folder.
func npmResolve(folders map[string]npmEntry, from string, names map[string]string, on []string) []string {
	for name := range names {
		if id, ok := npmFind(folders, from, name); ok {
			on = append(on, id)
		}
	}
	return on
}

func npmFind(folders map[string]npmEntry, from, name string) (string, bool) {
	var buffer [256]byte // most folders are looked for in vain: their names need no memory
	for range maxFolders {
		folder := append(buffer[:0], from...)
		if from != "" {
			folder = append(folder, '/')
		}
		folder = append(append(folder, "node_modules/"...), name...)
		if e, ok := folders[string(folder)]; ok {
			if e.Link {
				_, ok = folders[e.Resolved]
				return e.Resolved, ok && e.Resolved != ""
			}
			return string(folder), true
		}
		if from == "" {
			break
		}
		if from = path.Dir(from); path.Base(from) == "node_modules" {
			from = path.Dir(from)
		}
		if from == "." {
			from = ""
		}
	}
	return "", false
}

// npmNested is an entry in the lockfiles of npm 6 and earlier.
type npmNested struct {
	Version      string               `json:"version"`
	Dev          bool                 `json:"dev"`
	Requires     npmNames             `json:"requires"`
	Dependencies map[string]npmNested `json:"dependencies"`
}

// npmNames are names with ranges. Some versions of npm write true instead.
type npmNames map[string]string

// UnmarshalJSON leaves the map empty for what is none.
func (n *npmNames) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte("{")) {
		return nil
	}
	return json.Unmarshal(data, (*map[string]string)(n))
}

// npmTree reads version 1 of the format, which the package.json beside it must
// complete to tell what is direct. A package's id is the way down to it.
func npmTree(in source, top map[string]npmNested) (inv inventory) {
	type level struct {
		id   string
		deps map[string]npmNested
	}
	var walk func(levels []level)
	walk = func(levels []level) {
		here := levels[len(levels)-1]
		for name, e := range here.deps {
			p := ftypes.Package{ID: here.id + ">" + name, Dev: e.Dev}
			p.Name, p.Version = npmAlias(name, e.Version)
			inv.packages = append(inv.packages, p)
			below := append(levels[:len(levels):len(levels)], level{p.ID, e.Dependencies})
			var on []string
			for wanted := range e.Requires {
				for i := len(below) - 1; i >= 0; i-- {
					if _, ok := below[i].deps[wanted]; ok {
						on = append(on, below[i].id+">"+wanted)
						break
					}
				}
			}
			if len(on) > 0 {
				inv.requires = append(inv.requires, ftypes.Dependency{ID: p.ID, DependsOn: on})
			}
			if len(e.Dependencies) > 0 {
				walk(below)
			}
		}
	}
	walk([]level{{"", top}})
	if project, ok := in.packageJSON("."); ok {
		direct := map[string]bool{}
		for _, names := range []map[string]string{project.Dependencies, project.Optional, project.Dev} {
			for name := range names {
				direct[">"+name] = true
			}
		}
		inv.direct(direct)
	}
	return inv
}

// npmAlias returns the real name and version behind npm:name@version.
func npmAlias(name, version string) (string, string) {
	if real, ok := strings.CutPrefix(version, "npm:"); ok {
		if n, v, ok := cutVersion(real); ok {
			return n, v
		}
	}
	return name, version
}

// npmLines looks for the key of an entry and, below it, for its name, if it
// has one of its own, and its version.
func npmLines(data []byte, want map[string]int) {
	var name string
	var at int
	eachLine(data, func(number int, line []byte) {
		line = bytes.TrimLeft(line, " \t")
		switch {
		case !bytes.HasPrefix(line, []byte(`"`)):
		case bytes.HasSuffix(line, []byte(`": {`)):
			name, at = string(line[1:len(line)-len(`": {`)]), number
			if i := strings.LastIndex(name, "node_modules/"); i >= 0 {
				name = name[i+len("node_modules/"):]
			}
		case bytes.HasPrefix(line, []byte(`"name": "`)):
			name = npmValue(line)
		case bytes.HasPrefix(line, []byte(`"version": "`)):
			n, v := npmAlias(name, npmValue(line))
			note(want, n, v, at)
		}
	})
}

// npmValue is the text behind the key of a line.
func npmValue(line []byte) string {
	_, value, _ := bytes.Cut(line, []byte(`": "`))
	value, _, _ = bytes.Cut(value, []byte(`"`))
	return string(value)
}
