package signature

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// imageManifest is the bytes that digest is of.
var imageManifest = []byte(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":115,"digest":"sha256:5b943e2b943f6c81dbbd4e2eca5121f4fcc39139e3d1219d6d89bd925b77d9fe"},"layers":[]}`)

// memory is a store in memory.
type memory struct {
	attached []Attached
	blobs    map[v1.Hash][]byte
	err      error // of Attached
}

func (m *memory) Attached(context.Context, v1.Hash) ([]Attached, error) { return m.attached, m.err }

func (m *memory) Manifest(ctx context.Context, d v1.Hash) ([]byte, error) {
	return m.Blob(ctx, d, maxManifest)
}

func (m *memory) Blob(_ context.Context, d v1.Hash, limit int64) ([]byte, error) {
	b, ok := m.blobs[d]
	if !ok {
		return nil, errors.New("connection reset")
	}
	if int64(len(b)) > limit {
		return nil, errTooLarge
	}
	return b, nil
}

// add attaches one manifest with layers of one media type.
func (m *memory) add(mediaType string, layers ...layer) {
	if m.blobs == nil {
		m.blobs = map[v1.Hash][]byte{must(v1.NewHash(digest)): imageManifest}
	}
	var list []any
	for _, l := range layers {
		sum := sha256.Sum256(l.content)
		h := v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
		m.blobs[h] = l.content
		list = append(list, obj{"mediaType": mediaType, "digest": h.String(), "size": len(l.content), "annotations": l.annotations})
	}
	m.attached = append(m.attached, Attached{Where: "test", Manifest: must(json.Marshal(obj{"layers": list}))})
}

type layer struct {
	content     []byte
	annotations map[string]string
}

const bundleLayer = "application/vnd.dev.sigstore.bundle.v0.3+json"

func bundleStore(bundles ...obj) *memory {
	m := &memory{}
	for _, b := range bundles {
		m.add(bundleLayer, layer{content: must(json.Marshal(b))})
	}
	return m
}

// files is a readFile of Compile.
func files(m map[string][]byte) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if b, ok := m[name]; ok {
			return b, nil
		}
		return nil, errors.New("file does not exist")
	}
}

// keyless is a verifier for the workflow in the world.
func (w *world) keyless(t *testing.T, change ...func(obj)) *Verifier {
	t.Helper()
	return w.compile(t, Requirement{Identity: workflow, Issuer: issuer, TrustedRoot: "root"}, change...)
}

func (w *world) compile(t *testing.T, r Requirement, change ...func(obj)) *Verifier {
	t.Helper()
	v, err := r.Compile(files(map[string][]byte{"root": w.trustedRoot(change...)}))
	if err != nil {
		t.Fatal(err)
	}
	return v
}
