package system

import (
	"slices"
	"strings"
	"testing"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

// TestDpkg holds the reader to what dpkg-query says of the same file.
func TestDpkg(t *testing.T) {
	r, err := read(t, dpkgStatus, fixture(t, "dpkg/status"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got [][]string
	for _, row := range table(t, "dpkg/expected.tsv") {
		if row[5] == "installed" {
			want = append(want, row[:5])
		}
	}
	for _, p := range r.Packages {
		got = append(got, []string{p.Name, whole(p.Epoch, p.Version, p.Release), p.SrcName, whole(p.SrcEpoch, p.SrcVersion, p.SrcRelease), p.Arch})
	}
	same(t, "the packages", want, got)
	same(t, "what was left out", []string(nil), r.Gaps)

	same(t, "one package", ftypes.Package{
		ID: "demo-epoch@2:1.0~rc1+ds-3", Name: "demo-epoch", Version: "1.0~rc1+ds", Release: "3", Epoch: 2, Arch: "all",
		SrcName: "demo", SrcVersion: "0.9", SrcRelease: "2", SrcEpoch: 1, Maintainer: "Fixture <fixture@example.com>",
		DependsOn: []string{"demo-native@1.5", find(t, r.Packages, "libc6").ID},
	}, find(t, r.Packages, "demo-epoch"))
	same(t, "what a folded field depends on", []string{find(t, r.Packages, "base-files").ID, find(t, r.Packages, "zlib1g").ID},
		find(t, r.Packages, "demo-native").DependsOn)
}

func TestStatusDir(t *testing.T) {
	for name, want := range map[string]ftypes.Package{
		"base-files": {Name: "base-files", SrcName: "base-files", Arch: "amd64"},
		"libssl3":    {Name: "libssl3", SrcName: "openssl", Arch: "amd64"},
		"tzdata":     {Name: "tzdata", SrcName: "tzdata", Arch: "all"},
	} {
		r, err := read(t, dpkgStatusDir+name, fixture(t, "status.d/"+name))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Packages) != 1 {
			t.Fatalf("%s has %d packages", name, len(r.Packages))
		}
		p := r.Packages[0]
		if p.Version == "" || p.SrcVersion != p.Version || p.SrcRelease != p.Release || p.Maintainer == "" {
			t.Errorf("%s lacks something: %+v", name, p)
		}
		same(t, name, want, ftypes.Package{Name: p.Name, SrcName: p.SrcName, Arch: p.Arch})
	}
	r, err := read(t, dpkgStatusDir+"python2.7", []byte("Package: libpython2.7-stdlib\nSource: python2.7\nVersion: 2.7.16-2\n"))
	if err != nil || len(r.Owns) != 3 {
		t.Errorf("Python 2.7 owns %v, %v", r, err)
	}
}

func TestDpkgFiles(t *testing.T) {
	for path, tt := range map[string]struct {
		file string
		has  string
		n    int
	}{
		dpkgInfoDir + "demo-epoch.md5sums": {"dpkg/demo-epoch.md5sums", "usr/lib/python3/dist-packages/demo-epoch.egg-info", 2},
		dpkgInfoDir + "bsdutils.md5sums":   {"dpkg/bsdutils.md5sums", "usr/bin/logger", strings.Count(string(fixture(t, "dpkg/bsdutils.md5sums")), "\n")},
		dpkgStatusDir + "libssl3.md5sums":  {"status.d/libssl3.md5sums", "usr/lib/x86_64-linux-gnu/libssl.so.3", strings.Count(string(fixture(t, "status.d/libssl3.md5sums")), "\n")},
	} {
		r, err := read(t, path, fixture(t, tt.file))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Owns) != tt.n || !slices.Contains(r.Owns, tt.has) || r.Gaps != nil {
			t.Errorf("%s: %v, %v", path, r.Owns, r.Gaps)
		}
	}
}

func TestDpkgEntries(t *testing.T) {
	for _, tt := range []struct {
		name, content string
		want          []string // ids
		gaps          []string
	}{
		{name: "empty"},
		{name: "only space", content: "\n\n\n"},
		{name: "no line end", content: "Package: a\nVersion: 1", want: []string{"a@1"}},
		{name: "any case", content: "PACKAGE: a\nversion:1\n", want: []string{"a@1"}},
		{name: "the first of two", content: "Package: a\nVersion: 1\nVersion: 2\n", want: []string{"a@1"}},
		{name: "more space between", content: "Package: a\nVersion: 1\n\n\n\nPackage: b\nVersion: 2\n", want: []string{"a@1", "b@2"}},
		{name: "line ends of Windows", content: "Package: a\r\nVersion: 1\r\n\r\nPackage: b\r\nVersion: 2\r\n", want: []string{"a@1", "b@2"}},
		{name: "known, not installed", content: "Package: a\nStatus: unknown ok not-installed\n"},
		{name: "purged", content: "Package: a\nStatus: purge ok not-installed\nVersion: 1\n"},
		{name: "half configured", content: "Package: a\nStatus: install ok half-configured\nVersion: 1\n", want: []string{"a@1"}},
		{name: "two architectures", content: "Package: a\nVersion: 1\nArchitecture: amd64\n\nPackage: a\nVersion: 1\nArchitecture: i386\n", want: []string{"a@1"}},
		{name: "no version", content: "Package: a\nVersion: one\n", gaps: []string{"left out 1 × a package whose name or version is not one"}},
		{name: "a name with a NUL", content: "Package: a\x00b\nVersion: 1\n", gaps: []string{"left out 1 × a package whose name or version is not one"}},
		{name: "a line without a colon", content: "Package: a\nnonsense\nVersion: 1\n\nPackage: b\nVersion: 1\n", want: []string{"b@1"}, gaps: []string{"left out 1 × an entry that is not of dpkg's format"}},
		{name: "folded before any", content: " Package: a\nVersion: 1\n", gaps: []string{"left out 1 × an entry that is not of dpkg's format"}},
		{name: "a huge epoch", content: "Package: a\nVersion: 99999999999999999999:1\n", gaps: []string{"left out 1 × a package whose name or version is not one"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := read(t, dpkgStatus, []byte(tt.content))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range r.Packages {
				got = append(got, p.ID)
			}
			same(t, "the packages", tt.want, got)
			same(t, "what was left out", tt.gaps, r.Gaps)
		})
	}
}

func TestSplitSource(t *testing.T) {
	for s, want := range map[string][2]string{
		"":                      {},
		"glibc":                 {"glibc", ""},
		"glibc (2.36-9)":        {"glibc", "2.36-9"},
		"glibc (1:2.36-9+b(1))": {"glibc", "1:2.36-9+b(1)"},
		"glibc  (2.36-9)":       {"glibc", ""},
		"glibc (2.36-9":         {"glibc", ""},
	} {
		name, version := splitSource(s)
		same(t, s, want, [2]string{name, version})
	}
}
