package vulndb

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	redhatoval "github.com/aquasecurity/trivy-db/pkg/vulnsrc/redhat-oval"
	"github.com/aquasecurity/trivy-db/pkg/vulnsrc/vulnerability"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// sourceNames are the ecosystems that facts may be about, as trivy-db calls
// them, and what the name of GitHub's advisory source for it ends in. GitHub
// has none for Conan and Julia, and lists pods under Swift.
var sourceNames = map[string]string{
	"npm": "npm", "go": "Go", "pip": "pip", "cargo": "Rust", "rubygems": "RubyGems", "composer": "Composer", "nuget": "NuGet",
	"maven": "Maven", "pub": "Pub", "erlang": "Erlang", "swift": "Swift", "cocoapods": "Swift", "conan": "Conan", "julia": "Julia",
}

// content is a database: bucket, nested bucket (empty for none), key, value.
type content map[[3]string]any

// builder arranges facts as trivy-db does.
type builder struct {
	content  content
	details  map[string]*dbtypes.Vulnerability // by id
	said     map[string]fact                   // the first of an id and source
	listed   map[string]bool
	products map[string][]string // Red Hat's, by repository
	affected map[*redhatoval.Entry][]string
	notes    map[string]int // what was passed over
	count    int            // advisories, one for each package
}

func newBuilder() *builder {
	return &builder{content{}, map[string]*dbtypes.Vulnerability{}, map[string]fact{}, map[string]bool{}, map[string][]string{},
		map[*redhatoval.Entry][]string{}, map[string]int{}, 0}
}

