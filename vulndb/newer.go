package vulndb

import (
	"context"
	"slices"
	"strings"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy-db/pkg/vulnsrc/vulnerability"
	"github.com/aquasecurity/trivy/pkg/detector/library"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
)

// Databases that are built today differ in a few places from what the engine,
// which is older, looks for (trivy-db as of August 2026 against trivy v0.66.0):
// names of NuGet packages are in lower case, there are advisories for Julia,
// and those for the modules of Rocky Linux are under the module's name. Without
// what is in this file, those would not be found.

// julia is trivy-db's name of the ecosystem.
const juliaEcosystem = "julia"

// ecosystemOf is trivy-db's name of the ecosystem of a language; not ok where
// nobody has advisories.
func ecosystemOf(lang ftypes.LangType) (name dbtypes.Ecosystem, ok bool) {
	if lang == ftypes.Julia {
		return juliaEcosystem, true
	}
	driver, ok := library.NewDriver(lang)
	if !ok {
		return "", false
	}
	return dbtypes.Ecosystem(driver.Type()), true
}

// namesOf are the names that a database may have for a package: that of the
// engine first.
func namesOf(ecosystem dbtypes.Ecosystem, name string) []string {
	names := []string{vulnerability.NormalizePkgName(ecosystem, name)}
	if ecosystem == juliaEcosystem {
		names[0] = name // which only differ in case may be two packages
	}
	if lower := strings.ToLower(name); ecosystem == vulnerability.NuGet && lower != names[0] {
		names = append(names, lower)
	}
	return names
}

// detectLibrary is the engine's matching, and what it lacks.
func detectLibrary(ctx context.Context, lang ftypes.LangType, ecosystem dbtypes.Ecosystem, pkgs []ftypes.Package) ([]types.DetectedVulnerability, error) {
	switch ecosystem {
	case juliaEcosystem:
		return detectJulia(pkgs)
	case vulnerability.NuGet:
		return detectNuGet(ctx, lang, pkgs)
	}
	return library.Detect(ctx, lang, pkgs)
}

// detectNuGet looks for the names as they are written, and in lower case.
func detectNuGet(ctx context.Context, lang ftypes.LangType, pkgs []ftypes.Package) ([]types.DetectedVulnerability, error) {
	found, err := library.Detect(ctx, lang, pkgs)
	if err != nil {
		return nil, err
	}
	type place struct{ id, name, version, advisory string }
	known := map[place]bool{}
	for _, v := range found {
		known[place{v.PkgID, v.PkgName, v.InstalledVersion, v.VulnerabilityID}] = true
	}
	for _, p := range pkgs {
		lower := p
		if lower.Name = strings.ToLower(p.Name); lower.Name == p.Name {
			continue
		}
		more, err := library.Detect(ctx, lang, []ftypes.Package{lower})
		if err != nil {
			return nil, err
		}
		for _, v := range more {
			v.PkgName = p.Name
			if !known[place{v.PkgID, v.PkgName, v.InstalledVersion, v.VulnerabilityID}] {
				found = append(found, v)
			}
		}
	}
	return found, nil
}

// detectJulia matches packages of Julia, whose versions are semantic ones.
func detectJulia(pkgs []ftypes.Package) ([]types.DetectedVulnerability, error) {
	var found []types.DetectedVulnerability
	for _, p := range pkgs {
		advisories, err := trivydb.Config{}.GetAdvisories(juliaEcosystem+"::", p.Name)
		if err != nil {
			return nil, err
		}
		for _, a := range advisories {
			if p.Version == "" || !(compare.GenericComparer{}).IsVulnerable(p.Version, a) {
				continue
			}
			found = append(found, types.DetectedVulnerability{
				VulnerabilityID: a.VulnerabilityID, VendorIDs: a.VendorIDs, PkgID: p.ID, PkgName: p.Name, InstalledVersion: p.Version,
				FixedVersion: strings.Join(slices.Compact(slices.Clone(a.PatchedVersions)), ", "), DataSource: a.DataSource, Custom: a.Custom,
			})
		}
	}
	return found, nil
}

// withModules names the modular packages of Rocky Linux as its advisories do:
// the engine passes over them, since there were none for them. It returns the
// names that they have.
func withModules(family ftypes.OSType, pkgs []ftypes.Package) (renamed []ftypes.Package, names map[string]string) {
	if family != ftypes.Rocky {
		return pkgs, nil
	}
	for i, p := range pkgs {
		stream := moduleStream(p.Modularitylabel)
		if stream == "" {
			continue
		}
		if names == nil {
			pkgs, names = slices.Clone(pkgs), map[string]string{}
		}
		pkgs[i].Name, pkgs[i].Modularitylabel = stream+"::"+p.Name, ""
		names[pkgs[i].Name] = p.Name
	}
	return pkgs, names
}

// moduleStream is the name and the stream of a module label, "nodejs:18" of
// "nodejs:18:9020020230327152102:rhel9"; empty for what is none.
func moduleStream(label string) string {
	name, rest, ok := strings.Cut(label, ":")
	stream, _, more := strings.Cut(rest, ":")
	if !ok || !more || name == "" || stream == "" {
		return ""
	}
	return name + ":" + stream
}
