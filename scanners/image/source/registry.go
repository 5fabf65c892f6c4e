package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/scangate/scangate/text"
)

// manifestTypes are the media types that are asked for. Schema 1 is asked for
// so that it can be said that it is not supported.
func manifestTypes() []string {
	return []string{
		string(types.OCIImageIndex), string(types.DockerManifestList),
		string(types.OCIManifestSchema1), string(types.DockerManifestSchema2),
		string(types.DockerManifestSchema1Signed),
	}
}

// registryStore is the blobs of a repository.
type registryStore struct {
	repo   name.Repository
	client *http.Client
	known  map[string][]byte // the manifest that the tag stands for, by digest
}

// openRegistry opens a registry's image.
func (b *builder) openRegistry(ctx context.Context, given string) error {
	ref, tag, err := parseReference(given, b.options.Insecure)
	if err != nil {
		return err
	}
	if b.options.Offline {
		return errors.New("a registry's image cannot be had offline: save it, and scan docker-archive:FILE or oci:DIR")
	}
	repo := ref.Context()
	b.img.Source, b.img.Repository, b.img.Tag = "registry", repo, tag
	b.img.Name = repo.RepositoryStr()
	_, b.img.Pinned = ref.(name.Digest)

	keychain := b.options.Keychain
	if keychain == nil {
		keychain = authn.DefaultKeychain
	}
	auth, err := authn.Resolve(ctx, keychain, repo)
	if err != nil {
		// What a credential helper says may hold anything.
		return fmt.Errorf("the credentials for %s cannot be read: check Docker's configuration and its credential helper", repo.RegistryStr())
	}
	login, err := transport.NewWithContext(ctx, repo.Registry, auth, b.transport(), []string{repo.Scope(transport.PullScope)})
	if err != nil {
		return explain(repo, err)
	}
	b.img.RemoteOptions = []remote.Option{remote.WithTransport(login)}
	s := &registryStore{repo: repo, client: &http.Client{Transport: explaining{login, repo}}, known: map[string][]byte{}}

	// The tag is resolved once. From here on there are digests only.
	r, err := s.get(ctx, "manifests", ref.Identifier())
	if err != nil {
		return err
	}
	defer r.Body.Close()
	data, err := readLimited(r.Body, maxManifest)
	if err != nil {
		return fmt.Errorf("its manifest: %w", err)
	}
	d := descriptor{Digest: digestOf(data), MediaType: r.Header.Get("Content-Type")}
	if b.img.Pinned && d.Digest != ref.Identifier() {
		return fmt.Errorf("its manifest: %w", errMismatch)
	}
	s.known[d.Digest] = data
	return b.fromDescriptor(ctx, s, d)
}

// parseReference reads the name of a registry's image. Errors repeat nothing of it.
func parseReference(given string, insecure bool) (ref name.Reference, tag string, err error) {
	if _, digest, ok := strings.Cut(given, "@sha"); ok {
		if err := checkDigest("sha" + digest); err != nil {
			return nil, "", err
		}
	}
	options := []name.Option{name.WeakValidation}
	if insecure {
		options = append(options, name.Insecure)
	}
	if ref, err = name.ParseReference(given, options...); err != nil {
		return nil, "", errors.New("it is no reference to an image such as registry/repository:tag; files are docker-archive:FILE, directories oci:DIR or dir:DIR")
	}
	if t, ok := ref.(name.Tag); ok {
		return ref, t.TagStr(), nil
	}
	before, _, _ := strings.Cut(given, "@")
	return ref, tagOf(before), nil
}

// get requests a manifest or blob. Answers other than 200 are errors.
func (s *registryStore) get(ctx context.Context, what, id string) (*http.Response, error) {
	return s.do(ctx, http.MethodGet, what, id)
}

func (s *registryStore) do(ctx context.Context, method, what, id string) (*http.Response, error) {
	url := fmt.Sprintf("%s://%s/v2/%s/%s/%s", s.repo.Scheme(), s.repo.RegistryStr(), s.repo.RepositoryStr(), what, id)
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	if what == "manifests" {
		req.Header["Accept"] = []string{strings.Join(manifestTypes(), ",")}
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, innermost(err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, statusError(s.repo, resp.StatusCode, what)
	}
	return resp, nil
}

func (s *registryStore) manifest(ctx context.Context, d descriptor) (io.ReadCloser, error) {
	if data, ok := s.known[d.Digest]; ok {
		return io.NopCloser(strings.NewReader(string(data))), nil
	}
	resp, err := s.get(ctx, "manifests", d.Digest)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

func (s *registryStore) blob(ctx context.Context, d descriptor) (io.ReadCloser, error) {
	if err := checkDigest(d.Digest); err != nil {
		return nil, err
	}
	resp, err := s.get(context.WithValue(ctx, unbounded{}, true), "blobs", d.Digest)
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", short(d.Digest), err)
	}
	if resp.ContentLength >= 0 && d.Size > 0 && resp.ContentLength != d.Size {
		resp.Body.Close()
		return nil, fmt.Errorf("blob %s: the registry has %d bytes of its %d: %w", short(d.Digest), resp.ContentLength, d.Size, errMismatch)
	}
	return explainedBody{resp.Body, s.repo}, nil
}

// explainedBody puts what happens on the way into words, too.
type explainedBody struct {
	io.ReadCloser
	repo name.Repository
}

func (b explainedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = explain(b.repo, err)
	}
	return n, err
}

func (s *registryStore) has(ctx context.Context, d descriptor) bool {
	if checkDigest(d.Digest) != nil {
		return false
	}
	resp, err := s.do(ctx, http.MethodHead, "blobs", d.Digest)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return true
}

// statusError says what an answer means, and what to do about it.
func statusError(repo name.Repository, status int, what string) error {
	host := repo.RegistryStr()
	if host == name.DefaultRegistry {
		host = "docker.io"
	}
	host = text.OneLine(host, 200)
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("access denied (HTTP %d): log in with docker login %s, or check the name", status, host)
	case http.StatusNotFound:
		return fmt.Errorf("%s has no such %s (HTTP 404): check the name and the tag", host, strings.TrimSuffix(what, "s"))
	case http.StatusTooManyRequests:
		return fmt.Errorf("%s limits how much may be pulled (HTTP 429): log in with docker login, or try again later", host)
	}
	if status >= 500 {
		return fmt.Errorf("%s is out of order (HTTP %d): try again later", host, status)
	}
	return fmt.Errorf("%s answers with HTTP %d", host, status)
}
