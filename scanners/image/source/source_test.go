package source

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitScheme(t *testing.T) {
	tests := map[string][2]string{
		"nginx":                            {"", "nginx"},
		"nginx:1.25":                       {"", "nginx:1.25"},
		"localhost:5000/app":               {"", "localhost:5000/app"},
		"host.example:5000/app:1":          {"", "host.example:5000/app:1"},
		"[::1]:5000/app:1":                 {"", "[::1]:5000/app:1"},
		"ghcr.io/a/b@sha256:00":            {"", "ghcr.io/a/b@sha256:00"},
		"app@sha256:00":                    {"", "app@sha256:00"},
		"app:1@sha256:00":                  {"", "app:1@sha256:00"},
		"oci:dist/image":                   {"oci", "dist/image"},
		"oci:C:/dist/image:tag":            {"oci", "C:/dist/image:tag"},
		"docker-archive:a.tar:x/y:1":       {"docker-archive", "a.tar:x/y:1"},
		"docker:app":                       {"docker", "app"},
		"docker.io/library/docker:24-dind": {"", "docker.io/library/docker:24-dind"},
		"docker-daemon:host:5000/app:1":    {"docker-daemon", "host:5000/app:1"},
		"oci-archive:a.tar":                {"oci-archive", "a.tar"},
		"https://user:pass@host/x":         {"https", "//user:pass@host/x"},
		"ocidir:dist/image":                {"ocidir", "dist/image"},
	}
	for ref, want := range tests {
		scheme, rest := splitScheme(ref)
		if got := [2]string{scheme, rest}; got != want {
			t.Errorf("%s: %q, want %q", ref, got, want)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "work")
	img, _ := layoutDir(t, sample(t))
	for _, err := range []error{
		os.MkdirAll(filepath.Join(dir, "empty"), 0o755),
		os.Rename(img, filepath.Join(top, "outside")),
		os.Symlink("../outside", filepath.Join(dir, "link")),
		os.WriteFile(filepath.Join(dir, "file"), []byte(strings.Repeat("x", 2000)), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	anywhere := Options{Dir: dir}
	within := Options{Dir: dir, Within: true}
	tests := []struct {
		ref, want string
		o         Options
	}{
		{"ocidir:dist/image", `unknown scheme "ocidir"; want one of dir, docker, docker-archive, docker-daemon, oci; without a scheme it is a registry's image`, anywhere},
		{"docker-archiv:a/b.tar", `unknown scheme "docker-archiv"; did you mean "docker-archive"?`, anywhere},
		{"https://user:pa55@host/x", `…@host/x: unknown scheme "https"`, anywhere},
		{"oci:gone", "oci:gone: no such file or directory", anywhere},
		{"oci:", "it names no path", anywhere},
		{"oci:empty", "it is no OCI layout: it has no index.json", anywhere},
		{"oci:file", "it is not a directory: for an archive write docker-archive:FILE", anywhere},
		{"oci:empty@sha256:../../../etc/passwd", "is no digest such as sha256:", anywhere},
		{"oci:../outside", "leads out of the directory that is scanned", within},
		{"oci:../outside:tag", "leads out of the directory that is scanned", within},
		{"oci:" + filepath.Join(top, "outside"), "leads out of the directory that is scanned", within},
		{"oci:link", "path escapes from parent", within},
		{"dir:link", "path escapes from parent", within},
		{"dir:..", "leads out of the directory that is scanned", within},
		{"dir:file", "it is not a directory", anywhere},
		{"dir:", "it names no path", anywhere},
		{"docker-archive:link", "path escapes from parent", within},
		{"docker-archive:empty", "it is not a regular file", anywhere},
		{"docker-archive:file", "it is no tar archive, or a damaged one", anywhere},
		{"docker-archive:gone.tar:tag", "no such file or directory", anywhere},
		{"nginx", "cannot be had offline", Options{Offline: true}},
		{"docker:nginx", "not asked offline", Options{Offline: true}},
		{"nginx", `"linux" is no platform such as linux/amd64`, Options{Platform: "linux"}},
		{"nginx", `is no platform such as linux/amd64`, Options{Platform: "linux//v8"}},
	}
	for _, tt := range tests {
		_, err := Open(context.Background(), tt.ref, tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.ref, err, tt.want)
			continue
		}
		if s := err.Error(); strings.Contains(s, "\n") || strings.Contains(s, "pa55") || !strings.Contains(tt.ref, top) && strings.Contains(s, top) {
			t.Errorf("%s: not an error for people: %v", tt.ref, err)
		}
	}
	// The same path is fine for who may go anywhere.
	for _, ref := range []string{"oci:link", "oci:../outside"} {
		mustOpen(t, ref, anywhere)
	}
}

func TestNames(t *testing.T) {
	dir, _ := layoutDir(t, sample(t))
	top := filepath.Dir(dir)
	for _, tt := range []struct{ ref, dir, want string }{
		{"oci:image", top, "image"},
		{"oci:" + dir, top, "image"},
		{"oci:./image/../image", top, "image"},
		{"oci:" + filepath.Base(top) + "/image", filepath.Dir(top), filepath.Base(top) + "/image"},
		{"oci:../image", dir, "image"},
		{"oci:.", dir, "image"},
		{"dir:.", dir, "image"},
	} {
		if got := mustOpen(t, tt.ref, Options{Dir: tt.dir}); got.Name != tt.want || got.Ref != tt.ref {
			t.Errorf("%s in %s: %q, %q", tt.ref, tt.dir, got.Name, got.Ref)
		}
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	got := mustOpen(t, "dir:"+filepath.Base(dir), Options{Dir: filepath.Dir(dir), Within: true})
	want, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got.Root != want || got.Source != "dir" || got.Digest != "" || got.Config == nil {
		t.Errorf("%+v", got)
	}
	if len(got.Layers) != 1 || got.Layers[0].Open != nil || got.Layers[0].HistoryIndex != -1 {
		t.Errorf("%+v", got.Layers)
	}
}

func TestShown(t *testing.T) {
	for ref, want := range map[string]string{
		"nginx:1":               "nginx:1",
		"app@sha256:00":         "app@sha256:00",
		"user:secret@host/repo": "…@host/repo",
		"a\nb\x1b[31m":          "a b[31m",
	} {
		if diff := cmp.Diff(want, Shown(ref)); diff != "" {
			t.Error(diff)
		}
	}
}
