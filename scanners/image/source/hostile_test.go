package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/image/layer"
)

// handmade is a layout whose one manifest is whatever is given.
func handmade(t *testing.T, manifest any, blobs ...[]byte) string {
	t.Helper()
	dir := t.TempDir()
	data, ok := manifest.([]byte)
	if !ok {
		data = marshal(t, manifest)
	}
	for _, b := range append(blobs, data) {
		writeFile(t, filepath.Join(dir, "blobs/sha256", hashOf(b).Hex), b)
	}
	writeFile(t, filepath.Join(dir, "index.json"), marshal(t, fields{"schemaVersion": 2, "manifests": []any{
		fields{"digest": hashOf(data).String(), "size": len(data)},
	}}))
	return dir
}

type fields = map[string]any

func TestHostileManifests(t *testing.T) {
	config := []byte(`{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}`)
	configBlob := fields{"mediaType": string(types.OCIConfigJSON), "digest": hashOf(config).String(), "size": len(config)}
	with := func(more fields) fields {
		m := fields{"schemaVersion": 2, "config": configBlob, "layers": []any{}}
		for k, v := range more {
			if m[k] = v; v == nil {
				delete(m, k)
			}
		}
		return m
	}
	many := make([]any, maxLayers+1)
	for i := range many {
		many[i] = fields{"digest": hashOf(config).String()}
	}
	images := make([]any, maxCandidates+1)
	for i := range images {
		images[i] = fields{"digest": hashOf(config).String(), "platform": fields{"os": "linux", "architecture": "amd64"}}
	}
	big := []byte(`{"os":"` + strings.Repeat("x", maxConfig) + `"}`)
	badID := []byte(`{"rootfs":{"type":"layers","diff_ids":["sha256:../../../etc/passwd"]}}`)
	blob := func(data []byte) fields { return fields{"digest": hashOf(data).String(), "size": len(data)} }
	tests := []struct {
		name     string
		manifest any
		want     string
	}{
		{"no JSON", []byte("{"), "the manifest is not valid JSON"},
		{"neither", fields{"schemaVersion": 2}, "names neither layers nor images"},
		{"both", with(fields{"manifests": []any{}}), "claims to be an image and an index"},
		{"another type", with(fields{"mediaType": string(types.OCIImageIndex)}), "not of the type it claims"},
		{"schema 1", fields{"schemaVersion": 1, "fsLayers": []any{}}, "Docker's schema 1, which is not supported"},
		{"no configuration", with(fields{"config": nil}), "names no configuration"},
		{"a chart", with(fields{"config": fields{"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": hashOf(config).String()}}), "it is no container image: its configuration is of the type application/vnd.cncf.helm"},
		{"too long", append([]byte(`{"schemaVersion":2,"x":"`), bytes.Repeat([]byte("x"), maxManifest)...), "over the limit of 4 MB"},
		{"a configuration that is too long", with(fields{"config": blob(big)}), "over the limit of 16 MB"},
		{"a configuration that hides its length", with(fields{"config": fields{"digest": hashOf(big).String()}}), "over the limit of 16 MB"},
		{"a configuration of another size", with(fields{"config": fields{"digest": hashOf(config).String(), "size": 3}}), "not what its digest says"},
		{"too many layers", with(fields{"layers": many}), "it has 1,001 layers; 1000 is the limit"},
		{"too many images", fields{"schemaVersion": 2, "manifests": images}, "more than 1000 images"},
		{"no images", fields{"schemaVersion": 2, "manifests": []any{}}, "its index names no image"},
		{"more layers than the configuration knows", with(fields{"layers": many[:1]}), "its manifest has 1 layer and its configuration 0"},
		{"a digest that leads out", with(fields{"config": fields{"digest": "sha256:../../../../etc/passwd"}}), "is no digest such as sha256"},
		{"a digest in capitals", with(fields{"config": fields{"digest": "sha256:" + strings.Repeat("A", 64)}}), "is no digest such as sha256"},
		{"sha512", with(fields{"config": fields{"digest": "sha512:" + strings.Repeat("a", 128)}}), "sha512 digests, which are not supported"},
		{"a configuration that is not there", with(fields{"config": fields{"digest": "sha256:" + strings.Repeat("a", 64)}}), "it is not there"},
		{"a diff ID that is none", with(fields{"config": blob(badID), "layers": many[:1]}), "the configuration is not one of an image"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(context.Background(), "oci:"+handmade(t, tt.manifest, config, big, badID), Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestNestedIndexes: an index in an index in an index has an end.
func TestNestedIndexes(t *testing.T) {
	var blobs [][]byte
	inner := []byte(`{"schemaVersion":2,"manifests":[]}`)
	for range 10 {
		blobs = append(blobs, inner)
		inner = marshal(t, fields{"schemaVersion": 2, "manifests": []any{fields{"mediaType": string(types.OCIImageIndex), "digest": hashOf(inner).String(), "size": len(inner)}}})
	}
	_, err := Open(context.Background(), "oci:"+handmade(t, inner, blobs...), Options{})
	if err == nil || !strings.Contains(err.Error(), "nested more than 4 deep") {
		t.Error(err)
	}
	wide := make([]any, 200)
	for i := range wide {
		wide[i] = fields{"mediaType": string(types.OCIImageIndex), "digest": hashOf(blobs[0]).String()}
	}
	_, err = Open(context.Background(), "oci:"+handmade(t, fields{"schemaVersion": 2, "manifests": wide}, blobs[0]), Options{})
	if err == nil || !strings.Contains(err.Error(), "more than 50 indexes") {
		t.Error(err)
	}
}

// TestVerified: whatever is wrong with a layer is an error before its end.
func TestVerified(t *testing.T) {
	data := tarOf(t, "a", strings.Repeat("one ", 1000))
	good := gz(t, data)
	other := gz(t, tarOf(t, "a", strings.Repeat("two ", 1000)))
	flipped := bytes.Clone(good)
	flipped[len(flipped)-6] ^= 0x10 // of the checksum
	longer := append(bytes.Clone(good), "behind the end"...)
	tests := []struct {
		name   string
		layer  stored // as the manifest has it
		have   []byte // what is there in its place
		want   string
		reason error
	}{
		{"good", stored{good, hashOf(data), types.OCILayer}, nil, "", nil},
		{"not compressed, though it claims to be", stored{data, hashOf(data), types.OCILayer}, nil, "", nil},
		{"changed", stored{good, hashOf(data), types.OCILayer}, flipped, "", errMismatch},
		{"something else", stored{good, hashOf(data), types.OCILayer}, other, "it ends after", nil},
		{"cut short", stored{good, hashOf(data), types.OCILayer}, good[:len(good)-20], "of", io.ErrUnexpectedEOF},
		{"empty", stored{good, hashOf(data), types.OCILayer}, []byte{}, "it ends after 0 of", io.ErrUnexpectedEOF},
		{"longer", stored{good, hashOf(data), types.OCILayer}, longer, "", errMismatch},
		{"another diff ID", stored{good, hashOf(good), types.OCILayer}, nil, "tar archive is cut short", nil},
		{"the diff ID of something else", stored{good, hashOf(other), types.OCILayer}, nil, "", errMismatch},
		{"gzip with more behind it", stored{longer, hashOf(data), types.OCILayer}, nil, "damaged", nil},
		{"uncompressed and changed", stored{data, hashOf(data), types.OCIUncompressedLayer}, bytes.Replace(data, []byte("one"), []byte("1ne"), 1), "", errMismatch},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, _ := layoutDir(t, imageOf(t, here(), tt.layer))
			if tt.have != nil {
				writeFile(t, filepath.Join(dir, "blobs/sha256", hashOf(tt.layer.data).Hex), tt.have)
			}
			img := mustOpen(t, "oci:"+dir, Options{})
			for range 2 { // a second time is as the first
				_, err := layerContent(img.Layers[0])
				switch {
				case tt.want == "" && tt.reason == nil:
					if err != nil {
						t.Error(err)
					}
				case err == nil || !strings.Contains(err.Error(), tt.want) || tt.reason != nil && !errors.Is(err, tt.reason):
					t.Errorf("got %v, want %q, %v", err, tt.want, tt.reason)
				}
			}
		})
	}
}

func TestCloseOfALayer(t *testing.T) {
	data := tarOf(t, "a", strings.Repeat("x", 1<<20))
	dir, _ := layoutDir(t, imageOf(t, here(), gzLayer(t, data), stored{gz(t, data), hashOf(nil), types.OCILayer}))
	img := mustOpen(t, "oci:"+dir, Options{})
	r, err := img.Layers[0].Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Errorf("closing early: %v", err)
	}
	if _, err := r.Read(make([]byte, 1)); err == nil {
		t.Error("it can be read after Close")
	}
	if r, err = img.Layers[1].Open(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, errMismatch) {
		t.Error(err)
	}
	if err := r.Close(); !errors.Is(err, errMismatch) {
		t.Errorf("Close does not say it: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if r, err = img.Layers[0].Open(ctx); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cancel()
	if _, err := io.Copy(io.Discard, io.MultiReader(r)); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestBlobsStayInTheLayout: a link out of the layout, or a pipe, is no blob.
func TestBlobsStayInTheLayout(t *testing.T) {
	data := tarOf(t, "a", "x")
	dir, _ := layoutDir(t, imageOf(t, here(), plainLayer(data)))
	blob := filepath.Join(dir, "blobs/sha256", hashOf(data).Hex)
	outside := filepath.Join(t.TempDir(), "outside")
	if err := errors.Join(os.Rename(blob, outside), os.Symlink(outside, blob)); err != nil {
		t.Fatal(err)
	}
	img := mustOpen(t, "oci:"+dir, Options{})
	if _, err := layerContent(img.Layers[0]); err == nil || !strings.Contains(err.Error(), "escapes") || strings.Contains(err.Error(), outside) {
		t.Error(err)
	}
	if err := errors.Join(os.Remove(blob), os.Mkdir(blob, 0o755)); err != nil {
		t.Fatal(err)
	}
	if _, err := layerContent(img.Layers[0]); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
}

func TestLayersThatCannotBeRead(t *testing.T) {
	data := tarOf(t, "a", "x")
	foreign := stored{gz(t, data), hashOf(data), types.OCIRestrictedLayer}
	windows := stored{gz(t, tarOf(t, "b", "y")), hashOf(tarOf(t, "b", "y")), types.DockerForeignLayer}
	encrypted := stored{[]byte("secret"), hashOf(nil), "application/vnd.oci.image.layer.v1.tar+gzip+encrypted"}
	wasm := stored{[]byte("\x00asm"), hashOf(nil), "application/wasm"}
	dir, _ := layoutDir(t, imageOf(t, here(), foreign, windows, encrypted, wasm))
	if err := os.Remove(filepath.Join(dir, "blobs/sha256", hashOf(windows.data).Hex)); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	// One foreign layer is in the image all the same.
	writeFile(t, filepath.Join(dir, "blobs/sha256", hashOf(foreign.data).Hex), foreign.data)
	img := mustOpen(t, "oci:"+dir, Options{})
	var skips []string
	for _, l := range img.Layers {
		skips = append(skips, l.Skip)
		_, err := layerContent(l)
		if l.Skip == "" && err != nil || l.Skip != "" && (err == nil || err.Error() != l.Skip) {
			t.Errorf("%q: %v", l.Skip, err)
		}
	}
	want := []string{
		"", "it is a foreign layer, which the image does not hold",
		"it is of the type application/vnd.oci.image.layer.v1.tar+gzip+encrypted, which is no readable layer",
		"it is of the type application/wasm, which is no readable layer",
	}
	if diff := cmp.Diff(want, skips); diff != "" {
		t.Error(diff)
	}
	if len(img.Notes) != 3 || slices.ContainsFunc(img.Notes, func(n finding.Note) bool { return n.Level != finding.Gap }) {
		t.Errorf("%+v", img.Notes)
	}
}

func TestHistoryThatDoesNotFit(t *testing.T) {
	img := sample(t)
	raw, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	for name, history := range map[string][]v1.History{"none": nil, "too short": {{CreatedBy: "RUN x"}}, "all empty": {{EmptyLayer: true}, {EmptyLayer: true}, {EmptyLayer: true}}} {
		b := builder{img: &Image{Config: &v1.ConfigFile{History: history}, Layers: make([]Layer, 3)}}
		b.history()
		for _, l := range b.img.Layers {
			if l.HistoryIndex != -1 || l.CreatedBy != "" {
				t.Errorf("%s: %+v", name, l)
			}
		}
	}
}

// TestBomb: a layer that is far longer than what it is made of ends by itself.
func TestBomb(t *testing.T) {
	lim := layer.DefaultLimits()
	lim.Bytes = 8 << 20
	bomb := gz(t, append(tarOf(t, "a", "x")[:1024], make([]byte, 16<<20)...))
	dir, _ := layoutDir(t, imageOf(t, here(), stored{bomb, hashOf(nil), types.OCILayer}))
	r, err := mustOpen(t, "oci:"+dir, Options{}).Layers[0].Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, _, err = layer.Walk(context.Background(), r, lim, func(layer.Entry, io.Reader) error { return nil })
	if !errors.Is(err, layer.ErrTooLarge) {
		t.Error(err)
	}
}
