//go:build realimages

package images

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const user, password = "reader", "not-a-" + "real-one"

// server is a registry over TLS that asks for a password. It is the keychain
// that knows it.
type server struct {
	*httptest.Server
	host string
}

func serve(t *testing.T) *server {
	t.Helper()
	s := &server{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		inner.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	s.host = strings.TrimPrefix(s.URL, "https://")
	return s
}

// Resolve knows the password of this registry only.
func (s *server) Resolve(r authn.Resource) (authn.Authenticator, error) {
	if r.RegistryStr() != s.host {
		return authn.Anonymous, nil
	}
	return &authn.Basic{Username: user, Password: password}, nil
}

// push returns how the image is named in the registry.
func (s *server) push(t *testing.T, repository string, n Named) string {
	t.Helper()
	ref, err := name.NewTag(s.host + "/" + repository)
	if err != nil {
		t.Fatal(err)
	}
	options := []remote.Option{remote.WithTransport(s.Client().Transport), remote.WithAuthFromKeychain(s)}
	if n.Index != nil {
		err = remote.WriteIndex(ref, n.Index, options...)
	} else {
		err = remote.Write(ref, n.Image, options...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return ref.String()
}

func digest(t *testing.T, l v1.Layer) string {
	t.Helper()
	h, err := l.DiffID()
	if err != nil {
		t.Fatal(err)
	}
	return h.String()
}
