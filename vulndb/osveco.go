package vulndb

import (
	"strings"

	"github.com/aquasecurity/trivy-db/pkg/vulnsrc/vulnerability"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// osvLanguages are OSV's names of what facts have.
var osvLanguages = map[string]string{
	"npm": "npm", "PyPI": "pip", "Go": "go", "crates.io": "cargo", "RubyGems": "rubygems", "Packagist": "composer", "NuGet": "nuget",
	"Maven": "maven", "Pub": "pub", "Hex": "erlang", "SwiftURL": "swift", "ConanCenter": "conan",
}

// osvSystems are OSV's names of distributions.
var osvSystems = map[string]ftypes.OSType{
	"Debian": ftypes.Debian, "Alpine": ftypes.Alpine, "Ubuntu": ftypes.Ubuntu, "Rocky Linux": ftypes.Rocky, "AlmaLinux": ftypes.Alma,
	"Wolfi": ftypes.Wolfi, "Chainguard": ftypes.Chainguard, "MinimOS": ftypes.MinimOS, "Echo": ftypes.Echo, "Photon OS": ftypes.Photon,
	"openSUSE": ftypes.OpenSUSELeap, "SUSE": ftypes.SLES, "Red Hat": ftypes.RedHat, "Azure Linux": ftypes.Azure, "CBL-Mariner": ftypes.CBLMariner,
}

// osvEcosystem translates a name such as "npm" or "Debian:12". It is empty for
// what cannot be matched. Red Hat's names are of products.
func osvEcosystem(name string) (ecosystem, release, product string) {
	first, rest, _ := strings.Cut(name, ":")
	if e := osvLanguages[first]; e != "" {
		return e, "", ""
	}
	family, ok := osvSystems[first]
	if !ok || len(rest) > 100 || strings.ContainsFunc(rest, func(c rune) bool { return c < ' ' }) {
		return "", "", ""
	}
	switch family {
	case ftypes.Alpine:
		rest = strings.TrimPrefix(rest, "v")
	case ftypes.Ubuntu: // Ubuntu:22.04:LTS, Ubuntu:Pro:18.04:LTS
		rest = strings.TrimSuffix(rest, ":LTS")
		if pro, found := strings.CutPrefix(rest, "Pro:"); found {
			rest = pro + extended
		}
	case ftypes.OpenSUSELeap: // openSUSE:Leap 15.6, openSUSE:Tumbleweed
		if rest == "Tumbleweed" {
			return string(ftypes.OpenSUSETumbleweed), "", ""
		}
		if rest, ok = strings.CutPrefix(rest, "Leap "); !ok || strings.Contains(rest, " ") {
			return "", "", ""
		}
	case ftypes.SLES:
		family, rest = suseRelease(rest)
	case ftypes.RedHat: // Red Hat:enterprise_linux:9::baseos
		return redHatRelease(rest)
	case ftypes.Azure:
		if !strings.Contains(rest, ".") && rest != "" {
			rest += ".0"
		}
	}
	dist := distributions[family]
	switch {
	case dist.rolling():
		return string(family), "", ""
	case rest == "" || dist.stream(rest) != rest || strings.Contains(rest, ":"):
		return "", "", ""
	}
	return string(family), rest, ""
}

// suseRelease reads "Linux Enterprise Server 15 SP6" and "Linux Enterprise
// Micro 5.5". Modules and other editions are no releases.
func suseRelease(name string) (ftypes.OSType, string) {
	if rest, ok := strings.CutPrefix(name, "Linux Enterprise Micro "); ok && !strings.Contains(rest, " ") {
		return ftypes.SLEMicro, rest
	}
	rest, ok := strings.CutPrefix(name, "Linux Enterprise Server ")
	words := strings.Fields(rest)
	switch {
	case ok && len(words) == 1:
		return ftypes.SLES, words[0]
	case ok && len(words) == 2 && strings.HasPrefix(words[1], "SP"):
		return ftypes.SLES, words[0] + "." + strings.TrimPrefix(words[1], "SP")
	}
	return ftypes.SLES, ""
}

// redHatRelease makes the CPE of a product of RHEL.
func redHatRelease(name string) (ecosystem, release, product string) {
	parts := strings.Split(name, ":")
	if parts[0] != "enterprise_linux" || len(parts) < 2 || parts[1] == "" || major(parts[1]) != parts[1] {
		return "", "", ""
	}
	kind := "a"
	if parts[len(parts)-1] == "baseos" || parts[len(parts)-1] == "server" {
		kind = "o"
	}
	return string(ftypes.RedHat), parts[1], "cpe:/" + kind + ":redhat:" + name
}

// goSource is where the Go project keeps what it knows.
var goSource = source(vulnerability.GoVulnDB, "The Go Vulnerability Database", "https://pkg.go.dev/vuln/")
