//go:build unix

package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEnvironment asserts that a tool finds no token, neither in its own
// environment nor in that of the process that started it.
func TestEnvironment(t *testing.T) {
	hidden := []string{"GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "AWS_SECRET_ACCESS_KEY", "NPM_TOKEN",
		"NODE_AUTH_TOKEN", "AZURE_CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS", "SSH_AUTH_SOCK", "LD_PRELOAD", "NODE_OPTIONS", "DOCKER_HOST"}
	for _, name := range hidden {
		t.Setenv(name, "")
	}
	t.Setenv("GITHUB_TOKEN", "a-token")
	t.Setenv("HTTPS_PROXY", "http://user:pass@proxy")
	t.Setenv("SSL_CERT_FILE", "/certs")
	for _, network := range []bool{false, true} {
		b := newBox(t)
		c := self(t, "env")
		c.Network, c.Path, c.Env = network, []string{"/opt/x"}, []string{"MINE=1", "LANG=de", "MINE=2"}
		env := strings.Split(strings.TrimSpace(string(must(t, b, c).Stdout)), "\n")
		var names []string
		for _, e := range env {
			name, value, _ := strings.Cut(e, "=")
			if name != markName {
				names = append(names, name)
			}
			if strings.HasSuffix(name, "HOME") && !strings.HasPrefix(value, b.Home()) {
				t.Errorf("%s is outside of the box", e)
			}
		}
		slices.Sort(names)
		want := []string{"HOME", "LANG", "LC_ALL", "MINE", "NO_COLOR", "PATH", "TEMP", "TERM", "TMP", "TMPDIR", "TZ",
			"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"}
		if network {
			names = slices.DeleteFunc(names, func(n string) bool {
				return slices.Contains(networkEnv, n) && n != "HTTPS_PROXY" && n != "SSL_CERT_FILE" // of the machine that tests
			})
			want = slices.Sorted(slices.Values(append(want, "HTTPS_PROXY", "SSL_CERT_FILE")))
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("network %v (-want +got):\n%s", network, diff)
		}
		if !slices.Contains(env, "MINE=2") || !slices.Contains(env, "LANG=de") {
			t.Errorf("what the caller gives is not last: %q", env)
		}
		path := "PATH=/opt/x:" + filepath.Dir(c.Program) + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
		if !slices.Contains(env, path) {
			t.Errorf("%q has not %s", env, path)
		}
	}
}

// TestChildren asserts that nothing outlives a tool, be it that it ends or
// that it is ended, not even children in sessions of their own.
func TestChildren(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		for _, stay := range []bool{false, true} {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			dir := shared(t)
			c := self(t, "parent", dir)
			c.Writable = []string{dir}
			if stay {
				c.Args = append(c.Args, "stay")
				when(t, func() bool { return beats(dir) }, cancel)
			}
			r, err := b.Run(ctx, c)
			if errors.Is(err, context.Canceled) != stay || !beats(dir) {
				t.Fatalf("stay %v: %v, stdout %q, stderr %q", stay, err, r.Stdout, r.Stderr)
			}
			before := sizes(t, dir)
			time.Sleep(30 * time.Millisecond)
			alive := !cmp.Equal(before, sizes(t, dir))
			if alive && (linux || !says(r, noteLeft)) {
				t.Errorf("stay %v: a child lives on; notes %q", stay, r.Notes)
			}
		}
	})
}

// TestHiddenChild asserts that a child that cannot be found is waited for by
// nobody, and that the notes own up to it.
func TestHiddenChild(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		r := must(t, b, self(t, "hide"))
		if says(r, noteOpen) && !says(r, noteLeft) || r.Duration > 2500*time.Millisecond || len(r.Stdout) != 0 {
			t.Errorf("stdout %q after %s, notes %q", r.Stdout, r.Duration, r.Notes)
		}
	})
}

func sizes(t *testing.T, dir string) (s []int64) {
	t.Helper()
	for i := range 3 {
		info, err := os.Stat(filepath.Join(dir, fmt.Sprint("child", i)))
		if err != nil {
			t.Fatal(err)
		}
		s = append(s, info.Size())
	}
	return s
}

func TestNoTerminal(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		if r := must(t, b, self(t, "terminal")); len(r.Stdout) != 0 {
			t.Errorf("it has %s", r.Stdout)
		}
	})
}

