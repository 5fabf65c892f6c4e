package vulndb

import (
	"strings"
	"testing"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/google/go-cmp/cmp"
)

func TestOSVSystems(t *testing.T) {
	for _, tt := range []struct {
		ecosystem, rest, os string
		pkg                 ftypes.Package
		fixed               string
	}{
		{"Debian:12", upTo2, "debian 12.1", pkg("a 1.0-1"), "2.0.0"},
		{"Debian:12", `{"introduced": "0"}`, "debian 12", pkg("a 9.0-1"), ""},
		{"Alpine:v3.20", upTo2, "alpine 3.20.1", pkg("a 1.0-r1"), "2.0.0"},
		{"Ubuntu:22.04:LTS", upTo2, "ubuntu 22.04", pkg("a 1.0-1"), "2.0.0"},
		{"Ubuntu:24.10", upTo2, "ubuntu 24.10", pkg("a 1.0-1"), "2.0.0"},
		{"Ubuntu:Pro:18.04:LTS", upTo2, "ubuntu 18.04-ESM", pkg("a 1.0-1"), "2.0.0"},
		{"Rocky Linux:9", upTo2, "rocky 9.4", rpm("a 0 1.0 1.el9"), "2.0.0"},
		{"AlmaLinux:9", upTo2, "alma 9.4", rpm("a 0 1.0 1.el9"), "2.0.0"},
		{"Wolfi", upTo2, "wolfi 2023", pkg("a 1.0-r1"), "2.0.0"},
		{"Chainguard", upTo2, "chainguard 2023", pkg("a 1.0-r1"), "2.0.0"},
		{"openSUSE:Leap 15.6", upTo2, "opensuse-leap 15.6", rpm("a 0 1.0 1"), "2.0.0"},
		{"openSUSE:Tumbleweed", upTo2, "opensuse-tumbleweed 20240101", rpm("a 0 1.0 1"), "2.0.0"},
		{"SUSE:Linux Enterprise Server 15 SP6", upTo2, "sles 15.6", rpm("a 0 1.0 1"), "2.0.0"},
		{"SUSE:Linux Enterprise Micro 5.5", upTo2, "slem 5.5", rpm("a 0 1.0 1"), "2.0.0"},
		{"Red Hat:enterprise_linux:9::baseos", upTo2, "redhat 9.4", rpm("a 0 1.0 1.el9"), "2.0.0"},
		{"Red Hat:enterprise_linux:9::appstream", upTo2, "centos 9", rpm("a 0 1.0 1.el9"), "2.0.0"},
		{"Photon OS:5.0", upTo2, "photon 5.0", rpm("a 0 1.0 1"), "2.0.0"},
		{"Azure Linux:3", upTo2, "azurelinux 3.0.1", rpm("a 0 1.0 1"), "2.0.0"},
	} {
		t.Run(tt.ecosystem, func(t *testing.T) {
			db, _ := osvDB(t, "", affected("X-1", tt.ecosystem, "a", events(tt.rest)))
			family, release, _ := strings.Cut(tt.os, " ")
			os := ftypes.OS{Family: ftypes.OSType(family), Name: release}
			newer := tt.pkg
			newer.ID, newer.Version, newer.SrcVersion = "newer", "3.0-r1", "3.0-r1"
			got, _, err := db.DetectOS(t.Context(), os, nil, []ftypes.Package{tt.pkg, newer})
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"a X-1 " + tt.fixed}
			if tt.fixed == "" {
				want = append(want, want[0])
			}
			var lines []string
			for _, v := range got {
				lines = append(lines, v.PkgName+" "+v.VulnerabilityID+" "+v.FixedVersion)
			}
			if diff := cmp.Diff(want, lines); diff != "" {
				t.Error(diff)
			}
			if covered, err := db.CoversOS(os); err != nil || !covered {
				t.Errorf("covers: %v, %v", covered, err)
			}
		})
	}
}

func TestOSVBinaries(t *testing.T) {
	db, _ := osvDB(t, "", affected("SUSE-SU-2024:1-1", "openSUSE:Leap 15.6", "openssl-3", events(upTo2)+
		`, "ecosystem_specific": {"binaries": [{"libopenssl3": "2.0.0-1", "openssl-3": "2.0.0-1"}]}`))
	got, _, err := db.DetectOS(t.Context(), ftypes.OS{Family: ftypes.OpenSUSELeap, Name: "15.6"}, nil, []ftypes.Package{rpm("libopenssl3 0 1 1")})
	if err != nil || len(got) != 1 || got[0].FixedVersion != "2.0.0-1" {
		t.Error(got, err)
	}
}
