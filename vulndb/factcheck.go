package vulndb

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// ecosystems lists what facts can be about.
func ecosystems() []string {
	names := slices.Collect(maps.Keys(sourceNames))
	for family := range distributions {
		if family != ftypes.CentOS { // which has Red Hat's
			names = append(names, string(family))
		}
	}
	slices.Sort(names)
	return names
}

// check checks what a file says about all of its advisories.
func (f *factsFile) check() error {
	if !slices.Contains(ecosystems(), f.Ecosystem) {
		return fmt.Errorf("unknown ecosystem %q: want %s", f.Ecosystem, strings.Join(ecosystems(), ", "))
	}
	dist, isOS := distributions[ftypes.OSType(f.Ecosystem)]
	hasReleases := isOS && !dist.rolling()
	switch {
	case hasReleases && f.Release == "":
		return fmt.Errorf("advisories for %s need a release", f.Ecosystem)
	case !hasReleases && f.Release != "":
		return fmt.Errorf("advisories for %s have no release", f.Ecosystem)
	case hasReleases && dist.stream(f.Release) != f.Release:
		return fmt.Errorf("release %q: advisories for %s are for the whole of %q", f.Release, f.Ecosystem, dist.stream(f.Release))
	case len(f.Repositories) > 0 && dist.layout != redHat:
		return fmt.Errorf("advisories for %s have no repositories", f.Ecosystem)
	case len(f.Advisories) == 0:
		return errors.New("no advisories")
	}
	return nil
}

func (f *fact) check() (err error) {
	for _, must := range []struct{ key, value string }{
		{"id", f.ID}, {"package", f.Package}, {"title", f.Title}, {"severity", f.Severity}, {"published", f.Published},
	} {
		if strings.TrimSpace(must.value) == "" {
			return fmt.Errorf("advisory %s has no %s", f.ID, must.key)
		}
	}
	if dist, ok := distributions[ftypes.OSType(f.ecosystem)]; ok {
		err = f.checkOS(dist)
	} else {
		err = f.checkRanges()
	}
	if err != nil {
		return err
	}
	if f.severity, err = dbtypes.NewSeverity(strings.ToUpper(f.Severity)); err != nil || f.severity == dbtypes.SeverityUnknown {
		return fmt.Errorf("advisory %s: unknown severity %q: want low, medium, high or critical", f.ID, f.Severity)
	}
	if f.CVSS.Score < 0 || f.CVSS.Score > 10 {
		return fmt.Errorf("advisory %s: a CVSS score is from 0 to 10", f.ID)
	}
	if f.published, err = time.Parse(time.DateOnly, f.Published); err != nil {
		return fmt.Errorf("advisory %s: published %q is not a date like 2021-05-06", f.ID, f.Published)
	}
	return nil
}

// checkRanges checks which versions of a language's package are vulnerable.
func (f *fact) checkRanges() error {
	if f.Fixed != "" || f.Introduced != "" || f.Status != "" || len(f.Arches)+len(f.Products) > 0 {
		return fmt.Errorf("advisory %s: fixed, introduced, status, arches and products are for operating systems: want vulnerable and patched", f.ID)
	}
	if len(f.Vulnerable) == 0 {
		return fmt.Errorf("advisory %s has no vulnerable versions", f.ID)
	}
	for _, v := range slices.Concat(f.Vulnerable, f.Patched) {
		if strings.TrimSpace(v) == "" {
			return fmt.Errorf("advisory %s: an empty version would match everything", f.ID)
		}
	}
	return nil
}

// checkOS checks the fix of an operating system's package. What the engine
// would pass over is an error.
func (f *fact) checkOS(dist distribution) error {
	status := dbtypes.NewStatus(f.Status)
	switch {
	case len(f.Vulnerable)+len(f.Patched) > 0:
		return fmt.Errorf("advisory %s: vulnerable and patched are for packages of languages: want fixed", f.ID)
	case f.Fixed == "" && dist.can&unfixed == 0:
		return fmt.Errorf("advisory %s has no fixed version: of %s, only advisories with one can be matched", f.ID, f.ecosystem)
	case f.Introduced != "" && f.ecosystem != string(ftypes.Alpine):
		return fmt.Errorf("advisory %s: introduced is for alpine", f.ID)
	case len(f.Arches) > 0 && dist.layout == plain:
		return fmt.Errorf("advisory %s: advisories for %s are for all arches", f.ID, f.ecosystem)
	case len(f.Products) > 0 && dist.layout != redHat:
		return fmt.Errorf("advisory %s: products are for redhat", f.ID)
	case f.Status == "":
		return nil
	case f.Fixed != "" && status != dbtypes.StatusFixed, f.Fixed == "" && !slices.Contains(noFix, status):
		return fmt.Errorf("advisory %s: status %q: want fixed with a fixed version, and affected, will_not_fix, fix_deferred or end_of_life without one", f.ID, f.Status)
	case f.Fixed == "" && status != dbtypes.StatusAffected && dist.can&statuses == 0:
		return fmt.Errorf("advisory %s: status %s: of %s, only affected can be told", f.ID, f.Status, f.ecosystem)
	}
	return nil
}

// noFix is why an advisory may have no fixed version.
var noFix = []dbtypes.Status{dbtypes.StatusAffected, dbtypes.StatusWillNotFix, dbtypes.StatusFixDeferred, dbtypes.StatusEndOfLife}
