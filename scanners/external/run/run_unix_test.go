//go:build unix

package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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

func TestRun(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		c := self(t, "echo", "a b", "$HOME", "")
		c.Stdin, c.Dir = []byte("input"), shared(t)
		r, err := b.Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		want := `["a b" "$HOME" ""] "input" ` + filepath.Base(c.Dir)
		if string(r.Stdout) != want || string(r.Stderr) != "complaint" || r.Exit != 3 || r.Signal != "" || r.Cut != "" || r.Duration <= 0 {
			t.Errorf("got %+v, want %s", r, want)
		}
	})
}

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

// TestFlood asserts that output is bounded, and that the tool is ended.
func TestFlood(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		for _, stream := range []string{"stdout", "stderr"} {
			c := self(t, "flood", stream)
			c.Limits = Limits{Stdout: 100_000, Stderr: 50_000}
			r, err := b.Run(t.Context(), c)
			if !errors.Is(err, ErrCut) || r.Cut != stream || strings.Contains(err.Error(), "\n") {
				t.Fatalf("%s: %v, cut %q", stream, err, r.Cut)
			}
			if want := map[string]int{"stdout": 100_000, "stderr": 50_000}[stream]; len(r.Stdout)+len(r.Stderr) != want {
				t.Errorf("%s: kept %d and %d bytes", stream, len(r.Stdout), len(r.Stderr))
			}
			if r.Duration > 5*time.Second {
				t.Errorf("%s: took %s", stream, r.Duration)
			}
		}
	})
}

// TestExactLimit asserts that output of just the limit is whole.
func TestExactLimit(t *testing.T) {
	for limit, cut := range map[int64]bool{5: false, 4: true} {
		c := shell("printf 12345")
		c.Limits.Stdout = limit
		r, err := newBox(t).Run(t.Context(), c)
		if errors.Is(err, ErrCut) != cut || (r.Cut != "") != cut || int64(len(r.Stdout)) != limit {
			t.Errorf("limit %d: %v, cut %q, %q", limit, err, r.Cut, r.Stdout)
		}
	}
}

// shell is a command of the system's shell.
func shell(script string, args ...string) Command {
	return Command{Program: "/bin/sh", Args: append([]string{"-c", script, "sh"}, args...), Timeout: 20 * time.Second}
}

// TestStubborn asserts that a tool that does not listen is killed, soon.
func TestStubborn(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ready := filepath.Join(b.Home(), "ready")
		var at time.Time
		when(t, exists(ready), func() { at = time.Now(); cancel() })
		_, err := b.Run(ctx, self(t, "stubborn", ready))
		if took := time.Since(at); !errors.Is(err, context.Canceled) || took < grace || took > grace+time.Second {
			t.Errorf("%v after %s", err, took)
		}
	})
}

func TestDeadline(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		c := shell("exec sleep 20")
		c.Timeout = 50 * time.Millisecond
		r, err := b.Run(t.Context(), c)
		if !errors.Is(err, ErrDeadline) || err.Error() != "sh did not end within 50ms and was killed" || r.Duration > 3*time.Second || len(r.Stdout) != 0 {
			t.Errorf("%v after %s: %q", err, r.Duration, r.Stdout)
		}
	})
}

// TestPolite asserts that a tool is asked to end before it is killed.
func TestPolite(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ready := filepath.Join(b.Home(), "ready")
		when(t, exists(ready), cancel)
		if _, err := b.Run(ctx, self(t, "polite", ready, b.Path("out"))); !errors.Is(err, context.Canceled) || err.Error() != filepath.Base(os.Args[0])+" was killed: context canceled" {
			t.Errorf("got %v", err)
		}
		if got, err := b.Read("out", 100); string(got) != "left in order" {
			t.Errorf("got %q, %v", got, err)
		}
		if _, err := b.Run(ctx, self(t, "env")); !errors.Is(err, context.Canceled) {
			t.Errorf("it starts after the end: %v", err)
		}
	})
}

func TestSilent(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		must(t, b, self(t, "silent", b.Path("out")))
		if got, err := b.Read("out", 100); string(got) != "went on" {
			t.Errorf("got %q, %v", got, err)
		}
	})
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
		given(t, r, info.Size() == 3<<20, noteLimits)
	})
}

