package dependency

import (
	"cmp"

	"github.com/BurntSushi/toml"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// uvPackage is an entry of uv.lock.
type uvPackage struct {
	Name    string `toml:"name"`
	Version string `toml:"version"`
	Source  struct {
		Editable  string `toml:"editable"`
		Virtual   string `toml:"virtual"`
		Directory string `toml:"directory"`
	} `toml:"source"`
	Dependencies []uvReference            `toml:"dependencies"`
	Optional     map[string][]uvReference `toml:"optional-dependencies"`
	Development  map[string][]uvReference `toml:"dev-dependencies"`
}

// uvReference names a package, with its version where there are several.
type uvReference struct {
	Name    string `toml:"name"`
	Version string `toml:"version"`
}

// parseUv reads uv.lock. The engine's parser wants one project: it refuses a
// workspace without one at its root, and takes the other members of one for
// packages that bring in what they require.
func parseUv(in source) (inv inventory, err error) {
	var lock struct {
		Manifest struct {
			Requirements []uvReference            `toml:"requirements"` // of a script
			Groups       map[string][]uvReference `toml:"dependency-groups"`
		} `toml:"manifest"`
		Packages []uvPackage `toml:"package"`
	}
	if _, err := toml.Decode(string(in.data), &lock); err != nil {
		return inv, err
	}
	ids := map[uvReference][]string{}
	for _, p := range lock.Packages {
		id := p.Name + "@" + p.Version
		ids[uvReference{p.Name, p.Version}] = []string{id}
		if p.Version != "" {
			ids[uvReference{Name: p.Name}] = append(ids[uvReference{Name: p.Name}], id)
		}
	}
	resolve := func(lists ...[]uvReference) (on []string) {
		for _, list := range lists {
			for _, r := range list {
				on = append(on, ids[uvReference{r.Name, r.Version}]...)
			}
		}
		return on
	}
	production, development := resolve(lock.Manifest.Requirements), []string(nil)
	for _, group := range lock.Manifest.Groups {
		development = append(development, resolve(group)...)
	}
	for _, p := range lock.Packages {
		pkg := ftypes.Package{ID: p.Name + "@" + p.Version, Name: p.Name, Version: p.Version}
		on := resolve(p.Dependencies)
		for _, extra := range p.Optional {
			on = append(on, resolve(extra)...)
		}
		if cmp.Or(p.Source.Editable, p.Source.Virtual, p.Source.Directory) != "" {
			pkg.Relationship = ftypes.RelationshipRoot
			production = append(production, on...)
			for _, group := range p.Development {
				development = append(development, resolve(group)...)
			}
		}
		inv.packages = append(inv.packages, pkg)
		if len(on) > 0 {
			inv.requires = append(inv.requires, ftypes.Dependency{ID: pkg.ID, DependsOn: on})
		}
	}
	inv.direct(setOf(production, development))
	inv.develop(production, development)
	return inv, nil
}

// setOf is the set of all members of some lists.
func setOf(lists ...[]string) map[string]bool {
	set := map[string]bool{}
	for _, list := range lists {
		for _, s := range list {
			set[s] = true
		}
	}
	return set
}
