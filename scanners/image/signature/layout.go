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
	w := layoutWalk{layoutStore: s, digest: digest, seen: map[v1.Hash]bool{digest: true}}
	for depth := 0; len(top.Manifests) > 0; depth++ {
		if depth == maxLayoutDepth {
			w.note("the layout's indexes are nested more than %d deep", maxLayoutDepth)
			break
		}
		var next []v1.Descriptor
		slices.SortStableFunc(top.Manifests, func(a, b v1.Descriptor) int { return cmp.Compare(a.Digest.Hex, b.Digest.Hex) })
		for _, d := range top.Manifests {
			if err := ctx.Err(); err != nil {
				return w.out, err
			}
			if len(w.seen) > maxLayoutManifests || len(w.out) == maxManifests {
				w.note("the layout has too many manifests: the rest was not looked at")
				return w.out, w.unreadable
			}
			next = append(next, w.visit(ctx, d)...)
		}
		top.Manifests = next
	}
	return w.out, w.unreadable
}

// layoutWalk looks for the manifests that belong to one image.
type layoutWalk struct {
	layoutStore
	digest     v1.Hash
	seen       map[v1.Hash]bool
	out        []Attached
	unreadable error // the first; what comes after may be enough
}

func (w *layoutWalk) note(format string, args ...any) {
	if w.unreadable == nil {
		w.unreadable = fmt.Errorf(format, args...)
	}
}

// visit takes what may hold signatures, and returns what an index lists.
func (w *layoutWalk) visit(ctx context.Context, d v1.Descriptor) []v1.Descriptor {
	if !usable(d.Digest) || w.seen[d.Digest] {
		return nil
	}
	w.seen[d.Digest] = true
	b, err := w.Blob(ctx, d.Digest, maxManifest)
	if err != nil {
		// One that is not there is a platform that was left out when the image
		// was saved, unless it is marked as a signature's.
		if !errors.Is(err, fs.ErrNotExist) || marked(d, w.digest) {
			w.note("cannot read the manifest %s: %w", short(d.Digest), err)
		}
		return nil
	}
	m, err := parseManifest(b)
	if err != nil {
		return nil // of some other kind: nothing says that it is a signature
	}
	if len(m.Layers) > 0 && attachedTo(d, m, w.digest) {
		w.out = append(w.out, Attached{Where: "manifest " + short(d.Digest), Manifest: b})
	}
	return m.Manifests
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
