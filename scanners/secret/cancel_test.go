//go:build unix

package secret

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestCancel ends a scan while git hangs with a child of its own.
func TestCancel(t *testing.T) {
	w := newWorld(t)
	w.put("s.txt", "x\n")
	pids := filepath.Join(t.TempDir(), "pids")
	fakeGit(t, `case $sub in log) sleep 60 & echo $! $$ > '`+pids+`'; wait;; esac; exec $REAL "$@"`)
	s := newScanner(t, Options{})
	target := target(t, w.dir, 2)
	work, err := s.Plan(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := s.Scan(ctx, target, work)
		ended <- err
	}()
	until(t, func() bool { b, _ := os.ReadFile(pids); return strings.HasSuffix(string(b), "\n") })
	start := time.Now()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	// It takes well under half a second; the rest is room for a busy machine.
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("went on for %v", took)
	}
	b, _ := os.ReadFile(pids)
	for _, word := range strings.Fields(string(b)) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		until(t, func() bool { return gone(pid) })
	}
}

// gone reports that a process has ended, if need be without anyone to reap it.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// until waits for a condition, 5 seconds at most.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("waited in vain")
}
