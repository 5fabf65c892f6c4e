package source

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
)

// TestRedirectsGetNoCredentials: registries keep blobs elsewhere, and the
// place is nobody to be shown a password or token.
func TestRedirectsGetNoCredentials(t *testing.T) {
	s := serve(t)
	ref := s.push(t, "team/app:1", sample(t))
	var leaked atomic.Int32
	elsewhere := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			leaked.Add(1)
		}
		req, _ := http.NewRequest(http.MethodGet, s.URL+r.URL.Path, nil)
		req.SetBasicAuth(user, password)
		req.Header.Set("X-Direct", "yes")
		resp, err := s.Client().Do(req)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		io.Copy(w, resp.Body)
	}))
	defer elsewhere.Close()
	moved := 0
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/blobs/") || r.Header.Get("X-Direct") != "" {
			return false
		}
		moved++
		http.Redirect(w, r, elsewhere.URL+r.URL.Path+"?signature=private", http.StatusTemporaryRedirect)
		return true
	}
	got := mustOpen(t, ref, s.options(t))
	if diff := cmp.Diff([]string{"a=one", "b=two", "c=three"}, content(t, got)); diff != "" {
		t.Error(diff)
	}
	if moved != 4 || leaked.Load() != 0 {
		t.Errorf("%d redirects, %d of which were shown credentials", moved, leaked.Load())
	}
	// The signature in the address is a secret, too.
	elsewhere.Close()
	_, err := layerContent(got.Layers[0])
	if err == nil || strings.Contains(err.Error(), "private") || !strings.Contains(err.Error(), "cannot be reached") {
		t.Error(err)
	}
}

// recorder is a network without a machine on it.
type recorder struct {
	mu     sync.Mutex
	seen   []string
	answer func(*http.Request) *http.Response
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	credentials := ""
	if req.Header.Get("Authorization") != "" {
		credentials = " with credentials"
	}
	r.seen = append(r.seen, req.URL.Scheme+" "+req.URL.Host+credentials)
	resp := r.answer(req)
	resp.Request = req
	return resp, nil
}

func reply(status int, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader("")), ProtoMajor: 1, ProtoMinor: 1}
}

type always struct{ authn.Authenticator }

func (a always) Resolve(authn.Resource) (authn.Authenticator, error) { return a.Authenticator, nil }

// TestPlainHTTP: neither a private address, nor a token service, nor a redirect
// makes us speak without TLS, unless the user says so.
func TestPlainHTTP(t *testing.T) {
	basic := always{&authn.Basic{Username: user, Password: password}}
	tests := []struct {
		name, ref string
		answer    func(*http.Request) *http.Response
		insecure  bool
		plain     bool
	}{
		{"private address", "10.0.0.1:5000/app:1", func(r *http.Request) *http.Response { return reply(http.StatusUnauthorized) }, false, false},
		{"a name of the local network", "registry.local/app:1", func(r *http.Request) *http.Response { return reply(http.StatusUnauthorized) }, false, false},
		{"token service", "registry.example/app:1", func(r *http.Request) *http.Response {
			return reply(http.StatusUnauthorized, "WWW-Authenticate", `Bearer realm="http://token.example/",service="x"`)
		}, false, false},
		{"redirect", "registry.example/app:1", func(r *http.Request) *http.Response {
			if r.URL.Path == "/v2/" {
				return reply(http.StatusUnauthorized, "WWW-Authenticate", `Basic realm="x"`)
			}
			return reply(http.StatusFound, "Location", "http://registry.example/elsewhere")
		}, false, false},
		{"insecure", "registry.example/app:1", func(r *http.Request) *http.Response {
			if r.URL.Scheme == "https" {
				return reply(http.StatusBadGateway)
			}
			return reply(http.StatusUnauthorized, "WWW-Authenticate", `Basic realm="x"`)
		}, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := &recorder{answer: tt.answer}
			_, err := Open(context.Background(), tt.ref, Options{Transport: r, Keychain: basic, Insecure: tt.insecure, pause: noPause})
			if err == nil || strings.Contains(err.Error(), password) {
				t.Error(err)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			plain := slices.ContainsFunc(r.seen, func(s string) bool { return strings.HasPrefix(s, "http ") })
			if plain != tt.plain || len(r.seen) == 0 {
				t.Errorf("%q: %v", r.seen, err)
			}
		})
	}
}

// TestToken goes through a token service, and a token for the repository only.
func TestToken(t *testing.T) {
	s := serve(t)
	s.push(t, "team/app:1", sample(t))
	const token = "a-token"
	var front *httptest.Server
	var scopes []string
	front = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u, p, _ := r.BasicAuth()
		switch {
		case r.URL.Path == "/token" && u == user && p == password:
			scopes = append(scopes, r.URL.Query()["scope"]...)
			w.Write([]byte(`{"token":"` + token + `"}`))
		case r.Header.Get("Authorization") == "Bearer "+token:
			r.SetBasicAuth(user, password)
			s.Config.Handler.ServeHTTP(w, r)
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+front.URL+`/token",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer front.Close()
	host := strings.TrimPrefix(front.URL, "https://")
	got := mustOpen(t, host+"/team/app:1", Options{Keychain: always{&authn.Basic{Username: user, Password: password}}, Transport: front.Client().Transport, pause: noPause})
	if diff := cmp.Diff([]string{"a=one", "b=two", "c=three"}, content(t, got)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"repository:team/app:pull"}, scopes); diff != "" {
		t.Error(diff)
	}
}
