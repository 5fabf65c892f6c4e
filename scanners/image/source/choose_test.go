package source

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/scangate/scangate/finding"
)

func TestRank(t *testing.T) {
	p := func(s string) v1.Platform {
		part := append(strings.Split(s, "/"), "")
		return v1.Platform{OS: part[0], Architecture: part[1], Variant: part[2]}
	}
	// Of these, in this order, which serves best?
	tests := []struct {
		want string
		have []string
		best string
	}{
		{"linux/amd64", []string{"windows/amd64", "linux/arm64", "linux/amd64"}, "linux/amd64"},
		{"linux/arm64", []string{"linux/arm/v7", "linux/arm64/v8"}, "linux/arm64/v8"},
		{"linux/arm64/v8", []string{"linux/arm64/v9", "linux/arm64"}, "linux/arm64"},
		{"linux/arm64/v9", []string{"linux/arm64"}, "linux/arm64"},
		{"linux/arm", []string{"linux/arm/v5", "linux/arm/v6", "linux/arm64"}, "linux/arm/v6"},
		{"linux/arm/v6", []string{"linux/arm/v7", "linux/arm/v5"}, "linux/arm/v5"},
		{"linux/amd64/v3", []string{"linux/amd64", "linux/amd64/v2", "linux/amd64/v4"}, "linux/amd64/v2"},
		{"linux/x86_64", []string{"linux/amd64"}, "linux/amd64"},
		{"LINUX/aarch64", []string{"linux/arm64"}, "linux/arm64"},
		{"linux/amd64", []string{"linux/amd64/v2"}, ""},
		{"linux/s390x", []string{"linux/amd64", "unknown/unknown"}, ""},
		{"linux/arm64", []string{"linux/arm64/x"}, ""},
	}
	for _, tt := range tests {
		want, err := parseWanted(tt.want)
		if err != nil {
			t.Fatal(err)
		}
		best, score := "", 0
		for _, h := range tt.have {
			if r := rank(p(h), want); r > score {
				best, score = h, r
			}
		}
		if best != tt.best {
			t.Errorf("%s of %v: %q, want %q", tt.want, tt.have, best, tt.best)
		}
	}
}

// indexOf makes an index, with the platform of each image or without.
func indexOf(t testing.TB, named bool, images ...v1.Image) v1.ImageIndex {
	t.Helper()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, img := range images {
		config, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		d := v1.Descriptor{}
		if named {
			d.Platform = config.Platform()
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: d})
	}
	return index
}

func multi(t testing.TB) (amd, arm, v7 v1.Image) {
	return imageOf(t, v1.Platform{OS: "linux", Architecture: "amd64"}, gzLayer(t, tarOf(t, "is", "amd64"))),
		imageOf(t, v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}, gzLayer(t, tarOf(t, "is", "arm64"))),
		imageOf(t, v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}, gzLayer(t, tarOf(t, "is", "armv7")))
}

