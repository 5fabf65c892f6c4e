package source

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func readFile(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestArchive(t *testing.T) {
	img := imageOf(t, here(), gzLayer(t, tarOf(t, "a", "one")), gzLayer(t, tarOf(t, "b", "two")))
	file := saveArchive(t, map[string]v1.Image{"example.com/app:1": img})
	writeFile(t, file+".gz", gz(t, readFile(t, file)))
	writeFile(t, file+".zst", zst(t, readFile(t, file)))
	temp := t.TempDir()
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", ".gz", ".zst", ":1", ":example.com/app:1", ".gz:1"} {
		got := mustOpen(t, "docker-archive:image.tar"+suffix, Options{Dir: filepath.Dir(file), Within: true, TempDir: temp})
		if diff := cmp.Diff([]string{"a=one", "b=two"}, content(t, got)); diff != "" {
			t.Error(diff)
		}
		path, _, _ := strings.Cut("image.tar"+suffix, ":")
		if got.Digest != config.String() || got.Source != "archive" || got.Name != path || got.Pinned || got.Platform != platformName(here()) {
			t.Errorf("%s: %+v", suffix, got)
		}
		if l := got.Layers[1]; l.CreatedBy != "RUN step 1" || l.HistoryIndex != 2 || !isDigest(l.DiffID) || l.Size == 0 {
			t.Errorf("%s: %+v", suffix, l)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("%s: %v, %v are left", suffix, err, left)
		}
	}
}

func TestArchiveOfSeveralImages(t *testing.T) {
	image := func(is string) v1.Image { return imageOf(t, here(), gzLayer(t, tarOf(t, "is", is))) }
	file := saveArchive(t, map[string]v1.Image{"example.com/app:1": image("one"), "example.com/app:2": image("two"), "redis:7": image("three")})
	for tag, want := range map[string][2]string{
		"1": {"is=one", "example.com/app"}, "example.com/app:2": {"is=two", "example.com/app"}, "redis:7": {"is=three", "redis"}, "docker.io/library/redis:7": {"is=three", "redis"},
	} {
		got := mustOpen(t, "docker-archive:"+file+":"+tag, Options{})
		if c := content(t, got); !cmp.Equal(c, []string{want[0]}) || !strings.HasSuffix(got.Name, "image.tar/"+want[1]) {
			t.Errorf("%s: %v, %s", tag, c, got.Name)
		}
	}
	for tag, want := range map[string]string{
		"": "the archive holds 3 images: name one with :TAG, of example.com/app:1, example.com/app:2, redis:7", ":3": "the archive has no image 3; it holds example.com/app:1,",
		"@sha256:" + strings.Repeat("0", 64): "the archive has no digests to choose by",
	} {
		_, err := Open(context.Background(), "docker-archive:"+file+tag, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", tag, err, want)
		}
	}
}

// member is one of a handmade archive.
type member struct {
	name, body, link string
	pax              map[string]string
}

func archiveOf(t testing.TB, members ...member) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := tar.Header{Typeflag: tar.TypeReg, Name: m.name, Size: int64(len(m.body)), Mode: 0o644, PAXRecords: m.pax}
		if m.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, m.link
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(m.body)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	writeFile(t, file, b.Bytes())
	return file
}

func configFor(t testing.TB, layers ...[]byte) string {
	ids := []string{}
	for _, l := range layers {
		ids = append(ids, hashOf(l).String())
	}
	return string(marshal(t, fields{"os": here().OS, "architecture": here().Architecture, "rootfs": fields{"type": "layers", "diff_ids": ids}}))
}

// TestOldArchive: Docker before 25 saves a directory per layer, uncompressed,
// and links to a layer that is there twice.
func TestOldArchive(t *testing.T) {
	one, two := tarOf(t, "a", "one"), tarOf(t, "b", "two")
	config := configFor(t, one, two, one)
	name := hashOf([]byte(config)).Hex + ".json"
	file := archiveOf(t,
		member{name: "11/layer.tar", body: string(one)}, member{name: "22/layer.tar", body: string(two)}, member{name: "33/layer.tar", link: "../11/layer.tar"},
		member{name: name, body: config},
		member{name: "manifest.json", body: string(marshal(t, []saved{{Config: name, Layers: []string{"11/layer.tar", "22/layer.tar", "33/layer.tar"}}}))})
	got := mustOpen(t, "docker-archive:"+file, Options{})
	if diff := cmp.Diff([]string{"a=one", "b=two", "a=one"}, content(t, got)); diff != "" {
		t.Error(diff)
	}
	if got.Digest != hashOf([]byte(config)).String() || got.Layers[0].Digest != "" {
		t.Errorf("%+v", got)
	}
}

