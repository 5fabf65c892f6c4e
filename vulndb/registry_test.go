package vulndb

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// mirrorServer is a registry on this machine that goes wrong as told.
type mirrorServer struct {
	repo string

	mu       sync.Mutex
	requests []string // "HEAD manifests", "GET blobs bytes=1-2", …
	// fault answers a request in the registry's stead if it returns true. It
	// gets how often such a request was made before.
	fault func(w http.ResponseWriter, r *http.Request, kind string, before int) bool
	inner http.Handler
}

func newMirror(t testing.TB) *mirrorServer {
	t.Helper()
	m := &mirrorServer{inner: registry.New(registry.Logger(log.New(io.Discard, "", 0)))}
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	m.repo = strings.TrimPrefix(server.URL, "http://") + "/aquasec/trivy-db"
	return m
}

func (m *mirrorServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	kind := r.Method + " ping"
	if parts := strings.Split(r.URL.Path, "/"); len(parts) > 4 {
		kind = r.Method + " " + parts[len(parts)-2]
	}
	m.mu.Lock()
	before := 0
	for _, old := range m.requests {
		if strings.HasPrefix(old, kind) {
			before++
		}
	}
	entry := kind
	if r.Header.Get("Range") != "" {
		entry += " " + r.Header.Get("Range")
	}
	m.requests = append(m.requests, entry)
	fault := m.fault
	m.mu.Unlock()
	if fault == nil || !fault(w, r, kind, before) {
		m.inner.ServeHTTP(w, r)
	}
}

// asked counts the requests that begin so.
func (m *mirrorServer) asked(kind string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.requests {
		if strings.HasPrefix(r, kind) {
			n++
		}
	}
	return n
}

// push puts layers into the repository, under the tag of the schema.
func (m *mirrorServer) push(t testing.TB, layers ...v1.Layer) {
	t.Helper()
	m.pushAs(t, "2", layers...)
}

func (m *mirrorServer) pushAs(t testing.TB, tag string, layers ...v1.Layer) {
	t.Helper()
	img, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), layers...)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(m.repo + ":" + tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	m.forget()
}

func (m *mirrorServer) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests = nil
}

func dbLayer(content []byte) v1.Layer {
	return static.NewLayer(content, types.MediaType(vulnerabilities.layerType))
}

// entry is a file of an archive; content is a whole one.
type entry struct {
	header  tar.Header
	content string
}

func file(name, content string) entry {
	return entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Size: int64(len(content)), Mode: 0o644}, content}
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		if err := w.WriteHeader(&e.header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.content); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush() // fails where the header promises more than there is
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// pair returns the files of a database that was built then.
func pair(t testing.TB, built time.Time) (db, meta entry) {
	t.Helper()
	dir := build(t, built)
	var out []entry
	for _, name := range []string{databaseName, metadataName} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, file(name, string(data)))
	}
	return out[0], out[1]
}

// published returns the layer of a database that was built then.
func published(t testing.TB, built time.Time) []byte {
	t.Helper()
	db, meta := pair(t, built)
	return archive(t, db, meta)
}

// options are for updates from the mirrors, without real pauses.
func options(mirrors ...*mirrorServer) UpdateOptions {
	o := UpdateOptions{pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	for _, m := range mirrors {
		o.Repositories = append(o.Repositories, m.repo)
	}
	return o
}

// builtAt is when the database in dir was built, or zero if there is none.
func builtAt(t testing.TB, dir string) time.Time {
	t.Helper()
	info, err := Inspect(dir, time.Now())
	if err != nil {
		return time.Time{}
	}
	return info.Built
}

// leftovers lists what the store of dir has beside one version.
func leftovers(t testing.TB, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(store(dir))
	if err != nil {
		t.Fatal(err)
	}
	versions := 0
	for _, e := range entries {
		switch n := e.Name(); {
		case n == "lock", n == "current.json", n == "attempt.json":
		case strings.HasPrefix(n, versionPrefix) && versions == 0:
			versions++
		default:
			out = append(out, n)
		}
	}
	return out
}
