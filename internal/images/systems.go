package images

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxFixture bounds a fixture, in bytes when unpacked.
const maxFixture = 64 << 20

// Systems returns an image of each operating system that has facts in
// testdata/advisories/os, with versions that are vulnerable, and an index for
// two architectures. checkout is the root of this repository.
func Systems(checkout string) ([]Named, error) {
	var out []Named
	add := func(name, arch string, layers ...[]File) error {
		img, err := newOf(arch, layers...)
		out = append(out, Named{Name: name, Image: img})
		return err
	}
	for _, s := range plainSystems() {
		if err := add(s.name, "amd64", s.layers...); err != nil {
			return nil, err
		}
	}
	for _, s := range rpmSystems() {
		files, err := s.files(checkout)
		if err != nil {
			return nil, err
		}
		if err := add(s.name, s.arch, files); err != nil {
			return nil, err
		}
	}
	index, err := twoArchitectures()
	if err != nil {
		return nil, err
	}
	return append(out, Named{Name: "multi", Index: index}), nil
}

// plainSystem has a package database that is text.
type plainSystem struct {
	name   string
	layers [][]File
}

func plainSystems() []plainSystem {
	alpine := []pkg{
		{"alpine-baselayout-data", "alpine-baselayout", "3.6.5-r0"},
		{"musl", "musl", "1.2.5-r0"},
		{"busybox", "busybox", "1.36.1-r24"},
		{"libcrypto3", "openssl", "3.3.0-r2"},
		{"libssl3", "openssl", "3.3.0-r2"},
		{"libcurl", "curl", "8.9.0-r0"},
		{"xz-libs", "xz", "5.6.0-r1"},
		{"zlib", "zlib", "1.3.1-r1"},
	}
	wolfi := []pkg{
		{"wolfi-baselayout", "wolfi-baselayout", "20230201-r11"},
		{"libcrypto3", "openssl", "3.3.1-r1"},
		{"libcurl-openssl4", "curl", "8.8.0-r0"},
		{"glibc", "glibc", "2.39-r2"},
	}
	debian := []pkg{
		{"base-files", "base-files", "12.4+deb12u1"},
		{"libc6", "glibc", "2.36-9+deb12u1"},
		{"libssl3", "openssl", "3.0.9-1"},
		{"libcurl4", "curl", "7.88.1-10+deb12u1"},
		{"zlib1g", "zlib (1:1.2.13.dfsg-1)", "1:1.2.13.dfsg-1+b1"},
		{"gpgv", "gnupg2", "2.2.40-1.1"},
		{"coreutils", "coreutils", "9.1-1"},
	}
	ubuntu := []pkg{
		{"libc6", "glibc", "2.35-0ubuntu3.1"},
		{"openssl", "openssl", "3.0.2-0ubuntu1.6"},
		{"libssl3", "openssl", "3.0.2-0ubuntu1.7"},
		{"curl", "curl", "7.81.0-1ubuntu1.13"},
		{"zlib1g", "zlib", "1:1.2.11.dfsg-2ubuntu9"},
		{"coreutils", "coreutils", "8.32-4.1ubuntu1"},
	}
	alpineRelease := append(osRelease("Alpine Linux", "alpine", "3.20.0"), File{Path: "etc/alpine-release", Content: "3.20.0\n"},
		File{Path: "etc/apk/repositories", Content: "https://dl-cdn.alpinelinux.org/alpine/v3.20/main\nhttps://dl-cdn.alpinelinux.org/alpine/v3.20/community\n"})
	debianRelease := append(osRelease("Debian GNU/Linux", "debian", "12"), File{Path: "etc/debian_version", Content: "12.1\n"})
	upgraded := slices.Clone(debian) // what an upgrade in a later layer leaves
	upgraded[2].version = "3.0.14-1~deb12u2"
	return []plainSystem{
		{"alpine-3.20", [][]File{append(alpineRelease, apkDatabase("x86_64", alpine))}},
		{"wolfi", [][]File{append(osRelease("Wolfi", "wolfi", "20230201"), apkDatabase("x86_64", wolfi))}},
		{"chainguard", [][]File{append(osRelease("Chainguard", "chainguard", "20230214"), apkDatabase("x86_64", wolfi))}},
		{"debian-12", [][]File{slices.Concat(debianRelease, []File{dpkgDatabase("amd64", debian)}), {dpkgDatabase("amd64", upgraded)}}},
		{"distroless-12", [][]File{slices.Concat(debianRelease, statusDirectory("amd64", debian[:3])), statusDirectory("amd64", debian[4:5])}},
		{"ubuntu-22.04", [][]File{append(osRelease("Ubuntu", "ubuntu", "22.04"), File{Path: "etc/debian_version", Content: "bookworm/sid\n"},
			File{Path: "etc/lsb-release", Content: "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=22.04\nDISTRIB_CODENAME=jammy\nDISTRIB_DESCRIPTION=\"Ubuntu 22.04.2 LTS\"\n"},
			dpkgDatabase("amd64", ubuntu))}},
	}
}

