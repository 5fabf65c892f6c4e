package run

import (
	"errors"

	"golang.org/x/sys/unix"
)

// limit sets the limits of a process that was just started. A traced one is
// stopped before its first instruction, and goes on afterwards; it must be the
// thread that started it that calls. It tells whether all limits hold.
func limit(pid int, traced bool, l Limits) bool {
	if traced && !stopped(pid) {
		return true // it has ended already
	}
	ok := true
	for _, r := range []struct {
		resource int
		value    int64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_FSIZE, l.FileSize},
		{unix.RLIMIT_DATA, l.Memory},
		{unix.RLIMIT_NOFILE, l.Files},
	} {
		if r.value >= 0 {
			ok = lower(pid, r.resource, uint64(r.value)) && ok
		}
	}
	if traced {
		ok = unix.PtraceDetach(pid) == nil && ok
	}
	return ok
}

// stopped waits until a traced process has stopped, without collecting the
// state of one that has ended.
func stopped(pid int) bool {
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, pid, &info, unix.WSTOPPED|unix.WEXITED|unix.WNOWAIT|unix.WALL, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		const trapped, stopped = 4, 5 // CLD_TRAPPED, CLD_STOPPED
		return err == nil && (info.Code == trapped || info.Code == stopped)
	}
}

// lower sets a limit that nothing the process does can raise.
func lower(pid, resource int, value uint64) bool {
	var old unix.Rlimit
	if unix.Prlimit(pid, resource, nil, &old) != nil {
		return false
	}
	value = min(value, old.Max)
	return unix.Prlimit(pid, resource, &unix.Rlimit{Cur: value, Max: value}, nil) == nil
}
