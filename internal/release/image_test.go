package main

import (
	"archive/tar"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// newContext is a directory with our Dockerfile and what `make image` makes.
func newContext(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	data, err := os.ReadFile("../../Dockerfile")
	must(t, err)
	must(t, os.MkdirAll(filepath.Join(dir, "bin/cache"), 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), data, 0o600))
	must(t, writeRoots(filepath.Join(dir, "bin/ca-certificates.crt")))
	for _, arch := range []string{"amd64", "arm64"} {
		must(t, os.WriteFile(filepath.Join(dir, arch), []byte("the program for "+arch), 0o600))
	}
	return dir
}

// TestImage makes the image of our Dockerfile and looks at what is in it.
func TestImage(t *testing.T) {
	dir := newContext(t)
	out := filepath.Join(t.TempDir(), "layout")
	must(t, run([]string{"image", "-context", dir, "-binary", "linux/arm64=" + filepath.Join(dir, "arm64"), "-binary", "linux/amd64=" + filepath.Join(dir, "amd64"), "-layout", out}))
	index, err := layout.ImageIndexFromPath(out)
	must(t, err)
	manifest, err := index.IndexManifest()
	must(t, err)
	inner, err := index.ImageIndex(manifest.Manifests[0].Digest)
	must(t, err)
	manifest, err = inner.IndexManifest()
	must(t, err)
	var platforms []string
	for _, m := range manifest.Manifests {
		platforms = append(platforms, m.Platform.String())
		image, err := inner.Image(m.Digest)
		must(t, err)
		checkImage(t, image, m.Platform.Architecture)
	}
	if d := cmp.Diff([]string{"linux/amd64", "linux/arm64"}, platforms); d != "" {
		t.Error(d)
	}
}

func checkImage(t *testing.T, image v1.Image, arch string) {
	t.Helper()
	config, err := image.ConfigFile()
	must(t, err)
	c := config.Config
	if config.Architecture != arch || config.OS != "linux" {
		t.Errorf("it is for %s/%s", config.OS, config.Architecture)
	}
	if !regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`).MatchString(c.User) {
		t.Errorf("it runs as %q", c.User)
	}
	if d := cmp.Diff([]string{"/scangate"}, c.Entrypoint); d != "" {
		t.Error(d)
	}
	// All that a read-only root leaves to write to.
	if d := cmp.Diff([]string{"HOME=/cache", "TMPDIR=/cache"}, c.Env); d != "" {
		t.Error(d)
	}
	r := mutate.Extract(image)
	defer r.Close()
	files := map[string]string{}
	content := ""
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		must(t, err)
		files["/"+strings.TrimSuffix(h.Name, "/")] = fmt.Sprintf("%c %o %d:%d", h.Typeflag, h.Mode, h.Uid, h.Gid)
		if h.Name == "scangate" {
			data, err := io.ReadAll(tr)
			must(t, err)
			content = string(data)
		}
		if h.ModTime.Unix() != 0 {
			t.Errorf("%s has the time %s", h.Name, h.ModTime)
		}
	}
	want := map[string]string{
		"/scangate": "0 755 0:0", "/cache": "5 755 65532:65532",
		"/etc": "5 755 0:0", "/etc/ssl": "5 755 0:0", "/etc/ssl/certs": "5 755 0:0", "/etc/ssl/certs/ca-certificates.crt": "0 644 0:0",
	}
	if d := cmp.Diff(want, files); d != "" || content != "the program for "+arch {
		t.Errorf("%q: %s", content, d)
	}
}

// TestPush pushes twice, from two places: the image is the same.
func TestPush(t *testing.T) {
	s := httptest.NewServer(registry.New())
	defer s.Close()
	repository := strings.TrimPrefix(s.URL, "http://") + "/acme/scangate"
	var digests []string
	for _, tag := range []string{"v1.2.3", "again"} {
		dir := newContext(t)
		must(t, run([]string{"image", "-context", dir, "-binary", "linux/amd64=" + filepath.Join(dir, "amd64"), "-push", repository, "-tag", tag}))
		ref, err := name.ParseReference(repository + ":" + tag)
		must(t, err)
		got, err := remote.Get(ref)
		must(t, err)
		digests = append(digests, got.Digest.String())
	}
	if digests[0] != digests[1] {
		t.Errorf("the same files make different images: %q", digests)
	}
}

func TestReadDockerfileRefuses(t *testing.T) {
	data, err := os.ReadFile("../../Dockerfile")
	must(t, err)
	for _, tt := range []struct{ from, to, want string }{
		{"FROM scratch", "FROM alpine:3", "want scratch"},
		{"FROM scratch", "FROM scratch\nFROM scratch", "no other, is FROM"},
		{"FROM scratch", "ENV A=b", "the first instruction"},
		{"USER 65532:65532", "", "there is no USER"},
		{"USER 65532:65532", "USER root", "other than root"},
		{"USER 65532:65532", "USER 65532:0", "other than root"},
		{"USER 65532:65532", "USER 65532:65532\nUSER 0:0", "other than root"},
		{"WORKDIR /src", "RUN true", "RUN is not used"},
		{"WORKDIR /src", "ADD https://example.com/x /x", "ADD is not used"},
		{"WORKDIR /src", "COPY ../x /x", "want a source in the directory"},
		{"WORKDIR /src", "COPY --from=x a /x", "want one source"},
		{"WORKDIR /src", "COPY bin/* /x", "want one source"},
		{"WORKDIR /src", "WORKDIR src", "clean absolute"},
		{"ENV HOME=/cache", "ENV HOME=$X", "without expansions"},
		{`ENTRYPOINT ["/scangate"]`, "ENTRYPOINT /scangate", "JSON array"},
		{"HEALTHCHECK NONE", "HEALTHCHECK CMD x", "want NONE"},
	} {
		t.Run(tt.to, func(t *testing.T) {
			if strings.Count(string(data), "\n"+tt.from+"\n") != 1 {
				t.Fatal("the case changes nothing")
			}
			_, err := readDockerfile([]byte(strings.Replace(string(data), "\n"+tt.from+"\n", "\n"+tt.to+"\n", 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// TestIgnoredByDocker compares .dockerignore with what is copied.
func TestIgnoredByDocker(t *testing.T) {
	data, err := os.ReadFile("../../Dockerfile")
	must(t, err)
	r, err := readDockerfile(data)
	must(t, err)
	got, err := os.ReadFile("../../.dockerignore")
	must(t, err)
	want := map[string]bool{"*": true}
	for _, c := range r.copies {
		want["!"+c.from] = true
	}
	have := map[string]bool{}
	for _, line := range strings.Fields(string(got)) {
		have[line] = true
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Error(d)
	}
}
