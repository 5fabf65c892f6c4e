package signature

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

type remoteStore struct {
	repo   name.Repository
	puller *remote.Puller
}

// Remote is the store of a registry: signatures stand beside the image in its
// repository. base makes the connections, nil for the default; it takes the
// place of remote.WithTransport, since manifests have to be bounded there. The
// other options are for credentials and the like.
func Remote(repo name.Repository, base http.RoundTripper, opts ...remote.Option) (Store, error) {
	if base == nil {
		base = remote.DefaultTransport
	}
	puller, err := remote.NewPuller(append(slices.Clone(opts), remote.WithTransport(bounded{base}))...)
	if err != nil {
		return nil, err
	}
	return remoteStore{repo: repo, puller: puller}, nil
}

func (s remoteStore) Attached(ctx context.Context, digest v1.Hash) ([]Attached, error) {
	var out []Attached
	var unreadable error // the first; what comes after may be enough
	note := func(format string, args ...any) {
		if unreadable == nil {
			unreadable = fmt.Errorf(format, args...)
		}
	}
	for _, suffix := range []string{".sig", ".att"} {
		b, err := s.get(ctx, s.repo.Tag(tagOf(digest, suffix)))
		switch where := "tag " + short(digest) + suffix; {
		case errors.Is(err, errMissing):
		case err != nil:
			note("cannot read the %s: %w", where, err)
		default:
			out = append(out, Attached{Where: where, Manifest: b})
		}
	}
	refs, err := s.referrers(ctx, digest)
	if err != nil {
		note("cannot list its referrers: %w", err)
	}
	for i, d := range refs {
		if i == maxManifests {
			note("more than %d manifests may hold signatures: the rest was not looked at", maxManifests)
			break
		}
		b, err := s.get(ctx, s.repo.Digest(d.Digest.String()))
		if err != nil {
			note("cannot read the referrer %s: %w", short(d.Digest), err)
			continue
		}
		out = append(out, Attached{Where: "referrer " + short(d.Digest), Manifest: b})
	}
	return out, unreadable
}

// referrers returns those that may hold signatures, each once, in order.
func (s remoteStore) referrers(ctx context.Context, digest v1.Hash) ([]v1.Descriptor, error) {
	idx, err := remote.Referrers(s.repo.Digest(digest.String()), remote.Reuse(s.puller), remote.WithContext(ctx))
	if err != nil {
		return nil, readable(err)
	}
	b, err := idx.RawManifest()
	if err != nil {
		return nil, readable(err)
	}
	list, err := parseManifest(b)
	if err != nil {
		return nil, fmt.Errorf("the list is %w", err)
	}
	return holders(list.Manifests), nil
}

// holders keeps the descriptors that may hold signatures, each once, sorted.
func holders(list []v1.Descriptor) []v1.Descriptor {
	list = slices.DeleteFunc(list, func(d v1.Descriptor) bool {
		return !usable(d.Digest) || d.MediaType.IsIndex() || !mayHold(d.ArtifactType)
	})
	byDigest := func(a, b v1.Descriptor) int { return cmp.Compare(a.Digest.Hex, b.Digest.Hex) }
	slices.SortFunc(list, byDigest)
	return slices.CompactFunc(list, func(a, b v1.Descriptor) bool { return a.Digest == b.Digest })
}

func (s remoteStore) get(ctx context.Context, ref name.Reference) ([]byte, error) {
	d, err := s.puller.Get(ctx, ref)
	if err != nil {
		return nil, readable(err)
	}
	if len(d.Manifest) > maxManifest {
		return nil, errTooLarge
	}
	return d.Manifest, nil
}

func (s remoteStore) Manifest(ctx context.Context, digest v1.Hash) ([]byte, error) {
	b, err := s.get(ctx, s.repo.Digest(digest.String()))
	if err != nil {
		return nil, err
	}
	return b, checkDigest(b, digest)
}

func (s remoteStore) Blob(ctx context.Context, digest v1.Hash, limit int64) ([]byte, error) {
	layer, err := s.puller.Layer(ctx, s.repo.Digest(digest.String()))
	if err != nil {
		return nil, readable(err)
	}
	r, err := layer.Compressed()
	if err != nil {
		return nil, readable(err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, readable(err)
	case int64(len(b)) > limit:
		return nil, errTooLarge
	}
	return b, checkDigest(b, digest)
}

var errTooLarge = errors.New("it is over the size limit")

// readable turns a registry's error into one line without what the registry
// wrote, of which nobody knows what it quotes.
func readable(err error) error {
	var te *transport.Error
	if !errors.As(err, &te) {
		// Its address may be one that the registry has led to, which can
		// carry a token.
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return err
	}
	switch te.StatusCode {
	case http.StatusNotFound:
		return errMissing
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Errorf("the registry refuses access (status %d): log in to it", te.StatusCode)
	}
	return fmt.Errorf("the registry answers with status %d", te.StatusCode)
}

// bounded cuts off manifests and lists of referrers that are too large: the
// registry's client would read them whole.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(r)
	if err != nil || !strings.Contains(r.URL.Path, "/manifests/") && !strings.Contains(r.URL.Path, "/referrers/") {
		return resp, err
	}
	if resp.ContentLength > maxManifest {
		resp.Body.Close()
		return nil, errTooLarge
	}
	resp.Body = &cutOff{ReadCloser: resp.Body, left: maxManifest}
	return resp, nil
}

type cutOff struct {
	io.ReadCloser
	left int64
}

func (c *cutOff) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
