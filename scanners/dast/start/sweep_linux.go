package start

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// sweepTime bounds how long new processes are hunted for.
const sweepTime = 500 * time.Millisecond

// sweep kills what belongs to a program, except the program itself. It looks
// again until there is nothing left, as processes start others meanwhile.
func sweep(pid int, mark string) {
	for until := time.Now().Add(sweepTime); time.Now().Before(until); {
		victims := belonging(pid, mark)
		if len(victims) == 0 {
			return
		}
		for _, v := range victims {
			unix.Kill(v, unix.SIGKILL)
		}
		time.Sleep(time.Millisecond)
	}
}

// belonging lists what belongs to a program: the processes of its session,
// those that have inherited its mark, and those below any of them.
func belonging(program int, mark string) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	since, _ := look(strconv.Itoa(program))
	parents, found := map[int]int{}, map[int]bool{program: true}
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == program || pid == os.Getpid() {
			continue
		}
		p, alive := look(name)
		if !alive || p.began < since.began {
			continue // it was there before the program
		}
		parents[pid] = p.parent
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

// process is what the system tells about one.
type process struct {
	parent, session int
	began           uint64 // in ticks since the system's start
}

// look looks at a process, and tells whether it is neither gone nor dead.
func look(pid string) (p process, alive bool) {
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

// marked tells whether a process has inherited the mark.
func marked(pid, mark string) bool {
	env, err := os.ReadFile("/proc/" + pid + "/environ")
	return err == nil && bytes.Contains(env, []byte(mark))
}
