package dast

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
)

const started = "robots: ignore, start: [EXE, ADDRESS, "

// quiet tells whether nobody listens where a program was.
func quiet(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		conn.Close()
	}
	return err != nil
}

// TestSeveralTargetsShareTheProgram has it started once and stopped after the
// last of them.
func TestSeveralTargetsShareTheProgram(t *testing.T) {
	t.Setenv(helperName, "1")
	all, target, err := bench{}.make(t, started+"slow], pages: 5, targets: ['http://ADDRESS/', 'http://ADDRESS/x', 'http://ADDRESS/y']")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	notes := make([][]finding.Note, len(all))
	for i, s := range all {
		wg.Go(func() {
			r, err := s.Scan(t.Context(), target, planned(t, s, target))
			if err != nil || len(r.Findings) == 0 {
				t.Errorf("%s: %v", s.Target(), err)
			}
			notes[i] = r.Notes
		})
	}
	wg.Wait()
	ended := 0
	for _, n := range notes {
		ended += strings.Count(fmt.Sprint(n), "what the program printed is in ")
	}
	if p := all[0].Program(); ended != 1 || p.starts != 1 || p.users != 0 || !quiet(p.about.WaitFor.Host) {
		t.Errorf("started %d times, %d users left, ended %d times", p.starts, p.users, ended)
	}
	// One that comes late finds it started anew, and the first log is kept.
	r, err := all[0].Scan(t.Context(), target, planned(t, all[0], target))
	if err != nil || !strings.Contains(fmt.Sprint(r.Notes), "app-1.log") {
		t.Errorf("%v %v", err, r.Notes)
	}
	for _, name := range []string{"app-0.log", "app-1.log"} {
		data, err := os.ReadFile(filepath.Join(target.Tree.Dir(), name))
		if err != nil || !strings.HasPrefix(string(data), "started slow") {
			t.Errorf("%s: %v %q", name, err, data)
		}
	}
}

func TestProgramsThatFail(t *testing.T) {
	t.Setenv(helperName, "1")
	const targets = "], within: 300ms, targets: ['http://ADDRESS']"
	r := bench{}.one(t, started+"never"+targets)
	if r.Status != finding.Failed || missing(r.Reason, []string{"did not answer at", "within 300ms", "status 503", "ends: started never"}) != "" {
		t.Errorf("%s", short(r))
	}
	r = bench{}.one(t, "robots: ignore, start: [./absent"+targets)
	if r.Status != finding.Failed || !strings.Contains(r.Reason, "cannot start absent") {
		t.Errorf("%s", short(r))
	}
	s := newSite(t, nil)
	r = bench{}.one(t, "start: [EXE, x], targets: ['"+s.URL+"']")
	if r.Status != finding.Failed || !strings.Contains(r.Reason, "something listens at") {
		t.Errorf("%s", short(r))
	}
}

// TestInterruptedProgram leaves none, and does not take long.
func TestInterruptedProgram(t *testing.T) {
	t.Setenv(helperName, "1")
	for _, mode := range []string{"slow", "never"} {
		all, target, err := bench{}.make(t, started+mode+"], pages: 1000, targets: ['http://ADDRESS', 'http://ADDRESS/x']")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		var wg sync.WaitGroup
		for _, s := range all {
			wg.Go(func() {
				if _, err := s.Scan(ctx, target, planned(t, s, target)); err == nil {
					t.Error("no error")
				}
			})
		}
		began := time.Now()
		wg.Wait()
		if d := time.Since(began); d > 30*time.Second {
			t.Errorf("%s: it took %s", mode, d)
		}
		if p := all[0].Program(); !quiet(p.about.WaitFor.Host) || p.users != 0 {
			t.Errorf("%s: it is left running", mode)
		}
	}
}

// TestAbandonedProgram is stopped even if who uses it never says that it is
// done.
func TestAbandonedProgram(t *testing.T) {
	t.Setenv(helperName, "1")
	all, _, err := bench{}.make(t, started+"serve], targets: ['http://ADDRESS']")
	if err != nil {
		t.Fatal(err)
	}
	p := all[0].Program()
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := p.Use(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	for range 100 {
		if quiet(p.about.WaitFor.Host) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("it is left running")
}