// TestNewArchive: Docker since 25 saves an OCI layout, and its manifest.json
// beside it.
func TestNewArchive(t *testing.T) {
	img := imageOf(t, here(), gzLayer(t, tarOf(t, "a", "one")), zstLayer(t, tarOf(t, "b", "two")))
	dir := layoutOf(t, indexOf(t, true, img))
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	var layout []member
	if err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			layout = append(layout, member{name: filepath.ToSlash(rel), body: string(readFile(t, p))})
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	list := marshal(t, []saved{{Config: "blobs/sha256/" + config.Hex, RepoTags: []string{"app:1"}, Layers: []string{"x", "y"}}})
	for name, file := range map[string]string{
		"with a manifest.json": archiveOf(t, append(layout, member{name: "manifest.json", body: string(list)})...),
		"a layout only":        archiveOf(t, layout...),
	} {
		for _, suffix := range []string{"", "@" + digest(t, img)} {
			got := mustOpen(t, "docker-archive:"+file+suffix, Options{})
			if diff := cmp.Diff([]string{"a=one", "b=two"}, content(t, got)); diff != "" {
				t.Errorf("%s%s: %s", name, suffix, diff)
			}
			if got.Digest != digest(t, img) || !isDigest(got.Layers[0].Digest) || got.Source != "archive" || got.Pinned != (suffix != "") {
				t.Errorf("%s%s: %+v", name, suffix, got)
			}
		}
	}
}

func TestArchiveErrors(t *testing.T) {
	one := tarOf(t, "a", "one")
	config := configFor(t, one)
	entry := func(config string, layers ...string) member {
		return member{name: "manifest.json", body: string(marshal(t, []saved{{Config: config, Layers: layers}}))}
	}
	whole := archiveOf(t, entry("c.json", "1.tar"), member{name: "c.json", body: config}, member{name: "1.tar", body: string(one)})
	cut := filepath.Join(t.TempDir(), "cut.tar")
	writeFile(t, cut, readFile(t, whole)[:2700])
	endless := make([]string, maxLayers+1)
	tests := []struct{ name, file, want string }{
		{"cut short", cut, "the archive is cut short"},
		{"no manifest", archiveOf(t, member{name: "repositories", body: "{}"}), "it has no manifest.json: docker save writes one since Docker 1.10"},
		{"no JSON", archiveOf(t, member{name: "manifest.json", body: "x"}), "manifest.json is not what docker save writes"},
		{"no image", archiveOf(t, member{name: "manifest.json", body: "[]"}), "the archive holds no image"},
		{"no configuration", archiveOf(t, entry("../../etc/passwd")), "configuration ../../etc/passwd: it is not there"},
		{"another configuration", archiveOf(t, entry(strings.Repeat("a", 64)+".json"), member{name: strings.Repeat("a", 64) + ".json", body: config}), "not what its digest says"},
		{"another number of layers", archiveOf(t, entry("c.json", "1.tar", "2.tar"), member{name: "c.json", body: config}), "its manifest.json has 2 layers and its configuration 1"},
		{"too many layers", archiveOf(t, entry("c.json", endless...), member{name: "c.json", body: config}), "1000 is the limit"},
		{"links in a circle", archiveOf(t, entry("a"), member{name: "a", link: "b"}, member{name: "b", link: "a"}), "it is not there"},
		{"links out", archiveOf(t, entry("a"), member{name: "a", link: "../../../../etc/passwd"}), "it is not there"},
		{"a long manifest", archiveOf(t, member{name: "manifest.json", body: strings.Repeat(" ", maxManifest+1)}), "manifest.json: it is over the limit of 4 MB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(context.Background(), "docker-archive:"+tt.file, Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("another platform", func(t *testing.T) {
		_, err := Open(context.Background(), "docker-archive:"+whole, Options{Platform: "linux/s390x"})
		if err == nil || !strings.Contains(err.Error(), "and not for linux/s390x") {
			t.Error(err)
		}
	})
	t.Run("a layer that is not there", func(t *testing.T) {
		got := mustOpen(t, "docker-archive:"+archiveOf(t, entry("c.json", "1.tar"), member{name: "c.json", body: config}), Options{})
		if got.Layers[0].Skip != "the archive does not hold it" || len(got.Notes) != 1 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a layer that was changed", func(t *testing.T) {
		got := mustOpen(t, "docker-archive:"+archiveOf(t, entry("c.json", "1.tar"), member{name: "c.json", body: config}, member{name: "1.tar", body: string(tarOf(t, "a", "1ne"))}), Options{})
		if _, err := layerContent(got.Layers[0]); err == nil || !strings.Contains(err.Error(), errMismatch.Error()) {
			t.Error(err)
		}
	})
	t.Run("too many entries", func(t *testing.T) {
		many := make([]member, maxArchiveEntries+1)
		for i := range many {
			many[i].name = "x"
		}
		_, err := Open(context.Background(), "docker-archive:"+archiveOf(t, many...), Options{})
		if err == nil || !strings.Contains(err.Error(), "more than 20000 entries") {
			t.Error(err)
		}
	})
}
