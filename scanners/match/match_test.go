package match

import (
	"os"
	"runtime"
	"strings"
	"testing"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

func TestNearestFix(t *testing.T) {
	for _, tt := range []struct {
		in                     Ecosystem
		installed, fixed, want string
	}{
		{NPM, "6.7.0", "6.2.4, 6.3.3, 6.7.3, 6.10.3", "6.7.3"},
		{NPM, "6.9.9", "6.2.4, 6.10.3, 7.0.0", "6.10.3"},
		{NPM, "1.0.0", "", ""},
		{NPM, "1.0.0", "2.0.0-beta.1, 2.0.0", "2.0.0-beta.1"},
		{Pip, "1.26.4", "2.0.6, 1.26.17", "1.26.17"},
		{RubyGems, "2.2.3", "2.0.9.1, 2.1.4.1, 2.2.3.1", "2.2.3.1"},
		{RubyGems, "2.2.3", ">= 4.2.2, ~> 4.1.11", ">= 4.2.2, ~> 4.1.11"},
		{Go, "v1.7.0", "1.7.7", "1.7.7"},
		{Cargo, "1.6.0", "0.6.14, 1.6.1", "1.6.1"},
		{NPM, "nonsense", "1.0.0, 2.0.0", "1.0.0, 2.0.0"},
	} {
		if got := nearestFix(tt.in.versions, tt.installed, tt.fixed); got != tt.want {
			t.Errorf("%s %s, fixed in %q: %q, want %q", tt.in.Name, tt.installed, tt.fixed, got, tt.want)
		}
	}
}

func TestEngineVersion(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(mod), engineModule+" v"+engineVersion+"\n") {
		t.Errorf("go.mod does not require %s v%s", engineModule, engineVersion)
	}
	if e := Engine(); e.Name != "trivy" || e.Version != engineVersion {
		t.Errorf("engine %+v, built with %s", e, runtime.Version())
	}
}

func TestSystemURL(t *testing.T) {
	for want, in := range map[string]struct {
		os ftypes.OS
		p  ftypes.Package
	}{
		"pkg:deb/debian/openssl@1%3A3.0.11-1~deb12u2?arch=amd64&distro=debian-12.4": {ftypes.OS{Family: ftypes.Debian, Name: "12.4"},
			ftypes.Package{Name: "openssl", Epoch: 1, Version: "3.0.11", Release: "1~deb12u2", Arch: "amd64"}},
		"pkg:apk/alpine/busybox@1.36.1-r5?distro=alpine-3.19.1": {ftypes.OS{Family: ftypes.Alpine, Name: "3.19.1"},
			ftypes.Package{Name: "busybox", Version: "1.36.1-r5"}},
		"pkg:rpm/rocky/openssl-libs@3.0.7-24.el9?arch=x86_64&distro=rocky-9.3&epoch=1": {ftypes.OS{Family: ftypes.Rocky, Name: "9.3"},
			ftypes.Package{Name: "openssl-libs", Epoch: 1, Version: "3.0.7", Release: "24.el9", Arch: "x86_64"}},
		"pkg:rpm/opensuse/curl@8.6.0-1?distro=opensuse-leap-15.6": {ftypes.OS{Family: ftypes.OpenSUSELeap, Name: "15.6"}, ftypes.Package{Name: "curl", Version: "8.6.0", Release: "1"}},
		"pkg:rpm/suse/curl@8.6.0-1?distro=sles-15.6":              {ftypes.OS{Family: ftypes.SLES, Name: "15.6"}, ftypes.Package{Name: "curl", Version: "8.6.0", Release: "1"}},
		"pkg:apk/wolfi/zlib@1.3-r0?distro=wolfi":                  {ftypes.OS{Family: ftypes.Wolfi}, ftypes.Package{Name: "zlib", Version: "1.3-r0"}},
	} {
		if got := SystemURL(in.os, in.p); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestVersionsOfSystemsAreOrderedTheirWay(t *testing.T) {
	for _, tt := range []struct {
		family    ftypes.OSType
		low, high string
	}{
		{ftypes.Debian, "1.1.1n-0+deb11u3", "1.1.1n-0+deb11u10"},
		{ftypes.Debian, "1.0~rc1-1", "1.0-1"},
		{ftypes.Ubuntu, "9.9-1", "1:1.0-1"},
		{ftypes.Alpine, "1.36.1-r5", "1.36.1-r15"},
		{ftypes.Wolfi, "3.1.4_rc1-r0", "3.1.4-r0"},
		{ftypes.Rocky, "3.0.7-24.el9", "1:3.0.7-6.el9"},
		{ftypes.SLES, "1.1.1l-150400.7.9", "1.1.1l-150400.7.60"},
	} {
		if c := ordering(tt.family)(tt.low, tt.high); c >= 0 {
			t.Errorf("%s: %s against %s: %d", tt.family, tt.low, tt.high, c)
		}
	}
}

// TestEveryInstalledTypeHasItsEcosystem: a package that a reader finds and
// nobody can match would be passed over.
func TestEveryInstalledTypeHasItsEcosystem(t *testing.T) {
	for _, lang := range []ftypes.LangType{ftypes.NodePkg, ftypes.PythonPkg, ftypes.GemSpec, ftypes.Jar, ftypes.GoBinary, ftypes.RustBinary, ftypes.ComposerVendor,
		ftypes.DotNetCore, ftypes.NuGet, ftypes.PackagesProps, ftypes.CondaPkg} {
		if e, ok := Installed(lang); !ok || e.Name == "" {
			t.Errorf("%s has none", lang)
		}
	}
}
