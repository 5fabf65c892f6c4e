//go:build !unix

package run

import "os"

// openFlags has nothing to add here.
const openFlags = 0

// signalOf is empty: there are no signals here.
func signalOf(*os.ProcessState) string { return "" }

// start starts the tool with what every system has.
func start(l launch) (*child, error) {
	p, err := os.StartProcess(l.path, l.argv, &os.ProcAttr{Dir: l.dir, Env: l.env, Files: l.files})
	if err != nil {
		return nil, err
	}
	return &child{
		proc:      p,
		notes:     append(bareNotes(&l), "programs that it started may outlive it: there are no process groups on this system"),
		terminate: func() { p.Kill() },
		kill:      func() { p.Kill() },
		wait:      p.Wait,
	}, nil
}
