package system

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	rpmdb "github.com/knqyf263/go-rpmdb/pkg"
	_ "modernc.org/sqlite" // as go-rpmdb wants it
)

// smallHeaders has headers where go-rpmdb does not look.
const smallHeaders = "rpm/Packages-64k.gz"

// rpmFixtures are databases of the same packages.
func rpmFixtures() map[string]string {
	return map[string]string{
		"rpm/rpmdb.sqlite.gz": "var/lib/rpm/rpmdb.sqlite",
		"rpm/Packages.db.gz":  "usr/lib/sysimage/rpm/Packages.db",
		"rpm/Packages.gz":     "var/lib/rpm/Packages",
		"rpm/Packages-be.gz":  "usr/lib/sysimage/rpm/Packages",
		smallHeaders:          "var/lib/rpm/Packages",
	}
}

// TestRPM holds the reader to what rpm says of the same packages.
func TestRPM(t *testing.T) {
	var want [][]string
	for _, row := range table(t, "rpm/expected.tsv") {
		if row[0] == "gpg-pubkey" {
			row[2], row[3] = "", "" // the key is of another time in each
		}
		want = append(want, row)
	}
	or := func(s, none string) string {
		if s == "" {
			return none
		}
		return s
	}
	for file, path := range rpmFixtures() {
		t.Run(file, func(t *testing.T) {
			r, err := read(t, path, fixture(t, file))
			if err != nil {
				t.Fatal(err)
			}
			var got [][]string
			for _, p := range r.Packages {
				src := p.SrcName + "-" + p.SrcVersion + "-" + p.SrcRelease + ".src.rpm"
				if p.SrcName == "" {
					src = "(none)"
				}
				arch := p.Arch
				if arch == "None" {
					arch = "(none)"
				}
				row := []string{p.Name, strconv.Itoa(p.Epoch), p.Version, p.Release, arch, src,
					or(p.Maintainer, "(none)"), or(p.Modularitylabel, "(none)"), strings.Join(p.Licenses, "; ")}
				if p.Name == "gpg-pubkey" {
					row[2], row[3] = "", ""
				}
				if p.SrcEpoch != p.Epoch {
					t.Errorf("%s: the epoch of the source is %d, not %d", p.Name, p.SrcEpoch, p.Epoch)
				}
				got = append(got, row)
			}
			slices.SortFunc(got, slices.Compare)
			same(t, "the packages", want, got)
			same(t, "what was left out", []string(nil), r.Gaps)

			demo := find(t, r.Packages, "demo")
			same(t, "one package", ftypes.Package{
				ID: "demo@1.0~rc1-3.el9.x86_64", Name: "demo", Version: "1.0~rc1", Release: "3.el9", Epoch: 2, Arch: "x86_64",
				SrcName: "demo", SrcVersion: "1.0~rc1", SrcRelease: "3.el9", SrcEpoch: 2, Modularitylabel: "demo:1:20240101:abcdef12",
				Licenses: []string{"MIT AND (BSD-3-Clause OR GPL-2.0-only)"}, Maintainer: "Red Hat, Inc.",
			}, demo)
			same(t, "what a part depends on", []string{demo.ID}, find(t, r.Packages, "python3-demo").DependsOn)

			// Of other vendors, the files are not the system's.
			for name, want := range map[string]bool{
				"usr/share/demo/file-with-a-long-name-300":      true,
				"usr/lib/python3.9/site-packages/demo.egg-info": true,
				"opt/cloud/package.json":                        true,
				"opt/others/package.json":                       false,
			} {
				if slices.Contains(r.Owns, name) != want {
					t.Errorf("that the system owns %s is %v", name, !want)
				}
			}
		})
	}
}

