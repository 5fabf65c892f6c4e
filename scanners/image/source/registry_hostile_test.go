package source

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
)

func TestRegistryIndex(t *testing.T) {
	s := serve(t)
	amd, arm, v7 := multi(t)
	index := indexOf(t, true, amd, arm, v7)
	ref := s.push(t, "team/app:multi", index)
	got := mustOpen(t, ref, func() Options { o := s.options(t); o.Platform = "linux/arm64"; return o }())
	if c := content(t, got); !cmp.Equal(c, []string{"is=arm64"}) || got.Index != digest(t, index) || got.Digest != digest(t, arm) {
		t.Errorf("%v, %+v", c, got)
	}
}

// TestTagIsResolvedOnce: what a tag comes to mean meanwhile is another image.
func TestTagIsResolvedOnce(t *testing.T) {
	s := serve(t)
	amd, arm, _ := multi(t)
	ref := s.push(t, "team/app:1", indexOf(t, true, amd, arm))
	s.mu.Lock()
	s.seen = nil
	s.mu.Unlock()
	content(t, mustOpen(t, ref, s.options(t)))
	tags := 0
	for _, r := range s.seen {
		if strings.HasSuffix(r, "/manifests/1") {
			tags++
		} else if strings.Contains(r, "/manifests/") && !strings.Contains(r, "/manifests/sha256:") {
			t.Error(r)
		}
	}
	if tags != 1 {
		t.Errorf("the tag was asked for %d times: %q", tags, s.seen)
	}
}

func TestRegistryThatChangesContent(t *testing.T) {
	s := serve(t)
	img := imageOf(t, here(), gzLayer(t, tarOf(t, "a", strings.Repeat("one", 10000))))
	ref := s.push(t, "team/app:1", img)
	pinned := s.host + "/team/app@" + digest(t, img)
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	blob := "/blobs/" + digest(t, layers[0])
	size, err := layers[0].Size()
	if err != nil {
		t.Fatal(err)
	}
	open := func(ref string, before func(http.ResponseWriter, *http.Request) bool) error {
		s.before = before
		defer func() { s.before = nil }()
		got, err := Open(context.Background(), ref, s.options(t))
		if err != nil {
			return err
		}
		defer got.Close()
		_, err = layerContent(got.Layers[0])
		return err
	}
	write := func(path string, data []byte, length string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, path) {
				return false
			}
			if length != "" {
				w.Header().Set("Content-Length", length)
			} else {
				w.(http.Flusher).Flush()
			}
			w.Write(data)
			return true
		}
	}
	if err := open(ref, nil); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		ref    string
		before func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		"another manifest":    {pinned, write("/manifests/", []byte(`{"schemaVersion":2}`), ""), "its manifest: the content is not what its digest says"},
		"an endless manifest": {ref, write("/manifests/", make([]byte, maxManifest+1), ""), "its manifest: it is over the limit of 4 MB"},
		"another length":      {ref, write(blob, []byte("x"), "1"), "the registry has 1 bytes of its"},
		"a shorter layer":     {ref, write(blob, []byte("x"), ""), "it ends after 1 of"},
		"a longer layer":      {ref, write(blob, make([]byte, size+1), ""), "there is more than its"},
		"another layer":       {ref, write(blob, make([]byte, size), ""), "not what its digest says"},
		"a connection that ends": {ref, func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, blob) {
				return false
			}
			data, _ := layers[0].Compressed()
			io.CopyN(w, data, size/2)
			panic(http.ErrAbortHandler)
		}, "the connection to " + s.host + " was cut"},
	} {
		if err := open(tt.ref, tt.before); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

// TestRedirectsGetNoCredentials: registries keep blobs elsewhere, and the
// place is nobody to be shown a password or token.
func TestRedirectsGetNoCredentials(t *testing.T) {
	s := serve(t)
	ref := s.push(t, "team/app:1", sample(t))
	var leaked atomic.Int32
	var elsewhere *httptest.Server
	elsewhere = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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

func TestRetries(t *testing.T) {
	s := serve(t)
	ref := s.push(t, "team/app:1", sample(t))
	for name, tt := range map[string]struct {
		fails  int // in a row
		status int
		after  string
		ok     bool
		waits  int
	}{
		"too many requests for a moment":   {2, http.StatusTooManyRequests, "7", true, 2},
		"too many requests for long":       {1, http.StatusTooManyRequests, "3600", false, 0},
		"too many requests all the time":   {100, http.StatusTooManyRequests, "", false, maxTries - 1},
		"out of order for a moment":        {1, http.StatusBadGateway, "", true, 1},
		"not found does not become better": {1, http.StatusNotFound, "", false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			failed := 0
			s.before = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/manifests/") || failed == tt.fails {
					return false
				}
				failed++
				w.Header().Set("Retry-After", tt.after)
				w.WriteHeader(tt.status)
				return true
			}
			var waits []time.Duration
			o := s.options(t)
			o.pause = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
			_, err := Open(context.Background(), ref, o)
			if (err == nil) != tt.ok || len(waits) != tt.waits {
				t.Errorf("%v, waited %v", err, waits)
			}
			if tt.after == "7" && slices.ContainsFunc(waits, func(d time.Duration) bool { return d != 7*time.Second }) {
				t.Errorf("waited %v", waits)
			}
		})
	}
	t.Run("the context ends the waiting", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		s.before = func(w http.ResponseWriter, r *http.Request) bool {
			cancel()
			w.Header().Set("Retry-After", "20")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		o := s.options(t)
		o.pause = nil
		if _, err := Open(ctx, ref, o); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestForeignLayerOfARegistry: its address may be anything, and is never
// asked; the registry is.
func TestForeignLayerOfARegistry(t *testing.T) {
	s := serve(t)
	data := tarOf(t, "a", "one")
	elsewhere := stored{gz(t, data), hashOf(data), "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}
	ref := s.push(t, "team/app:1", imageOf(t, here(), elsewhere))
	got := mustOpen(t, ref, s.options(t))
	if len(got.Layers) != 1 || got.Layers[0].Skip != "it is a foreign layer, which the image does not hold" {
		t.Errorf("%+v", got.Layers)
	}
}
