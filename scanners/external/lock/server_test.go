package lock

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

// serve starts a server with files by path.
func serve(t *testing.T, files map[string][]byte) string {
	t.Helper()
	return handle(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Write(b)
	}))
}

func handle(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// installer is one with a directory of its own.
func installer(t *testing.T) Installer {
	t.Helper()
	return Installer{Dir: t.TempDir(), Platform: "linux/amd64", MaxSize: 1 << 20}
}

// faraway gives an installer names that lead to a TLS server on this machine
// while their addresses say otherwise.
func (i Installer) faraway(t *testing.T, names map[string]string, h http.Handler) Installer {
	t.Helper()
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	i.network.roots = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	i.network.proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	i.network.lookup = func(_ context.Context, host string) ([]netip.Addr, error) {
		if a, ok := names[host]; ok {
			return []netip.Addr{netip.MustParseAddr(a)}, nil
		}
		return nil, &net.DNSError{Err: "no such host", Name: host}
	}
	i.network.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.Listener.Addr().String())
	}
	return i
}

// plain is a tool that comes as its program.
func plain(url string, program []byte) Tool {
	return tool(Build{URL: url, SHA256: digest(program)})
}

// archived is a tool that comes in an archive.
func archived(url string, archive, program []byte) Tool {
	return tool(Build{URL: url, Archive: digest(archive), Member: "dist/tool", SHA256: digest(program)})
}

func tool(b Build) Tool {
	return Tool{Name: "tool", Program: "tool", Version: "1.0.0", Platforms: map[string]Build{"linux/amd64": b}}
}

// nothing fails if any file is below the installer's directory.
func (i Installer) nothing(t *testing.T) {
	t.Helper()
	filepath.WalkDir(i.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			t.Errorf("left behind: %s, %v", path, err)
		}
		return nil
	})
}

type member struct {
	name, link string
	content    []byte
	kind       byte
}

func tarGz(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Linkname: m.link, Typeflag: m.kind, Mode: 0o4777, Size: int64(len(m.content))}
		if m.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		h.SetMode(0o4777)
		if m.kind == tar.TypeSymlink {
			h.SetMode(os.ModeSymlink | 0o777)
			m.content = []byte(m.link)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(m.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
