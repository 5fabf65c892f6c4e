package dependency

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
	"github.com/scangate/scangate/vulndb"
)

// nearestFix picks, from the comma-separated versions that fix an advisory in
// one release line each, the lowest one above the installed version. When none
// can be told apart, for instance because they are ranges, it is the list as
// it stands.
func nearestFix(versions compare.Comparer, installed, fixed string) string {
	all := strings.Split(fixed, ", ")
	best := ""
	for _, v := range all {
		if v == "" || strings.ContainsAny(v, "<>=~^!* ") {
			return fixed
		}
		if below(versions, installed, v) && (best == "" || below(versions, v, best)) {
			best = v
		}
	}
	if best == "" {
		return fixed
	}
	return best
}

// below asks the engine whether a is a lower version than b.
func below(versions compare.Comparer, a, b string) bool {
	return versions.IsVulnerable(a, dbtypes.Advisory{VulnerableVersions: []string{"<" + b}})
}

// maxCandidates bounds the versions that are tried for one package.
const maxCandidates = 50

// fixedVersion reads one of the versions that fix an advisory, or the lower end
// of a range of them.
var fixedVersion = regexp.MustCompile(`^(?:>=|~>|=|\^|~)?\s*([vV]?\d[^\s<>=~^!*,]*)$`)

// upgrades returns, by packageKey, the lowest version that fixes every finding
// on the package that has a fix at all. Of several, one without other
// advisories is preferred. A package where no version does is not in the
// result.
func upgrades(ctx context.Context, db *vulndb.DB, k kind, pkgs []ftypes.Package, vulns []types.DetectedVulnerability) (map[string]string, error) {
	versions := k.ecosystem.versions
	candidates, fixable := map[string][]string{}, map[string]map[string]bool{}
	for _, v := range vulns {
		key := packageKey(v)
		for _, fixed := range strings.Split(v.FixedVersion, ", ") {
			m := fixedVersion.FindStringSubmatch(fixed)
			if m == nil || !below(versions, v.InstalledVersion, m[1]) {
				continue
			}
			if !slices.Contains(candidates[key], m[1]) && len(candidates[key]) < maxCandidates {
				candidates[key] = append(candidates[key], m[1])
			}
			if fixable[key] == nil {
				fixable[key] = map[string]bool{}
			}
			fixable[key][v.VulnerabilityID] = true
		}
	}
	var try []ftypes.Package
	seen := map[string]bool{}
	for _, p := range pkgs {
		for _, version := range candidates[p.Name+"@"+p.Version] {
			if id := p.Name + "@" + version; !seen[id] {
				seen[id] = true
				try = append(try, ftypes.Package{ID: id, Name: p.Name, Version: version})
			}
		}
	}
	found, err := db.Detect(ctx, k.lang, try)
	if err != nil {
		return nil, err
	}
	remaining := map[string][]string{}
	for _, v := range found {
		remaining[packageKey(v)] = append(remaining[packageKey(v)], v.VulnerabilityID)
	}
	best := map[string]string{}
	for _, p := range pkgs {
		key := p.Name + "@" + p.Version
		all := slices.DeleteFunc(candidates[key], func(version string) bool {
			return slices.ContainsFunc(remaining[p.Name+"@"+version], func(id string) bool { return fixable[key][id] })
		})
		if len(all) > 0 {
			best[key] = slices.MinFunc(all, func(a, b string) int {
				return cmp.Or(cmp.Compare(len(remaining[p.Name+"@"+a]), len(remaining[p.Name+"@"+b])), order(versions, a, b), strings.Compare(a, b))
			})
		}
	}
	return best, nil
}

func order(versions compare.Comparer, a, b string) int {
	switch {
	case below(versions, a, b):
		return -1
	case below(versions, b, a):
		return 1
	}
	return 0
}