func layoutOf(t testing.TB, index v1.ImageIndex) string {
	t.Helper()
	dir, p := layoutDir(t)
	if err := p.AppendIndex(index); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestIndex(t *testing.T) {
	amd, arm, v7 := multi(t)
	attestation := imageOf(t, v1.Platform{OS: "unknown", Architecture: "unknown"}, gzLayer(t, tarOf(t, "is", "attestation")))
	flat := indexOf(t, true, arm, amd, v7, attestation)
	nested := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex),
		mutate.IndexAddendum{Add: indexOf(t, true, arm, v7)}, mutate.IndexAddendum{Add: indexOf(t, true, amd)})
	indexes := map[string]v1.ImageIndex{"flat": flat, "nested": nested, "without platforms": indexOf(t, false, arm, amd, v7)}
	for name, index := range indexes {
		dir := layoutOf(t, index)
		for platform, want := range map[string]struct{ is, platform, note string }{
			"linux/amd64":  {"is=amd64", "linux/amd64", "looked at linux/amd64 only; the index also has linux/arm/v7, linux/arm64/v8"},
			"linux/arm64":  {"is=arm64", "linux/arm64/v8", "looked at linux/arm64/v8 only; the index also has linux/amd64, linux/arm/v7"},
			"linux/arm/v7": {"is=armv7", "linux/arm/v7", "looked at linux/arm/v7 only; the index also has linux/amd64, linux/arm64/v8"},
		} {
			got := mustOpen(t, "oci:"+dir, Options{Platform: platform})
			if c := content(t, got); !cmp.Equal(c, []string{want.is}) || got.Platform != want.platform || got.Index != digest(t, index) {
				t.Errorf("%s, %s: %v, %s, index %s", name, platform, c, got.Platform, got.Index)
			}
			if diff := cmp.Diff([]finding.Note{{Level: finding.Information, Message: want.note}}, got.Notes); diff != "" {
				t.Errorf("%s, %s: %s", name, platform, diff)
			}
		}
		_, err := Open(context.Background(), "oci:"+dir, Options{Platform: "linux/s390x"})
		if err == nil || !strings.Contains(err.Error(), "it has no image for linux/s390x; choose a platform it has: linux/amd64, linux/arm/v7, linux/arm64/v8") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOnlyPlatform: nobody has to name the only platform that there is, but
// who names another is not given it.
func TestOnlyPlatform(t *testing.T) {
	odd := imageOf(t, v1.Platform{OS: "linux", Architecture: "riscv64"}, gzLayer(t, tarOf(t, "is", "riscv64")))
	if runtime.GOARCH == "riscv64" {
		t.Fatal("choose another platform for this test")
	}
	alone, _ := layoutDir(t, odd)
	dirs := map[string]string{"an image": alone, "an index": layoutOf(t, indexOf(t, true, odd)), "an index without platforms": layoutOf(t, indexOf(t, false, odd))}
	for name, dir := range dirs {
		if got := mustOpen(t, "oci:"+dir, Options{}); got.Platform != "linux/riscv64" {
			t.Errorf("%s: %s", name, got.Platform)
		}
		_, err := Open(context.Background(), "oci:"+dir, Options{Platform: "linux/amd64"})
		if err == nil || !strings.Contains(err.Error(), "linux/amd64") || !strings.Contains(err.Error(), "linux/riscv64") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLayoutTags(t *testing.T) {
	one := imageOf(t, here(), gzLayer(t, tarOf(t, "is", "one")))
	two := imageOf(t, here(), gzLayer(t, tarOf(t, "is", "two")))
	dir, p := layoutDir(t)
	for name, img := range map[string]v1.Image{"1.0": one, "example.com/app:2.0": two} {
		if err := p.AppendImage(img, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": name})); err != nil {
			t.Fatal(err)
		}
	}
	for suffix, want := range map[string]string{
		":1.0": "is=one", ":2.0": "is=two", ":example.com/app:2.0": "is=two", "@" + digest(t, two): "is=two", ":1.0@" + digest(t, one): "is=one",
	} {
		got := mustOpen(t, "oci:"+dir+suffix, Options{})
		if c := content(t, got); !cmp.Equal(c, []string{want}) || got.Pinned != strings.Contains(suffix, "@") || got.Name != "image" {
			t.Errorf("%s: %v, %+v", suffix, c, got)
		}
	}
	for suffix, want := range map[string]string{
		"":                                   "it has 2 images: name one with :TAG, of 1.0, example.com/app:2.0",
		":1.1":                               `it has no image tagged 1.1; did you mean "1.0"?`,
		"@sha256:" + strings.Repeat("0", 64): "manifest sha256:00000000000…: blob sha256:00000000000…: it is not there",
	} {
		_, err := Open(context.Background(), "oci:"+dir+suffix, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", suffix, err, want)
		}
	}
}
