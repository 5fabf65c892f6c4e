//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be scangate itself, with scanners that go
// wrong as SCANGATE_TEST_FAULTS says: signals need a process of their own.
func TestMain(m *testing.M) {
	if spec := os.Getenv("SCANGATE_TEST_FAULTS"); spec != "" {
		a := system()
		a.scanners = faults(spec)
		os.Exit(a.run(os.Args[1:]))
	}
	if os.Getenv("SCANGATE_TEST_UNPRIVILEGED") != "" {
		if os.Getuid() == 0 {
			if err := errors.Join(syscall.Setgroups(nil), syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
				panic(err)
			}
		}
		os.Exit(system().run(os.Args[1:]))
	}
	if os.Getenv("SCANGATE_TEST_SELF") != "" {
		os.Exit(system().run(os.Args[1:]))
	}
	if os.Getenv("SHOP_FOR_TESTS") != "" && len(os.Args) == 3 && os.Args[1] == "serve" {
		os.Exit(serveShop(os.Args[2]))
	}
	os.Exit(m.Run())
}

func TestCtrlC(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	newTry(t, "unused=clean")
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd := exec.Command(self, "scan", "--results", "r.json", "--timeout", "1m")
		cmd.Env = append(os.Environ(), "SCANGATE_TEST_FAULTS=secret=low,iac=hang")
		var out bytes.Buffer
		errs := &watch{part: "secret: completed", seen: make(chan struct{})}
		cmd.Stdout, cmd.Stderr = &out, errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-errs.seen
		start := time.Now()
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		// A second is what is promised; the rest is room for a busy machine.
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: took %s to stop", sig, took)
		}
		if code := cmd.ProcessState.ExitCode(); code != exitIncomplete {
			t.Errorf("%s: exit code %d", sig, code)
		}
		for _, part := range []string{"iac: failed: interrupted", "VERDICT: INCOMPLETE", "it is so"} {
			if !strings.Contains(out.String(), part) {
				t.Errorf("%s: no %q in\n%s", sig, part, out.String())
			}
		}
		res, err := readResults("r.json")
		if err != nil || !res.Interrupted || len(res.Find("secret").Findings) != 1 {
			t.Errorf("%s: kept results: %v, %+v", sig, err, res)
		}
	}
}

// watch closes seen when part has been written.
type watch struct {
	buf  bytes.Buffer // not embedded: its ReadFrom would bypass Write
	part string
	seen chan struct{}
	done bool
}

func (w *watch) Write(p []byte) (int, error) {
	n, err := w.buf.Write(p)
	if !w.done && strings.Contains(w.buf.String(), w.part) {
		w.done = true
		close(w.seen)
	}
	return n, err
}
