package vulndb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aquasecurity/trivy/pkg/clock"
	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/aquasecurity/trivy/pkg/types"
	"github.com/google/go-cmp/cmp"
)

// pkg makes a package from "name version", as a package database describes one
// that is built from a source of the same name and version.
func pkg(text string) ftypes.Package {
	name, version, _ := strings.Cut(text, " ")
	return ftypes.Package{ID: name + "@" + version, Name: name, Version: version, SrcName: name, SrcVersion: version}
}

// rpm makes a package from "name epoch version release".
func rpm(text string) ftypes.Package {
	p := ftypes.Package{Arch: "x86_64"}
	fmt.Sscan(text, &p.Name, &p.Epoch, &p.Version, &p.Release)
	p.ID = p.Name + "@" + p.Version
	p.SrcName, p.SrcEpoch, p.SrcVersion, p.SrcRelease = p.Name, p.Epoch, p.Version, p.Release
	return p
}

// in2026 sets the engine's clock: which releases are at their end depends on it.
func in2026(t *testing.T) context.Context {
	return clock.With(t.Context(), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
}

func summaries(vulns []types.DetectedVulnerability) []string {
	var out []string
	for _, v := range vulns {
		out = append(out, fmt.Sprintf("%s %s %s %s %s", v.PkgName, v.VulnerabilityID, v.FixedVersion, v.Status.String(), v.Severity))
	}
	return out
}

func TestDetectOS(t *testing.T) {
	db := open(t, build(t, time.Now()))
	binary := pkg("libssl3 3.0.11-1~deb12u1")
	binary.SrcName = "openssl"
	arm, old := rpm("curl 0 7.76.1 23.el9_2.3"), rpm("openssl 1 3.0.1 41.el9_0")
	arm.Arch = "riscv64"
	ksplice := rpm("glibc 2 2.34 60.0.2.ksplice1.el9")
	for _, tt := range []struct {
		os   string
		pkgs []ftypes.Package
		want []string
		eol  bool
	}{
		{"debian 12.5", []ftypes.Package{pkg("zlib 1:1.2.13.dfsg-1"), binary, pkg("glibc 2.36-9+deb12u9")}, []string{
			"zlib CVE-2023-45853  will_not_fix LOW",
			"libssl3 CVE-2023-5363 3.0.11-1~deb12u2 fixed HIGH",
			"libssl3 CVE-2024-6119 3.0.14-1~deb12u2 fixed HIGH",
			"glibc CVE-2019-9192  affected LOW"}, false},
		{"debian 12", []ftypes.Package{pkg("gnupg2 2.2.40-1.1")}, []string{"gnupg2 CVE-2022-3219  fix_deferred LOW"}, false},
		{"debian 10", []ftypes.Package{pkg("openssl 1.1.1n-0+deb10u3")}, nil, true},
		{"debian 99", []ftypes.Package{pkg("openssl 3.0.0")}, nil, false},
		{"ubuntu 22.04", []ftypes.Package{pkg("curl 7.81.0-1ubuntu1.13"), pkg("coreutils 8.32-4.1ubuntu1"), pkg("openssl 3.0.2-0ubuntu1.8")}, []string{
			"curl CVE-2023-38545 7.81.0-1ubuntu1.14 fixed HIGH", "coreutils CVE-2016-2781  affected LOW"}, false},
		{"alpine 3.20.3", []ftypes.Package{pkg("openssl 3.3.1-r3"), pkg("xz 5.6.2-r0"), pkg("xz 5.4.0-r0"), pkg("xz 5.6.0-r1")}, []string{
			"openssl CVE-2024-6119 3.3.2-r0 fixed HIGH", "xz CVE-2024-3094 5.6.1-r2 fixed CRITICAL"}, true},
		{"wolfi 20230201", []ftypes.Package{pkg("curl 8.9.0-r0"), pkg("openssl 3.3.2-r0")}, []string{"curl CVE-2024-7264 8.9.1-r0 fixed MEDIUM"}, false},
		{"chainguard 20230214", []ftypes.Package{pkg("curl 8.9.0-r0")}, []string{"curl CVE-2024-7264 8.9.1-r0 fixed MEDIUM"}, false},
		{"rocky 9.4", []ftypes.Package{old, arm, rpm("zlib 0 1.2.11 32.el9_0")}, []string{
			"openssl CVE-2022-3602 1:3.0.1-43.el9_0 fixed HIGH", "openssl CVE-2023-0286 1:3.0.1-47.el9_1 fixed HIGH"}, false},
		{"alma 9.4", []ftypes.Package{rpm("curl 0 7.76.1 23.el9_2.3")}, []string{"curl CVE-2023-38545 7.76.1-23.el9_2.4 fixed HIGH"}, false},
		{"redhat 9.4", []ftypes.Package{old, rpm("gnupg2 0 2.3.3 4.el9"), rpm("minizip 0 1.2.11 40.el9"), rpm("gpg-pubkey 0 fd431d51 4ae0493b")}, []string{
			"openssl CVE-2022-3602 1:3.0.1-43.el9_0 fixed HIGH", "openssl CVE-2023-0286 1:3.0.1-47.el9_1 fixed HIGH",
			"gnupg2 CVE-2022-3219  fix_deferred LOW", "minizip CVE-2023-45853  will_not_fix MEDIUM"}, false},
		{"centos 9", []ftypes.Package{rpm("glibc 0 2.34 60.el9")}, []string{"glibc CVE-2023-4911 2.34-60.el9_2.7 fixed HIGH"}, false},
		{"oracle 9.3", []ftypes.Package{rpm("glibc 0 2.34 60.0.2.el9"), ksplice}, []string{"glibc CVE-2023-4911 2.34-60.0.3.el9_2.7 fixed HIGH"}, false},
		{"amazon 2023.6.20241212 (Amazon Linux)", []ftypes.Package{rpm("curl 0 8.3.0 1.amzn2023.0.1")}, []string{"curl CVE-2023-38545 8.3.0-1.amzn2023.0.2 fixed HIGH"}, false},
		{"amazon 2027.1", []ftypes.Package{rpm("curl 0 8.3.0 1")}, nil, false},
		{"amazon ", []ftypes.Package{rpm("curl 0 8.3.0 1")}, nil, false},
		{"opensuse-leap 15.6", []ftypes.Package{rpm("curl 0 8.6.0 150600.4.3.1")}, []string{"curl CVE-2024-7264 8.6.0-150600.4.6.1 fixed MEDIUM"}, true},
		{"photon 5.0", []ftypes.Package{rpm("curl 0 8.1.2 4.ph5")}, []string{"curl CVE-2023-38545 8.1.2-5.ph5 fixed CRITICAL"}, false},
		{"azurelinux 3.0.20240727", []ftypes.Package{rpm("openssl 0 3.3.0 1.azl3"), rpm("glibc 0 2.38 8.azl3")}, []string{
			"openssl CVE-2024-6119 3.3.2-1.azl3 fixed HIGH", "glibc CVE-2019-9192  affected MEDIUM"}, false},
	} {
		t.Run(tt.os, func(t *testing.T) {
			family, release, _ := strings.Cut(tt.os, " ")
			got, eol, err := db.DetectOS(in2026(t), ftypes.OS{Family: ftypes.OSType(family), Name: release}, nil, tt.pkgs)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, summaries(got)); diff != "" {
				t.Error(diff)
			}
			if eol != tt.eol {
				t.Errorf("end of life: %v", eol)
			}
			for _, v := range got {
				if v.PkgID == "" || v.Title == "" || v.SeveritySource == "" || v.PrimaryURL == "" || v.PublishedDate == nil {
					t.Errorf("lacks something: %+v", v)
				}
			}
		})
	}
}

