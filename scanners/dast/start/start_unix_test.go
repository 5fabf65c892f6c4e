//go:build unix

package start

import (
	"os"
	"syscall"
	"testing"
	"time"
)

func signals() []os.Signal { return []os.Signal{syscall.SIGTERM, syscall.SIGINT} }

// TestStubborn asserts that a program which does not want to end is killed.
func TestStubborn(t *testing.T) {
	p := program(t, "stubborn")
	r := mustStart(t, p)
	began := time.Now()
	if err := r.Stop(); err != nil || listens(p.WaitFor) {
		t.Errorf("it is not stopped: %v", err)
	}
	if d := time.Since(began); d < p.Grace {
		t.Errorf("it was killed after %v, before its time", d)
	}
	if want := "with signal: killed"; r.state != want {
		t.Errorf("it ended %s, want %s", r.state, want)
	}
}

// TestAbort does not wait for a program that has its own time.
func TestAbort(t *testing.T) {
	p := program(t, "stubborn")
	p.Grace = time.Minute
	r := mustStart(t, p)
	began := time.Now()
	if err := r.Abort(); err != nil || listens(p.WaitFor) {
		t.Errorf("it is not stopped: %v", err)
	}
	if d := time.Since(began); d > 30*time.Second {
		t.Errorf("it took %v", d)
	}
}
