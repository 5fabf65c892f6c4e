package run

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestReadParent asserts that a tool does not read the tokens of this process.
func TestReadParent(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		environ := fmt.Sprintf("/proc/%d/environ", os.Getpid())
		if _, err := os.ReadFile(environ); err != nil {
			t.Fatal(err)
		}
		r := must(t, b, self(t, "read", environ))
		read := strings.HasPrefix(string(r.Stdout), "true")
		if read && !says(r, noteWrite) {
			t.Errorf("it reads the environment; notes %q", r.Notes)
		}
	})
}

func TestMemory(t *testing.T) {
	c := shell(`ulimit -d; ulimit -n; ulimit -c; ulimit -f`)
	c.Limits = Limits{Memory: 64 << 20, Files: 50, FileSize: 1 << 20}
	r := must(t, newBox(t), c)
	if got := strings.Fields(string(r.Stdout)); !slices.Equal(got, []string{"65536", "50", "0", "2048"}) {
		t.Errorf("got %q, notes %q", got, r.Notes)
	}
}

// TestNoPrivileges asserts that a tool as root has little of root, and that no
// tool gains anything from a setuid program.
func TestNoPrivileges(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		status := string(must(t, b, self(t, "read", "/proc/self/status")).Stdout)
		// In a user namespace of its own, root's privileges are over that only.
		users := strings.TrimSpace(string(must(t, b, shell("readlink /proc/self/ns/user")).Stdout))
		ours, err := os.Readlink("/proc/self/ns/user")
		if err != nil || users == "" {
			t.Fatal(users, err)
		}
		ownUsers := users != ours
		var keep uint64
		for c := range uintptr(64) {
			if keptCapabilities(c) {
				keep |= 1 << c
			}
		}
		for line := range strings.Lines(status) {
			name, value, _ := strings.Cut(line, ":")
			var bits uint64
			switch name {
			case "CapEff", "CapPrm", "CapAmb", "CapInh":
				if fmt.Sscanf(strings.TrimSpace(value), "%x", &bits); bits&^keep != 0 && !ownUsers {
					t.Errorf("it has %s", line)
				}
			case "NoNewPrivs":
				if strings.TrimSpace(value) != "1" {
					t.Errorf("it may gain privileges: %s", line)
				}
			}
		}
		if !strings.Contains(status, "NoNewPrivs") {
			t.Errorf("no status: %s", status)
		}
	})
}

// TestUsed asserts that what this kernel offers to everyone is used: a mistake
// of ours must not pass for a kernel that permits nothing.
func TestUsed(t *testing.T) {
	version, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	_, err := os.Stat("/proc/sys/kernel/seccomp/actions_avail")
	filters := err == nil && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64")
	inModes(t, func(t *testing.T, b *Box) {
		m := b.without
		r := must(t, b, shell("exit 0"))
		if want := m.landlock || errno != 0 || version < 2; says(r, noteWrite) != want {
			t.Errorf("Landlock is not used: %v, notes %q", want, r.Notes)
		}
		if says(r, noteNetwork) && filters && !m.seccomp {
			t.Errorf("the filter is not used: notes %q", r.Notes)
		}
		if says(r, noteLimits) {
			t.Errorf("the limits are not used: notes %q", r.Notes)
		}
	})
}

// TestDiesWithUs asserts that a tool ends when its runner is killed.
func TestDiesWithUs(t *testing.T) {
	beats := filepath.Join(shared(t), "beat")
	runner := exec.Command(os.Args[0], "tool", "runner", beats)
	runner.Env = append(os.Environ(), "TMPDIR="+t.TempDir()) // where it leaves its box
	if err := runner.Start(); err != nil {
		t.Fatal(err)
	}
	for !exists(beats)() {
		time.Sleep(time.Millisecond)
	}
	runner.Process.Kill()
	runner.Wait()
	var before, after int64 = -1, 0
	for end := time.Now().Add(5 * time.Second); before != after && time.Now().Before(end); {
		before = after
		time.Sleep(30 * time.Millisecond)
		info, err := os.Stat(beats)
		if err != nil {
			t.Fatal(err)
		}
		after = info.Size()
	}
	if before != after {
		t.Error("it lives on")
	}
}

// TestPlaces asserts that what programs expect of Linux is there.
func TestPlaces(t *testing.T) {
	inModes(t, func(t *testing.T, b *Box) {
		r := must(t, b, shell(`echo x >/dev/stdout; echo y >/dev/stderr; echo z >/dev/null; f=$(mktemp) && echo "$f"; cd; pwd; test -w /dev/shm && echo shm`))
		temp, _, _ := strings.Cut(strings.TrimPrefix(string(r.Stdout), "x\n"), "\n")
		if filepath.Dir(temp) != filepath.Join(b.dir, tempDir) || !strings.Contains(string(r.Stdout), "\n"+b.Home()+"\n") || string(r.Stderr) != "y\n" {
			t.Errorf("stdout %q, stderr %q", r.Stdout, r.Stderr)
		}
	})
}
