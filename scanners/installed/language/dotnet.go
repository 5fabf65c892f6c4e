package language

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/aquasecurity/trivy/pkg/dependency/parser/nuget/config"
	"github.com/aquasecurity/trivy/pkg/dependency/parser/nuget/packagesprops"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// The files of .NET: what an application was built with. All but the first are
// of a project rather than of what was built, and the engine reads them in
// images all the same.
const (
	noDotnet = iota
	dotnetDeps
	nugetLock
	nugetConfig
	nugetProps
)

func dotnetKind(path string) int {
	const props = "packages.props"
	switch {
	case strings.HasSuffix(path, ".deps.json"):
		return dotnetDeps
	case hasName(path, "packages.lock.json"):
		return nugetLock
	case hasName(path, "packages.config"):
		return nugetConfig
	case len(path) >= len(props) && strings.EqualFold(path[len(path)-len(props):], props):
		return nugetProps
	}
	return noDotnet
}

// readDotnet reads the JSON itself: the engine's parsers note the line of each
// package, in time that grows with the square of a hostile file.
func readDotnet(path string, data []byte) (*installed.Result, error) {
	var kind ftypes.LangType
	var pkgs []ftypes.Package
	var requires []ftypes.Dependency
	var err error
	switch dotnetKind(path) {
	case dotnetDeps:
		kind = ftypes.DotNetCore
		pkgs, err = parseDeps(data)
	case nugetLock:
		kind = ftypes.NuGet
		pkgs, requires, err = parseNugetLock(data)
	case nugetConfig:
		kind = ftypes.NuGet
		pkgs, requires, err = config.NewParser().Parse(bytes.NewReader(data))
	case nugetProps:
		kind = ftypes.PackagesProps
		pkgs, requires, err = packagesprops.NewParser().Parse(bytes.NewReader(data))
	}
	if errors.Is(err, errLongName) {
		return nil, err
	}
	if err != nil { // it may quote the content
		return nil, errors.New("cannot be read as a list of .NET packages")
	}
	slices.SortFunc(pkgs, byNameAndVersion)
	return listed(kind, pkgs, requires)
}

func byNameAndVersion(a, b ftypes.Package) int {
	if c := strings.Compare(a.Name, b.Name); c != 0 {
		return c
	}
	return strings.Compare(a.Version, b.Version)
}

// parseDeps reads *.deps.json, which the build of an application writes. A
// package that its target does not load at run time is left out, as the engine
// does: it is not there.
func parseDeps(data []byte) ([]ftypes.Package, error) {
	type target struct {
		Runtime        any `json:"runtime"`
		RuntimeTargets any `json:"runtimeTargets"`
		Native         any `json:"native"`
	}
	var file struct {
		Libraries map[string]struct {
			Type string `json:"type"`
		} `json:"libraries"`
		RuntimeTarget struct {
			Name string `json:"name"`
		} `json:"runtimeTarget"`
		Targets map[string]map[string]target `json:"targets"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	loaded := file.Targets[file.RuntimeTarget.Name]
	var pkgs []ftypes.Package
	for id, library := range file.Libraries {
		name, version, ok := strings.Cut(id, "/")
		if !ok || strings.Contains(version, "/") || !strings.EqualFold(library.Type, "package") {
			continue
		}
		if t, ok := loaded[id]; ok && t.Runtime == nil && t.RuntimeTargets == nil && t.Native == nil {
			continue
		}
		pkgs = append(pkgs, ftypes.Package{ID: id, Name: name, Version: version})
	}
	return pkgs, nil
}

// parseNugetLock reads packages.lock.json: for each framework that is built
// for, its packages.
func parseNugetLock(data []byte) ([]ftypes.Package, []ftypes.Dependency, error) {
	type entry struct {
		Type     string            `json:"type"`
		Resolved string            `json:"resolved"`
		Requires map[string]string `json:"dependencies"`
	}
	var file struct {
		Targets map[string]map[string]entry `json:"dependencies"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, nil, err
	}
	found := map[string]ftypes.Package{}
	on := map[string][]string{}
	for _, target := range file.Targets {
		for name, e := range target {
			if longName(name, e.Resolved) {
				return nil, nil, errLongName
			}
		}
		for name, e := range target {
			if e.Type == "Project" {
				continue
			}
			p := ftypes.Package{ID: name + "@" + e.Resolved, Name: name, Version: e.Resolved, Relationship: ftypes.RelationshipIndirect}
			if e.Type == "Direct" || found[p.ID].Relationship == ftypes.RelationshipDirect {
				p.Relationship = ftypes.RelationshipDirect
			}
			found[p.ID] = p
			for required := range e.Requires {
				on[p.ID] = append(on[p.ID], required+"@"+target[required].Resolved)
			}
		}
	}
	var pkgs []ftypes.Package
	var requires []ftypes.Dependency
	for id, p := range found {
		pkgs = append(pkgs, p)
		slices.Sort(on[id])
		requires = append(requires, ftypes.Dependency{ID: id, DependsOn: slices.Compact(on[id])})
	}
	return pkgs, requires, nil
}
