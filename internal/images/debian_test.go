//go:build realimages

package images

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/package-url/packageurl-go"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/image"
)

// debian makes the root, in a directory that outlives the test where one is
// named.
func debian(t *testing.T) *Debian {
	t.Helper()
	dir := os.Getenv("DEBIAN_ROOT")
	if dir == "" {
		dir = t.TempDir()
	}
	d, err := MakeDebian(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDebian: what dpkg says of a real system is what the scanner says of the
// image of it, from wherever that comes.
func TestDebian(t *testing.T) {
	d := debian(t)
	img, err := d.Image(checkout)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	n := Named{Name: "debian", Image: img}
	s := serve(t)
	o := image.Options{DB: database(t), Transport: s.Client().Transport, Keychain: s}
	pulled := scan(t, o, s.push(t, "distro/debian:12", n))

	t.Run("dpkg-query", func(t *testing.T) {
		want, err := d.Packages(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, systemPackages(t, pulled)); diff != "" {
			t.Error(diff)
		}
		if len(want) < 50 {
			t.Errorf("a Debian of %d packages", len(want))
		}
	})
	t.Run("the change", func(t *testing.T) {
		where := map[string]string{}
		for _, s := range pulled.Inventory {
			for _, p := range s.Packages {
				where[p.Name+" "+p.File] = p.Layer
			}
		}
		top, err := layers[2].Digest()
		if err != nil {
			t.Fatal(err)
		}
		if got := where[d.Installed()+" "]; got != top.String() {
			t.Errorf("%s came with %q, want the last layer, %s", d.Installed(), got, top)
		}
		if _, ok := where[d.Removed()+" "]; ok {
			t.Errorf("%s is there though it was removed", d.Removed())
		}
		for file, want := range map[string]bool{
			"minimist srv/old/node_modules/minimist/package.json":                   false, // in an emptied directory
			"isarray srv/app/node_modules/isarray/package.json":                     false, // in a deleted one
			"@tootallnate/once srv/app/node_modules/@tootallnate/once/package.json": true,
			"itoa srv/bin/shop": true,
		} {
			if _, ok := where[file]; ok != want {
				t.Errorf("%s: %v, want %v", file, ok, want)
			}
		}
	})
	t.Run("advisories", func(t *testing.T) {
		// Whatever the mirror has: these are not to be fixed in this release.
		base := digest(t, layers[0])
		for _, want := range []string{"zlib1g CVE-2023-45853", "libc6 CVE-2019-9192", "coreutils CVE-2016-2781"} {
			if !slices.ContainsFunc(pulled.Findings, func(f finding.Finding) bool {
				return f.Package != nil && f.Package.Name+" "+f.RuleID == want && f.Layer.DiffID == base
			}) {
				t.Errorf("%s is missing, or not of the base layer", want)
			}
		}
	})
	t.Run("layout and archive", func(t *testing.T) {
		dir := t.TempDir()
		if err := n.WriteLayout(filepath.Join(dir, "layout")); err != nil {
			t.Fatal(err)
		}
		archive := filepath.Join(dir, "debian.tar")
		if err := n.WriteArchive(archive); err != nil {
			t.Fatal(err)
		}
		for _, ref := range []string{"oci:" + filepath.Join(dir, "layout"), "docker-archive:" + archive} {
			run := scan(t, image.Options{DB: o.DB, Offline: true}, ref)
			if diff := cmp.Diff(findings(pulled), findings(run)); diff != "" {
				t.Errorf("%s: %s", ref, diff)
			}
			if diff := cmp.Diff(systemPackages(t, pulled), systemPackages(t, run)); diff != "" {
				t.Errorf("%s: %s", ref, diff)
			}
		}
	})
	t.Run("without the password", func(t *testing.T) {
		tree, err := scanners.Walk(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer tree.Close()
		all, err := image.New(image.Options{DB: o.DB, Transport: o.Transport, Keychain: authn.NewMultiKeychain()}, []image.Reference{{Name: s.host + "/distro/debian:12"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := all[0].Scan(t.Context(), scanners.Target{Tree: tree, Jobs: 1}, scanners.Work{}); err == nil || !strings.Contains(err.Error(), "access denied") {
			t.Errorf("got %v", err)
		}
	})
}

// TestPlatform: the index of a registry has an image for each machine.
func TestPlatform(t *testing.T) {
	all, err := Systems(checkout)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t)
	db := database(t)
	i := slices.IndexFunc(all, func(n Named) bool { return n.Index != nil })
	ref := s.push(t, "team/multi:1", all[i])
	for platform, want := range map[string][]string{
		"linux/amd64": {"libssl3 3.3.0-r2 x86_64", "zlib 1.3.1-r1 x86_64"},
		"linux/arm64": {"libcurl 8.8.0-r0 aarch64", "libssl3 3.3.2-r0 aarch64"},
	} {
		run := scan(t, image.Options{DB: db, Platform: platform, Transport: s.Client().Transport, Keychain: s}, ref)
		if diff := cmp.Diff(want, systemPackages(t, run)); diff != "" {
			t.Errorf("%s: %s", platform, diff)
		}
	}
}

// systemPackages are "name version architecture", as dpkg-query has them.
func systemPackages(t *testing.T, run finding.Run) []string {
	t.Helper()
	var out []string
	for _, s := range run.Inventory {
		for _, p := range s.Packages {
			if s.System == "" {
				continue
			}
			purl, err := packageurl.FromString(p.PURL)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, p.Name+" "+p.Version+" "+purl.Qualifiers.Map()["arch"])
		}
	}
	slices.Sort(out)
	return out
}

// findings are all but the one that only an image of a registry can have, and
// without what depends on how layers are stored.
func findings(run finding.Run) []string {
	out := advisories(run)
	for _, f := range run.Findings {
		if f.Package == nil && f.RuleID != "image-not-pinned" {
			out = append(out, f.RuleID+" "+f.Message)
		}
	}
	slices.Sort(out)
	return out
}

// advisories are the findings about packages, one line each.
func advisories(run finding.Run) []string {
	var out []string
	for _, f := range run.Findings {
		if f.Package != nil {
			out = append(out, strings.Join([]string{f.Package.Name, f.Package.Version, f.RuleID, f.Package.FixedVersion, f.Severity.String(), f.Layer.DiffID, f.Layer.File}, " "))
		}
	}
	slices.Sort(out)
	return out
}
