//go:build unix && !linux

package start

import (
	"os"
	"syscall"
)

// begin starts a program as the leader of a session of its own.
func begin(path string, argv []string, dir string, env []string, files []*os.File) (*child, error) {
	p, err := os.StartProcess(path, argv, &os.ProcAttr{Dir: dir, Env: env, Files: files, Sys: &syscall.SysProcAttr{Setsid: true}})
	if err != nil {
		return nil, err
	}
	return &child{
		notes:     []string{noteLeft},
		terminate: func() { syscall.Kill(-p.Pid, syscall.SIGTERM) },
		kill:      func() { syscall.Kill(-p.Pid, syscall.SIGKILL) },
		wait: func() (*os.ProcessState, error) {
			state, err := p.Wait()
			syscall.Kill(-p.Pid, syscall.SIGKILL)
			return state, err
		},
	}, nil
}
