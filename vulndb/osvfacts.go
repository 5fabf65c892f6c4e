package vulndb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy-db/pkg/vulnsrc/vulnerability"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// addOSV adds the advisories at a place. What cannot be expressed is counted
// in notes.
func (b *builder) addOSV(ctx context.Context, at string) error {
	_, err := readOSV(ctx, at, func(r osvRecord) {
		if r.Withdrawn != "" {
			b.note("withdrawn advisories")
			return
		}
		for _, f := range b.osvFacts(r) {
			b.extend(f)
		}
	})
	return err
}

// note counts something that is passed over.
func (b *builder) note(what string) { b.notes[what]++ }

// noteLines lists what was passed over.
func (b *builder) noteLines() (lines []string) {
	for _, what := range slices.Sorted(maps.Keys(b.notes)) {
		lines = append(lines, fmt.Sprintf("%d × %s", b.notes[what], what))
	}
	return lines
}

// osvFacts is what an advisory says about each package.
func (b *builder) osvFacts(r osvRecord) (out []fact) {
	id, others := r.ids()
	for _, a := range r.Affected {
		ecosystem, release, product := osvEcosystem(a.Package.Ecosystem)
		if ecosystem == "" {
			b.note("packages of ecosystems that cannot be matched")
			continue
		}
		if a.Package.Name == "" {
			b.note("packages without a name")
			continue
		}
		f := fact{ID: id, Aliases: others, Package: a.Package.Name, Title: r.title(), Description: r.Details, CWE: r.cwes(), References: r.links(),
			ecosystem: ecosystem, release: release, published: r.published(), source: osvSource(r.ID)}
		f.severity, f.vectors = osvSeverities(slices.Concat(a.Severity, r.Severity), a.Ecosystem.severity, a.Specific.severity, r.Specific.severity)
		if product != "" {
			f.Products = []string{product}
		}
		dist, isOS := distributions[ftypes.OSType(ecosystem)]
		switch {
		case isOS:
			out = append(out, b.osvFixes(dist, f, a)...)
		case b.osvVersions(&f, a):
			out = append(out, f)
		}
	}
	return out
}

// osvSource is the database that an id is of. Operating systems have their own.
func osvSource(id string) *dbtypes.DataSource {
	var s dbtypes.DataSource
	switch {
	case strings.HasPrefix(id, "GHSA-"):
		return nil // as facts
	case strings.HasPrefix(id, "GO-"):
		s = goSource
	default:
		s = source(vulnerability.OSV, "Open Source Vulnerabilities", "https://osv.dev/")
	}
	return &s
}

// osvSeverities reads the first vector that there is of each version, those of
// the package before those of the whole, and the severity: by version 3, by
// what the database says in words, or by version 2.
func osvSeverities(list []osvSeverity, words ...string) (dbtypes.Severity, dbtypes.CVSS) {
	var v dbtypes.CVSS
	for _, s := range list {
		if len(s.Score) > 300 {
			continue
		}
		vector := strings.TrimSuffix(s.Score, "/")
		switch {
		case s.Type == "CVSS_V3" && v.V3Vector == "":
			if score, err := BaseScore(vector); err == nil {
				v.V3Vector, v.V3Score = vector, score
			}
		case s.Type == "CVSS_V2" && v.V2Vector == "":
			if score, err := BaseScore(vector); err == nil {
				v.V2Vector, v.V2Score = vector, score
			}
		case s.Type == "CVSS_V4" && v.V40Vector == "" && strings.HasPrefix(vector, "CVSS:4.0/"):
			v.V40Vector = vector
		case s.Type == "Ubuntu":
			words = append([]string{s.Score}, words...)
		}
	}
	if severity := rating(v.V3Score); severity != dbtypes.SeverityUnknown {
		return severity, v
	}
	for _, word := range words {
		switch strings.ToLower(word) {
		case "critical":
			return dbtypes.SeverityCritical, v
		case "high", "important":
			return dbtypes.SeverityHigh, v
		case "medium", "moderate":
			return dbtypes.SeverityMedium, v
		case "low", "negligible":
			return dbtypes.SeverityLow, v
		}
	}
	return rating(v.V2Score), v
}

// osvFixes is the fix of an operating system's package: of the last range, for
// advisories there have one fixed version.
func (b *builder) osvFixes(dist distribution, f fact, a osvAffected) []fact {
	usable := false
	for _, r := range a.Ranges {
		if r.Type == "GIT" {
			b.note("ranges of Git commits")
			continue
		}
		for _, e := range r.Events {
			switch {
			case e.Introduced != "":
				usable, f.Fixed, f.Introduced = true, "", ""
				if e.Introduced != "0" && f.ecosystem == string(ftypes.Alpine) {
					f.Introduced = e.Introduced
				}
			case e.Fixed != "":
				f.Fixed = e.Fixed
			case e.LastAffected != "":
				usable = false // the version after it is unknown
			}
		}
	}
	switch {
	case !usable:
		b.note("packages of distributions without a range of versions that can be used")
		return nil
	case f.Fixed == "" && dist.can&unfixed == 0:
		b.note("packages without a fix of distributions where only fixed ones can be matched")
		return nil
	}
	if dist.source.ID != vulnerability.SuseCVRF || len(a.Ecosystem.binaries) == 0 {
		return []fact{f}
	}
	// SUSE's advisories are for sources, and the engine looks for what is built.
	built := map[string]string{}
	for _, set := range a.Ecosystem.binaries {
		maps.Copy(built, set)
	}
	var out []fact
	for _, name := range slices.Sorted(maps.Keys(built)) {
		if len(out) < maxOSVList && name != "" && built[name] != "" {
			f.Package, f.Fixed = name, built[name]
			out = append(out, f)
		}
	}
	return out
}

// extend adds a fact to what is known about its package: databases tell of the
// same package in several places. What facts say stays.
func (b *builder) extend(f fact) {
	bucket, source := f.bucket()
	at := [3]string{bucket, f.Package, f.ID}
	dist, isOS := distributions[ftypes.OSType(f.ecosystem)]
	if !isOS {
		at[1] = namesOf(dbtypes.Ecosystem(f.ecosystem), f.Package)[0]
	}
	b.content[[3]string{"data-source", "", bucket}] = source
	b.describe(f)
	before, _ := b.content[at].(*dbtypes.Advisory)
	switch {
	case before != nil && !isOS:
		before.VendorIDs = union(before.VendorIDs, f.Aliases)
		before.VulnerableVersions = union(before.VulnerableVersions, f.Vulnerable)
		before.PatchedVersions = union(before.PatchedVersions, f.Patched)
	case b.content[at] != nil:
		b.note("packages of distributions where the same advisory is known already")
	default:
		b.put(dist, at, f)
	}
	if dist.layout == redHat {
		b.productsOf(f.release)
	}
	b.count++
}