func TestDetectOSVendorIDs(t *testing.T) {
	db := open(t, build(t, time.Now()))
	for os, want := range map[string]string{"redhat": "RHSA-2023:0946", "debian": "DSA-5764-1"} {
		release := map[string]string{"redhat": "9", "debian": "12"}[os]
		got, _, err := db.DetectOS(t.Context(), ftypes.OS{Family: ftypes.OSType(os), Name: release}, nil, []ftypes.Package{pkg("openssl 0.1-1")})
		if err != nil || len(got) != 2 || !slices.Equal(got[1].VendorIDs, []string{want}) {
			t.Errorf("%s: %v, %+v", os, err, got)
		}
	}
}

// facts builds a database from a single file.
func facts(t *testing.T, text string) *DB {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f.yaml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Build(dir, filepath.Join(dir, "db"), time.Now()); err != nil {
		t.Fatal(err)
	}
	return open(t, filepath.Join(dir, "db"))
}

const tail = `
    severity: low
    title: t
    published: 2000-01-01
`

func TestRedHatProducts(t *testing.T) {
	from := func(name string, sets ...string) ftypes.Package {
		p := rpm("a 0 1 1")
		p.ID, p.BuildInfo = name, &ftypes.BuildInfo{ContentSets: sets, Nvr: "ubi-1-1", Arch: "x86_64"}
		return p
	}
	plain := rpm("a 0 1 1")
	plain.ID = "plain"
	for release, want := range map[string][]string{
		// An image names its repositories; unknown ones are taken for the usual.
		"9": {"plain CVE-2000-0001 [RHSA-2000:0001]", "special CVE-2000-0002 [RHSA-2000:0003]", "suffix CVE-2000-0001 [RHSA-2000:0001]", "unknown CVE-2000-0001 [RHSA-2000:0001]"},
		// One that the engine does not know yet.
		"10": {"plain CVE-2000-0001 [RHSA-2000:0001]", "special CVE-2000-0002 [RHSA-2000:0003]", "unknown CVE-2000-0001 [RHSA-2000:0001]"},
	} {
		t.Run(release, func(t *testing.T) {
			db := facts(t, `ecosystem: redhat
release: "`+release+`"
repositories: {special-rpms: ["cpe:/a:redhat:special:1"]}
advisories:
  - id: CVE-2000-0001
    aliases: ["RHSA-2000:0002"]
    package: a
    fixed: "2-1"`+tail+`
  - id: CVE-2000-0001
    aliases: ["RHSA-2000:0001"]
    package: a
    fixed: "0:2-1"
    arches: [x86_64]`+tail+`
  - id: CVE-2000-0002
    aliases: ["RHSA-2000:0003"]
    package: a
    fixed: "2-1"
    products: ["cpe:/a:redhat:special:1"]`+tail)
			pkgs := []ftypes.Package{plain, from("special", "special-rpms"), from("suffix", "rhel-9-for-x86_64-baseos-rpms__9"), from("unknown", "no-such-rpms")}
			if release == "10" {
				pkgs = slices.Delete(pkgs, 2, 3)
			}
			for range 5 { // whatever the order of a map
				got, _, err := db.DetectOS(t.Context(), ftypes.OS{Family: ftypes.RedHat, Name: release + ".1"}, nil, pkgs)
				if err != nil {
					t.Fatal(err)
				}
				var lines []string
				for _, v := range got {
					lines = append(lines, fmt.Sprint(v.PkgID, " ", v.VulnerabilityID, " ", v.VendorIDs))
				}
				if diff := cmp.Diff(want, lines); diff != "" {
					t.Fatal(diff)
				}
			}
			if pkgs[0].BuildInfo != nil {
				t.Error("the caller's packages were changed")
			}
		})
	}
}

