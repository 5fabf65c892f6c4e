//go:build unix && !linux

package run

import (
	"os"
	"syscall"
)

// start starts the tool as the leader of a session of its own.
func start(l launch) (*child, error) {
	notes := append(bareNotes(&l), noteLeft)
	if !closeOnExec() {
		notes = append(notes, noteFiles)
	}
	p, err := os.StartProcess(l.path, l.argv, &os.ProcAttr{
		Dir: l.dir, Env: l.env, Files: l.files, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, err
	}
	return &child{
		proc:      p,
		notes:     notes,
		terminate: func() { syscall.Kill(-p.Pid, syscall.SIGTERM) },
		kill:      func() { syscall.Kill(-p.Pid, syscall.SIGKILL) },
		wait: func() (*os.ProcessState, error) {
			state, err := p.Wait()
			syscall.Kill(-p.Pid, syscall.SIGKILL)
			return state, err
		},
	}, nil
}
