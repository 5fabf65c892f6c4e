//go:build unix

package run

import (
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

func ignoreTerm() { signal.Ignore(syscall.SIGTERM) }

// onTerm calls ready once the signal is waited for.
func onTerm(ready func()) <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	ready()
	return c
}

func leaveSession(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

func isOpen(fd int) bool {
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil {
		return false
	}
	// Go's own poller and event files are made by the tool itself.
	flags, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
	return errno == 0 && flags&syscall.FD_CLOEXEC == 0
}

func makeFIFO(path string) { syscall.Mkfifo(path, 0o600) }

// dig nests directories. os.Chdir would look at all of them, each time.
func dig(dir string, depth int) bool {
	long := strings.Repeat("d", 200)
	for range depth {
		if syscall.Chdir(dir) != nil || syscall.Mkdir(long, 0o700) != nil {
			return false
		}
		dir = long
	}
	return true
}
