package language

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// composerPackage is an entry of Composer's installed.json.
type composerPackage struct {
	Name    string            `json:"name"`
	Version string            `json:"version"`
	Require map[string]string `json:"require"`
	License any               `json:"license"`
}

// readComposer reads vendor/composer/installed.json: an object since
// Composer 2, a list before, which the engine cannot read.
func readComposer(path string, data []byte) (*installed.Result, error) {
	var file struct {
		Packages []composerPackage `json:"packages"`
	}
	into := any(&file)
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		into = &file.Packages
	}
	if json.Unmarshal(data, into) != nil {
		if !strings.HasSuffix(path, "composer/installed.json") {
			return nil, nil // of something else
		}
		return nil, errors.New("cannot be read as Composer's list of installed packages")
	}
	// As the engine: of two packages of a name, the last is the installed one.
	byName := map[string]composerPackage{}
	for _, p := range file.Packages {
		if longName(p.Name, p.Version) {
			return nil, errLongName
		}
		byName[p.Name] = p
	}
	delete(byName, "")
	var pkgs []ftypes.Package
	var requires []ftypes.Dependency
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		p := byName[name]
		pkgs = append(pkgs, ftypes.Package{ID: p.id(), Name: name, Version: p.Version, Licenses: composerLicenses(p.License)})
		d := ftypes.Dependency{ID: p.id()}
		for required := range p.Require { // PHP itself and its extensions are no packages
			if on, ok := byName[required]; ok {
				d.DependsOn = append(d.DependsOn, on.id())
			}
		}
		requires = append(requires, d)
	}
	return listed(ftypes.ComposerVendor, pkgs, requires)
}

func (p composerPackage) id() string {
	if p.Version == "" {
		return p.Name
	}
	return p.Name + "@" + p.Version
}

// composerLicenses is a name or a list of names.
func composerLicenses(v any) (names []string) {
	switch v := v.(type) {
	case string:
		return licenseNames(v)
	case []any:
		for _, l := range v {
			if s, ok := l.(string); ok {
				names = append(names, licenseNames(s)...)
			}
		}
	}
	return names
}
