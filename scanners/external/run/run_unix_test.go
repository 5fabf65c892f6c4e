//go:build unix

package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
			if r.Duration > 30*time.Second {
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
		if !errors.Is(err, ErrDeadline) || err.Error() != "sh did not end within 50ms and was killed" || r.Duration > 30*time.Second || len(r.Stdout) != 0 {
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

// BenchmarkRun shows what a run costs beyond the tool: directly is the same
// program without a box.
func BenchmarkRun(b *testing.B) {
	b.Run("directly", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("/bin/true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
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

// TestRunAddsLittle holds the runner to what it may add to a tool: 20 ms. The
// fastest of several counts, as other work may hold up each.
func TestRunAddsLittle(t *testing.T) {
	const tries, most = 15, 20 * time.Millisecond
	fastest := func(f func() error) time.Duration {
		least := time.Hour
		for range tries {
			began := time.Now()
			if err := f(); err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(began))
		}
		return least
	}
	directly := fastest(func() error { return exec.Command("/bin/true").Run() })
	boxed := fastest(func() error {
		_, err := Run(t.Context(), Command{Program: "/bin/true"})
		return err
	})
	t.Logf("directly %s, boxed %s", directly, boxed)
	if boxed-directly > most {
		t.Errorf("a run takes %s more than the tool, want at most %s", boxed-directly, most)
	}
}

func newBoxOnly(b *testing.B) *Box {
	box, err := NewBox()
	if err != nil {
		b.Fatal(err)
	}
	return box
}
