package system

import (
	"testing"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
)

func TestAPK(t *testing.T) {
	want := []ftypes.Package{
		{ID: ".build-deps@20250101.000000", Name: ".build-deps", Version: "20250101.000000", Arch: "noarch", DependsOn: []string{"busybox@1.37.0-r12", "musl@1.2.5-r9"}},
		{ID: "alpine-baselayout-data@3.6.8-r1", Name: "alpine-baselayout-data", Version: "3.6.8-r1", Arch: "x86_64", SrcName: "alpine-baselayout", SrcVersion: "3.6.8-r1",
			Licenses: []string{"GPL-2.0-only"}, Maintainer: "A Maintainer <maintainer@example.org>"},
		{ID: "busybox@1.37.0-r12", Name: "busybox", Version: "1.37.0-r12", Arch: "x86_64", SrcName: "busybox", SrcVersion: "1.37.0-r12",
			Licenses: []string{"GPL-2.0-only"}, DependsOn: []string{"musl@1.2.5-r9"}},
		{ID: "libcrypto3@3.3.3-r0", Name: "libcrypto3", Version: "3.3.3-r0", Arch: "x86_64", SrcName: "openssl", SrcVersion: "3.3.3-r0",
			Licenses: []string{"Apache-2.0"}, Maintainer: "A Maintainer <maintainer@example.org>", DependsOn: []string{"musl@1.2.5-r9"}},
		{ID: "musl@1.2.5-r9", Name: "musl", Version: "1.2.5-r9", Arch: "x86_64", SrcName: "musl", SrcVersion: "1.2.5-r9",
			Licenses: []string{"MIT"}, Maintainer: "A Maintainer <maintainer@example.org>"},
		{ID: "py3-demo@0.1_git20240101-r2", Name: "py3-demo", Version: "0.1_git20240101-r2", Arch: "noarch", SrcName: "py3-demo", SrcVersion: "0.1_git20240101-r2",
			Licenses:  []string{"MIT", "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"},
			DependsOn: []string{"busybox@1.37.0-r12", "libcrypto3@3.3.3-r0"}},
	}
	for _, path := range []string{"lib/apk/db/installed", "usr/lib/apk/db/installed"} {
		r, err := read(t, path, fixture(t, "apk/installed"))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "the packages", want, r.Packages)
		same(t, "the files", []string{
			"etc/fstab", "etc/shadow", "lib/ld-musl-x86_64.so.1", "lib/libc.musl-x86_64.so.1", "etc/ssl/openssl.cnf", "usr/lib/libcrypto.so.3",
			"bin/busybox", "usr/lib/python3.12/site-packages/demo-0.1.dist-info/METADATA",
		}, r.Owns)
		same(t, "what was left out", []string(nil), r.Gaps)
	}
}

func TestAPKEntries(t *testing.T) {
	const lost = "left out 1 × a package whose name or version is not one"
	for _, tt := range []struct {
		name, content string
		want          []string // ids
		owns, gaps    []string
	}{
		{name: "empty"},
		{name: "only space", content: "\n\n\n"},
		{name: "no line end", content: "P:a\nV:1", want: []string{"a@1"}},
		{name: "no version", content: "P:a\nV:one\n\nP:b\nV:1\n", want: []string{"b@1"}, gaps: []string{lost}},
		{name: "no name", content: "V:1\n", gaps: []string{lost}},
		{name: "a name with an escape", content: "P:a\x1b\nV:1\n", gaps: []string{lost}},
		{name: "twice", content: "P:a\nV:1\n\nP:a\nV:2\n", want: []string{"a@1"}},
		{name: "outside", content: "P:a\nV:1\nF:../..\nR:x\nF:usr\nR:../../../y\nR:z\n", want: []string{"a@1"}, owns: []string{"usr/z"}},
		{name: "the top directory", content: "P:a\nV:1\nF:\nR:x\n", want: []string{"a@1"}, owns: []string{"x"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := read(t, "lib/apk/db/installed", []byte(tt.content))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range r.Packages {
				got = append(got, p.ID)
			}
			same(t, "the packages", tt.want, got)
			same(t, "the files", tt.owns, r.Owns)
			same(t, "what was left out", tt.gaps, r.Gaps)
		})
	}
}
