package dependency

import (
	"maps"
	"slices"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/text"
)

// yarnEntry is a block of yarn.lock. Its id is the first of its patterns.
type yarnEntry struct {
	line       int
	patterns   []string // name@range, as others require it
	version    string
	resolution string   // name@protocol:reference, since Yarn 2
	requires   []string // patterns
}

// parseYarn reads the lockfiles of Yarn 1 and of Yarn 2 and later, and the
// package.json files of the project, which say what is direct and what is for
// development only. The engine's parser goes by the name that a package is
// required under, which for an alias is not its own.
func parseYarn(in source) (inv inventory, err error) {
	entries := readYarn(in.data)
	y := yarnIndex{map[string]string{}, map[string][]string{}}
	for _, e := range entries {
		for _, p := range e.patterns {
			y.byPattern[p] = e.patterns[0]
			name, _, _ := cutVersion(p)
			if ids := y.byName[name]; len(ids) == 0 || ids[len(ids)-1] != e.patterns[0] {
				y.byName[name] = append(ids, e.patterns[0])
			}
		}
	}
	foreign, own := 0, map[string]string{}
	for _, e := range entries {
		p := ftypes.Package{ID: e.patterns[0], Version: e.version, Locations: ftypes.Locations{{StartLine: e.line, EndLine: e.line}}}
		if on := y.resolve(e.requires); len(on) > 0 { // of those that are left out as well: what they bring in is in use
			inv.requires = append(inv.requires, ftypes.Dependency{ID: p.ID, DependsOn: on})
		}
		var from string
		p.Name, from = e.origin()
		switch {
		case strings.HasPrefix(from, "workspace:"):
			p.Relationship = ftypes.RelationshipRoot
			own[p.ID] = strings.TrimPrefix(from, "workspace:")
		case from != "":
			foreign++
			continue
		}
		inv.packages = append(inv.packages, p)
	}
	if foreign > 0 {
		inv.remarks = append(inv.remarks, text.Count(foreign, "package")+" without a version to compare (local, git or download), so no advisory can match")
	}
	y.project(in, &inv, own)
	return inv, nil
}

// origin returns the name of what a block stands for and, unless it comes from
// a registry, where from.
func (e yarnEntry) origin() (name, from string) {
	if e.resolution != "" {
		name, from, _ = cutVersion(e.resolution)
		if strings.HasPrefix(from, "npm:") || strings.HasPrefix(from, "patch:") { // a patch leaves name and version
			return name, ""
		}
		return name, from
	}
	name, from, _ = cutVersion(e.patterns[0])
	if real, ok := strings.CutPrefix(from, "npm:"); ok {
		if n, _, ok := cutVersion(real); ok {
			name = n
		}
		return name, ""
	}
	if strings.Contains(from, ":") {
		return name, from
	}
	return name, ""
}

// readYarn reads the blocks. What is none is passed over, as Yarn 1 does.
func readYarn(data []byte) (entries []yarnEntry) {
	open, section := false, false
	eachLine(data, func(number int, raw []byte) {
		line := strings.TrimRight(string(raw), " \t")
		body := strings.TrimLeft(line, " ")
		if body == "" || body[0] == '#' || line == ":" {
			return
		}
		switch indent := len(line) - len(body); {
		case indent == 0:
			e := yarnEntry{line: number}
			key := strings.TrimPrefix(strings.TrimSuffix(line, ":"), "? ") // YAML's way to write a long key
			for _, p := range strings.Split(strings.ReplaceAll(key, `"`, ""), ", ") {
				if _, _, ok := cutVersion(p); ok {
					e.patterns = append(e.patterns, p)
				}
			}
			open, section = len(e.patterns) > 0, false
			if open {
				entries = append(entries, e)
			}
		case !open:
		case indent == 2:
			e := &entries[len(entries)-1]
			key, value := yarnField(body)
			section = value == "" && (key == "dependencies" || key == "optionalDependencies")
			switch key {
			case "version":
				e.version = value
			case "resolution":
				e.resolution = value
			}
		case indent == 4 && section:
			e := &entries[len(entries)-1]
			name, wanted := yarnField(body)
			e.requires = append(e.requires, name+"@"+wanted)
		}
	})
	return slices.DeleteFunc(entries, func(e yarnEntry) bool { return e.version == "" })
}

// yarnField splits key "value" and key: value, where either may be quoted.
func yarnField(s string) (key, value string) {
	if quoted, ok := strings.CutPrefix(s, `"`); ok {
		key, value, _ = strings.Cut(quoted, `"`)
	} else if i := strings.IndexAny(s, ": "); i >= 0 {
		key, value = s[:i], s[i:]
	}
	return key, strings.Trim(value, `": `)
}

// yarnIndex finds the block of what is required.
type yarnIndex struct {
	byPattern map[string]string   // the id of a block
	byName    map[string][]string // the ids of all blocks for a name
}

func (y yarnIndex) resolve(patterns []string) (ids []string) {
	for _, p := range patterns {
		if id, ok := y.find(p); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// find knows that Yarn 2 and later leave out the protocol in some places. What
// "resolutions" set to another range stands under that one: it is found by
// name, if there is but one version.
func (y yarnIndex) find(pattern string) (string, bool) {
	name, wanted, _ := cutVersion(pattern)
	for _, p := range []string{pattern, name + "@npm:" + wanted} {
		if id, ok := y.byPattern[p]; ok {
			return id, true
		}
	}
	if ids := y.byName[name]; len(ids) == 1 {
		return ids[0], true
	}
	return "", false
}

// project marks what the project and its workspaces require. own are the
// blocks of workspaces, by id, and their directories; Yarn 1 has none.
func (y yarnIndex) project(in source, inv *inventory, own map[string]string) {
	root, ok := in.packageJSON(".")
	if !ok {
		inv.relate()
		return
	}
	dirs := map[string]bool{".": true}
	for _, dir := range in.members(root.Workspaces, "package.json") {
		dirs[dir] = true
	}
	for _, dir := range own {
		dirs[dir] = true
	}
	direct, production, development := map[string]bool{}, []string(nil), []string(nil)
	known := true
	for dir := range dirs {
		p, ok := in.packageJSON(dir)
		known = known && ok
		for _, names := range []map[string]string{p.Dependencies, p.Optional} {
			production = append(production, y.required(names)...)
		}
		development = append(development, y.required(p.Dev)...)
	}
	for _, id := range slices.Concat(production, development) {
		direct[id] = true
	}
	inv.direct(direct)
	if known { // else what one of them uses could pass for development
		inv.develop(production, development)
	}
}

func (y yarnIndex) required(names map[string]string) (ids []string) {
	for _, name := range slices.Sorted(maps.Keys(names)) {
		ids = append(ids, y.resolve([]string{name + "@" + names[name]})...)
	}
	return ids
}
