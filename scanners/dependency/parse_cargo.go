package dependency

import (
	"bytes"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/rust/cargo"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// parseCargo tells the project's own crates, which have no source, from those
// they require: the engine does not. The Cargo.toml files of the project say
// what is for development only.
func parseCargo(in source) (inventory, error) {
	inv, err := with(cargo.NewParser)(in)
	if err != nil {
		return inv, err
	}
	own := map[string]bool{}
	var name, version string
	sourced := true
	finish := func() {
		if !sourced {
			own[name+"@"+version] = true
		}
	}
	eachLine(in.data, func(_ int, line []byte) {
		switch key, value := tomlString(line); {
		case bytes.HasPrefix(line, []byte("[")):
			finish()
			sourced = !bytes.Equal(bytes.TrimSpace(line), []byte("[[package]]"))
			name, version = "", ""
		case key == "name":
			name = value
		case key == "version":
			version = value
		case key == "source":
			sourced = true
		}
	})
	finish()
	names := map[string]string{}
	for i, p := range inv.packages {
		names[p.ID] = p.Name
		if own[p.ID] {
			inv.packages[i].Relationship = ftypes.RelationshipRoot
		}
	}
	inv.relate()
	inv.cargoDevelopment(in, own, names)
	return inv, nil
}

// cargoProject is what is read of a Cargo.toml.
type cargoProject struct {
	Package struct {
		Name string `toml:"name"`
	} `toml:"package"`
	Workspace struct {
		Members []string `toml:"members"`
		Exclude []string `toml:"exclude"`
	} `toml:"workspace"`
	cargoRequirements
	Target map[string]cargoRequirements `toml:"target"`
}

type cargoRequirements struct {
	Dependencies map[string]any `toml:"dependencies"`
	Build        map[string]any `toml:"build-dependencies"`
}

// uses returns the names of the crates that are built into the crate, or
// needed to build it. A crate may be known by another name to it.
func (p cargoProject) uses() map[string]bool {
	names := map[string]bool{}
	for _, r := range append(slices.Collect(maps.Values(p.Target)), p.cargoRequirements) {
		for _, all := range []map[string]any{r.Dependencies, r.Build} {
			for name, d := range all {
				if table, ok := d.(map[string]any); ok {
					if real, ok := table["package"].(string); ok {
						name = real
					}
				}
				names[name] = true
			}
		}
	}
	return names
}

// cargoDevelopment marks what only tests and the like need. Nothing is marked
// when the Cargo.toml of one of the project's crates is not to be found, or
// renames what the workspace defines elsewhere.
func (inv *inventory) cargoDevelopment(in source, own map[string]bool, names map[string]string) {
	root, ok := in.cargoProject("Cargo.toml")
	if !ok {
		return
	}
	projects := map[string]cargoProject{root.Package.Name: root}
	patterns := slices.Clone(root.Workspace.Members)
	for _, p := range root.Workspace.Exclude {
		patterns = append(patterns, "!"+p)
	}
	for _, dir := range in.members(patterns, "Cargo.toml") {
		if p, ok := in.cargoProject(dir + "/Cargo.toml"); ok {
			projects[p.Package.Name] = p
		}
	}
	var production, development []string
	for _, d := range inv.requires {
		if !own[d.ID] {
			continue
		}
		p, ok := projects[names[d.ID]]
		if !ok {
			return
		}
		uses := p.uses()
		seen := map[string]bool{}
		for _, id := range d.DependsOn {
			if uses[names[id]] {
				production = append(production, id)
				seen[names[id]] = true
			} else {
				development = append(development, id)
			}
		}
		if len(seen) < len(uses) { // one of them has another name
			return
		}
	}
	inv.develop(production, development)
}

func (in source) cargoProject(name string) (p cargoProject, ok bool) {
	return p, in.tomlBeside(name, &p)
}

// tomlBeside decodes a file that lies beside the lockfile.
func (in source) tomlBeside(name string, into any) bool {
	data := in.beside(name)
	if data == nil || tomlNesting(data, maxNesting) > 0 {
		return false
	}
	_, err := toml.Decode(string(data), into)
	return err == nil
}
