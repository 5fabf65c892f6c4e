package source

import (
	"context"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const user, password = "reader", "not-a-" + "real-one"

// server is a registry over TLS that asks for a password.
type server struct {
	*httptest.Server
	host string
	// before may answer a request itself.
	before func(w http.ResponseWriter, r *http.Request) bool

	mu   sync.Mutex
	seen []string
}

func serve(t testing.TB) *server {
	t.Helper()
	s := &server{}
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.Path)
		s.mu.Unlock()
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if s.before != nil && s.before(w, r) {
			return
		}
		inner.ServeHTTP(w, r)
	}))
	s.Server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	s.host = u.Host
	return s
}

// options have the credentials in a Docker configuration, as users have them.
func (s *server) options(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	auth := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	writeFile(t, filepath.Join(dir, "config.json"), marshal(t, map[string]any{"auths": map[string]any{s.host: map[string]string{"auth": auth}}}))
	t.Setenv("DOCKER_CONFIG", dir)
	return Options{Keychain: authn.DefaultKeychain, Transport: s.Client().Transport, pause: noPause}
}

func (s *server) remote() []remote.Option {
	return []remote.Option{remote.WithTransport(s.Client().Transport), remote.WithAuth(&authn.Basic{Username: user, Password: password})}
}

func (s *server) push(t testing.TB, repo string, x any) string {
	t.Helper()
	ref, err := name.ParseReference(s.host + "/" + repo)
	if err != nil {
		t.Fatal(err)
	}
	switch x := x.(type) {
	case v1.Image:
		err = remote.Write(ref, x, s.remote()...)
	case v1.ImageIndex:
		err = remote.WriteIndex(ref, x, s.remote()...)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.host + "/" + repo
}

func TestRegistry(t *testing.T) {
	s := serve(t)
	img := sample(t)
	ref := s.push(t, "team/app:1.0", img)
	got := mustOpen(t, ref, s.options(t))
	if diff := cmp.Diff([]string{"a=one", "b=two", "c=three"}, content(t, got)); diff != "" {
		t.Error(diff)
	}
	if got.Digest != digest(t, img) || got.Name != "team/app" || got.Tag != "1.0" || got.Pinned || got.Source != "registry" || got.Repository.RegistryStr() != s.host {
		t.Errorf("%+v", got)
	}
	pinned := mustOpen(t, s.host+"/team/app@"+got.Digest, s.options(t))
	if !pinned.Pinned || pinned.Digest != got.Digest || pinned.Tag != "" {
		t.Errorf("%+v", pinned)
	}
	// What the signature check needs: another manifest of the repository.
	if _, err := remote.Get(got.Repository.Digest(got.Digest), got.RemoteOptions...); err != nil {
		t.Error(err)
	}
}

func TestRegistryErrors(t *testing.T) {
	s := serve(t)
	ref := s.push(t, "team/app:1.0", sample(t))
	good := s.options(t)
	with := func(change func(*Options)) Options {
		o := good
		change(&o)
		return o
	}
	tests := []struct {
		name, ref, want string
		options         Options
		before          func(http.ResponseWriter, *http.Request) bool
	}{
		{"no such tag", s.host + "/team/app:2", "no such manifest (HTTP 404): check the name and the tag", good, nil},
		{"not logged in", ref, "access denied (HTTP 401): log in with docker login " + s.host, with(func(o *Options) { o.Keychain = authn.NewMultiKeychain() }), nil},
		{"offline", ref, "cannot be had offline", with(func(o *Options) { o.Offline = true }), nil},
		{"untrusted certificate", ref, "the TLS certificate of " + s.host + " cannot be trusted", with(func(o *Options) { o.Transport = nil }), nil},
		{"no registry", "127.0.0.1:1/app:1", "127.0.0.1:1 cannot be reached: connect: connection refused", good, nil},
		{"another digest", s.host + "/team/app@sha256:" + strings.Repeat("0", 64), "no such manifest", good, nil},
		{"sha512", s.host + "/team/app@sha512:" + strings.Repeat("0", 128), "sha512 digests, which are not supported", good, nil},
		{"no digest", s.host + "/team/app@sha256:../../x", "is no digest such as", good, nil},
		{"not a reference", "Team/App:1", "it is no reference to an image", good, nil},
		{"too many requests", ref, "limits how much may be pulled (HTTP 429): log in with docker login", good, func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}},
		{"out of order", ref, "is out of order (HTTP 503): try again later", good, func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s.before = tt.before
			_, err := Open(context.Background(), tt.ref, tt.options)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), password) {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}
