package images

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/scangate/scangate/scanners/image"
)

// want has, for each image, the system that is recognized and what is wrong
// with it: package, advisory, fixed version.
var want = map[string][]string{
	"alpine-3.20": {"alpine 3.20.0",
		"busybox CVE-2023-42366 1.36.1-r25", "libcrypto3 CVE-2024-5535 3.3.1-r1", "libcrypto3 CVE-2024-6119 3.3.2-r0",
		"libcurl CVE-2024-7264 8.9.1-r0", "libssl3 CVE-2024-5535 3.3.1-r1", "libssl3 CVE-2024-6119 3.3.2-r0", "xz-libs CVE-2024-3094 5.6.1-r2"},
	"wolfi": {"wolfi 20230201",
		"glibc CVE-2024-2961 2.39-r3", "libcrypto3 CVE-2024-5535 3.3.1-r3", "libcrypto3 CVE-2024-6119 3.3.2-r0", "libcurl-openssl4 CVE-2024-7264 8.9.1-r0"},
	"chainguard": {"chainguard 20230214",
		"glibc CVE-2024-2961 2.39-r3", "libcrypto3 CVE-2024-6119 3.3.2-r0", "libcurl-openssl4 CVE-2024-7264 8.9.1-r0"},
	"debian-12": {"debian 12.1",
		"coreutils CVE-2016-2781 ", "gpgv CVE-2022-3219 ", "libc6 CVE-2019-9192 ", "libc6 CVE-2023-4911 2.36-9+deb12u3", "libc6 CVE-2024-2961 2.36-9+deb12u6",
		"libcurl4 CVE-2023-38545 7.88.1-10+deb12u4", "zlib1g CVE-2023-45853 "},
	"distroless-12": {"debian 12.1",
		"libc6 CVE-2019-9192 ", "libc6 CVE-2023-4911 2.36-9+deb12u3", "libc6 CVE-2024-2961 2.36-9+deb12u6",
		"libssl3 CVE-2023-5363 3.0.11-1~deb12u2", "libssl3 CVE-2024-6119 3.0.14-1~deb12u2", "zlib1g CVE-2023-45853 "},
	"ubuntu-22.04": {"ubuntu 22.04",
		"coreutils CVE-2016-2781 ", "curl CVE-2023-38545 7.81.0-1ubuntu1.14", "libc6 CVE-2023-4911 2.35-0ubuntu3.4", "libc6 CVE-2024-2961 2.35-0ubuntu3.7",
		"libssl3 CVE-2023-0286 3.0.2-0ubuntu1.8", "openssl CVE-2022-3602 3.0.2-0ubuntu1.7", "openssl CVE-2023-0286 3.0.2-0ubuntu1.8", "zlib1g CVE-2022-37434 1:1.2.11.dfsg-2ubuntu9.1"},
	"rocky-9":  el("rocky 9.0"),
	"alma-9":   el("alma 9.0"),
	"redhat-9": append(el("redhat 9.0"), "gnupg2 CVE-2022-3219 ", "minizip CVE-2023-45853 "),
	"oracle-9": {"oracle 9.0",
		"curl CVE-2023-38545 7.76.1-23.el9_2.4", "glibc CVE-2023-4911 2.34-60.0.3.el9_2.7", "openssl CVE-2022-3602 1:3.0.1-43.0.1.el9_0"},
	"amazon-2023": {"amazon 2023.6.20250107 (Amazon Linux)",
		"curl CVE-2023-38545 8.3.0-1.amzn2023.0.2", "glibc CVE-2023-4911 2.34-52.amzn2023.0.3", "openssl CVE-2023-5363 3.0.8-1.amzn2023.0.7"},
	"opensuse-leap-15.6": {"opensuse-leap 15.6",
		"curl CVE-2024-7264 8.6.0-150600.4.6.1", "libopenssl3 CVE-2024-5535 3.1.4-150600.5.10.1", "libopenssl3 CVE-2024-6119 3.1.4-150600.5.15.1"},
	"photon-5": {"photon 5.0",
		"curl CVE-2023-38545 8.1.2-5.ph5", "curl-libs CVE-2023-38545 8.1.2-5.ph5", "glibc CVE-2023-4911 2.36-11.ph5", "glibc-libs CVE-2023-4911 2.36-11.ph5", "zlib CVE-2023-45853 1.2.13-2.ph5"},
	"azurelinux-3.0": {"azurelinux 3.0",
		"curl CVE-2024-7264 8.8.0-2.azl3", "curl-libs CVE-2024-7264 8.8.0-2.azl3", "glibc CVE-2019-9192 ",
		"openssl CVE-2024-6119 3.3.2-1.azl3", "openssl-libs CVE-2024-6119 3.3.2-1.azl3"},
	"multi linux/amd64": {"alpine 3.20.0", "libssl3 CVE-2024-5535 3.3.1-r1", "libssl3 CVE-2024-6119 3.3.2-r0"},
	"multi linux/arm64": {"alpine 3.20.0", "libcurl CVE-2024-6197 8.9.0-r0", "libcurl CVE-2024-7264 8.9.1-r0"},
}

