package source

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// daemon stands in for Docker's, on a socket of its own. It returns the
// address, and the paths that were asked for.
func daemon(t *testing.T, answer http.HandlerFunc) (string, func() []string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "d") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked []string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.Path)
		mu.Unlock()
		answer(w, r)
	}))
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	return "unix://" + filepath.Join(dir, "s"), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return asked
	}
}

func TestDaemon(t *testing.T) {
	img := imageOf(t, here(), gzLayer(t, tarOf(t, "a", "one")))
	file := saveArchive(t, map[string]v1.Image{"app:latest": img})
	host, asked := daemon(t, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	temp := t.TempDir()
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]struct{ name, tag, path string }{
		"docker:app":                    {"library/app", "latest", "/images/app:latest/get"},
		"docker:team/app:1":             {"team/app", "1", "/images/team/app:1/get"},
		"docker-daemon:host:5000/app":   {"app", "latest", "/images/host:5000/app:latest/get"},
		"docker:" + config.String():     {config.Hex[:12], "", "/images/" + config.String() + "/get"},
		"docker:" + config.Hex[:12]:     {config.Hex[:12], "", "/images/" + config.Hex[:12] + "/get"},
		"docker:app@" + config.String(): {"library/app", "", "/images/app@" + config.String() + "/get"},
	} {
		before := len(asked())
		got := mustOpen(t, ref, Options{DaemonHost: host, TempDir: temp})
		if diff := cmp.Diff([]string{"a=one"}, content(t, got)); diff != "" {
			t.Error(diff)
		}
		if got.Source != "daemon" || got.Name != want.name || got.Tag != want.tag || got.Digest != config.String() || got.Pinned != strings.Contains(ref, "sha256:") {
			t.Errorf("%s: %+v", ref, got)
		}
		if diff := cmp.Diff([]string{"GET " + want.path}, asked()[before:]); diff != "" {
			t.Error(diff)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("%v, %v are left", err, left)
		}
	}
}

func TestDaemonErrors(t *testing.T) {
	host, _ := daemon(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "gone"):
			http.Error(w, `{"message":"no such image"}`, http.StatusNotFound)
		case strings.Contains(r.URL.Path, "moved"):
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		case strings.Contains(r.URL.Path, "cut"):
			w.Header().Set("Content-Length", "1000")
			w.Write([]byte("x"))
		default:
			w.Write([]byte("no tar"))
		}
	})
	none := "unix://" + filepath.Join(t.TempDir(), "none")
	tests := []struct{ ref, host, want string }{
		{"docker:gone", host, "the Docker daemon has no such image: docker pull it first"},
		{"docker:moved", host, "the Docker daemon answers with HTTP 302"},
		{"docker:junk", host, "the daemon's answer: the archive is cut short"},
		{"docker:cut", host, "the daemon's answer: unexpected EOF"},
		{"docker:../../containers/json?x", host, "it is no name of an image"},
		{"docker:a/../../b", host, "it is no name of an image"},
		{"docker:", host, "it is no name of an image"},
		{"docker:app", none, "no Docker daemon is running here"},
		{"docker:app", "ssh://user@host", "a Docker daemon at ssh://… is not supported"},
		{"docker:app", "tcp://192.0.2.1:2375", "on another machine, or with TLS, is not supported"},
		{"docker:app", "nonsense", "is not supported"},
	}
	for _, tt := range tests {
		_, err := Open(context.Background(), tt.ref, Options{DaemonHost: tt.host})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s at %s: got %v, want %q", tt.ref, tt.host, err, tt.want)
		}
	}
	t.Setenv("DOCKER_HOST", none)
	if _, err := Open(context.Background(), "docker:app", Options{}); err == nil || !strings.Contains(err.Error(), "no Docker daemon is running here") {
		t.Error(err)
	}
}
