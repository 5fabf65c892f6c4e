package dependency

import (
	"bytes"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// parsePDM reads pdm.lock. Whether a package is only for development is said
// by the groups of dependencies that it is in, which PDM writes by default
// since 2.11.
func parsePDM(in source) (inv inventory, err error) {
	var lock struct {
		Packages []struct {
			Name         string   `toml:"name"`
			Version      string   `toml:"version"`
			Groups       []string `toml:"groups"`
			Dependencies []string `toml:"dependencies"`
		} `toml:"package"`
	}
	if _, err := toml.Decode(string(in.data), &lock); err != nil {
		return inv, err
	}
	ids := map[string]string{}
	for _, p := range lock.Packages {
		ids[pythonName(p.Name)] = p.Name + "@" + p.Version
	}
	for _, p := range lock.Packages {
		id := p.Name + "@" + p.Version
		inv.packages = append(inv.packages, ftypes.Package{ID: id, Name: p.Name, Version: p.Version,
			Dev: len(p.Groups) > 0 && !slices.Contains(p.Groups, "default")})
		var on []string
		for _, d := range p.Dependencies {
			if to := ids[pythonName(d)]; to != "" && to != id { // an entry of a package's extras requires the package itself
				on = append(on, to)
			}
		}
		inv.requires = append(inv.requires, ftypes.Dependency{ID: id, DependsOn: on})
	}
	if p, ok := in.pythonProject(); ok {
		inv.require(p, false)
		for i, entry := range lock.Packages { // other groups are extras, which whoever wants them uses
			extra := slices.ContainsFunc(entry.Groups, func(group string) bool { return !p.groups[group] })
			inv.packages[i].Dev = inv.packages[i].Dev && !extra
		}
	}
	return inv, nil
}

// parsePylock reads pylock.toml, the lockfile that PEP 751 defines for all
// installers. It says nothing of what is direct or for development: a
// pyproject.toml beside it does, as far as dependencies are listed.
func parsePylock(in source) (inv inventory, err error) {
	var lock struct {
		Packages []struct {
			Name         string           `toml:"name"`
			Version      string           `toml:"version"`
			Dependencies []map[string]any `toml:"dependencies"`
		} `toml:"packages"`
	}
	if _, err := toml.Decode(string(in.data), &lock); err != nil {
		return inv, err
	}
	ids := map[string][]string{}
	for _, p := range lock.Packages {
		ids[pythonName(p.Name)] = append(ids[pythonName(p.Name)], p.Name+"@"+p.Version)
	}
	listed := false
	for _, p := range lock.Packages {
		id := p.Name + "@" + p.Version
		inv.packages = append(inv.packages, ftypes.Package{ID: id, Name: p.Name, Version: p.Version})
		listed = listed || len(p.Dependencies) > 0
		var on []string
		for _, d := range p.Dependencies {
			name, _ := d["name"].(string)
			if to := ids[pythonName(name)]; len(to) == 1 { // several versions: which one is not worked out here
				on = append(on, to[0])
			}
		}
		inv.requires = append(inv.requires, ftypes.Dependency{ID: id, DependsOn: on})
	}
	if p, ok := in.pythonProject(); ok {
		inv.require(p, listed && len(ids) == len(lock.Packages)) // else what leads where is not known
	}
	return inv, nil
}

// pythonName is the normal form of the name that a requirement begins with.
func pythonName(requirement string) string {
	if i := strings.IndexAny(requirement, "[<>=!~; ("); i >= 0 {
		requirement = requirement[:i]
	}
	return strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(requirement))
}

// tomlString reads a line of the form key = "value".
func tomlString(line []byte) (key, value string) {
	k, v, ok := bytes.Cut(line, []byte(" = "))
	if !ok {
		return "", ""
	}
	return string(k), strings.Trim(strings.TrimSpace(string(v)), `"`)
}
