package dependency

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aquasecurity/trivy/pkg/dependency/parser/dotnet/core_deps"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/swift/swift"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	xjson "github.com/aquasecurity/trivy/pkg/x/json"
	"github.com/scangate/scangate/text"
)

// parseSbt reads the lock of sbt-dependency-lock. What only tests need is a
// development package.
func parseSbt(in source) (inv inventory, err error) {
	var lock struct {
		Dependencies []struct {
			Organization   string   `json:"org"`
			Name           string   `json:"name"`
			Version        string   `json:"version"`
			Configurations []string `json:"configurations"`
			xjson.Location
		} `json:"dependencies"`
	}
	if err := xjson.Unmarshal(in.data, &lock); err != nil {
		return inv, err
	}
	for _, d := range lock.Dependencies {
		name := d.Organization + ":" + d.Name
		test := len(d.Configurations) > 0 && !slices.ContainsFunc(d.Configurations, func(c string) bool { return !strings.HasPrefix(c, "test") })
		inv.packages = append(inv.packages, ftypes.Package{ID: name + ":" + d.Version, Name: name, Version: d.Version, Dev: test,
			Locations: ftypes.Locations{ftypes.Location(d.Location)}})
	}
	return inv, nil
}

// parseDeps reads .deps.json, which the .NET SDK writes beside what it builds.
// The engine's parser does not read who requires whom.
func parseDeps(in source) (inventory, error) {
	inv, err := with(core_deps.NewParser)(in)
	if err != nil {
		return inv, err
	}
	var file struct {
		Runtime struct {
			Name string `json:"name"`
		} `json:"runtimeTarget"`
		Targets map[string]map[string]struct {
			Dependencies map[string]string `json:"dependencies"`
		} `json:"targets"`
		Libraries map[string]struct {
			Type string `json:"type"`
		} `json:"libraries"`
	}
	if json.Unmarshal(in.data, &file) != nil {
		return inv, nil
	}
	ids := map[string]string{} // a target holds one version of a package
	for _, p := range inv.packages {
		ids[strings.ToLower(p.Name)] = p.ID
	}
	direct := map[string]bool{}
	for key, library := range file.Targets[file.Runtime.Name] {
		name, _, _ := strings.Cut(strings.ToLower(key), "/")
		own := strings.EqualFold(file.Libraries[key].Type, "project")
		var on []string
		for required := range library.Dependencies {
			if id := ids[strings.ToLower(required)]; id != "" {
				on = append(on, id)
				direct[id] = direct[id] || own
			}
		}
		if id := ids[name]; id != "" && len(on) > 0 {
			inv.requires = append(inv.requires, ftypes.Dependency{ID: id, DependsOn: on})
		}
	}
	if len(direct) > 0 {
		inv.direct(direct)
	}
	return inv, nil
}

// parseSwift makes one name of the addresses of a repository, and counts pins
// that have neither version nor branch, which the engine passes over.
func parseSwift(in source) (inventory, error) {
	inv, err := with(swift.NewParser)(in)
	if err != nil {
		return inv, err
	}
	for i, p := range inv.packages {
		name := strings.TrimPrefix(p.Name, "ssh://")
		if rest, ok := strings.CutPrefix(name, "git@"); ok {
			name = strings.Replace(rest, ":", "/", 1)
		}
		inv.packages[i].Name = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(name, "http://"), "www."), "/")
	}
	type pin struct {
		State struct{ Version, Branch string } `json:"state"`
	}
	var lock struct {
		Object struct{ Pins []pin } `json:"object"`
		Pins   []pin                `json:"pins"`
	}
	if json.Unmarshal(in.data, &lock) != nil {
		return inv, nil
	}
	loose := 0
	for _, p := range append(lock.Pins, lock.Object.Pins...) {
		if cmp.Or(p.State.Version, p.State.Branch) == "" {
			loose++
		}
	}
	if loose > 0 {
		inv.remarks = append(inv.remarks, text.Count(loose, "package")+" pinned to a revision without a version cannot be looked at")
	}
	return inv, nil
}
