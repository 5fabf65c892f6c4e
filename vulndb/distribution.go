package vulndb

import (
	"strconv"
	"strings"

	dbtypes "github.com/aquasecurity/trivy-db/pkg/types"
	"github.com/aquasecurity/trivy-db/pkg/vulnsrc/vulnerability"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// distribution is where trivy-db keeps the advisories of an operating system.
type distribution struct {
	source dbtypes.DataSource
	// bucket is the name of its buckets, with %s in the place of the release.
	// One without %s has all releases in one bucket.
	bucket string
	// release shortens what os-release says to what names the bucket; whole if
	// nil.
	release func(string) string
	layout  layout
	can     ability
}

// ability is what the engine can make of a distribution's advisories.
type ability int

const (
	unfixed  ability = 1 << iota // those without a fix match
	statuses                     // why there is none is reported
)

// layout is the form of a distribution's advisories.
type layout int

const (
	plain        layout = iota // one fixed version for each advisory and package
	architecture               // a list of fixed versions with the architectures they are for
	redHat                     // an advisory for several CVEs, limited to products by their CPE
)

// distributions are those that the engine matches and trivy-db has.
var distributions = map[ftypes.OSType]distribution{
	ftypes.Alma:               {source(vulnerability.Alma, "AlmaLinux Product Errata", "https://errata.almalinux.org/"), "alma %s", major, plain, 0},
	ftypes.Alpine:             {source(vulnerability.Alpine, "Alpine Secdb", "https://secdb.alpinelinux.org/"), "alpine %s", minor, plain, unfixed},
	ftypes.Amazon:             {source(vulnerability.Amazon, "Amazon Linux Security Center", "https://alas.aws.amazon.com/"), "amazon linux %s", amazonRelease, plain, 0},
	ftypes.Azure:              {source(vulnerability.AzureLinux, "Azure Linux Vulnerability Data", azureURL), "Azure Linux %s", minor, plain, unfixed},
	ftypes.CBLMariner:         {source(vulnerability.CBLMariner, "CBL-Mariner Vulnerability Data", azureURL), "CBL-Mariner %s", minor, plain, unfixed},
	ftypes.CentOS:             {redHatSource, "Red Hat", major, redHat, unfixed | statuses},
	ftypes.Chainguard:         {source(vulnerability.Chainguard, "Chainguard Security Data", "https://packages.cgr.dev/chainguard/security.json"), "chainguard", nil, plain, 0},
	ftypes.Debian:             {source(vulnerability.Debian, "Debian Security Tracker", "https://salsa.debian.org/security-tracker-team/security-tracker"), "debian %s", major, plain, unfixed | statuses},
	ftypes.Echo:               {source(vulnerability.Echo, "Echo", "https://advisory.echohq.com/data.json"), "echo", nil, plain, unfixed | statuses},
	ftypes.MinimOS:            {source(vulnerability.MinimOS, "MinimOS Security Data", "https://packages.mini.dev/advisories/secdb/security.json"), "minimos", nil, plain, 0},
	ftypes.OpenSUSELeap:       {suseSource, "openSUSE Leap %s", nil, plain, 0},
	ftypes.OpenSUSETumbleweed: {suseSource, "openSUSE Tumbleweed", nil, plain, 0},
	ftypes.Oracle:             {source(vulnerability.OracleOVAL, "Oracle Linux OVAL definitions", "https://linux.oracle.com/security/oval/"), "Oracle Linux %s", major, architecture, 0},
	ftypes.Photon:             {source(vulnerability.Photon, "Photon OS CVE metadata", "https://packages.vmware.com/photon/photon_cve_metadata/"), "Photon OS %s", nil, plain, 0},
	ftypes.RedHat:             {redHatSource, "Red Hat", major, redHat, unfixed | statuses},
	ftypes.Rocky:              {source(vulnerability.Rocky, "Rocky Linux updateinfo", "https://download.rockylinux.org/pub/rocky/"), "rocky %s", major, architecture, 0},
	ftypes.SLEMicro:           {suseSource, "SUSE Linux Enterprise Micro %s", nil, plain, 0},
	ftypes.SLES:               {suseSource, "SUSE Linux Enterprise %s", nil, plain, 0},
	ftypes.Ubuntu:             {source(vulnerability.Ubuntu, "Ubuntu CVE Tracker", "https://git.launchpad.net/ubuntu-cve-tracker"), "ubuntu %s", nil, plain, unfixed},
	ftypes.Wolfi:              {source(vulnerability.Wolfi, "Wolfi Secdb", "https://packages.wolfi.dev/os/security.json"), "wolfi", nil, plain, 0},
}

const azureURL = "https://github.com/microsoft/AzureLinuxVulnerabilityData"

var (
	redHatSource = source(vulnerability.RedHatOVAL, "Red Hat OVAL v2", "https://www.redhat.com/security/data/oval/v2/")
	suseSource   = source(vulnerability.SuseCVRF, "SUSE CVRF", "https://ftp.suse.com/pub/projects/security/cvrf/")
)

func source(id dbtypes.SourceID, name, url string) dbtypes.DataSource {
	return dbtypes.DataSource{ID: id, Name: name, URL: url}
}

// rolling reports whether there is one bucket, whatever the release.
func (d distribution) rolling() bool { return !strings.Contains(d.bucket, "%s") && d.layout != redHat }

// stream is what names the bucket of a release.
func (d distribution) stream(release string) string {
	if d.release == nil {
		return release
	}
	return d.release(release)
}

// bucketOf names the bucket of a release. It is empty for none.
func (d distribution) bucketOf(release string) string {
	if !strings.Contains(d.bucket, "%s") {
		return d.bucket
	}
	if release = d.stream(release); release == "" {
		return ""
	}
	return strings.Replace(d.bucket, "%s", release, 1)
}

// SupportsOS reports whether packages of this operating system can be matched
// against advisories at all.
func SupportsOS(family ftypes.OSType) bool {
	_, ok := distributions[family]
	return ok
}

// major and minor shorten a version to its first parts.
func major(version string) string {
	first, _, _ := strings.Cut(version, ".")
	return first
}

func minor(version string) string {
	first, rest, ok := strings.Cut(version, ".")
	if !ok {
		return version
	}
	second, _, _ := strings.Cut(rest, ".")
	return first + "." + second
}

// amazonKnown is the last release of Amazon Linux that the engine knows. It
// takes what it does not know for the first one, which has other packages.
const amazonKnown = 2023

// amazonRelease reads "2023.6.20241212", "2 (Karoo)" and, of the first one,
// "2018.03" or "AMI release 2018.03".
func amazonRelease(version string) string {
	words := strings.Fields(version)
	if len(words) == 0 {
		return ""
	}
	first := major(words[0])
	if year, err := strconv.Atoi(first); err == nil && (year == 2 || year == 2022 || year >= amazonKnown) {
		return first
	}
	return "1"
}
