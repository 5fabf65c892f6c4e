package lock

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners/external/run"
)

var program = []byte("#!/bin/sh\necho hello\n")

func TestInstall(t *testing.T) {
	good := []member{{name: "../evil", content: []byte("x")}, {name: "tool", content: []byte("another")}, {name: "dist/tool", content: program}, {name: "dist/tool/", kind: tar.TypeDir}}
	files := map[string][]byte{"/tool": program, "/a.tar.gz": tarGz(t, good...), "/a.zip": zipOf(t, good[:3]...)}
	base := serve(t, files)
	for name, tool := range map[string]Tool{
		"program": plain(base+"/tool", program),
		"tar.gz":  archived(base+"/a.tar.gz", files["/a.tar.gz"], program),
		"zip":     archived(base+"/a.zip", files["/a.zip"], program),
	} {
		t.Run(name, func(t *testing.T) {
			i := installer(t)
			path, fresh, err := i.Install(context.Background(), tool)
			if err != nil || !fresh || path != filepath.Join(i.Dir, "tool", "1.0.0", "tool") {
				t.Fatalf("%q, %v, %v", path, fresh, err)
			}
			got, err := os.ReadFile(path)
			info, _ := os.Stat(path)
			if err != nil || !bytes.Equal(got, program) || info.Mode() != 0o755 {
				t.Errorf("%q, %v, %v", got, info.Mode(), err)
			}
			if list, _ := os.ReadDir(filepath.Dir(path)); len(list) != 1 {
				t.Errorf("left behind: %v", list)
			}
			if _, fresh, err := i.Install(context.Background(), tool); fresh || err != nil {
				t.Errorf("once more: %v, %v", fresh, err)
			}
			// What was changed is put right.
			if err := os.WriteFile(path, []byte("changed"), 0o755); err != nil {
				t.Fatal(err)
			}
			if _, fresh, err := i.Install(context.Background(), tool); !fresh || err != nil {
				t.Errorf("after a change: %v, %v", fresh, err)
			}
			if got, err := digestOf(path); err != nil || got != digest(program) {
				t.Errorf("after a change: %v, %v", got, err)
			}
		})
	}
}

func TestInstallRefuses(t *testing.T) {
	bomb := make([]byte, 8<<20)
	broken := tarGz(t, member{name: "dist/tool", content: program})
	archives := map[string][]byte{
		"link.tar.gz":     tarGz(t, member{name: "dist/tool", kind: tar.TypeSymlink, link: "/bin/sh"}),
		"hardlink.tar.gz": tarGz(t, member{name: "dist/tool", kind: tar.TypeLink, link: "/bin/sh"}),
		"device.tar.gz":   tarGz(t, member{name: "dist/tool", kind: tar.TypeFifo}),
		"twice.tar.gz":    tarGz(t, member{name: "dist/tool", content: program}, member{name: "dist/tool", content: []byte("other")}),
		"above.tar.gz":    tarGz(t, member{name: "../dist/tool", content: program}, member{name: "./dist/tool", content: program}, member{name: "/dist/tool", content: program}),
		"bomb.tar.gz":     tarGz(t, member{name: "dist/tool", content: bomb}),
		"cut.tar.gz":      broken[:len(broken)-20],
		"link.zip":        zipOf(t, member{name: "dist/tool", kind: tar.TypeSymlink, link: "/bin/sh"}),
		"twice.zip":       zipOf(t, member{name: "dist/tool", content: program}, member{name: "dist/tool", content: []byte("other")}),
		"above.zip":       zipOf(t, member{name: "../dist/tool", content: program}),
		"bomb.zip":        zipOf(t, member{name: "dist/tool", content: bomb}),
		"directory.zip":   zipOf(t, member{name: "dist/"}),
		"cut.zip":         zipOf(t, member{name: "dist/tool", content: program})[:60],
		"text":            []byte("hello, world"),
		"empty":           {},
	}
	files := map[string][]byte{"/large": bomb, "/program": program}
	for name, b := range archives {
		files["/"+name] = b
	}
	base := serve(t, files)
	tests := map[string]struct {
		tool Tool
		want string
	}{
		"another program":            {plain(base+"/program", []byte("x")), "the download has SHA-256 " + digest(program)[:12] + "…, but the lock has " + digest([]byte("x"))[:12]},
		"another archive":            {archived(base+"/link.zip", []byte("x"), program), "the archive has SHA-256"},
		"another program in archive": {archived(base+"/twice.tar.gz", archives["twice.tar.gz"], program), "twice"},
		"too large":                  {plain(base+"/large", bomb), "more than the limit of 1 MiB"},
		"not there":                  {plain(base+"/none", program), "it answers with status 404"},
		"no url":                     {plain("", program), "has no url in the lock"},
		"no server":                  {plain("http://127.0.0.1:1/x", program), "cannot download from 127.0.0.1:1"},
		"another platform":           {Tool{Name: "tool", Version: "1"}, "no entry for linux/amd64"},
	}
	for name, want := range map[string]string{
		"link.tar.gz": "is a link", "hardlink.tar.gz": "is a link", "device.tar.gz": "not a regular file", "twice.tar.gz": "has dist/tool twice",
		"above.tar.gz": "has no dist/tool", "bomb.tar.gz": "larger than 1 MiB", "cut.tar.gz": "broken, or cut short",
		"link.zip": "is a link", "twice.zip": "has dist/tool twice", "above.zip": "has no dist/tool", "bomb.zip": "larger than 1 MiB",
		"directory.zip": "has no dist/tool", "cut.zip": "broken, or cut short", "text": "neither .tar.gz nor .zip", "empty": "the archive is empty",
	} {
		tt := tests[name]
		tt.tool, tt.want = archived(base+"/"+name, archives[name], program), want
		tests[name] = tt
	}
	good := tarGz(t, member{name: "dist/tool", content: []byte("replaced")})
	files["/good"] = good
	tests["replaced in the archive"] = struct {
		tool Tool
		want string
	}{archived(base+"/good", good, program), "the program in the archive has SHA-256"}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			i := installer(t)
			path, _, err := i.Install(context.Background(), tt.tool)
			if err == nil || path != "" || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, %v, want %q", path, err, tt.want)
			}
			if strings.Contains(tt.want, "SHA-256") != errors.Is(err, ErrChanged) {
				t.Errorf("%v is ErrChanged: %v", err, errors.Is(err, ErrChanged))
			}
			i.nothing(t)
		})
	}
}