// el is what the relatives of Red Hat's release 9 have in common.
func el(system string) []string {
	return []string{system,
		"curl CVE-2023-38545 7.76.1-23.el9_2.4", "glibc CVE-2023-4911 2.34-60.el9_2.7", "openssl CVE-2022-3602 1:3.0.1-43.el9_0", "openssl CVE-2023-0286 1:3.0.1-47.el9_1",
		"openssl-libs CVE-2022-3602 1:3.0.1-43.el9_0", "xz CVE-2022-1271 5.2.5-8.el9_0", "zlib CVE-2022-37434 1.2.11-32.el9_0"}
}

func TestSystems(t *testing.T) {
	all, err := Systems(checkout)
	if err != nil {
		t.Fatal(err)
	}
	db := database(t)
	seen := map[string]bool{}
	for _, n := range all {
		dir := filepath.Join(t.TempDir(), n.Name)
		if err := n.WriteLayout(dir); err != nil {
			t.Fatal(err)
		}
		names := map[string]string{n.Name: ""}
		if n.Index != nil {
			names = map[string]string{n.Name + " linux/amd64": "linux/amd64", n.Name + " linux/arm64": "linux/arm64"}
		}
		for name, platform := range names {
			seen[name] = true
			t.Run(name, func(t *testing.T) {
				run := scan(t, image.Options{DB: db, Platform: platform}, "oci:"+dir)
				var got []string
				for _, s := range run.Inventory {
					if s.System != "" && !slices.Contains(got, s.System) {
						got = append(got, s.System)
					}
				}
				for _, f := range run.Findings {
					if family, _, _ := strings.Cut(want[name][0], " "); f.Package != nil && f.Package.Ecosystem == family {
						got = append(got, fmt.Sprintf("%s %s %s", f.Package.Name, f.RuleID, f.Package.FixedVersion))
					}
				}
				slices.Sort(got[min(1, len(got)):])
				expected := slices.Clone(want[name])
				slices.Sort(expected[1:])
				if diff := cmp.Diff(expected, got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d of %d images were built", len(seen), len(want))
	}
}

// TestLayouts: the images are whole, and the same each time.
func TestLayouts(t *testing.T) {
	var made [2][]Named
	for i := range made {
		systems, err := Systems(checkout)
		if err != nil {
			t.Fatal(err)
		}
		programs, err := Languages(checkout)
		if err != nil {
			t.Fatal(err)
		}
		made[i] = append(systems, programs)
	}
	first, second := made[0], made[1]
	for i, n := range first {
		dir := t.TempDir()
		if err := n.WriteLayout(dir); err != nil {
			t.Fatal(err)
		}
		index, err := layout.ImageIndexFromPath(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Index(index); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
		other := t.TempDir()
		if err := second[i].WriteLayout(other); err != nil {
			t.Fatal(err)
		}
		a, errA := os.ReadFile(filepath.Join(dir, "index.json"))
		b, errB := os.ReadFile(filepath.Join(other, "index.json"))
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s is not the same when it is made again", n.Name)
		}
	}
}

func TestWhiteouts(t *testing.T) {
	for path, want := range map[string]string{"a": ".wh.a", "a/b": "a/.wh.b"} {
		if got := Gone(path).Path; got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := Emptied("a/b").Path; got != "a/b/.wh..wh..opq" {
		t.Error(got)
	}
}
