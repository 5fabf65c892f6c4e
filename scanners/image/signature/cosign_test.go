package signature

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// keyed is a verifier with the key that Cosign made.
func keyed(t *testing.T, attestations ...string) *Verifier {
	t.Helper()
	v, err := Requirement{Key: "testdata/cosign/cosign.pub", Attestations: attestations}.Compile(os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What Cosign wrote is accepted, as a directory.
func TestCosignLayouts(t *testing.T) {
	for _, dir := range []string{"saved", "referrers"} {
		t.Run(dir, func(t *testing.T) {
			store := Layout(filepath.Join("testdata/cosign", dir))
			got, err := keyed(t, slsa).Verify(context.Background(), store, digest)
			if err != nil {
				t.Fatal(err)
			}
			want := Result{Verified: true, Signers: []string{"the key testdata/cosign/cosign.pub"}, Attested: []string{slsa}}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			other := "sha256:" + strings.Repeat("ab", 32)
			got, err = keyed(t).Verify(context.Background(), store, other)
			if err != nil || got.Verified {
				t.Errorf("another digest: %+v, %v", got, err)
			}
			v, err := Requirement{Key: "k"}.Compile(files(map[string][]byte{"k": pemOf("PUBLIC KEY", spki(newKey().Public()))}))
			if err != nil {
				t.Fatal(err)
			}
			got, err = v.Verify(context.Background(), store, digest)
			if err != nil || got.Verified || !strings.Contains(strings.Join(got.Reasons, "\n"), "not signed with the key k") {
				t.Errorf("another key: %+v, %v", got, err)
			}
			v, err = Requirement{Key: "testdata/cosign/cosign.pub", TransparencyLog: true}.Compile(os.ReadFile)
			if err != nil {
				t.Fatal(err)
			}
			got, err = v.Verify(context.Background(), store, digest)
			if err != nil || got.Verified || !strings.Contains(strings.Join(got.Reasons, "\n"), "no transparency log entry") {
				t.Errorf("without a log entry: %+v, %v", got, err)
			}
		})
	}
}

// serve starts a registry and returns a repository in it.
func serve(t *testing.T, h http.Handler) name.Repository {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	repo, err := name.NewRepository(strings.TrimPrefix(s.URL, "http://") + "/acme/app")
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func newRegistry(opts ...registry.Option) http.Handler {
	return registry.New(append(opts, registry.Logger(log.New(io.Discard, "", 0)))...)
}

// push copies the manifests of a layout, and gives those that `cosign save`
// marked the tags that Cosign reads.
func push(t *testing.T, repo name.Repository, dir string) {
	t.Helper()
	idx, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := idx.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range m.Manifests {
		img, err := idx.Image(d.Digest)
		if err != nil {
			t.Fatal(err)
		}
		var ref name.Reference = repo.Digest(d.Digest.String())
		switch d.Annotations["kind"] {
		case "dev.cosignproject.cosign/sigs":
			ref = repo.Tag("sha256-" + digestHex + ".sig")
		case "dev.cosignproject.cosign/atts":
			ref = repo.Tag("sha256-" + digestHex + ".att")
		}
		if err := remote.Write(ref, img); err != nil {
			t.Fatal(err)
		}
	}
}

// What Cosign wrote is accepted in a registry, by tags and by referrers, with
// the interface for referrers and without it.
func TestCosignRegistry(t *testing.T) {
	for _, dir := range []string{"saved", "referrers"} {
		for _, api := range []bool{true, false} {
			repo := serve(t, newRegistry(registry.WithReferrersSupport(api)))
			push(t, repo, filepath.Join("testdata/cosign", dir))
			store, err := Remote(repo, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := keyed(t, slsa).Verify(context.Background(), store, digest)
			if err != nil || !got.Verified {
				t.Errorf("%s, interface %v: %+v, %v", dir, api, got, err)
			}
			got, err = keyed(t).Verify(context.Background(), store, "sha256:"+strings.Repeat("ab", 32))
			if want := (Result{Reasons: []string{"no signature found; wanted one by the key testdata/cosign/cosign.pub"}}); err != nil || cmp.Diff(want, got) != "" {
				t.Errorf("%s, interface %v: an image without signatures: %+v, %v", dir, api, got, err)
			}
		}
	}
}

// A registry that refuses, fails or floods leaves it open whether an image is
// signed.
func TestRegistryTrouble(t *testing.T) {
	good := newRegistry(registry.WithReferrersSupport(true))
	tests := []struct {
		name string
		hit  string // part of the path of requests that go wrong
		do   http.HandlerFunc
		want string
	}{
		{"refused", "/manifests/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, "refuses access (status 403)"},
		{"signatures' tag fails", ".sig", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, "status 418"},
		{"referrers fail", "/referrers/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, "cannot list its referrers"},
		{"blobs gone", "/blobs/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "the registry does not have it"},
		{"connection cut", ".att", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		{"list of referrers without an end", "/referrers/", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
			for chunk, i := make([]byte, 1<<20), 0; i < 64; i++ {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, "over the size limit"},
		{"manifest that says it is too large", ".sig", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99999999")
			w.WriteHeader(http.StatusOK)
		}, "over the size limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			broken := false
			repo := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if broken && strings.Contains(r.URL.Path, tt.hit) {
					tt.do(w, r)
					return
				}
				good.ServeHTTP(w, r)
			}))
			push(t, repo, "testdata/cosign/saved")
			broken = true
			store, err := Remote(repo, nil, remote.WithRetryStatusCodes())
			if err != nil {
				t.Fatal(err)
			}
			v := keyed(t, "https://example.com/not-attested")
			got, err := v.Verify(context.Background(), store, digest)
			if err == nil || got.Verified || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %+v, %v; want an error with %q", got, err, tt.want)
			}
		})
	}
}

// change is a copy of a layout with one file replaced, or removed when it is nil.
func change(t *testing.T, dir, file string, content []byte) string {
	t.Helper()
	out := t.TempDir()
	if err := os.CopyFS(out, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(out, file)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if content != nil {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestLayoutTrouble(t *testing.T) {
	const saved = "testdata/cosign/saved"
	const sigManifest = "blobs/sha256/869c737e5a98b364b03bb6e2d1f70318a3de0b9eeb790ba8f9f7e5a184a9a842"
	const sigPayload = "blobs/sha256/5bac34fb93f1214bdbb85ff28cb8e5c697b9fa216a440b41fa63ae5365911ea5"
	outside := filepath.Join(t.TempDir(), "manifest")
	b, err := os.ReadFile(filepath.Join(saved, sigManifest))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(outside, b, 0o644); err != nil {
		t.Fatal(err)
	}
	linked := change(t, saved, sigManifest, nil)
	if err := os.Symlink(outside, filepath.Join(linked, sigManifest)); err != nil {
		t.Fatal(err)
	}
	dirs := change(t, saved, sigManifest, nil)
	if err := os.Mkdir(filepath.Join(dirs, sigManifest), 0o755); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, dir, want string }{
		{"no such directory", "testdata/none", "index.json"},
		{"no index", change(t, saved, "index.json", nil), "index.json"},
		{"index is not JSON", change(t, saved, "index.json", []byte("{")), "not valid JSON"},
		{"index too large", change(t, saved, "index.json", make([]byte, maxManifest+1)), "over the size limit"},
		{"manifest gone", change(t, saved, sigManifest, nil), "cannot read the manifest sha256:869c737e5a98"},
		{"manifest changed", change(t, saved, sigManifest, append(b, ' ')), "not what its digest says"},
		{"manifest by a link that leads out", linked, "cannot read the manifest"},
		{"manifest is a directory", dirs, "not a regular file"},
		{"payload gone", change(t, saved, sigPayload, nil), "signature 1"},
		{"payload changed", change(t, saved, sigPayload, []byte("{}")), "not what its digest says"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := keyed(t).Verify(context.Background(), Layout(tt.dir), digest)
			if err == nil || got.Verified || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %+v, %v; want an error with %q", got, err, tt.want)
			}
			if abs, _ := filepath.Abs(tt.dir); strings.Contains(err.Error(), abs) {
				t.Errorf("the error names a path of this machine: %v", err)
			}
		})
	}
}

// Indexes that contain themselves, or go on forever, end.
func TestLayoutNesting(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "blobs/sha256"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(content string) string {
		h, _, err := v1.SHA256(strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "blobs/sha256", h.Hex), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return h.String()
	}
	inner := write(`{"manifests":[]}`)
	for range maxLayoutDepth + 1 {
		inner = write(`{"manifests":[{"digest":"` + inner + `","size":1}]}`)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.json"), []byte(`{"manifests":[{"digest":"`+inner+`","size":1}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := keyed(t).Verify(context.Background(), Layout(dir), digest)
	if err == nil || !strings.Contains(err.Error(), "nested") {
		t.Errorf("got %v", err)
	}
}
