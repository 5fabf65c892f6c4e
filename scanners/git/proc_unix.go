//go:build unix

package git

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the process into a group of its own, so that it can be ended
// with everything that it started.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends the process and what it started.
func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
