package run

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestMain turns the test binary into a tool when it is called as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "tool" {
		os.Exit(tool(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// tool is what the tests run: mostly tools that do not behave.
func tool(what string, args []string) int {
	switch what {
	case "env":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "echo":
		in, _ := io.ReadAll(os.Stdin)
		dir, _ := os.Getwd()
		fmt.Printf("%q %q %s", args, in, filepath.Base(dir))
		fmt.Fprint(os.Stderr, "complaint")
		return 3
	case "flood":
		f := os.Stdout
		if args[0] == "stderr" {
			f = os.Stderr
		}
		for chunk := []byte(strings.Repeat("all work and no play\n", 3000)); ; {
			if _, err := f.Write(chunk); err != nil {
				return 0
			}
		}
	case "stubborn":
		ignoreTerm()
		beat(args[0])
		time.Sleep(time.Minute)
	case "polite":
		<-onTerm(func() { beat(args[0]) })
		os.WriteFile(args[1], []byte("left in order"), 0o600)
	case "silent":
		os.Stdout.Close()
		os.Stderr.Close()
		time.Sleep(30 * time.Millisecond)
		os.WriteFile(args[0], []byte("went on"), 0o600)
	case "beat": // until someone ends it
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
			beat(args[0])
		}
	case "parent": // leaves children that beat
		for i := range 3 {
			c := exec.Command(os.Args[0], "tool", "beat", filepath.Join(args[0], fmt.Sprint("child", i)))
			c.Stdout, c.Stderr = os.Stdout, os.Stderr // which keeps the pipes open
			if i > 0 {
				leaveSession(c)
			}
			if err := c.Start(); err != nil {
				fmt.Println(err)
				return 1
			}
		}
		for !beats(args[0]) {
			time.Sleep(time.Millisecond)
		}
		if len(args) > 1 { // stay
			time.Sleep(time.Minute)
		}
	case "runner": // runs a tool that beats
		c := Command{Program: os.Args[0], Args: []string{"tool", "beat", args[0]}, Writable: []string{filepath.Dir(args[0])}}
		fmt.Println(Run(context.Background(), c))
	case "hide": // a child without session, parent and mark
		c := exec.Command(os.Args[0], "tool", "sleep")
		c.Stdout, c.Env = os.Stdout, []string{}
		leaveSession(c)
		if err := c.Start(); err != nil {
			fmt.Print(err)
		}
	case "sleep":
		time.Sleep(3 * time.Second)
	case "terminal":
		if f, err := os.OpenFile("/dev/tty", os.O_RDWR, 0); err == nil {
			fmt.Print("a terminal: ", f.Name())
		}
	case "files":
		for fd := 3; fd < 200; fd++ {
			if isOpen(fd) {
				fmt.Println(fd)
			}
		}
	case "write":
		for _, path := range args {
			fmt.Println(os.WriteFile(path, []byte("x"), 0o600) == nil)
		}
	case "harm": // a directory with the files keep and empty
		fmt.Println("remove", os.Remove(filepath.Join(args[0], "keep")) == nil)
		fmt.Println("rename", os.Rename(filepath.Join(args[0], "keep"), filepath.Join(args[0], "new")) == nil)
		fmt.Println("link", os.Symlink("/", filepath.Join(args[0], "link")) == nil)
		fmt.Println("mkdir", os.Mkdir(filepath.Join(args[0], "dir"), 0o700) == nil)
		fmt.Println("truncate", os.Truncate(filepath.Join(args[0], "keep"), 0) == nil)
	case "read":
		for _, path := range args {
			data, err := os.ReadFile(path)
			fmt.Printf("%v %s\n", err == nil, data)
		}
	case "dial":
		for _, a := range args {
			c, err := net.DialTimeout("tcp", a, time.Second)
			fmt.Println(err == nil)
			if err == nil {
				c.Close()
			}
		}
	case "packet":
		_, err := net.Dial("udp", args[0])
		fmt.Println(err == nil)
	case "big":
		f, err := os.Create(args[0])
		for chunk := make([]byte, 1<<20); err == nil; {
			_, err = f.Write(chunk)
		}
		fmt.Println("stopped")
	case "links":
		os.Symlink("/etc/passwd", args[0])
		makeFIFO(args[1])
	case "deep": // deeper than any path may be long
		if !dig(args[0], 200) {
			return 1
		}
	case "moves":
		dir := args[0]
		os.MkdirAll(filepath.Join(dir, "a"), 0o700)
		os.MkdirAll(filepath.Join(dir, "b"), 0o700)
		os.WriteFile(filepath.Join(dir, "a", "f"), nil, 0o600)
		fmt.Println(os.Rename(filepath.Join(dir, "a", "f"), filepath.Join(dir, "b", "f")))
	}
	return 0
}

// beat makes a file grow.
func beat(path string) {
	if f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err == nil {
		f.WriteString(".")
		f.Close()
	}
}

// beats tells whether all three children do.
func beats(dir string) bool {
	for i := range 3 {
		if info, err := os.Stat(filepath.Join(dir, fmt.Sprint("child", i))); err != nil || info.Size() == 0 {
			return false
		}
	}
	return true
}

// modes are what systems may permit; the first is what this one does.
var modes = map[string]mechanisms{
	"as permitted":       {},
	"without namespaces": {namespaces: true},
	"without filters":    {landlock: true, seccomp: true},
	"with nothing":       {namespaces: true, landlock: true, seccomp: true, ptrace: true},
}

// inModes runs a test with each.
func inModes(t *testing.T, test func(t *testing.T, b *Box)) {
	for name, m := range modes {
		t.Run(name, func(t *testing.T) {
			b := newBox(t)
			b.without = m
			test(t, b)
		})
	}
}

func newBox(t testing.TB) *Box {
	t.Helper()
	b, err := NewBox()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// self is a command of the test binary.
func self(t testing.TB, args ...string) Command {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Command{
		Program: exe, Args: append([]string{"tool"}, args...), Timeout: 20 * time.Second,
		Env: []string{"GORACE=atexit_sleep_ms=0"}, // else the race detector waits a second at the end of each
	}
}

// must runs what has to succeed.
func must(t testing.TB, b *Box, c Command) Result {
	t.Helper()
	r, err := b.Run(t.Context(), c)
	if err != nil || r.Exit != 0 {
		t.Fatalf("exit %d, %v, stdout %.200q, stderr %.200q, notes %q", r.Exit, err, r.Stdout, r.Stderr, r.Notes)
	}
	return r
}

// says tells whether the notes name a guarantee as not given.
func says(r Result, note string) bool { return slices.Contains(r.Notes, note) }

// given asserts that a guarantee either holds or is noted as not given.
func given(t *testing.T, r Result, holds bool, note string) {
	t.Helper()
	if holds == says(r, note) {
		t.Errorf("holds: %v, and the notes are %q; stdout %.300q", holds, r.Notes, r.Stdout)
	}
}

// shared is a directory that any user and any tool may use.
func shared(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return real
}

// when calls f once a condition holds, which a tool brings about.
func when(t *testing.T, holds func() bool, f func()) {
	t.Helper()
	go func() {
		for end := time.Now().Add(20 * time.Second); !holds() && time.Now().Before(end); {
			time.Sleep(2 * time.Millisecond)
		}
		f()
	}()
}

// exists is such a condition.
func exists(path string) func() bool {
	return func() bool {
		_, err := os.Stat(path)
		return err == nil
	}
}

// linux tells whether the guarantees of Linux are to be there.
const linux = runtime.GOOS == "linux"