// TestSameAsLibrary holds the reader to the library that Trivy reads the
// databases with.
func TestSameAsLibrary(t *testing.T) {
	for file, path := range rpmFixtures() {
		t.Run(file, func(t *testing.T) {
			content := fixture(t, file)
			temp := filepath.Join(t.TempDir(), "Packages")
			if err := os.WriteFile(temp, content, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := rpmdb.Open(temp)
			if err != nil {
				t.Fatal(err)
			}
			list, err := db.ListPackages()
			if err != nil {
				t.Fatal(err)
			}
			var want, got [][]string
			provides, owns := map[string]string{}, 0
			for _, p := range list {
				id := p.Name + "@" + p.Version + "-" + p.Release + "." + p.Arch
				for _, name := range p.Provides {
					provides[name] = id
				}
			}
			for _, p := range list {
				id := p.Name + "@" + p.Version + "-" + p.Release + "." + p.Arch
				var needs []string
				for _, name := range p.Requires {
					if by := provides[name]; by != "" && by != id {
						needs = append(needs, by)
					}
				}
				slices.Sort(needs)
				files, err := p.InstalledFileNames()
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(p.Vendor, "Red Hat") || strings.HasPrefix(p.Vendor, "openSUSE") || p.Name == "cloud" {
					owns += len(files)
				}
				want = append(want, append([]string{id, p.License, p.Vendor, p.Modularitylabel}, slices.Compact(needs)...))
			}
			r, err := read(t, path, content)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range r.Packages {
				got = append(got, append([]string{p.ID, strings.Join(p.Licenses, ""), p.Maintainer, p.Modularitylabel}, p.DependsOn...))
			}
			if file == smallHeaders {
				if len(want) >= len(got) {
					t.Errorf("the library finds %d of %d packages: no header is where it does not look", len(want), len(got))
				}
				return
			}
			slices.SortFunc(want, slices.Compare)
			slices.SortFunc(got, slices.Compare)
			same(t, "the packages", want, got)
			same(t, "the number of files", owns, len(r.Owns))
		})
	}
}

func TestRPMManifest(t *testing.T) {
	content := fixture(t, "rpm/container-manifest-2")
	r, err := read(t, "var/lib/rpmmanifest/container-manifest-2", content)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Packages) != 4 || r.Gaps != nil {
		t.Errorf("%d packages, %v", len(r.Packages), r.Gaps)
	}
	same(t, "one package", ftypes.Package{
		Name: "python3-demo", Version: "1.0~rc1", Release: "3.el9", Epoch: 2, Arch: "noarch",
		SrcName: "demo", SrcVersion: "1.0~rc1", SrcRelease: "3.el9", SrcEpoch: 2,
	}, find(t, r.Packages, "python3-demo"))

	r, err = read(t, "var/lib/rpmmanifest/container-manifest-2", append(content, "a\tb\nx\t1-1\t0\t0\tv\t(none)\t0\tnoarch\tmany\tx-1-1.src.rpm\n"...))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "what was left out", []string{"left out 2 × a line that does not describe a package"}, r.Gaps)
	if len(r.Packages) != 4 {
		t.Errorf("%d packages are left", len(r.Packages))
	}
}

func TestSplitSourceRPM(t *testing.T) {
	for s, want := range map[string]sourceRPM{
		"":                         {},
		"(none)":                   {},
		"bash-5.1.8-9.el9.src.rpm": {"bash", "5.1.8", "9.el9"},
		"a-b-c-1-2.nosrc.rpm":      {"a-b-c", "1", "2"},
		"bash.src.rpm":             {},
		"bash-1.src.rpm":           {},
		"bash-1-2\x00-3.4.src.rpm": {},
	} {
		if got := splitSourceRPM(s); got != want {
			t.Errorf("%q gives %q, not %q", s, got, want)
		}
	}
}

// TestOneLost shows that a damaged package costs no other.
func TestOneLost(t *testing.T) {
	r := rpmPackages{ids: map[string]string{}}
	n := 0
	db, err := openRPM(strings.NewReader(string(fixture(t, "rpm/rpmdb.sqlite.gz"))), int64(len(fixture(t, "rpm/rpmdb.sqlite.gz"))))
	if err != nil {
		t.Fatal(err)
	}
	err = db.each(context.Background(), func(header []byte) error {
		if n++; n == 2 {
			header = header[:len(header)/2]
		}
		return r.add(header)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.out.Packages) != n-1 {
		t.Errorf("of %d packages, %d are left", n, len(r.out.Packages))
	}
	same(t, "what was left out", []string{"left out 1 × a package whose header is damaged"}, r.lost.gaps())
}
