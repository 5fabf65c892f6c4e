package match

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	apk "github.com/knqyf263/go-apk-version"
	deb "github.com/knqyf263/go-deb-version"
	rpm "github.com/knqyf263/go-rpm-version"
	"github.com/package-url/packageurl-go"
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

// clear sets, for each package, the lowest version that fixes every advisory
// on it that has a fix at all. Of several, one without other advisories is
// preferred. Where no version does, it stays empty.
func (hits Hits) clear(ctx context.Context, db *vulndb.DB, versions compare.Comparer, lang ftypes.LangType) error {
	candidates, fixable := map[Key][]string{}, map[Key]map[string]bool{}
	var try []ftypes.Package
	seen := map[Key]bool{}
	for _, key := range slices.SortedFunc(maps.Keys(hits), compareKeys) {
		for _, h := range hits[key] {
			for _, fixed := range strings.Split(h.Advisory.FixedVersion, ", ") {
				m := fixedVersion.FindStringSubmatch(fixed)
				if m == nil || !below(versions, key.Version, m[1]) {
					continue
				}
				if !slices.Contains(candidates[key], m[1]) && len(candidates[key]) < maxCandidates {
					candidates[key] = append(candidates[key], m[1])
				}
				if fixable[key] == nil {
					fixable[key] = map[string]bool{}
				}
				fixable[key][h.Advisory.VulnerabilityID] = true
			}
		}
		for _, version := range candidates[key] {
			if k := (Key{key.Name, version}); !seen[k] {
				seen[k] = true
				try = append(try, ftypes.Package{ID: k.String(), Name: k.Name, Version: version})
			}
		}
	}
	found, err := db.Detect(ctx, lang, try)
	if err != nil {
		return err
	}
	remaining := map[Key][]string{}
	for _, v := range found {
		k := Key{v.PkgName, v.InstalledVersion}
		remaining[k] = append(remaining[k], v.VulnerabilityID)
	}
	for key, of := range hits {
		all := slices.DeleteFunc(candidates[key], func(version string) bool {
			return slices.ContainsFunc(remaining[Key{key.Name, version}], func(id string) bool { return fixable[key][id] })
		})
		if len(all) == 0 {
			continue
		}
		best := slices.MinFunc(all, func(a, b string) int {
			return cmp.Or(cmp.Compare(len(remaining[Key{key.Name, a}]), len(remaining[Key{key.Name, b}])), order(versions, a, b), strings.Compare(a, b))
		})
		for i := range of {
			of[i].Upgrade = best
		}
	}
	return nil
}

func compareKeys(a, b Key) int {
	return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version))
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

// ordering is how the versions of an operating system's packages are ordered.
// Versions that are not of the form count as equal.
func ordering(family ftypes.OSType) func(a, b string) int {
	switch packageType(family) {
	case packageurl.TypeDebian:
		return func(a, b string) int {
			x, errX := deb.NewVersion(a)
			y, errY := deb.NewVersion(b)
			if errX != nil || errY != nil {
				return 0
			}
			return x.Compare(y)
		}
	case packageurl.TypeApk:
		return func(a, b string) int {
			x, errX := apk.NewVersion(a)
			y, errY := apk.NewVersion(b)
			if errX != nil || errY != nil {
				return 0
			}
			return x.Compare(y)
		}
	}
	return func(a, b string) int { return rpm.NewVersion(a).Compare(rpm.NewVersion(b)) }
}
