package dependency

import (
	"strings"

	"github.com/aquasecurity/trivy/pkg/dependency/parser/python/poetry"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	xjson "github.com/aquasecurity/trivy/pkg/x/json"
)

// pythonProject is what pyproject.toml requires, by normal names.
type pythonProject struct {
	production, development map[string]bool
	groups                  map[string]bool // names of groups for development
}

// pythonProject reads the pyproject.toml beside a lockfile, as Poetry, PDM, uv
// and the standards PEP 621 and PEP 735 have it.
func (in source) pythonProject() (p pythonProject, ok bool) {
	var file struct {
		Project struct {
			Dependencies []string            `toml:"dependencies"`
			Optional     map[string][]string `toml:"optional-dependencies"`
		} `toml:"project"`
		Groups map[string][]any `toml:"dependency-groups"`
		Tool   struct {
			Poetry struct {
				Dependencies map[string]any `toml:"dependencies"`
				Development  map[string]any `toml:"dev-dependencies"`
				Groups       map[string]struct {
					Dependencies map[string]any `toml:"dependencies"`
				} `toml:"group"`
			} `toml:"poetry"`
			PDM struct {
				Groups map[string][]string `toml:"dev-dependencies"`
			} `toml:"pdm"`
			UV struct {
				Development []string `toml:"dev-dependencies"`
			} `toml:"uv"`
		} `toml:"tool"`
	}
	if !in.tomlBeside("pyproject.toml", &file) {
		return p, false
	}
	p = pythonProject{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	add := func(to map[string]bool, requirements ...string) {
		for _, r := range requirements {
			to[pythonName(r)] = true
		}
	}
	add(p.production, file.Project.Dependencies...)
	for _, extra := range file.Project.Optional {
		add(p.production, extra...)
	}
	for name := range file.Tool.Poetry.Dependencies {
		add(p.production, name)
	}
	for name := range file.Tool.Poetry.Development {
		add(p.development, name)
	}
	for group, members := range file.Tool.Poetry.Groups {
		for name := range members.Dependencies {
			if group == "main" {
				add(p.production, name)
			} else {
				add(p.development, name)
			}
		}
	}
	for name, group := range file.Groups {
		p.groups[name] = true
		for _, r := range group {
			if r, ok := r.(string); ok { // else it includes another group, which is read as well
				add(p.development, r)
			}
		}
	}
	for name, group := range file.Tool.PDM.Groups {
		p.groups[name] = true
		add(p.development, group...)
	}
	add(p.development, file.Tool.UV.Development...)
	return p, len(p.production)+len(p.development) > 0
}

// require marks what the project requires, by name. develop says whether the
// lockfile itself does not tell what is for development.
func (inv *inventory) require(p pythonProject, develop bool) {
	var production, development []string
	for _, pkg := range inv.packages {
		switch name := pythonName(pkg.Name); {
		case p.production[name]:
			production = append(production, pkg.ID)
		case p.development[name]:
			development = append(development, pkg.ID)
		}
	}
	inv.direct(setOf(production, development))
	if develop {
		inv.develop(production, development)
	}
}

// parsePoetry adds what pyproject.toml says. Lockfiles of Poetry 1.5 to 1.8 do
// not tell what is for development.
func parsePoetry(in source) (inventory, error) {
	inv, err := with(poetry.NewParser)(in)
	if err != nil {
		return inv, err
	}
	tells := false
	for _, line := range []string{"\ngroups = [", "\ncategory = "} {
		tells = tells || strings.Contains(string(in.data), line)
	}
	if p, ok := in.pythonProject(); ok {
		inv.require(p, !tells)
	}
	return inv, nil
}

// parsePipenv reads both sections of Pipfile.lock; the engine's parser reads
// one. The Pipfile beside it says what is direct.
func parsePipenv(in source) (inv inventory, err error) {
	type entry struct {
		Version string `json:"version"`
		xjson.Location
	}
	var lock struct {
		Default map[string]entry `json:"default"`
		Develop map[string]entry `json:"develop"`
	}
	if err := xjson.Unmarshal(in.data, &lock); err != nil {
		return inv, err
	}
	for i, section := range []map[string]entry{lock.Default, lock.Develop} {
		for name, e := range section {
			version := strings.TrimLeft(e.Version, "=")
			inv.packages = append(inv.packages, ftypes.Package{ID: name + "@" + version, Name: name, Version: version, Dev: i == 1,
				Locations: ftypes.Locations{ftypes.Location(e.Location)}})
		}
	}
	var project struct {
		Packages    map[string]any `toml:"packages"`
		Development map[string]any `toml:"dev-packages"`
	}
	if in.tomlBeside("Pipfile", &project) {
		direct := map[string]bool{}
		for _, names := range []map[string]any{project.Packages, project.Development} {
			for name := range names {
				direct[pythonName(name)] = true
			}
		}
		for i, p := range inv.packages {
			inv.packages[i].Relationship = ftypes.RelationshipIndirect
			if direct[pythonName(p.Name)] {
				inv.packages[i].Relationship = ftypes.RelationshipDirect
			}
		}
	}
	return inv, nil
}
