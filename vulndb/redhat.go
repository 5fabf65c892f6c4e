package vulndb

import (
	"regexp"
	"slices"
	"strings"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	redhatoval "github.com/aquasecurity/trivy-db/pkg/vulnsrc/redhat-oval"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
	bolt "go.etcd.io/bbolt"
)

// Red Hat's advisories are for products, which are known by their CPE. A
// package's product follows from the repository it came from: of that of an
// image, the image tells; otherwise those that every RHEL has are assumed.
const (
	redHatBucket       = "Red Hat"
	redHatCPEBucket    = "Red Hat CPE"
	redHatRepositories = "repository"
	redHatCPEs         = "cpe"
)

// engineContentSets are the releases whose usual repositories the engine
// knows itself.
var engineContentSets = []string{"6", "7", "8", "9"}

// defaultContentSets are the repositories that every RHEL of a release has.
func defaultContentSets(release string) []string {
	switch release {
	case "":
		return nil
	case "6", "7":
		return []string{"rhel-" + release + "-server-rpms", "rhel-" + release + "-server-extras-rpms"}
	}
	return []string{"rhel-" + release + "-for-x86_64-baseos-rpms", "rhel-" + release + "-for-x86_64-appstream-rpms"}
}

// withProducts makes every package one that the engine can match: one of
// products that the database does not know would end the matching of all.
// Where the usual repositories are unknown, too, none can be matched.
func withProducts(release string, pkgs []ftypes.Package) ([]ftypes.Package, error) {
	usual := defaultContentSets(release)
	if known, err := knownProducts(usual, ""); err != nil || !known {
		return nil, err
	}
	instead := &ftypes.BuildInfo{ContentSets: usual}
	checked := map[*ftypes.BuildInfo]*ftypes.BuildInfo{}
	if !slices.Contains(engineContentSets, release) {
		checked[nil] = instead
	}
	out := slices.Clone(pkgs)
	for i := range out {
		info := out[i].BuildInfo
		better, done := checked[info]
		if !done && info != nil {
			better = info
			known, err := knownProducts(info.ContentSets, info.Nvr+"-"+info.Arch)
			if err != nil {
				return nil, err
			}
			if !known {
				better = instead
			}
			checked[info] = better
		}
		out[i].BuildInfo = better
	}
	return out, nil
}

// imageSuffix is what images append to the names of their repositories.
var imageSuffix = regexp.MustCompile(`__\d+$`)

// knownProducts reports whether the database knows a product of any of the
// repositories, or of the image.
func knownProducts(repositories []string, image string) (bool, error) {
	for _, repo := range repositories {
		cpes, err := trivydb.Config{}.RedHatRepoToCPEs(imageSuffix.ReplaceAllString(repo, ""))
		if err != nil || len(cpes) > 0 {
			return err == nil, err
		}
	}
	if image == "" {
		return false, nil
	}
	cpes, err := trivydb.Config{}.RedHatNVRToCPEs(image)
	return len(cpes) > 0, err
}

// settleErrata chooses among errata that fix the same CVE in the same version:
// the engine takes any.
func settleErrata(release string, pkgs []ftypes.Package, found []types.DetectedVulnerability) error {
	place := places(pkgs, fullVersion)
	known := map[int][]dbtypes.Advisory{} // by package
	for i := range found {
		v := &found[i]
		if len(v.VendorIDs) == 0 {
			continue // not fixed: these are kept by the CVE itself
		}
		at := place[keyOf(*v)]
		p := pkgs[at]
		if known[at] == nil {
			repositories, image := defaultContentSets(release), ""
			if p.BuildInfo != nil {
				repositories, image = p.BuildInfo.ContentSets, p.BuildInfo.Nvr+"-"+p.BuildInfo.Arch
			}
			for i, repo := range repositories {
				if i == 0 {
					repositories = slices.Clone(repositories)
				}
				repositories[i] = imageSuffix.ReplaceAllString(repo, "")
			}
			var err error
			if known[at], err = redhatoval.NewVulnSrc().Get(moduleName(p), repositories, []string{image}); err != nil {
				return err
			}
		}
		for _, a := range known[at] {
			here := len(a.Arches) == 0 || p.Arch == "noarch" || slices.Contains(a.Arches, p.Arch)
			same := a.VulnerabilityID == v.VulnerabilityID && strings.TrimPrefix(a.FixedVersion, "0:") == strings.TrimPrefix(v.FixedVersion, "0:")
			if here && same && len(a.VendorIDs) > 0 && a.VendorIDs[0] < v.VendorIDs[0] {
				v.VendorIDs, v.Severity = a.VendorIDs, a.Severity.String()
			}
		}
	}
	return nil
}

// moduleName is the name of a package with that of its module, if it has one.
func moduleName(p ftypes.Package) string {
	parts := strings.SplitN(p.Modularitylabel, ":", 3)
	if len(parts) < 3 {
		return p.Name
	}
	return parts[0] + ":" + parts[1] + "::" + p.Name
}

// anyAdvisory reports whether the bucket has any package.
func anyAdvisory(bucket string) (found bool, err error) {
	if bucket == "" {
		return false, nil
	}
	err = trivydb.Config{}.Connection().View(func(tx *bolt.Tx) error {
		if b := tx.Bucket([]byte(bucket)); b != nil {
			pkg, _ := b.Cursor().First()
			found = pkg != nil
		}
		return nil
	})
	return found, err
}
