package run

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// sweepTime bounds how long new processes are hunted for.
const sweepTime = 150 * time.Millisecond

// sweep kills what belongs to a tool, except the tool itself: what is in its
// session, below it, or has inherited its mark. It looks again until there is
// nothing left, as processes start others in the meantime.
func sweep(pid int, mark string) {
	for until := time.Now().Add(sweepTime); time.Now().Before(until); {
		victims := belonging(pid, mark)
		for _, v := range victims {
			unix.Kill(v, unix.SIGKILL)
		}
		if len(victims) == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// belonging lists the processes that belong to a tool.
func belonging(tool int, mark string) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	since, _ := look(strconv.Itoa(tool))
	parent, found := map[int]int{}, map[int]bool{}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == tool || pid == os.Getpid() {
			continue
		}
		p, ok := look(name)
		if !ok || p.began < since.began {
			continue // gone, or dead and not collected, or older than the tool
		}
		parent[pid] = p.parent
		found[pid] = p.session == tool || marked(name, mark)
	}
	var pids []int
	for pid := range parent {
		for p, steps := pid, 0; p > 1 && steps <= len(parent); p, steps = parent[p], steps+1 {
			if found[p] || p == tool {
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids
}

// looks is what /proc tells about a process.
type looks struct {
	parent, session int
	began           uint64 // in ticks since the system's start
}

// look looks at a process that lives, or that is the tool.
func look(pid string) (p looks, alive bool) {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	// "pid (name) state parent group session …"; the name may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if err != nil || len(fields) < 20 {
		return p, false
	}
	p.parent, _ = strconv.Atoi(fields[1])
	p.session, _ = strconv.Atoi(fields[3])
	p.began, _ = strconv.ParseUint(fields[19], 10, 64)
	return p, fields[0] != "Z" && fields[0] != "X"
}

// marked tells whether a process was started with the mark. Those of other
// users cannot be looked at, and could not be killed either.
func marked(pid, mark string) bool {
	env, err := os.ReadFile("/proc/" + pid + "/environ")
	return err == nil && bytes.Contains(env, []byte(mark))
}
