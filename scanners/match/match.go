// Package match finds the advisories that apply to packages, whoever read them
// from wherever, and makes findings of them.
package match

import (
	"context"
	"slices"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
	"github.com/scangate/scangate/vulndb"
)

// Key is a package as advisories know it.
type Key struct{ Name, Version string }

// String returns name@version.
func (k Key) String() string { return k.Name + "@" + k.Version }

// Hit is an advisory that applies to a package.
type Hit struct {
	Key
	Advisory types.DetectedVulnerability
	Fixed    string // of the versions that fix it, the nearest above the installed one; empty: none is known
	Upgrade  string // the lowest version that fixes every advisory on the package that has a fix; empty: no one version does
}

// Hits are the advisories on each package, in the order of their ids.
type Hits map[Key][]Hit

// Has reports whether there is any advisory on the package.
func (hits Hits) Has(k Key) bool { return len(hits[k]) > 0 }

// Libraries matches packages of a language. Packages of the same name and
// version are matched once.
func Libraries(ctx context.Context, db *vulndb.DB, e Ecosystem, lang ftypes.LangType, pkgs []ftypes.Package) (Hits, error) {
	seen := make(map[Key]bool, len(pkgs))
	unique := make([]ftypes.Package, 0, len(pkgs))
	for _, p := range pkgs {
		if k := (Key{p.Name, p.Version}); !seen[k] {
			seen[k] = true
			unique = append(unique, ftypes.Package{ID: k.String(), Name: p.Name, Version: p.Version})
		}
	}
	found, err := db.Detect(ctx, lang, unique)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	hits := collect(found, func(v types.DetectedVulnerability) string {
		return nearestFix(e.versions, v.InstalledVersion, v.FixedVersion)
	})
	return hits, hits.clear(ctx, db, e.versions, lang)
}

// collect sorts advisories by package, each once.
func collect(found []types.DetectedVulnerability, fixed func(types.DetectedVulnerability) string) Hits {
	hits := Hits{}
	for _, v := range found {
		k := Key{v.PkgName, v.InstalledVersion}
		if slices.ContainsFunc(hits[k], func(h Hit) bool { return h.Advisory.VulnerabilityID == v.VulnerabilityID }) {
			continue
		}
		hits[k] = append(hits[k], Hit{Key: k, Advisory: v, Fixed: fixed(v)})
	}
	for _, of := range hits {
		slices.SortFunc(of, func(a, b Hit) int { return strings.Compare(a.Advisory.VulnerabilityID, b.Advisory.VulnerabilityID) })
	}
	return hits
}
