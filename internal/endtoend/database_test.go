package endtoend

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"

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
	var layer bytes.Buffer
	z := gzip.NewWriter(&layer)
	w := tar.NewWriter(z)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
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
	ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/trivy-db:2")
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, static.NewLayer(layer.Bytes(), "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip"))
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	m.asked.Store(0)
	m.config = fmt.Sprintf("db:\n  repository: [%q]\n  kev: %s/kev\n  epss: %[2]s/epss\n", ref.Context().Name(), server.URL)
	return m
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
