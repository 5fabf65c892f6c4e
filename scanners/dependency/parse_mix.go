package dependency

import (
	"regexp"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

var (
	// hexPackage is a line of mix.lock: an application's name, the package's
	// name at hex.pm, which may differ, and its version.
	hexPackage = regexp.MustCompile(`^\s*"([^"]+)": \{:hex, :"?([^",\s]+)"?, "([^"]+)"`)

	// hexRequirement is one of what the package requires, by application.
	hexRequirement = regexp.MustCompile(`\{:"?([^",\s]+)"?, "[^"]*", \[[^\]]*\bhex: `)
)

// parseMix reads packages of hex.pm. The engine's parser passes over those of
// lockfiles from before Hex 0.20, which have a checksum less.
func parseMix(in source) (inv inventory, err error) {
	names := map[string][]string{} // applications, by the one that requires them
	ids := map[string]string{}
	eachLine(in.data, func(number int, line []byte) {
		m := hexPackage.FindSubmatch(line)
		if m == nil {
			return
		}
		p := ftypes.Package{Name: string(m[2]), Version: string(m[3]), Locations: ftypes.Locations{{StartLine: number, EndLine: number}}}
		p.ID = p.Name + "@" + p.Version
		ids[string(m[1])] = p.ID
		for _, r := range hexRequirement.FindAllSubmatch(line, -1) {
			names[p.ID] = append(names[p.ID], string(r[1]))
		}
		inv.packages = append(inv.packages, p)
	})
	for _, p := range inv.packages {
		d := ftypes.Dependency{ID: p.ID}
		for _, name := range names[p.ID] {
			if id := ids[name]; id != "" {
				d.DependsOn = append(d.DependsOn, id)
			}
		}
		inv.requires = append(inv.requires, d)
	}
	return inv, nil
}
