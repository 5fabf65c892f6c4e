//go:build unix

package run

import (
	"os"
	"syscall"
)

// openFlags keep an open from following a link and from waiting for a writer.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// signalOf names the signal that ended a process, or is empty.
func signalOf(state *os.ProcessState) string {
	if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return ws.Signal().String()
	}
	return ""
}
