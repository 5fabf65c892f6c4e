//go:build unix

package run

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const noteFiles = "may have inherited open files: this system does not list them"

// closeOnExec sees to it that no started program inherits a file that this
// process has itself inherited. Those that Go opens are marked already, so
// that it changes nothing for anyone else. It tells whether it could.
func closeOnExec() bool {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return false
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd <= 2 {
			continue
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			unix.CloseOnExec(fd)
		}
	}
	return true
}