// addFacts adds the facts of all files.
func (b *builder) addFacts(files []factsFile) error {
	for _, file := range files {
		if file.Ecosystem == string(ftypes.RedHat) {
			b.productsOf(file.Release)
			for repo, cpes := range file.Repositories {
				b.products[repo] = union(b.products[repo], cpes)
			}
		}
		for _, f := range file.Advisories {
			if err := b.add(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// done completes what depends on all facts.
func (b *builder) done() content {
	b.numberProducts()
	for id, v := range b.details {
		b.content[[3]string{"vulnerability", "", id}] = v
	}
	return b.content
}

func (b *builder) add(f fact) error {
	key := strings.Join([]string{f.ecosystem, f.release, f.Package, f.ID, strings.Join(f.Arches, " "), strings.Join(f.Products, " ")}, "\x00")
	if b.listed[key] {
		return fmt.Errorf("%s: advisory %s for package %s is listed twice", f.place, f.ID, f.Package)
	}
	b.listed[key] = true
	said := string(f.severitySource()) + " " + f.ID
	if first, ok := b.said[said]; ok && !reflect.DeepEqual(first.detail(), f.detail()) {
		return fmt.Errorf("%s: advisory %s differs from its first mention at %s", f.place, f.ID, first.place)
	} else if !ok {
		b.said[said] = f
		b.describe(f)
	}
	bucket, source := f.bucket()
	b.content[[3]string{"data-source", "", bucket}] = source
	at := [3]string{bucket, f.Package, f.ID}
	dist, isOS := distributions[ftypes.OSType(f.ecosystem)]
	if !isOS {
		at[1] = namesOf(dbtypes.Ecosystem(f.ecosystem), f.Package)[0]
	}
	b.put(dist, at, f)
	b.count++
	return nil
}

// put adds a fact in the form that is usual for its distribution, which is the
// zero one for languages.
func (b *builder) put(dist distribution, at [3]string, f fact) {
	switch {
	case dist.bucket == "":
		b.content[at] = &dbtypes.Advisory{VendorIDs: f.Aliases, VulnerableVersions: f.Vulnerable, PatchedVersions: f.Patched}
	case dist.layout == architecture:
		b.addArchitectures(at, f)
	case dist.layout == redHat:
		b.addRedHat(at, f)
	default:
		a := &dbtypes.Advisory{VendorIDs: f.Aliases, FixedVersion: f.Fixed, AffectedVersion: f.Introduced, Status: f.status()}
		if f.ecosystem == string(ftypes.Debian) {
			a.Severity = f.severity // which Debian gives to each package
		}
		b.content[at] = a
	}
}

// status is why there is no fix. trivy-db keeps none where there is one.
func (f fact) status() dbtypes.Status {
	if f.Fixed != "" {
		return dbtypes.StatusUnknown
	}
	return dbtypes.NewStatus(f.Status)
}

// bucket is where the advisory belongs, and who says so.
func (f fact) bucket() (string, dbtypes.DataSource) {
	if dist, ok := distributions[ftypes.OSType(f.ecosystem)]; ok {
		return dist.bucketOf(f.release), dist.source
	}
	if f.source != nil {
		return f.ecosystem + "::" + f.source.Name, *f.source
	}
	s := source(vulnerability.GHSA, "GitHub Security Advisory "+sourceNames[f.ecosystem],
		"https://github.com/advisories?query=type%3Areviewed+ecosystem%3A"+strings.ToLower(sourceNames[f.ecosystem]))
	if f.ecosystem == string(vulnerability.Go) && f.Package == "stdlib" { // GitHub has none
		s = goSource
	}
	return f.ecosystem + "::" + s.Name, s
}

// severitySource is whose judgement the severity is.
func (f fact) severitySource() dbtypes.SourceID {
	_, source := f.bucket()
	if source.ID == vulnerability.RedHatOVAL {
		return vulnerability.RedHat
	}
	return source.ID
}

// detail is what a fact says whatever the package.
func (f fact) detail() dbtypes.Vulnerability {
	v := dbtypes.Vulnerability{
		Title:          f.Title,
		Description:    strings.TrimSpace(f.Description),
		Severity:       f.severity.String(),
		VendorSeverity: dbtypes.VendorSeverity{},
		CweIDs:         f.CWE,
		References:     f.References,
	}
	if f.severity != dbtypes.SeverityUnknown {
		v.VendorSeverity[f.severitySource()] = f.severity
	}
	if !f.published.IsZero() {
		v.PublishedDate = &f.published
	}
	if f.CVSS.Score > 0 {
		f.vectors = dbtypes.CVSS{V3Score: f.CVSS.Score, V3Vector: f.CVSS.Vector}
	}
	if f.vectors != (dbtypes.CVSS{}) {
		v.CVSS = dbtypes.VendorCVSS{f.severitySource(): f.vectors}
	}
	return v
}

// describe adds what one source says about an id. Words are those of the first
// that has any.
func (b *builder) describe(f fact) {
	v := f.detail()
	first := b.details[f.ID]
	if first == nil {
		b.details[f.ID] = &v
		return
	}
	if first.Description == "" {
		first.Description = v.Description
	}
	if first.PublishedDate == nil {
		first.PublishedDate = v.PublishedDate
	}
	if first.Severity == dbtypes.SeverityUnknown.String() {
		first.Severity = v.Severity
	}
	for source, severity := range v.VendorSeverity {
		if _, ok := first.VendorSeverity[source]; !ok {
			first.VendorSeverity[source] = severity
		}
	}
	if first.CVSS == nil {
		first.CVSS = v.CVSS
	}
	for source, vectors := range v.CVSS {
		if _, ok := first.CVSS[source]; !ok {
			first.CVSS[source] = vectors
		}
	}
	first.CweIDs, first.References = union(first.CweIDs, v.CweIDs), union(first.References, v.References)
}

// union appends what is not there yet.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// allArches are those an advisory is for when it names none.
var allArches = []string{"aarch64", "i686", "noarch", "ppc64le", "s390x", "x86_64"}

// addArchitectures adds to the list of fixed versions of a package.
func (b *builder) addArchitectures(at [3]string, f fact) {
	list, ok := b.content[at].(*dbtypes.Advisories)
	if !ok {
		list = &dbtypes.Advisories{FixedVersion: f.Fixed}
		b.content[at] = list
	}
	arches := f.Arches
	if len(arches) == 0 {
		arches = allArches
	}
	list.Entries = append(list.Entries, dbtypes.Advisory{FixedVersion: f.Fixed, Arches: arches, VendorIDs: f.Aliases})
}