func TestCoversOS(t *testing.T) {
	db := open(t, build(t, time.Now()))
	for os, want := range map[string]bool{
		"debian 12.7": true, "debian 13": false, "debian": false, "ubuntu 22.04": true, "ubuntu 24.04": false, "alpine 3.20.1": true, "alpine edge": false,
		"redhat 9.4": true, "redhat 8": false, "centos 9": true, "redhat": false, "rocky 9": true, "rocky 10.0": false, "amazon 2023.1": true, "amazon 2": false,
		"amazon 2027": false, "wolfi ": true, "wolfi 20230201": true, "echo": false, "azurelinux 3.0.1": true, "photon 5.0": true, "photon 5": false, "sles 15.6": false,
	} {
		family, release, _ := strings.Cut(os, " ")
		if got, err := db.CoversOS(ftypes.OS{Family: ftypes.OSType(family), Name: release}); err != nil || got != want {
			t.Errorf("%s: %v, %v", os, got, err)
		}
	}
	if _, err := db.CoversOS(ftypes.OS{Family: "plan9"}); !errors.Is(err, ErrUnsupportedOS) {
		t.Errorf("unsupported: %v", err)
	}
}

// TestDistributions holds the table to the engine: it must know each.
func TestDistributions(t *testing.T) {
	db := open(t, build(t, time.Now()))
	for family := range distributions {
		if !SupportsOS(family) {
			t.Errorf("%s is not supported", family)
		}
		if _, _, err := db.DetectOS(t.Context(), ftypes.OS{Family: family, Name: "999.9"}, nil, []ftypes.Package{pkg("a not/a:version"), {}}); err != nil {
			t.Errorf("%s: %v", family, err)
		}
	}
	for _, family := range []ftypes.OSType{"", "fedora", "bottlerocket"} {
		if _, _, err := db.DetectOS(t.Context(), ftypes.OS{Family: family, Name: "1"}, nil, nil); SupportsOS(family) || !errors.Is(err, ErrUnsupportedOS) {
			t.Errorf("%q: %v", family, err)
		}
	}
}

