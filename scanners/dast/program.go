package dast

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/start"
)

// Program is the program under test. The scanners of several targets, and ZAP
// beside them, share it: it runs while one of them needs it.
type Program struct {
	about start.Program
	log   func() (string, error)

	mu      sync.Mutex
	users   int
	running *start.Running
	cancel  context.CancelFunc
}

func (o *Options) program(set Setting, first *url.URL) (*Program, error) {
	wait := first
	if o.WaitFor != "" {
		u, err := parseTarget(o.WaitFor)
		if err != nil {
			return nil, fmt.Errorf("wait-for: %w", err)
		}
		wait = u
	}
	if !onThisMachine(wait.Hostname()) {
		return nil, fmt.Errorf("wait-for: %s is not on this machine, where the program is started", wait.Host)
	}
	return &Program{about: start.Program{Argv: o.Start, Dir: set.Dir, WaitFor: wait, Within: o.Within}, log: set.Log}, nil
}

// Use starts the program unless it runs. The caller calls done when it does not
// need it any more, which says what a reader should know of it. A nil one
// stands for a program that somebody else has started.
func (p *Program) Use(ctx context.Context) (done func() []finding.Note, err error) {
	if p == nil {
		return func() []finding.Note { return nil }, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.users == 0 {
		log, err := p.log()
		if err != nil {
			return nil, fmt.Errorf("start: %w", err)
		}
		p.about.Log = log
		// It outlives the one that started it, but not the last one.
		alone, cancel := context.WithCancel(context.WithoutCancel(ctx))
		stop := context.AfterFunc(ctx, cancel)
		running, err := start.Start(alone, p.about)
		stop()
		if err != nil {
			cancel()
			return nil, err
		}
		p.running, p.cancel = running, cancel
	}
	p.users++
	running := p.running
	var once sync.Once
	return func() (notes []finding.Note) {
		once.Do(func() { notes = p.leave(ctx, running) })
		return notes
	}, nil
}

func (p *Program) leave(ctx context.Context, running *start.Running) []finding.Note {
	p.mu.Lock()
	defer p.mu.Unlock()
	var notes []finding.Note
	if err := running.Death(); err != nil {
		notes = append(notes, finding.Note{Level: finding.Gap, Message: "the program ended before the scan did: " + err.Error()})
	}
	p.users--
	if p.users > 0 {
		return notes
	}
	if ctx.Err() != nil {
		p.cancel() // nobody waits for it to end in peace
	}
	defer p.cancel()
	if err := running.Stop(); err != nil {
		notes = append(notes, finding.Note{Level: finding.Warning, Message: err.Error()})
	}
	for _, n := range running.Notes() {
		notes = append(notes, finding.Note{Level: finding.Information, Message: n})
	}
	return append(notes, finding.Note{Level: finding.Information, Message: "what the program printed is in " + p.about.Log})
}