func TestConcurrentInstalls(t *testing.T) {
	content := tarGz(t, member{name: "dist/tool", content: program})
	base := serve(t, map[string][]byte{"/a": content})
	i := installer(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			path, _, err := i.Install(context.Background(), archived(base+"/a", content, program))
			if err != nil {
				t.Error(err)
			} else if got, err := digestOf(path); err != nil || got != digest(program) {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
	wg.Wait()
	if list, err := os.ReadDir(filepath.Join(i.Dir, "tool", "1.0.0")); err != nil || len(list) != 1 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

// TestMain turns the test binary into an installation when it is called as one.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "install" {
		i := Installer{Dir: os.Args[2], Platform: "linux/amd64"}
		_, _, err := i.Install(context.Background(), plain(os.Args[3], program))
		fmt.Println(err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// An installation that is killed half-way leaves nothing that counts.
func TestKilled(t *testing.T) {
	half, release := make(chan struct{}), make(chan struct{})
	base := handle(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/whole" {
			w.Write(program)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(program)))
		w.Write(program[:10])
		w.(http.Flusher).Flush()
		close(half)
		<-release
	}))
	defer close(release)
	i := installer(t)
	child := exec.Command(os.Args[0], "install", i.Dir, base+"/half")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	<-half
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	wanted := plain(base+"/whole", program)
	if _, err := os.Lstat(i.Path(wanted)); err == nil {
		t.Error("half a program is installed")
	}
	if _, fresh, err := i.Install(context.Background(), wanted); err != nil || !fresh {
		t.Errorf("%v, %v", fresh, err)
	}
}

// What a killed installation leaves does not count, and is removed in time.
func TestLeftovers(t *testing.T) {
	base := serve(t, map[string][]byte{"/tool": program})
	i := installer(t)
	dir := filepath.Join(i.Dir, "tool", "1.0.0")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	young, old := filepath.Join(dir, temporaryStart+"1"+temporaryEnd), filepath.Join(dir, temporaryStart+"2"+temporaryEnd)
	for _, name := range []string{young, old} {
		if err := os.WriteFile(name, program[:5], 0o755); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * leftover)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	tool := plain(base+"/tool", program)
	f := parse(t, "version: 1\ntools:\n  tool: {version: 1.0.0, platforms: {linux/amd64: {sha256: "+digest(program)+"}}}\n")
	if list, err := i.List(context.Background(), f, run.Search{}); err != nil || list[0].Installed {
		t.Errorf("half a file counts: %+v, %v", list, err)
	}
	if _, fresh, err := i.Install(context.Background(), tool); err != nil || !fresh {
		t.Errorf("%v, %v", fresh, err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("another installation's file was removed: %v", err)
	}
	if _, err := os.Stat(old); err == nil {
		t.Error("an old file is still there")
	}
}

func TestList(t *testing.T) {
	base := serve(t, map[string][]byte{"/tool": program})
	i := installer(t)
	f := parse(t, `version: 1
tools:
  absent: {version: 1.0.0, platforms: {linux/amd64: {sha256: `+digestA+`}}}
  changed: {version: 1.0.0, platforms: {linux/amd64: {sha256: `+digestA+`}}}
  elsewhere: {version: 1.0.0, platforms: {plan9/arm: {sha256: `+digestA+`}}}
  npm-audit: {version: 1.0.0, program: npm, platforms: {linux/amd64: {sha256: `+digest(program)+`}}}
  tool: {version: 1.0.0, platforms: {linux/amd64: {url: "`+base+`/tool", sha256: `+digest(program)+`}}}
`)
	wanted, _ := f.Tool("tool")
	if _, _, err := i.Install(context.Background(), wanted); err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for _, name := range []string{"npm", "changed"} {
		if err := os.WriteFile(filepath.Join(bin, name), program, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	list, err := i.List(context.Background(), f, run.Search{Dirs: []string{bin}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, fmt.Sprintf("%s %v %v %v", s.Tool.Name, s.Installed, s.Verified, s.Problem != ""))
	}
	want := "absent false false false, changed true false true, elsewhere false false true, npm-audit true true false, tool true true false"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := i.List(ctx, f, run.Search{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
