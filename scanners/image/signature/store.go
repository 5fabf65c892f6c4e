package signature

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Bounds of what one image may have.
const (
	maxSignatures  = 100
	maxManifests   = 100 // that may hold signatures
	maxLayer       = 4 << 20
	maxAttestation = 16 << 20
	maxManifest    = 4 << 20
	maxTotal       = 256 << 20 // all layers of an image together
)

// Store is where the signatures of an image are kept. Whatever it returns is
// verified, so that it need not be trusted; it only has to keep its bounds.
// Its errors mean that something could not be read, never that it is missing.
type Store interface {
	// Attached returns the manifests that may hold signatures of the image,
	// in a stable order: those of Cosign's tags, and the referrers. With an
	// error it returns those that it could read.
	Attached(ctx context.Context, digest v1.Hash) ([]Attached, error)
	// Manifest returns the manifest with the digest.
	Manifest(ctx context.Context, digest v1.Hash) ([]byte, error)
	// Blob returns the blob with the digest, or an error when it is larger
	// than limit bytes.
	Blob(ctx context.Context, digest v1.Hash, limit int64) ([]byte, error)
}

// Attached is a manifest that may hold signatures.
type Attached struct {
	Where    string // for people: the tag or the digest it was found by
	Manifest []byte
}

// manifestJSON is an image manifest or an index, as far as signatures need it.
type manifestJSON struct {
	ArtifactType string          `json:"artifactType"`
	Layers       []v1.Descriptor `json:"layers"`
	Manifests    []v1.Descriptor `json:"manifests"`
	Subject      *v1.Descriptor  `json:"subject"`
}

func parseManifest(b []byte) (manifestJSON, error) {
	var m manifestJSON
	err := decode(b, &m)
	return m, err
}

// errMissing is what the registry's parts return for something that is not there.
var errMissing = errors.New("the registry does not have it")

// tagOf is the tag by which Cosign and the referrers' fallback find what
// belongs to a digest.
func tagOf(digest v1.Hash, suffix string) string {
	return digest.Algorithm + "-" + digest.Hex + suffix
}

// mayHold tells by the type of a referrer whether it can hold signatures. It
// is looked into when the type says nothing.
func mayHold(artifactType string) bool {
	switch artifactType {
	case "", "application/vnd.oci.empty.v1+json", "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json",
		"application/vnd.dev.cosign.artifact.sig.v1+json", "application/vnd.dev.cosign.artifact.att.v1+json",
		simpleSigningLayer, envelopeLayer:
		return true
	}
	return isBundle(artifactType)
}

// parseDigest accepts what all of this works with: SHA-256.
func parseDigest(s string) (v1.Hash, error) {
	h, err := v1.NewHash(s)
	if err != nil || !usable(h) {
		return v1.Hash{}, fmt.Errorf("%.80q is not a digest sha256:<64 hexadecimal digits>", s)
	}
	return h, nil
}

func usable(h v1.Hash) bool {
	if h.Algorithm != "sha256" || len(h.Hex) != 64 {
		return false
	}
	for _, c := range h.Hex {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// checkDigest keeps the promise of a name by content, whoever delivered it.
func checkDigest(b []byte, h v1.Hash) error {
	sum := sha256.Sum256(b)
	if !usable(h) || hex.EncodeToString(sum[:]) != h.Hex {
		return fmt.Errorf("the content of %s is not what its digest says", short(h))
	}
	return nil
}

// short is a digest as it stands in messages.
func short(h v1.Hash) string {
	return h.Algorithm + ":" + h.Hex[:min(12, len(h.Hex))]
}
