package endtoend

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/scangate/scangate/vulndb"
)

// Versions of a package, of which the test data knows one finding that is high,
// or none.
const (
	vulnerable = "urllib3==1.26.4\n"
	mended     = "urllib3==2.2.3\n"
)

// mirror is a registry with a vulnerability database, and the feeds beside it.
type mirror struct {
	host   string
	config string       // names them, as .scangate.yaml does
	asked  atomic.Int64 // how often the registry was
}

// newMirror serves a database of the project's test data, built now, and feeds
// that know nothing of what is in it.
func newMirror(t *testing.T) *mirror {
	t.Helper()
	dir := t.TempDir()
	if err := vulndb.Build("../../testdata/advisories", dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	m := &mirror{}
	images := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	mux := http.NewServeMux()
	mux.HandleFunc("/v2/", func(w http.ResponseWriter, r *http.Request) {
		m.asked.Add(1)
		images.ServeHTTP(w, r)
	})
	mux.HandleFunc("GET /kev", kev)
	mux.HandleFunc("GET /epss", epss)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	m.host = strings.TrimPrefix(server.URL, "http://")
	repo := m.push(t, "trivy-db:2", os.DirFS(dir), "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip").Repository
	m.asked.Store(0)
	m.config = fmt.Sprintf("db:\n  repository: [%q]\n  kev: %s/kev\n  epss: %[2]s/epss\n", repo, server.URL)
	return m
}

// push puts files into the registry as the one layer of an image.
func (m *mirror) push(t *testing.T, path string, files fs.FS, kind types.MediaType) name.Digest {
	t.Helper()
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	if err := errors.Join(w.AddFS(files), w.Close()); err != nil {
		t.Fatal(err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(plain.Bytes())), nil }, tarball.WithMediaType(kind))
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(m.host + "/" + path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err == nil {
		err = remote.Write(ref, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return ref.Context().Digest(digest.String())
}

// someImages puts images into the registry and names them, as .scangate.yaml
// does.
func (m *mirror) someImages(t *testing.T, n int) string {
	t.Helper()
	config := "scanners:\n  image:\n    images:\n"
	for i := range n {
		files := fstest.MapFS{"app/readme.txt": {Data: fmt.Appendf(nil, "image %d\n", i), Mode: 0o644}}
		config += fmt.Sprintf("      - %s\n", m.push(t, fmt.Sprintf("octo/shop-%d:1", i), files, types.DockerLayer))
	}
	return config
}

// kev answers as CISA does, with a catalogue as long as a true one has to be.
func kev(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	fmt.Fprintf(&b, `{"catalogVersion": "1", "dateReleased": %q, "count": 600, "vulnerabilities": [`, time.Now().UTC().Format(time.RFC3339))
	for i := range 600 {
		fmt.Fprintf(&b, `%s{"cveID": "CVE-2010-%d", "dateAdded": "2022-01-02"}`, strings.Repeat(",", min(i, 1)), 10_000+i)
	}
	io.WriteString(w, b.String()+"]}")
}

// epss answers as FIRST does.
func epss(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	fmt.Fprintf(&b, "#model_version:v1,score_date:%s\ncve,epss,percentile\n", time.Now().UTC().Format(time.RFC3339))
	for i := range 60_000 {
		fmt.Fprintf(&b, "CVE-2010-%d,0.00100,0.5\n", 10_000+i)
	}
	io.WriteString(w, b.String())
}
