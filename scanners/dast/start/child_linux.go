package start

import (
	"crypto/rand"
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/scangate/scangate/scanners/proctree"
)

// sweepTime bounds how long new processes are hunted for.
const sweepTime = 500 * time.Millisecond

// markName is the variable by which those are found that the program started
// and that have left its session. Its value is a random one.
const markName = "SCANGATE_STARTED"

// begin starts a program in a session of its own. It is killed if this
// process dies, which the kernel ties to the thread that started it: that
// thread waits until the program has ended.
func begin(path string, argv []string, dir string, env []string, files []*os.File) (*child, error) {
	mark := markName + "=" + rand.Text()
	type started struct {
		p   *os.Process
		err error
	}
	ready, over := make(chan started), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		p, err := os.StartProcess(path, argv, &os.ProcAttr{
			Dir: dir, Env: append(env[:len(env):len(env)], mark), Files: files,
			Sys: &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL},
		})
		ready <- started{p, err}
		if err == nil {
			<-over
		}
	}()
	s := <-ready
	if s.err != nil {
		return nil, s.err
	}
	pid := s.p.Pid
	return &child{
		terminate: func() {
			for _, other := range proctree.Belonging(pid, mark) {
				unix.Kill(other, unix.SIGTERM)
			}
			s.p.Signal(unix.SIGTERM)
		},
		kill: func() {
			proctree.Sweep(pid, mark, sweepTime) // while it still shows which are its children
			s.p.Kill()
		},
		wait: func() (*os.ProcessState, error) {
			defer close(over)
			// It is left unreaped until the others are gone, so that its number,
			// which is that of the session, is not given to someone else.
			for {
				err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
				if !errors.Is(err, unix.EINTR) {
					break
				}
			}
			unix.Kill(-pid, unix.SIGKILL)
			proctree.Sweep(pid, mark, sweepTime)
			return s.p.Wait()
		},
	}, nil
}
