package signature

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/fileio"
)

const (
	maxLayoutManifests = 2000 // in a layout, all indexes together
	maxLayoutDepth     = 4    // of indexes in indexes
)

type layoutStore struct{ dir string }

// Layout is the store of an OCI layout directory. Signatures are found as
// `cosign save` marks them, by Cosign's tags, and by the subject of manifests
// that its indexes list. No link leads out of the directory.
func Layout(dir string) Store { return layoutStore{dir} }

func (s layoutStore) Attached(ctx context.Context, digest v1.Hash) ([]Attached, error) {
	b, err := s.read("index.json", maxManifest)
	if err != nil {
		return nil, fmt.Errorf("cannot read index.json: %w", err)
	}
	top, err := parseManifest(b)
	if err != nil {
		return nil, fmt.Errorf("index.json is %w", err)
	}
	var out []Attached
	seen := map[v1.Hash]bool{digest: true}
	queue, depth := top.Manifests, 0
	for ; len(queue) > 0 && depth < maxLayoutDepth; depth++ {
		var next []v1.Descriptor
		slices.SortStableFunc(queue, func(a, b v1.Descriptor) int { return cmp.Compare(a.Digest.Hex, b.Digest.Hex) })
		for _, d := range queue {
			if err := ctx.Err(); err != nil {
				return out, err
			}
			if !usable(d.Digest) || seen[d.Digest] {
				continue
			}
			if seen[d.Digest] = true; len(seen) > maxLayoutManifests {
				return out, fmt.Errorf("the layout has more than %d manifests: only these were looked at", maxLayoutManifests)
			}
			b, err := s.Blob(ctx, d.Digest, maxManifest)
			if errors.Is(err, fs.ErrNotExist) && !marked(d, digest) {
				continue // a platform that was left out when the image was saved
			}
			if err != nil {
				return out, fmt.Errorf("cannot read the manifest %s: %w", short(d.Digest), err)
			}
			m, err := parseManifest(b)
			if err != nil {
				continue // of some other kind: nothing says that it is a signature
			}
			next = append(next, m.Manifests...)
			if len(m.Layers) == 0 || !attachedTo(d, m, digest) {
				continue
			}
			if len(out) == maxManifests {
				return out, fmt.Errorf("more than %d manifests may hold signatures: only these were looked at", maxManifests)
			}
			out = append(out, Attached{Where: "manifest " + short(d.Digest), Manifest: b})
		}
		queue = next
	}
	if len(queue) > 0 {
		return out, fmt.Errorf("the layout's indexes are nested more than %d deep", maxLayoutDepth)
	}
	return out, nil
}

// attachedTo tells whether a manifest may hold signatures of the digest.
func attachedTo(d v1.Descriptor, m manifestJSON, digest v1.Hash) bool {
	return marked(d, digest) || m.Subject != nil && m.Subject.Digest == digest && mayHold(m.ArtifactType)
}

// marked tells whether the layout itself says that a manifest is a signature's.
func marked(d v1.Descriptor, digest v1.Hash) bool {
	switch d.Annotations["kind"] { // as cosign save writes it; it does not say of which image
	case "dev.cosignproject.cosign/sigs", "dev.cosignproject.cosign/atts":
		return true
	}
	switch d.Annotations["org.opencontainers.image.ref.name"] {
	case tagOf(digest, ".sig"), tagOf(digest, ".att"):
		return true
	}
	return false
}

func (s layoutStore) Manifest(ctx context.Context, digest v1.Hash) ([]byte, error) {
	return s.Blob(ctx, digest, maxManifest)
}

func (s layoutStore) Blob(ctx context.Context, digest v1.Hash, limit int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !usable(digest) {
		return nil, errors.New("it is not named by a SHA-256 digest")
	}
	b, err := s.read("blobs/sha256/"+digest.Hex, limit)
	if err != nil {
		return nil, err
	}
	return b, checkDigest(b, digest)
}

// read reads a regular file of the layout. The file is looked at before it is
// opened: opening a named pipe would wait for its other end.
func (s layoutStore) read(name string, limit int64) ([]byte, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, fileio.Cause(err)
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return nil, fileio.Cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, fileio.Cause(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, fileio.Cause(err)
	case int64(len(b)) > limit:
		return nil, errTooLarge
	}
	return b, nil
}
