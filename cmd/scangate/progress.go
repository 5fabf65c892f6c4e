package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// progress shows what the scanners are doing: on a terminal one line each,
// redrawn in place; elsewhere one plain line when a scanner starts and one
// when it ends.
type progress struct {
	w     io.Writer
	log   *slog.Logger // in place of lines; may be nil
	live  bool
	mu    sync.Mutex
	names []string
	start map[string]time.Time
	done  map[string]string
	drawn int
	stop  chan struct{}
	idle  sync.WaitGroup
}

func (a *app) newProgress(plan []scanners.Planned) *progress {
	p := &progress{w: a.stderr, log: a.log, live: a.terminal && a.log == nil, start: map[string]time.Time{}, done: map[string]string{}, stop: make(chan struct{})}
	for _, s := range plan {
		p.names = append(p.names, s.Title())
	}
	if p.live {
		p.idle.Go(p.tick)
	}
	return p
}

// tick redraws the running times.
func (p *progress) tick() {
	t := time.NewTicker(200 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-t.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

// event takes what the fan-out reports.
func (p *progress) event(e scanners.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.log != nil {
		logEvent(p.log, e)
		return
	}
	title := e.Run.Title()
	if !e.Done {
		p.start[title] = time.Now()
		if !p.live {
			fmt.Fprintf(p.w, "scangate: %s: started, %s\n", report.Line(title), report.Line(e.Run.Plan))
		}
	} else {
		p.done[title] = sumUp(e.Run)
		if !p.live {
			fmt.Fprintf(p.w, "scangate: %s: %s\n", report.Line(title), p.done[title])
		}
	}
	if p.live {
		p.draw()
	}
}

// end removes the live lines: the table that follows says it all.
func (p *progress) end() {
	if !p.live {
		return
	}
	close(p.stop)
	p.idle.Wait()
	fmt.Fprintf(p.w, "%s", p.erase())
}

func (p *progress) erase() string {
	if p.drawn == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\x1b[J", p.drawn)
}

func (p *progress) draw() {
	var b strings.Builder
	b.WriteString(p.erase())
	for _, n := range p.names {
		state := "waiting"
		if since, ok := p.start[n]; ok {
			state = "running, " + time.Since(since).Round(100*time.Millisecond).String()
		}
		if d, ok := p.done[n]; ok {
			state = d
		}
		// A line that wraps in a narrow terminal would spoil the redrawing.
		fmt.Fprintf(&b, "  %-12s %s\n", text.Cut(report.Line(n), 40), text.Cut(state, 64))
	}
	p.drawn = len(p.names)
	io.WriteString(p.w, b.String())
}

func sumUp(run finding.Run) string {
	switch run.Status {
	case finding.Completed:
		return fmt.Sprintf("completed, %s (%s)", text.Count(len(run.Findings), "finding"), run.Duration.Round(10*time.Millisecond))
	case finding.Skipped:
		return "skipped: " + report.Line(run.Reason)
	}
	return fmt.Sprintf("%s: %s", run.Status, report.Line(run.Reason))
}
