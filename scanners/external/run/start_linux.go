package run

import (
	"crypto/rand"
	"errors"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/scangate/scangate/scanners/proctree"
)

// sweepTime bounds how long new processes are hunted for.
const sweepTime = 150 * time.Millisecond

// rung is one way to start a tool; start goes down the ladder of them until
// one is permitted. Nothing is probed: a refusal takes a fraction of a
// millisecond, and what is permitted to a process may change.
type rung struct {
	namespaces bool // of processes and, without network, of the network
	user       bool // and of users, which lets anyone have the others
	traced     bool // stopped before its first instruction, to set its limits
}

// ladder is what to try, from the tightest down.
func ladder(l *launch) []rung {
	var rungs []rung
	if !l.without.namespaces {
		if os.Geteuid() == 0 {
			rungs = append(rungs, rung{namespaces: true})
		}
		rungs = append(rungs, rung{namespaces: true, user: true})
	}
	rungs = append(rungs, rung{})
	if l.without.ptrace {
		return rungs
	}
	bare := rungs
	rungs = nil
	for _, r := range bare {
		r.traced = true
		rungs = append(rungs, r)
	}
	return append(rungs, bare...)
}

const (
	// busyTries and busyWait are for a program that has just been written: it
	// cannot be run while another process that is being started holds it.
	busyTries = 20
	busyWait  = 5 * time.Millisecond
)

// start starts the tool on the first rung that holds.
func start(l launch) (*child, error) {
	listed := closeOnExec()
	mark := markName + "=" + rand.Text()
	l.env = append(slices.Clone(l.env), mark)
	var last error
	for _, r := range ladder(&l) {
		p, notes, release, err := startOn(&l, r)
		for try := 0; errors.Is(err, unix.ETXTBSY) && try < busyTries; try++ {
			time.Sleep(busyWait)
			p, notes, release, err = startOn(&l, r)
		}
		if err != nil {
			last = err
			continue
		}
		if !listed {
			notes = append(notes, noteFiles)
		}
		return newChild(p, r, mark, notes, release), nil
	}
	return nil, last
}

// newChild says how the process is ended.
func newChild(p *os.Process, r rung, mark string, notes []string, release func()) *child {
	c := &child{proc: p, notes: notes}
	c.terminate = func() { unix.Kill(-p.Pid, unix.SIGTERM) }
	c.kill = func() {
		if !r.namespaces {
			proctree.Sweep(p.Pid, mark, sweepTime) // while it still shows which are its children
		}
		unix.Kill(-p.Pid, unix.SIGKILL)
		p.Kill()
	}
	c.wait = func() (*os.ProcessState, error) {
		defer release()
		// It is left unreaped until the others are gone, so that its number,
		// which is that of the session, is not given to someone else.
		for {
			err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
			if !errors.Is(err, unix.EINTR) {
				break
			}
		}
		unix.Kill(-p.Pid, unix.SIGKILL)
		if !r.namespaces {
			proctree.Sweep(p.Pid, mark, sweepTime)
			c.notes = append(c.notes, noteLeft)
		}
		return p.Wait()
	}
	return c
}

// startOn starts the tool on a thread of its own: what the thread gives up
// (files, network, privileges) the tool never has. The thread lives as long as
// the tool, which would be killed with it, and ends after release.
func startOn(l *launch, r rung) (p *os.Process, notes []string, release func(), err error) {
	started, over := make(chan struct{}), make(chan struct{})
	onOwnThread(func() {
		notes = restrict(l, r)
		p, err = os.StartProcess(l.path, l.argv, &os.ProcAttr{Dir: l.dir, Env: l.env, Files: l.files, Sys: attributes(l, r)})
		if err == nil && !limit(p.Pid, r.traced, l.limits) {
			notes = append(notes, noteLimits)
		}
		close(started)
		if err == nil {
			<-over
		}
	})
	<-started
	return p, notes, func() { close(over) }, err
}

// onOwnThread calls f on a thread that ends with f. It is never the first
// thread, which cannot end and by which the process is known to others.
func onOwnThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			f()
			return // still locked: the thread ends
		}
		done := make(chan struct{})
		onOwnThread(func() {
			close(done) // it has got another thread
			f()
		})
		<-done
		runtime.UnlockOSThread()
	}()
}

// attributes are what the kernel sets up between fork and exec.
func attributes(l *launch, r rung) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, Ptrace: r.traced}
	if !r.namespaces {
		return a
	}
	a.Cloneflags = unix.CLONE_NEWPID | unix.CLONE_NEWIPC
	if !l.network {
		a.Cloneflags |= unix.CLONE_NEWNET
	}
	if r.user {
		a.Cloneflags |= unix.CLONE_NEWUSER
		a.UidMappings, a.GidMappings, a.GidMappingsEnableSetgroups = mappings()
	}
	return a
}
