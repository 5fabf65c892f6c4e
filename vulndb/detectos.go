package vulndb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy/pkg/detector/ospkg"
	"github.com/aquasecurity/trivy/pkg/detector/ospkg/rootio"
	osversion "github.com/aquasecurity/trivy/pkg/detector/ospkg/version"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
)

// ErrUnsupportedOS is what DetectOS and CoversOS give for an operating system
// whose packages cannot be matched. SupportsOS tells before.
var ErrUnsupportedOS = errors.New("packages of this operating system cannot be matched")

// extended is what Trivy puts behind the release of an Ubuntu with extended
// maintenance, whose fixes have a bucket of their own.
const extended = "-ESM"

// CoversOS reports whether the database has any advisory for the distribution
// and release. Without one, nothing there can be found vulnerable. Where the
// packages of an Alpine come from another release's repository, that release
// decides: name it instead.
func (d *DB) CoversOS(os ftypes.OS) (found bool, err error) {
	err = d.use(func() error {
		dist, ok := distributions[os.Family]
		if !ok {
			return fmt.Errorf("%w: %q", ErrUnsupportedOS, os.Family)
		}
		found, err = coversRelease(dist, os)
		return err
	})
	return found, err
}

func coversRelease(dist distribution, os ftypes.OS) (bool, error) {
	if os.Family == ftypes.Amazon && beyondAmazon(os.Name) {
		return false, nil
	}
	found, err := anyAdvisory(dist.bucketOf(os.Name))
	if found && dist.layout == redHat {
		return knownProducts(defaultContentSets(dist.stream(os.Name)), "")
	}
	return found, err
}

// use runs read while the database is open, and turns what goes wrong with
// the file into an error.
func (d *DB) use(read func() error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return errClosed
	}
	return guard(trivydb.Path(d.dir), read)
}

// DetectOS returns the advisories that apply to the packages of an operating
// system, as Detect does for those of a language, and whether the release has
// reached the end of its life, as far as the engine knows. The repository is
// where an Alpine gets its packages from; it may be nil.
func (d *DB) DetectOS(ctx context.Context, os ftypes.OS, repo *ftypes.Repository, pkgs []ftypes.Package) (vulns []types.DetectedVulnerability, endOfLife bool, err error) {
	dist, ok := distributions[os.Family]
	if !ok {
		return nil, false, fmt.Errorf("%w: %q", ErrUnsupportedOS, os.Family)
	}
	if !dist.rolling() && dist.stream(os.Name) == "" || os.Family == ftypes.Amazon && beyondAmazon(os.Name) {
		return nil, false, ctx.Err() // which the engine would take for some other release
	}
	target := types.ScanTarget{OS: os, Repository: repo}
	err = d.use(func() (err error) {
		endOfLife, err = ended(ctx, os, pkgs)
		if err == nil {
			target.OS, err = withPatches(os)
		}
		if err == nil {
			pkgs, err = matchable(os, pkgs)
		}
		return err
	})
	if err != nil {
		return nil, false, err
	}
	for chunk := range chunksOf(os.Family, pkgs) {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		target.Packages = chunk
		var found []types.DetectedVulnerability
		err := d.use(func() (err error) {
			found, err = detectOS(ctx, dist, target)
			if err != nil {
				return corrupt(trivydb.Path(d.dir), "%v", oneLine(err))
			}
			return nil
		})
		if err != nil {
			return nil, false, err
		}
		vulns = append(vulns, found...)
	}
	return vulns, endOfLife, ctx.Err()
}

// ended asks the engine whether the release is out of support. Where a vendor
// mends packages of releases that are, its packages decide.
func ended(ctx context.Context, os ftypes.OS, pkgs []ftypes.Package) (bool, error) {
	if os.Extended {
		os.Name += extended
	}
	if driver := rootio.Provider(os.Family, pkgs); driver != nil {
		return !driver.IsSupportedVersion(ctx, os.Family, os.Name), nil
	}
	_, eol, err := ospkg.Detect(ctx, types.ScanTarget{OS: os}, types.ScanOptions{})
	return eol, err
}

// withPatches names the release as the engine looks for it: with extended
// maintenance where the database has advisories for that.
func withPatches(os ftypes.OS) (ftypes.OS, error) {
	if !os.Extended {
		return os, nil
	}
	found, err := anyAdvisory(distributions[os.Family].bucketOf(os.Name + extended))
	if found {
		os.Name += extended
	}
	return os, err
}

// matchable returns the packages that the engine can look at. One that it
// cannot would end the matching of all.
func matchable(os ftypes.OS, pkgs []ftypes.Package) ([]ftypes.Package, error) {
	switch {
	case os.Family == ftypes.Echo:
		versions := osversion.NewDEBComparer()
		return slices.DeleteFunc(slices.Clone(pkgs), func(p ftypes.Package) bool {
			_, err := versions.Compare(fullVersion(p), fullVersion(p))
			return err != nil
		}), nil
	case distributions[os.Family].layout == redHat:
		return withProducts(major(os.Name), pkgs)
	}
	return pkgs, nil
}

// chunksOf divides the work, so that it can stop soon. Packages of Root.io
// decide how all the others are matched, and so must be seen together.
func chunksOf(family ftypes.OSType, pkgs []ftypes.Package) func(func([]ftypes.Package) bool) {
	if len(pkgs) > 0 && rootio.Provider(family, pkgs) != nil {
		return func(yield func([]ftypes.Package) bool) { yield(pkgs) }
	}
	return slices.Chunk(pkgs, detectChunk)
}

func detectOS(ctx context.Context, dist distribution, target types.ScanTarget) ([]types.DetectedVulnerability, error) {
	given := target.Packages
	var names map[string]string
	target.Packages, names = withModules(target.OS.Family, given)
	found, _, err := ospkg.Detect(ctx, target, types.ScanOptions{})
	if err != nil {
		return nil, err
	}
	target.Packages = given
	for i := range found {
		if name, ok := names[found[i].PkgName]; ok {
			found[i].PkgName = name
		}
	}
	if dist.layout == redHat {
		if err := settleErrata(major(target.OS.Name), target.Packages, found); err != nil {
			return nil, err
		}
	}
	if err := fillInDetails(found); err != nil {
		return nil, err
	}
	place := places(target.Packages, fullVersion)
	for i := range found {
		if v := &found[i]; v.PkgID == "" {
			v.PkgID = target.Packages[place[keyOf(*v)]].ID
		}
	}
	sortByPackage(place, found)
	return found, nil
}

// fullVersion is a version with epoch and release, as the engine reports it.
func fullVersion(p ftypes.Package) string {
	version := p.Version
	if p.Release != "" {
		version += "-" + p.Release
	}
	if p.Epoch != 0 {
		version = strconv.Itoa(p.Epoch) + ":" + version
	}
	return version
}

// beyondAmazon reports whether this release of Amazon Linux is newer than the
// engine.
func beyondAmazon(version string) bool {
	year, err := strconv.Atoi(amazonRelease(version))
	return err == nil && year > amazonKnown
}
