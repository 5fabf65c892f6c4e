package vulndb

import (
	"slices"
	"strconv"
	"strings"

	redhatoval "github.com/aquasecurity/trivy-db/pkg/vulnsrc/redhat-oval"
)

// productsOf notes which products the usual packages of a release of RHEL are
// of.
func (b *builder) productsOf(release string) {
	usual := defaultContentSets(release)
	for i, cpe := range usualProducts(release) {
		b.products[usual[i]] = union(b.products[usual[i]], []string{cpe})
	}
}

// usualProducts are those of the default content sets.
func usualProducts(release string) []string {
	prefix := ":redhat:enterprise_linux:" + release + "::"
	switch release {
	case "6", "7":
		return []string{"cpe:/o" + prefix + "server", "cpe:/a" + prefix + "extras"}
	}
	return []string{"cpe:/o" + prefix + "baseos", "cpe:/a" + prefix + "appstream"}
}

// addRedHat adds an erratum, or a CVE without one.
func (b *builder) addRedHat(at [3]string, f fact) {
	cve := redhatoval.CveEntry{Severity: f.severity}
	if !strings.HasPrefix(f.ID, "CVE-") {
		cve.ID = f.ID
	}
	for _, id := range f.Aliases {
		if f.Fixed != "" && strings.HasPrefix(id, "RH") {
			at[2], cve.ID = id, f.ID
			break
		}
	}
	list, ok := b.content[at].(*redHatAdvisory)
	if !ok {
		list = &redHatAdvisory{}
		b.content[at] = list
	}
	e := &redhatoval.Entry{FixedVersion: f.Fixed, Cves: []redhatoval.CveEntry{cve}, Arches: f.Arches, Status: f.status()}
	b.affected[e] = f.Products
	if len(f.Products) == 0 {
		b.affected[e] = usualProducts(f.release)
	}
	list.Entries = append(list.Entries, e)
}

// redHatAdvisory is trivy-db's, with entries that write their status.
type redHatAdvisory struct{ Entries []*redhatoval.Entry }

// numberProducts replaces products by numbers, as trivy-db does.
func (b *builder) numberProducts() {
	var all []string
	for _, cpes := range b.products {
		all = append(all, cpes...)
	}
	for _, cpes := range b.affected {
		all = append(all, cpes...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	number := func(cpes []string) (out []int) {
		for _, cpe := range cpes {
			i, _ := slices.BinarySearch(all, cpe)
			out = append(out, i)
		}
		slices.Sort(out)
		return out
	}
	for repo, cpes := range b.products {
		b.content[[3]string{redHatCPEBucket, redHatRepositories, repo}] = number(cpes)
	}
	for e, cpes := range b.affected {
		e.AffectedCPEIndices = number(cpes)
	}
	for i, cpe := range all {
		b.content[[3]string{redHatCPEBucket, redHatCPEs, strconv.Itoa(i)}] = cpe
	}
}