// rpmSystem has a package database that rpm wrote.
type rpmSystem struct {
	name, arch string
	release    []File
	database   string // its path in the image
}

func rpmSystems() []rpmSystem {
	const (
		sqlite  = "var/lib/rpm/rpmdb.sqlite"
		sysroot = "usr/lib/sysimage/rpm/"
	)
	relative := func(name, id, version, file, line string) []File {
		return append(osRelease(name, id, version), File{Path: "etc/" + file, Content: line + "\n"}, File{Path: "etc/redhat-release", Content: line + "\n"})
	}
	return []rpmSystem{
		{"rocky-9", "amd64", relative("Rocky Linux", "rocky", "9.0", "rocky-release", "Rocky Linux release 9.0 (Blue Onyx)"), sqlite},
		{"alma-9", "amd64", relative("AlmaLinux", "almalinux", "9.0", "almalinux-release", "AlmaLinux release 9.0 (Emerald Puma)"), sqlite},
		{"redhat-9", "amd64", relative("Red Hat Enterprise Linux", "rhel", "9.0", "system-release", "Red Hat Enterprise Linux release 9.0 (Plow)"), sqlite},
		{"oracle-9", "amd64", append(osRelease("Oracle Linux Server", "ol", "9.0"), File{Path: "etc/oracle-release", Content: "Oracle Linux Server release 9.0\n"},
			File{Path: "etc/redhat-release", Content: "Red Hat Enterprise Linux release 9.0 (Plow)\n"}), "var/lib/rpm/Packages"},
		{"amazon-2023", "arm64", append(osRelease("Amazon Linux", "amzn", "2023"), File{Path: "etc/system-release", Content: "Amazon Linux release 2023.6.20250107 (Amazon Linux)\n"}), sqlite},
		{"opensuse-leap-15.6", "amd64", osRelease("openSUSE Leap", "opensuse-leap", "15.6"), sysroot + "Packages.db"},
		{"photon-5", "amd64", osRelease("VMware Photon OS", "photon", "5.0"), sysroot + "rpmdb.sqlite"},
		{"azurelinux-3.0", "amd64", osRelease("Microsoft Azure Linux", "azurelinux", "3.0"), sqlite},
	}
}

func (s rpmSystem) files(checkout string) ([]File, error) {
	db, err := unpacked(filepath.Join(checkout, "scanners", "installed", "system", "testdata", "rpm", "systems", s.name+".gz"))
	if err != nil {
		return nil, err
	}
	// What rpm has in python3-idna: the system's, so not a package of Python.
	owned := File{Path: "usr/lib/python3.9/site-packages/idna-3.7.dist-info/METADATA", Content: "Metadata-Version: 2.1\nName: idna\nVersion: 3.7\n"}
	files := append(slices.Clone(s.release), File{Path: s.database, Content: string(db)})
	if s.name == "rocky-9" || s.name == "alma-9" || s.name == "redhat-9" {
		files = append(files, owned)
	}
	return files, nil
}

// twoArchitectures is an index whose images have packages of their own.
func twoArchitectures() (v1.ImageIndex, error) {
	images := map[string]v1.Image{}
	for _, a := range []struct {
		arch, apk string
		pkgs      []pkg
	}{
		{"amd64", "x86_64", []pkg{{"libssl3", "openssl", "3.3.0-r2"}, {"zlib", "zlib", "1.3.1-r1"}}},
		{"arm64", "aarch64", []pkg{{"libssl3", "openssl", "3.3.2-r0"}, {"libcurl", "curl", "8.8.0-r0"}}},
	} {
		img, err := newOf(a.arch, append(osRelease("Alpine Linux", "alpine", "3.20.0"), apkDatabase(a.apk, a.pkgs)))
		if err != nil {
			return nil, err
		}
		images[a.arch] = img
	}
	return multi(images, "amd64", "arm64"), nil
}

// unpacked reads a gzip-compressed fixture.
func unpacked(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	data, err := io.ReadAll(io.LimitReader(z, maxFixture))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}
