package dependency

import (
	"strings"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare"
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
