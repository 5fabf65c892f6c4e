package start

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners/proctree"
)

// family starts a child, one in a group and one in a session of its own, and
// one whose parent has ended, and writes their numbers to a file.
func family(file string) error {
	out := ""
	for _, attr := range []*syscall.SysProcAttr{{}, {Setpgid: true}, {Setsid: true}} {
		c := exec.Command("/bin/sh", "-c", "trap '' TERM; sleep 60 & echo $! >>"+file+".more; wait; wait")
		c.SysProcAttr = attr
		if err := c.Start(); err != nil {
			return err
		}
		out += strconv.Itoa(c.Process.Pid) + "\n"
	}
	orphan := exec.Command("/bin/sh", "-c", "setsid sleep 60 >/dev/null 2>&1 & echo $! >>"+file+".more")
	if err := orphan.Run(); err != nil {
		return err
	}
	for {
		more, _ := os.ReadFile(file + ".more")
		if strings.Count(string(more), "\n") == 4 {
			return os.WriteFile(file, []byte(out+string(more)), 0o600)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestFamily asserts that nothing of what the program started is left, when it
// is stopped and when it dies.
func TestFamily(t *testing.T) {
	for _, how := range []string{"stop", "death"} {
		t.Run(how, func(t *testing.T) {
			file := t.TempDir() + "/pids"
			p := program(t, "family", file)
			r := mustStart(t, p)
			list, err := os.ReadFile(file)
			pids := strings.Fields(string(list))
			if err != nil || len(pids) != 7 {
				t.Fatalf("got %q, %v", list, err)
			}
			for _, pid := range pids {
				if _, alive := proctree.Look(pid); !alive {
					t.Fatalf("%s does not live", pid)
				}
			}
			if how == "death" {
				child, _ := proctree.Look(pids[0])
				syscall.Kill(child.Parent, syscall.SIGKILL)
				<-r.Ended()
			} else if err := r.Stop(); err != nil {
				t.Error(err)
			}
			for _, pid := range pids {
				until := time.Now().Add(2 * time.Second) // for its new parent to collect it
				for _, alive := proctree.Look(pid); alive; _, alive = proctree.Look(pid) {
					if time.Now().After(until) {
						t.Fatalf("%s still lives", pid)
					}
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
}