// TestSignal asserts that an end by a signal is no exit status.
func TestSignal(t *testing.T) {
	b := newBox(t)
	b.without.namespaces = true // in one of its own, a process does not end itself so
	r, err := b.Run(t.Context(), shell("kill -9 $$"))
	if !errors.Is(err, ErrSignal) || r.Exit != -1 || r.Signal != "killed" || err.Error() != "sh was ended by a signal: killed" {
		t.Errorf("%v, %+v", err, r)
	}
}

// TestStartErrors asserts that what cannot run says so in one line.
func TestStartErrors(t *testing.T) {
	dir := shared(t)
	file := func(name, content string, mode fs.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name string
		c    Command
		kind error
		want string
	}{
		{"missing", Command{Program: filepath.Join(dir, "none")}, ErrNotFound, "none cannot be started: no such file or directory"},
		{"not executable", Command{Program: file("plain", "x", 0o600)}, ErrNotExecutable, "plain cannot be started: permission denied"},
		{"no program", Command{Program: file("garbage", "\x00garbage", 0o700)}, ErrNotExecutable, "garbage cannot be started: exec format error"},
		{"no interpreter", Command{Program: file("script", "#!/none/such\n", 0o700)}, ErrNotExecutable, "script cannot be started: no such file or directory: the interpreter"},
		{"relative", Command{Program: "sh"}, nil, "sh is not the absolute path of a program"},
		{"directory", Command{Program: "/bin/sh", Dir: filepath.Join(dir, "none")}, nil, "sh: there is no directory"},
		{"writable", Command{Program: "/bin/sh", Writable: []string{filepath.Join(dir, "none")}}, nil, "sh: there is no directory"},
		{"path", Command{Program: "/bin/sh", Path: []string{"bin"}}, nil, "bin is not the absolute path"},
		{"two in one", Command{Program: "/bin/sh", Path: []string{"/a:."}}, nil, "/a:. cannot be one directory of a PATH"},
		{"environment", Command{Program: "/bin/sh", Env: []string{"a-secret"}}, nil, "sh: an environment variable is not of the form"},
		{"no limit", Command{Program: "/bin/sh", Limits: Limits{Stdout: -1}}, nil, "output always has a limit"},
		{"changed", Command{Program: "/bin/sh", SHA256: strings.Repeat("0", 64)}, ErrChanged, "it was changed or replaced and is not run"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Run(t.Context(), tt.c)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "a-secret") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if tt.kind != nil && !errors.Is(err, tt.kind) {
				t.Errorf("%v is not %v", err, tt.kind)
			}
			if r.Exit != -1 {
				t.Errorf("exit %d", r.Exit)
			}
		})
	}
}

func TestVerified(t *testing.T) {
	sum, err := Hash("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	c := shell("echo ran")
	c.SHA256 = strings.ToUpper(sum)
	if r := must(t, newBox(t), c); string(r.Stdout) != "ran\n" {
		t.Errorf("got %q", r.Stdout)
	}
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

// TestMany asserts that tools that run side by side do not end each other.
func TestMany(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		errs := make(chan error)
		for range 8 {
			go func() {
				r, err := b.Run(t.Context(), shell("sh -c 'exit 0' & wait; cat; echo done"))
				if err == nil && (string(r.Stdout) != "done\n" || r.Exit != 0) {
					err = fmt.Errorf("exit %d, %q", r.Exit, r.Stdout)
				}
				errs <- err
			}()
		}
		for range 8 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

// BenchmarkRun shows what a run costs beyond the tool.
func BenchmarkRun(b *testing.B) {
	for name, m := range modes {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				box := newBoxOnly(b)
				box.without = m
				if r, err := box.Run(b.Context(), Command{Program: "/bin/true"}); err != nil || r.Exit != 0 {
					b.Fatal(err)
				}
				box.Close()
			}
		})
	}
}

func newBoxOnly(b *testing.B) *Box {
	box, err := NewBox()
	if err != nil {
		b.Fatal(err)
	}
	return box
}