// TestNoFiles asserts that a tool has no file of this process, not even one
// that this process would hand on.
func TestNoFiles(t *testing.T) {
	f, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	inModes(t, func(t *testing.T, b *Box) {
		if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_SETFD, 0); errno != 0 {
			t.Fatal(errno)
		}
		r := must(t, b, self(t, "files"))
		given(t, r, len(r.Stdout) == 0, noteFiles)
	})
}

// TestWrite asserts that a tool changes nothing but what it may.
func TestWrite(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		tree, cache := shared(t), shared(t)
		if err := os.WriteFile(filepath.Join(tree, "keep"), []byte("content"), 0o600); err != nil {
			t.Fatal(err)
		}
		c := self(t, "write", filepath.Join(b.Home(), "f"), b.Path("f"), filepath.Join(b.dir, tempDir, "f"), filepath.Join(cache, "f"), "/dev/null",
			filepath.Join(tree, "new"), filepath.Join(tree, "keep"))
		c.Dir, c.Writable = tree, []string{cache}
		r := must(t, b, c)
		may := strings.Fields(string(r.Stdout))
		if diff := cmp.Diff([]string{"true", "true", "true", "true", "true"}, may[:5]); diff != "" {
			t.Errorf("where it may write (-want +got):\n%s", diff)
		}
		given(t, r, may[5] == "false" && may[6] == "false", noteWrite)

		c.Args = []string{"tool", "harm", tree}
		r = must(t, b, c)
		if says(r, noteTruncate) {
			r.Stdout = []byte(strings.ReplaceAll(string(r.Stdout), "truncate true", ""))
		}
		given(t, r, !strings.Contains(string(r.Stdout), "true"), noteWrite)
		if r := must(t, b, self(t, "moves", b.Home())); string(r.Stdout) != "<nil>\n" {
			t.Errorf("it cannot move its own files: %s", r.Stdout)
		}
	})
}

// TestNetwork asserts that a tool has the network only if it may.
func TestNetwork(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	inModes(t, func(t *testing.T, b *Box) {
		c := self(t, "dial", address)
		r := must(t, b, c)
		given(t, r, string(r.Stdout) == "false\n", noteNetwork)
		c = self(t, "packet", address)
		r = must(t, b, c)
		given(t, r, string(r.Stdout) == "false\n", noteNetwork)
		c = self(t, "dial", address)
		c.Network = true
		if r = must(t, b, c); string(r.Stdout) != "true\n" || says(r, noteNetwork) {
			t.Errorf("it may, and cannot: %q, notes %q", r.Stdout, r.Notes)
		}
	})
}

// TestBigFile asserts that a file has a limit from the start on.
func TestBigFile(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		c := self(t, "big", b.Path("big"))
		c.Limits.FileSize = 3 << 20
		r, err := b.Run(t.Context(), c)
		if err != nil && !errors.Is(err, ErrSignal) { // either is how a tool may notice
			t.Fatal(err)
		}
		info, err := os.Stat(b.Path("big"))
		if err != nil {
			t.Fatal(err)
		}
		// Where it cannot be traced, it may have written more before the limit held.
		late := b.without.ptrace && info.Size() > 3<<20 && strings.Contains(string(r.Stdout), "stopped")
		given(t, r, info.Size() == 3<<20 || late, noteLimits)
	})
}

// TestTraps asserts that what a tool puts where its output should be is neither
// followed nor waited for.
func TestTraps(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		must(t, b, self(t, "links", b.Path("link"), b.Path("fifo")))
		for _, name := range []string{"link", "fifo"} {
			if _, err := os.Lstat(b.Path(name)); err != nil {
				t.Fatal(err)
			}
			if got, err := b.Read(name, 1<<20); err == nil || !strings.Contains(err.Error(), "not a regular file") {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	})
}

// TestNothingLeft asserts that a tool's files are gone, whatever it did to them.
func TestNothingLeft(t *testing.T) {
	temp := shared(t)
	t.Setenv("TMPDIR", temp)
	c := shell(`cd "$HOME"; mkdir -p a/b "$TMPDIR/x" && echo >a/b/f && chmod 0 a/b a "$TMPDIR"; mkdir c; chmod 0 .; echo "$HOME"`)
	r, err := Run(t.Context(), c)
	if err != nil || r.Exit != 0 || !strings.HasPrefix(string(r.Stdout), temp) {
		t.Fatalf("%v, exit %d, stdout %q, stderr %q", err, r.Exit, r.Stdout, r.Stderr)
	}
	b, err := NewBox()
	if err != nil {
		t.Fatal(err)
	}
	must(t, b, self(t, "deep", b.Home()))
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v; notes %q", left, err, r.Notes)
	}
}
