package proctree

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Sweep kills what belongs to a program, except the program itself: what is in
// its session, below it, or has inherited its mark. It looks again until there
// is nothing left, as processes start others in the meantime, but no longer
// than within.
func Sweep(pid int, mark string, within time.Duration) {
	for until := time.Now().Add(within); time.Now().Before(until); {
		victims := Belonging(pid, mark)
		for _, v := range victims {
			unix.Kill(v, unix.SIGKILL)
		}
		if len(victims) == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// Belonging lists the processes that belong to a program.
func Belonging(program int, mark string) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	since, _ := Look(strconv.Itoa(program))
	parents, found := map[int]int{}, map[int]bool{program: true}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == program || pid == os.Getpid() {
			continue
		}
		p, alive := Look(name)
		if !alive || p.began < since.began {
			continue // gone, or dead and not collected, or older than the program
		}
		parents[pid] = p.Parent
		found[pid] = p.session == program || marked(name, mark)
	}
	var pids []int
	for pid := range parents {
		for p, steps := pid, 0; p > 1 && steps <= len(parents); p, steps = parents[p], steps+1 {
			if found[p] {
				pids = append(pids, pid)
				break
			}
		}
	}
	return pids
}

// Process is what /proc tells about a process.
type Process struct {
	Parent  int
	session int
	began   uint64 // in ticks since the system's start
}

// Look looks at a process, and tells whether it is neither gone nor dead.
func Look(pid string) (p Process, alive bool) {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	// "pid (name) state parent group session …"; the name may hold anything.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if err != nil || len(fields) < 20 {
		return p, false
	}
	p.Parent, _ = strconv.Atoi(fields[1])
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