func TestAlpineRepository(t *testing.T) {
	db := open(t, build(t, time.Now()))
	got, eol, err := db.DetectOS(in2026(t), ftypes.OS{Family: ftypes.Alpine, Name: "3.22.0"}, &ftypes.Repository{Family: ftypes.Alpine, Release: "3.20"}, []ftypes.Package{pkg("curl 8.9.0-r0")})
	if err != nil || len(got) != 1 || eol {
		t.Error(got, eol, err)
	}
}

// TestExtendedMaintenance: the fixes of extended maintenance count where the
// database has any, those of the release otherwise.
func TestExtendedMaintenance(t *testing.T) {
	for _, release := range []string{"18.04", "18.04-ESM"} {
		t.Run(release, func(t *testing.T) {
			db := facts(t, "ecosystem: ubuntu\nrelease: "+release+"\nadvisories:\n  - id: CVE-2000-0001\n    package: a\n    fixed: \"2\""+tail)
			got, eol, err := db.DetectOS(in2026(t), ftypes.OS{Family: ftypes.Ubuntu, Name: "18.04", Extended: true}, nil, []ftypes.Package{pkg("a 1")})
			if err != nil || len(got) != 1 || eol {
				t.Errorf("%v, %v, %v", got, eol, err)
			}
		})
	}
}

func TestDetectOSStops(t *testing.T) {
	db := open(t, build(t, time.Now()))
	debian := ftypes.OS{Family: ftypes.Debian, Name: "12"}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := db.DetectOS(ctx, debian, nil, make([]ftypes.Package, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancel: %v", err)
	}
	db.Close()
	if _, _, err := db.DetectOS(t.Context(), debian, nil, nil); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
	if _, err := db.CoversOS(debian); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestDetectOSCorrupt: what cannot be read is an error, never a clean result.
func TestDetectOSCorrupt(t *testing.T) {
	for name, bad := range map[string][3]string{"advisory": {"debian 12", "a", "CVE-1"}, "details": {"vulnerability", "", "CVE-1"}} {
		t.Run(name, func(t *testing.T) {
			dir := build(t, time.Now())
			os.Remove(filepath.Join(dir, databaseName))
			rows := content{{"debian 12", "a", "CVE-1"}: map[string]any{}, {"vulnerability", "", "CVE-1"}: map[string]any{}}
			rows[bad] = []int{1}
			if err := writeBolt(filepath.Join(dir, databaseName), rows); err != nil {
				t.Fatal(err)
			}
			_, _, err := open(t, dir).DetectOS(t.Context(), ftypes.OS{Family: ftypes.Debian, Name: "12"}, nil, []ftypes.Package{pkg("a 1-1")})
			if err == nil || !strings.Contains(err.Error(), "is corrupt") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v", err)
			}
		})
	}
}
