package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/scangate/scangate/text"
)

const (
	maxManifest = 4 << 20
	maxConfig   = 16 << 20
	maxLayers   = 1000
)

// descriptor names a blob. Its digest is checked before it is used: it becomes
// part of a path.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *v1.Platform      `json:"platform"`
	Annotations map[string]string `json:"annotations"`
}

// manifest is one of an image, or an index of several.
type manifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	ArtifactType  string            `json:"artifactType"`
	Config        *descriptor       `json:"config"`
	Layers        []descriptor      `json:"layers"`
	Manifests     []descriptor      `json:"manifests"`
	Annotations   map[string]string `json:"annotations"`
	FSLayers      json.RawMessage   `json:"fsLayers"` // of schema 1 only
}

// store is where the blobs of an image are.
type store interface {
	// manifest opens a manifest or index, and blob everything else. The
	// digest is well-formed; content is not verified.
	manifest(ctx context.Context, d descriptor) (io.ReadCloser, error)
	blob(ctx context.Context, d descriptor) (io.ReadCloser, error)
	// has tells whether there is such a blob.
	has(ctx context.Context, d descriptor) bool
}

var (
	errMissing  = errors.New("it is not there")
	errMismatch = errors.New("the content is not what its digest says: it is damaged, or was changed")
)

// checkDigest admits what can be verified, and be part of a path.
func checkDigest(digest string) error {
	switch {
	case isDigest(digest):
		return nil
	case strings.HasPrefix(digest, "sha512:"):
		return errors.New("it uses sha512 digests, which are not supported: build it with sha256")
	}
	return fmt.Errorf("%q is no digest such as sha256:…", text.OneLine(digest, 100))
}

func isDigest(s string) bool {
	digits, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(digits) == 64 && strings.Trim(digits, "0123456789abcdef") == ""
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// readWhole reads a small blob and verifies it.
func readWhole(ctx context.Context, open func(context.Context, descriptor) (io.ReadCloser, error), d descriptor, limit int64) ([]byte, error) {
	if err := checkDigest(d.Digest); err != nil {
		return nil, err
	}
	if d.Size > limit {
		return nil, tooLong(limit)
	}
	r, err := open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := readLimited(r, limit)
	if err != nil {
		return nil, err
	}
	if digestOf(data) != d.Digest || d.Size > 0 && d.Size != int64(len(data)) {
		return nil, errMismatch
	}
	return data, nil
}

func readLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, tooLong(limit)
	}
	return data, nil
}

func tooLong(limit int64) error { return fmt.Errorf("it is over the limit of %d MB", limit>>20) }

// parseManifest reads a manifest or index, and makes sure that it is one and
// not both: two readers that disagree about that see two images.
func parseManifest(data []byte, mediaType string) (*manifest, error) {
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, errors.New("the manifest is not valid JSON")
	}
	if m.SchemaVersion == 1 || len(m.FSLayers) > 0 || strings.Contains(mediaType, "distribution.manifest.v1+") {
		return nil, errors.New("its manifest is of Docker's schema 1, which is not supported: push the image again with a current tool")
	}
	index := m.Manifests != nil
	image := m.Config != nil || m.Layers != nil
	switch {
	case index && image:
		return nil, errors.New("its manifest claims to be an image and an index, which is refused")
	case !index && !image:
		return nil, errors.New("its manifest names neither layers nor images")
	case image && m.Config == nil:
		return nil, errors.New("its manifest names no configuration")
	}
	for _, t := range []string{mediaType, m.MediaType} {
		claimsIndex := strings.Contains(t, "image.index.") || strings.Contains(t, "manifest.list.")
		claimsImage := strings.Contains(t, "image.manifest.") || strings.Contains(t, "distribution.manifest.v2")
		if claimsIndex && !index || claimsImage && !image {
			return nil, fmt.Errorf("its manifest is not of the type it claims, %s", text.OneLine(t, 100))
		}
	}
	if len(m.Layers) > maxLayers {
		return nil, fmt.Errorf("it has %s; %d is the limit", text.Count(len(m.Layers), "layer"), maxLayers)
	}
	return &m, nil
}

// loadManifest reads and parses what a descriptor names.
func loadManifest(ctx context.Context, s store, d descriptor) (*manifest, error) {
	data, err := readWhole(ctx, s.manifest, d, maxManifest)
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", short(d.Digest), err)
	}
	return parseManifest(data, d.MediaType)
}

// configTypes matches the media types of an image's configuration. Charts,
// signatures and such have others.
var configTypes = regexp.MustCompile(`^(application/vnd\.(oci\.image\.config|docker\.container\.image)\.v1\+json|application/json|application/octet-stream|)$`)

func loadConfig(ctx context.Context, s store, m *manifest) (*v1.ConfigFile, error) {
	if !configTypes.MatchString(m.Config.MediaType) {
		return nil, fmt.Errorf("it is no container image: its configuration is of the type %s", text.OneLine(m.Config.MediaType, 100))
	}
	data, err := readWhole(ctx, s.blob, *m.Config, maxConfig)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %w", short(m.Config.Digest), err)
	}
	return parseConfig(data)
}

func parseConfig(data []byte) (*v1.ConfigFile, error) {
	var c v1.ConfigFile
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, errors.New("the configuration is not one of an image")
	}
	for _, id := range c.RootFS.DiffIDs {
		if err := checkDigest(id.String()); err != nil {
			return nil, fmt.Errorf("the configuration: %w", err)
		}
	}
	return &c, nil
}

// short is enough of a digest for a message.
func short(digest string) string {
	return text.OneLine(digest, len("sha256:")+12)
}
