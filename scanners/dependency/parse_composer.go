package dependency

import (
	"bytes"
	"encoding/json"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	xjson "github.com/aquasecurity/trivy/pkg/x/json"
)

// composerPackage is an entry of composer.lock and of installed.json.
type composerPackage struct {
	Name    string            `json:"name"`
	Version string            `json:"version"`
	Require map[string]string `json:"require"`
	License []string          `json:"license"`
	xjson.Location
}

// parseComposer reads what the engine's parser does not: development packages.
// That one also carries a classifier of licences.
func parseComposer(in source) (inventory, error) {
	var lock struct {
		Packages []composerPackage `json:"packages"`
		Dev      []composerPackage `json:"packages-dev"`
	}
	if err := xjson.Unmarshal(in.data, &lock); err != nil {
		return inventory{}, err
	}
	dev := map[string]bool{}
	for _, p := range lock.Dev {
		dev[p.Name] = true
	}
	return composerInventory(append(lock.Packages, lock.Dev...), dev, composerDirect(in, "composer.json")), nil
}

// parseComposerInstalled reads vendor/composer/installed.json: an object since
// Composer 2, an array before.
func parseComposerInstalled(in source) (inventory, error) {
	var installed struct {
		Packages []composerPackage `json:"packages"`
		Dev      []string          `json:"dev-package-names"`
	}
	var err error
	if bytes.HasPrefix(bytes.TrimSpace(in.data), []byte("[")) {
		err = xjson.Unmarshal(in.data, &installed.Packages)
	} else {
		err = xjson.Unmarshal(in.data, &installed)
	}
	if err != nil {
		return inventory{}, err
	}
	dev := map[string]bool{}
	for _, name := range installed.Dev {
		dev[name] = true
	}
	return composerInventory(installed.Packages, dev, composerDirect(in, "../../composer.json")), nil
}

// composerDirect returns what composer.json, which lies at relative to the
// lockfile, requires; nil when there is none to be read.
func composerDirect(in source, relative string) map[string]bool {
	data := in.beside(relative)
	if data == nil {
		return nil
	}
	var project struct {
		Require map[string]json.RawMessage `json:"require"`
		Dev     map[string]json.RawMessage `json:"require-dev"`
	}
	if json.Unmarshal(data, &project) != nil {
		return nil
	}
	direct := map[string]bool{}
	for _, names := range []map[string]json.RawMessage{project.Require, project.Dev} {
		for name := range names {
			direct[strings.ToLower(name)] = true
		}
	}
	return direct
}

func composerInventory(all []composerPackage, dev, direct map[string]bool) (inv inventory) {
	ids := map[string]string{}
	for _, p := range all {
		ids[strings.ToLower(p.Name)] = p.Name + "@" + p.Version
	}
	for _, p := range all {
		pkg := ftypes.Package{ID: p.Name + "@" + p.Version, Name: p.Name, Version: p.Version, Dev: dev[p.Name], Licenses: p.License,
			Locations: ftypes.Locations{ftypes.Location(p.Location)}}
		if direct != nil {
			pkg.Relationship = ftypes.RelationshipIndirect
			if direct[strings.ToLower(p.Name)] {
				pkg.Relationship = ftypes.RelationshipDirect
			}
		}
		inv.packages = append(inv.packages, pkg)
		var on []string
		for name := range p.Require { // PHP itself and its extensions are no packages
			if id := ids[strings.ToLower(name)]; id != "" {
				on = append(on, id)
			}
		}
		inv.requires = append(inv.requires, ftypes.Dependency{ID: pkg.ID, DependsOn: on})
	}
	return inv
}
