package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/zstd"

	"github.com/scangate/scangate/scanners/image/layer"
)

// tarOf is a layer's content: names and what is in them, in pairs.
func tarOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: pairs[i], Mode: 0o644, Size: int64(len(pairs[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zst(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(data, nil)
}

func hashOf(data []byte) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%x", sha256.Sum256(data))}
}

// stored is a layer as it is stored, whatever is true about it.
type stored struct {
	data   []byte
	diffID v1.Hash
	kind   types.MediaType
}

func (s stored) Digest() (v1.Hash, error) { return hashOf(s.data), nil }
func (s stored) DiffID() (v1.Hash, error) { return s.diffID, nil }
func (s stored) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(s.data)), nil
}
func (s stored) Uncompressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(s.data)), nil
}
func (s stored) Size() (int64, error)                { return int64(len(s.data)), nil }
func (s stored) MediaType() (types.MediaType, error) { return s.kind, nil }

func plainLayer(data []byte) v1.Layer {
	return stored{data, hashOf(data), types.OCIUncompressedLayer}
}
func gzLayer(t testing.TB, data []byte) v1.Layer {
	return stored{gz(t, data), hashOf(data), types.OCILayer}
}
func zstLayer(t testing.TB, data []byte) v1.Layer {
	return stored{zst(t, data), hashOf(data), types.OCILayerZStd}
}

// imageOf makes an image with an instruction for each layer.
func imageOf(t testing.TB, platform v1.Platform, layers ...v1.Layer) v1.Image {
	t.Helper()
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	img = mutate.ConfigMediaType(img, types.OCIConfigJSON)
	var add []mutate.Addendum
	for i, l := range layers {
		kind, _ := l.MediaType()
		add = append(add, mutate.Addendum{Layer: l, MediaType: kind, History: v1.History{CreatedBy: fmt.Sprintf("RUN step %d", i)}},
			mutate.Addendum{History: v1.History{CreatedBy: "ENV A=b", EmptyLayer: true}})
	}
	img, err := mutate.Append(img, add...)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = platform.OS, platform.Architecture, platform.Variant
	if img, err = mutate.ConfigFile(img, config); err != nil {
		t.Fatal(err)
	}
	return img
}

func here() v1.Platform { return v1.Platform{OS: "linux", Architecture: runtime.GOARCH} }

// sample is an image with a layer of each kind.
func sample(t testing.TB) v1.Image {
	return imageOf(t, here(), gzLayer(t, tarOf(t, "a", "one")), zstLayer(t, tarOf(t, "b", "two")), plainLayer(tarOf(t, "c", "three")))
}

func layoutDir(t testing.TB, images ...v1.Image) (string, layout.Path) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "image")
	p, err := layout.Write(dir, empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	for _, img := range images {
		if err := p.AppendImage(img); err != nil {
			t.Fatal(err)
		}
	}
	return dir, p
}

func digest(t testing.TB, x interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	h, err := x.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}

func saveArchive(t testing.TB, images map[string]v1.Image) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image.tar")
	m := map[name.Reference]v1.Image{}
	for tag, img := range images {
		ref, err := name.NewTag(tag)
		if err != nil {
			t.Fatal(err)
		}
		m[ref] = img
	}
	if err := tarball.MultiRefWriteToFile(file, m); err != nil {
		t.Fatal(err)
	}
	return file
}

func mustOpen(t testing.TB, ref string, o Options) *Image {
	t.Helper()
	img, err := Open(context.Background(), ref, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := img.Close(); err != nil {
			t.Errorf("closing %s: %v", ref, err)
		}
	})
	return img
}

// content reads all layers: the names in them, and what they hold.
func content(t testing.TB, img *Image) []string {
	t.Helper()
	var out []string
	for _, l := range img.Layers {
		got, err := layerContent(l)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, got...)
	}
	return out
}

func layerContent(l Layer) ([]string, error) {
	r, err := l.Open(context.Background())
	if err != nil {
		return nil, err
	}
	var out []string
	_, _, err = layer.Walk(context.Background(), r, layer.DefaultLimits(), func(e layer.Entry, r io.Reader) error {
		body, err := io.ReadAll(r)
		out = append(out, e.Path+"="+string(body))
		return err
	})
	if cerr := r.Close(); err == nil {
		err = cerr
	}
	return out, err
}

func writeFile(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func noPause(ctx context.Context, _ time.Duration) error { return ctx.Err() }
