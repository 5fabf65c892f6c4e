//go:build !unix

package start

import "os"

// begin starts a program with what every system has.
func begin(path string, argv []string, dir string, env []string, files []*os.File) (*child, error) {
	p, err := os.StartProcess(path, argv, &os.ProcAttr{Dir: dir, Env: env, Files: files})
	if err != nil {
		return nil, err
	}
	return &child{
		notes:     []string{noteLeft},
		terminate: func() { p.Kill() }, // there is no polite way
		kill:      func() { p.Kill() },
		wait:      p.Wait,
	}, nil
}
