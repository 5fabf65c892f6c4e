package vulndb

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/scangate/scangate/vulndb/fetch"
)

const (
	maxLayerSize  = 1 << 30 // compressed; real ones have some 100 MiB
	maxAnswerSize = 4 << 20 // of everything that is no layer
)

// manifestTypes are the media types of what is asked for.
var manifestTypes = []string{string(types.OCIManifestSchema1), string(types.DockerManifestSchema2)}

// mirror is a repository whose registry has let us in.
type mirror struct {
	kind   *Kind
	ref    name.Reference
	client http.Client
}

// parseRepository reads the name of a repository. One without a tag gets that
// of the schema.
func (k *Kind) parseRepository(repo string) (name.Reference, error) {
	ref, err := name.ParseReference(repo, name.WithDefaultTag(k.tag))
	if err != nil || strings.Contains(repo, "://") {
		return nil, fmt.Errorf("%q is not a repository such as %s", repo, k.repositories[1])
	}
	return ref, nil
}

// CheckRepository reports, with an example, what is wrong with the name of a
// repository.
func CheckRepository(repo string) error {
	_, err := vulnerabilities.parseRepository(repo)
	return err
}

// connect goes through the registry's authentication. Public mirrors are never
// shown credentials: expired ones would shut out who may come in anonymously.
func (u *updater) connect(ctx context.Context, ref name.Reference) (*mirror, error) {
	auth := authn.Anonymous
	if u.options.Keychain != nil && !isPublic(ref) {
		var err error
		if auth, err = authn.Resolve(ctx, u.options.Keychain, ref.Context()); err != nil {
			return nil, errors.New("no credentials can be read for it")
		}
	}
	tr, err := transport.NewWithContext(ctx, ref.Context().Registry, auth, bounded{u.transport}, []string{ref.Scope(transport.PullScope)})
	if err != nil {
		return nil, connectError(ctx, err)
	}
	return &mirror{u.kind, ref, http.Client{Transport: tr}}, nil
}

// connectError classifies what went wrong, and passes on nothing of what the
// registry says.
func connectError(ctx context.Context, err error) error {
	var status *transport.Error
	if ctx.Err() == nil && errors.As(err, &status) {
		return fetch.StatusError{What: "registry", Status: status.StatusCode}
	}
	return fetch.Classify(ctx, err)
}

func isPublic(ref name.Reference) bool {
	return slices.ContainsFunc(slices.Concat(vulnerabilities.repositories, java.repositories), func(repo string) bool {
		public, err := vulnerabilities.parseRepository(repo)
		return err == nil && public.Context().Name() == ref.Context().Name()
	})
}

// do sends a request and returns an answer with the status 200 or 206.
func (m *mirror) do(ctx context.Context, method, what, id string, header http.Header) (*http.Response, error) {
	repo := m.ref.Context()
	url := fmt.Sprintf("%s://%s/v2/%s/%s/%s", repo.Scheme(), repo.RegistryStr(), repo.RepositoryStr(), what, id)
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header = header
	resp, err := m.client.Do(req)
	if err != nil {
		return nil, connectError(ctx, err)
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusPartialContent {
		resp.Body.Close()
		return nil, fetch.StatusError{What: strings.TrimSuffix(what, "s"), Status: resp.StatusCode, After: fetch.RetryAfter(resp.Header, time.Now())}
	}
	return resp, nil
}

// digest asks for the manifest's digest only. It is empty where the registry
// does not tell.
func (m *mirror) digest(ctx context.Context) (string, error) {
	resp, err := m.do(ctx, http.MethodHead, "manifests", m.ref.Identifier(), http.Header{"Accept": manifestTypes})
	if err != nil {
		return "", err
	}
	resp.Body.Close()
	digest, err := v1.NewHash(resp.Header.Get("Docker-Content-Digest"))
	if err != nil {
		return "", nil
	}
	return digest.String(), nil
}

// layer fetches the manifest and returns its digest and the database's layer.
// The one with digest known is asked for, unless that is empty.
func (m *mirror) layer(ctx context.Context, known string) (string, v1.Descriptor, error) {
	id := m.ref.Identifier()
	if known != "" {
		id = known
	}
	resp, err := m.do(ctx, http.MethodGet, "manifests", id, http.Header{"Accept": manifestTypes})
	if err != nil {
		return "", v1.Descriptor{}, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerSize))
	if err != nil {
		return "", v1.Descriptor{}, connectError(ctx, err)
	}
	sum := sha256.Sum256(data)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	if strings.HasPrefix(id, "sha256:") && id != digest {
		return "", v1.Descriptor{}, errors.New("the manifest has another digest than it was asked for by")
	}
	layer, err := m.kind.chooseLayer(data)
	return digest, layer, err
}

// chooseLayer finds the database's layer by its media type: there have been
// manifests with an empty layer before it.
func (k *Kind) chooseLayer(manifest []byte) (v1.Descriptor, error) {
	var m v1.Manifest
	if err := json.Unmarshal(manifest, &m); err != nil {
		return v1.Descriptor{}, errors.New("the manifest cannot be read")
	}
	var found []v1.Descriptor
	for _, l := range m.Layers {
		if string(l.MediaType) == k.layerType {
			found = append(found, l)
		}
	}
	switch {
	case len(found) == 0:
		return v1.Descriptor{}, fmt.Errorf("the manifest has no layer of type %s: this is no %s", k.layerType, k.name)
	case len(found) > 1:
		return v1.Descriptor{}, fmt.Errorf("the manifest has %d layers of type %s", len(found), k.layerType)
	case found[0].Size <= 0 || found[0].Size > maxLayerSize:
		return v1.Descriptor{}, fmt.Errorf("the manifest's layer has %d bytes: over the limit of %d, or none", found[0].Size, maxLayerSize)
	case found[0].Digest.Hex == "":
		return v1.Descriptor{}, errors.New("the manifest's layer has no digest")
	}
	return found[0], nil
}

// bounded cuts the body of every answer off, except of a request that is made
// for a layer: what reads tokens and error messages reads all there is.
type bounded struct{ inner http.RoundTripper }

// unbounded marks the context of a request that counts what it reads.
type unbounded struct{}

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.inner.RoundTrip(req)
	if err == nil && resp.Body != nil && req.Context().Value(unbounded{}) == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswerSize), resp.Body}
	}
	return resp, err
}
