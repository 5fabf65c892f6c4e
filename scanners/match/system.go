package match

import (
	"context"
	"strconv"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
	"github.com/scangate/scangate/vulndb"
)

// System matches packages of an operating system, and says whether its vendor
// has stopped to publish fixes for it. The error is vulndb.ErrUnsupportedOS
// where there are no advisories for the system at all.
func System(ctx context.Context, db *vulndb.DB, os ftypes.OS, repo *ftypes.Repository, pkgs []ftypes.Package) (hits Hits, endOfLife bool, err error) {
	found, endOfLife, err := db.DetectOS(ctx, os, repo, pkgs)
	if err != nil {
		return nil, false, err
	}
	hits = collect(found, func(v types.DetectedVulnerability) string { return v.FixedVersion })
	compare := ordering(os.Family)
	for _, of := range hits {
		highest := ""
		for _, h := range of {
			if h.Fixed != "" && (highest == "" || compare(highest, h.Fixed) < 0) {
				highest = h.Fixed
			}
		}
		for i := range of {
			of[i].Upgrade = highest
		}
	}
	return hits, endOfLife, nil
}

// SystemKey is a package of an operating system as advisories know it: with
// its epoch and release.
func SystemKey(p ftypes.Package) Key {
	v := p.Version
	if p.Release != "" {
		v += "-" + p.Release
	}
	if p.Epoch > 0 {
		v = strconv.Itoa(p.Epoch) + ":" + v
	}
	return Key{p.Name, v}
}
