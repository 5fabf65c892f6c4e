package vulndb

import (
	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare/maven"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare/npm"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare/pep440"
	"github.com/aquasecurity/trivy/pkg/detector/library/compare/rubygems"
)

// comparer is how the engine compares versions of an ecosystem.
func comparer(ecosystem string) compare.Comparer {
	switch ecosystem {
	case "npm":
		return npm.Comparer{}
	case "pip":
		return pep440.Comparer{}
	case "rubygems", "cocoapods":
		return rubygems.Comparer{}
	case "maven":
		return maven.Comparer{}
	}
	return compare.GenericComparer{}
}

// understood reports whether the engine understands a range. One that it does
// not would keep the whole advisory from matching anything.
func understood(c compare.Comparer, constraint string) bool {
	return constraint != "" && c.IsVulnerable("1.0.0", dbtypes.Advisory{VulnerableVersions: []string{constraint, ">=0.0.0"}})
}

// osvVersions fills in which versions are vulnerable, and reports whether any
// are.
func (b *builder) osvVersions(f *fact, a osvAffected) bool {
	c := comparer(f.ecosystem)
	for _, r := range a.Ranges {
		if r.Type == "GIT" {
			b.note("ranges of Git commits")
			continue
		}
		ranges, fixed := spans(r.Events)
		for _, constraint := range ranges {
			if understood(c, constraint) {
				f.Vulnerable = union(f.Vulnerable, []string{constraint})
			} else {
				b.note("ranges that cannot be understood")
			}
		}
		for _, version := range fixed {
			if understood(c, version) {
				f.Patched = union(f.Patched, []string{version})
			}
		}
	}
	inRanges := dbtypes.Advisory{VulnerableVersions: f.Vulnerable}
	for _, version := range a.Versions {
		if len(inRanges.VulnerableVersions) > 0 && c.IsVulnerable(version, inRanges) {
			continue
		}
		if exact := "=" + version; version != "" && understood(c, exact) {
			f.Vulnerable = append(f.Vulnerable, exact)
		} else {
			b.note("versions that cannot be understood")
		}
	}
	if len(f.Vulnerable) == 0 {
		b.note("packages without a version that can be used")
	}
	return len(f.Vulnerable) > 0
}

// spans makes ranges of events: each begins where a vulnerability was
// introduced and ends at what comes next, if anything does.
func spans(events []osvEvent) (ranges, fixed []string) {
	type span struct{ from, to string }
	var all []span
	open := false
	var ends []string // that came before any beginning
	for _, e := range events {
		to := ""
		switch {
		case e.Introduced != "":
			all = append(all, span{from: e.Introduced})
			open = true
			if len(ends) > 0 {
				all[len(all)-1].to, ends, open = ends[0], ends[1:], false
			}
			continue
		case e.Fixed != "":
			to = "<" + e.Fixed
			fixed = append(fixed, e.Fixed)
		case e.LastAffected != "":
			to = "<=" + e.LastAffected
		case e.Limit != "" && e.Limit != "*":
			to = "<" + e.Limit
		default:
			continue
		}
		if open {
			all[len(all)-1].to, open = to, false
		} else if len(all) == 0 {
			ends = append(ends, to)
		}
	}
	for _, s := range all {
		switch {
		case s.to == "":
			ranges = append(ranges, ">="+s.from)
		case s.from == "0":
			ranges = append(ranges, s.to)
		default:
			ranges = append(ranges, ">="+s.from+", "+s.to)
		}
	}
	return ranges, fixed
}
