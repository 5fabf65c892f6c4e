package vulndb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
	vulninfo "github.com/aquasecurity/trivy/pkg/vulnerability"
)

// detectChunk is how many packages are matched between two looks at the
// context: some milliseconds of work.
const detectChunk = 256

// errClosed is what using a DB after Close gives.
var errClosed = errors.New("the vulnerability database is closed")

// Covers reports whether the database has any advisory for the ecosystem of
// lang. Without one, nothing of that ecosystem can be found vulnerable.
func (d *DB) Covers(lang ftypes.LangType) (bool, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return false, errClosed
	}
	ecosystem, ok := ecosystemOf(lang)
	if !ok {
		return false, nil
	}
	var found bool
	path := trivydb.Path(d.dir)
	err := guard(path, func() (err error) {
		found, err = covers(string(ecosystem))
		return err
	})
	return found, err
}

// Detect returns the advisories that apply to the packages, with severity
// (chosen as Trivy does), title, references and vendor ids, in the order of
// the packages and below that of the ids. It stops soon after ctx ends.
func (d *DB) Detect(ctx context.Context, lang ftypes.LangType, pkgs []ftypes.Package) ([]types.DetectedVulnerability, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return nil, errClosed
	}
	ecosystem, ok := ecosystemOf(lang)
	if !ok {
		return nil, fmt.Errorf("packages of type %q cannot be matched", lang)
	}
	path := trivydb.Path(d.dir)
	var all []types.DetectedVulnerability
	for chunk := range slices.Chunk(pkgs, detectChunk) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := guard(path, func() error {
			found, err := detectLibrary(ctx, lang, ecosystem, chunk)
			if err != nil {
				return corrupt(path, "%v", oneLine(err))
			}
			if err := fillIn(ecosystem, found); err != nil {
				return corrupt(path, "%v", oneLine(err))
			}
			sortByPackage(places(chunk, func(p ftypes.Package) string { return p.Version }), found)
			all = append(all, found...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fillIn adds what the engine's matching leaves out: the details of each
// advisory, and its ids at other sources.
func fillIn(ecosystem dbtypes.Ecosystem, found []types.DetectedVulnerability) error {
	if err := fillInDetails(found); err != nil {
		return err
	}
	known := map[string]map[string][]string{} // package, advisory: vendor ids
	for i := range found {
		v := &found[i]
		if len(v.VendorIDs) > 0 {
			continue
		}
		for _, name := range namesOf(ecosystem, v.PkgName) {
			if known[name] == nil {
				advisories, err := trivydb.Config{}.GetAdvisories(string(ecosystem)+"::", name)
				if err != nil {
					return err
				}
				known[name] = make(map[string][]string, len(advisories))
				for _, a := range advisories {
					known[name][a.VulnerabilityID] = a.VendorIDs
				}
			}
			if ids := known[name][v.VulnerabilityID]; len(ids) > 0 {
				v.VendorIDs = ids
				break
			}
		}
	}
	return nil
}

// fillInDetails adds the details of each advisory: severity (chosen as Trivy
// does), status, title and so on.
func fillInDetails(found []types.DetectedVulnerability) error {
	if len(found) == 0 {
		return nil
	}
	vulninfo.NewClient(trivydb.Config{}).FillInfo(found, []dbtypes.SourceID{"auto"})
	for i := range found {
		if v := &found[i]; v.Severity == "" || v.PrimaryURL == "" {
			// The engine passes over details that it cannot read. An advisory
			// without details is normal (it may be new, or rejected).
			if _, err := (trivydb.Config{}).GetVulnerability(v.VulnerabilityID); err != nil && !strings.Contains(err.Error(), "no vulnerability details") {
				return err
			}
		}
	}
	return nil
}

// pkgKey is what a result says about its package.
type pkgKey struct{ id, name, version string }

func keyOf(v types.DetectedVulnerability) pkgKey {
	return pkgKey{v.PkgID, v.PkgName, v.InstalledVersion}
}

// places tells which package a result is about. version says how results
// write the version.
func places(pkgs []ftypes.Package, version func(ftypes.Package) string) map[pkgKey]int {
	place := make(map[pkgKey]int, len(pkgs))
	for i, p := range pkgs {
		place[pkgKey{p.ID, p.Name, version(p)}] = i
		place[pkgKey{"", p.Name, version(p)}] = i // where the engine leaves the id out
	}
	return place
}

// sortByPackage orders advisories like the packages they are about: the engine
// returns those of one package in random order.
func sortByPackage(place map[pkgKey]int, found []types.DetectedVulnerability) {
	slices.SortStableFunc(found, func(a, b types.DetectedVulnerability) int {
		return cmp.Or(
			cmp.Compare(place[keyOf(a)], place[keyOf(b)]),
			cmp.Compare(a.VulnerabilityID, b.VulnerabilityID),
			cmp.Compare(a.FixedVersion, b.FixedVersion))
	})
}

// oneLine keeps an engine's error from spreading over several lines.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
