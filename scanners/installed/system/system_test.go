package system

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/scanners/installed"
)

// read gives a file to the one reader that wants it.
func read(t testing.TB, path string, content []byte) (*installed.Result, error) {
	t.Helper()
	return readWith(t, context.Background(), path, content)
}

func readWith(t testing.TB, ctx context.Context, path string, content []byte) (*installed.Result, error) {
	t.Helper()
	var wants []installed.Reader
	for _, r := range Readers() {
		if r.Wants(path, 0o644, int64(len(content))) {
			wants = append(wants, r)
		}
	}
	if len(wants) != 1 {
		t.Fatalf("%d readers want %s, not one", len(wants), path)
	}
	if int64(len(content)) > wants[0].Max {
		t.Fatalf("%s has %d bytes, over the reader's limit", path, len(content))
	}
	return wants[0].Read(ctx, installed.File{Path: path, Mode: 0o644, Size: int64(len(content)), Content: bytes.NewReader(content)})
}

// fixture reads a file of testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(name, ".gz") {
		return data
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if data, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	return data
}

// table reads a file of lines of columns with tabs between them, sorted.
func table(t *testing.T, name string) [][]string {
	t.Helper()
	var out [][]string
	for line := range strings.Lines(string(fixture(t, name))) {
		out = append(out, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}
	if len(out) < 3 {
		t.Fatalf("%s has only %d lines", name, len(out))
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

// whole joins what the readers take apart.
func whole(epoch int, version, release string) string {
	if epoch != 0 {
		version = strconv.Itoa(epoch) + ":" + version
	}
	if release != "" {
		version += "-" + release
	}
	return version
}

// find returns the package of a name.
func find(t *testing.T, pkgs []ftypes.Package, name string) ftypes.Package {
	t.Helper()
	i := slices.IndexFunc(pkgs, func(p ftypes.Package) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("%s is not among %d packages", name, len(pkgs))
	}
	return pkgs[i]
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s is not as expected (-want +got):\n%s", what, d)
	}
}

func TestReaders(t *testing.T) {
	names := map[string]bool{}
	for _, r := range Readers() {
		if r.Name == "" || r.Version < 1 || r.Max < 1 || r.Wants == nil || r.Read == nil {
			t.Errorf("reader %q is incomplete", r.Name)
		}
		if names[r.Name] {
			t.Errorf("two readers are named %s", r.Name)
		}
		names[r.Name] = true
		for _, path := range []string{
			"", "etc", "etc/os-release.bak", "srv/etc/os-release", "var/lib/dpkg/status-old", "var/lib/dpkg/status.d", "var/lib/dpkg/status.d/a/b",
			"var/lib/dpkg/info/libc6.list", "var/lib/dpkg/info/a/libc6.md5sums", "var/lib/rpm/Name", "lib/apk/db/scripts.tar",
			"root/buildinfo/content_manifests/a/b.json", "root/buildinfo/a/Dockerfile", "root/buildinfo/content_manifests/a.yaml",
		} {
			if r.Wants(path, 0o644, 100) {
				t.Errorf("%s wants %q", r.Name, path)
			}
		}
	}
}

// TestEnds shows that every reader ends with its context.
func TestEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for path, content := range samples(t) {
		if strings.HasSuffix(path, "repositories") || strings.Contains(path, "md5sums") || strings.Contains(path, "manifest-2") {
			content = bytes.Repeat(content, 2000) // lines notice at every thousandth
		}
		if strings.HasPrefix(path, "var/lib/dpkg/status") || strings.Contains(path, "apk/db") {
			content = bytes.Repeat(append(content, '\n'), 100)
		}
		if _, err := readWith(t, ctx, path, content); err != context.Canceled {
			t.Errorf("%s: the error is %v", path, err)
		}
	}
}

// samples are a good file of each kind.
func samples(t testing.TB) map[string][]byte {
	return map[string][]byte{
		"etc/os-release":                           []byte("ID=alpine\nVERSION_ID=3.22.0\n"),
		"etc/redhat-release":                       []byte("AlmaLinux release 9.4 (Seafoam Ocelot)\n"),
		esmStatus:                                  []byte(`{"services": [{"name": "esm-infra", "status": "enabled"}]}`),
		"etc/apk/repositories":                     []byte("https://mirror.example/alpine/v3.22/main\n"),
		dpkgStatus:                                 fixture(t, "dpkg/status"),
		dpkgStatusDir + "base-files":               bytes.Repeat([]byte("Package: a\nVersion: 1\n\n"), 50),
		dpkgInfoDir + "bsdutils.md5sums":           fixture(t, "dpkg/bsdutils.md5sums"),
		"lib/apk/db/installed":                     fixture(t, "apk/installed"),
		"var/lib/rpm/rpmdb.sqlite":                 fixture(t, "rpm/rpmdb.sqlite.gz"),
		"usr/lib/sysimage/rpm/Packages.db":         fixture(t, "rpm/Packages.db.gz"),
		"var/lib/rpm/Packages":                     fixture(t, "rpm/Packages.gz"),
		"usr/lib/sysimage/rpm/Packages":            fixture(t, "rpm/Packages-be.gz"),
		"var/lib/rpmmanifest/container-manifest-2": fixture(t, "rpm/container-manifest-2"),
		"root/buildinfo/content_manifests/a.json":  []byte(`{"content_sets": ["a"]}`),
		"root/buildinfo/Dockerfile-ubi9-9.4-1134":  []byte(redHatDockerfile),
		"x86_64-bottlerocket-linux-gnu/sys-root/usr/share/bottlerocket/application-inventory.json": []byte(bottlerocketInventory),
	}
}

// quick fails a test whose work takes longer than a limit that a slow machine
// keeps, too.
func quick(t *testing.T, what string, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("%s took %v", what, d)
	}
}
