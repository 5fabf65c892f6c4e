package dast

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/dast/crawl"
	"github.com/scangate/scangate/scanners/dast/start"
)

// Program is the program under test. The scanners of several targets, and ZAP
// beside them, share it: it runs while one of them needs it.
type Program struct {
	about start.Program
	log   func(n int) (string, error)

	turn    chan struct{} // holds the one who starts or stops it
	starts  int
	users   int
	running *start.Running
	cancel  context.CancelFunc
}

func (o *Options) program(set Setting, first *url.URL, redact func(string) string) (*Program, error) {
	wait := first
	if o.WaitFor != "" {
		u, err := crawl.ParseTarget(o.WaitFor)
		if err != nil {
			return nil, fmt.Errorf("wait-for: %w", err)
		}
		wait = u
	}
	if !onThisMachine(wait.Hostname()) {
		return nil, fmt.Errorf("wait-for: %s is not on this machine, where the program is started", wait.Host)
	}
	return &Program{
		about: start.Program{Argv: o.Start, Dir: set.Dir, WaitFor: wait, Within: o.Within, Redact: redact},
		log:   set.Log, turn: make(chan struct{}, 1),
	}, nil
}

// deathWatch is how long a program that has stopped to answer is given to be
// dead: the system closes its connections first.
const deathWatch = 300 * time.Millisecond

// Use starts the program unless it runs. The caller calls done when it does not
// need it any more, which says what a reader should know of it; silent tells
// that it did not answer all that it was asked. A nil one stands for a program
// that somebody else has started.
func (p *Program) Use(ctx context.Context) (done func(silent bool) []finding.Note, err error) {
	if p == nil {
		return func(bool) []finding.Note { return nil }, nil
	}
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.turn }()
	if p.users == 0 {
		if err := p.start(ctx); err != nil {
			return nil, err
		}
	}
	p.users++
	running := p.running
	var once sync.Once
	var notes []finding.Note
	leave := func() { once.Do(func() { notes = p.leave(ctx, running) }) }
	// Whoever is interrupted may not come to say that it is done.
	unhook := context.AfterFunc(ctx, leave)
	return func(silent bool) []finding.Note {
		unhook()
		if silent && ctx.Err() == nil {
			select {
			case <-running.Ended():
			case <-time.After(deathWatch):
			}
		}
		leave()
		return notes
	}, nil
}

// start starts the program. It outlives the one that has it started, but not
// the last one that uses it.
func (p *Program) start(ctx context.Context) error {
	name, err := p.log(p.starts)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	p.starts++
	p.about.Log = name
	alone, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	running, err := start.Start(alone, p.about)
	stop()
	if err != nil {
		cancel()
		return err
	}
	p.running, p.cancel = running, cancel
	return nil
}

func (p *Program) leave(ctx context.Context, running *start.Running) []finding.Note {
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	var notes []finding.Note
	note := func(level finding.NoteLevel, message string) {
		notes = append(notes, finding.Note{Level: level, Message: message})
	}
	if err := running.Death(); err != nil {
		note(finding.Gap, "the program ended before the scan did: "+err.Error())
	}
	p.users--
	if p.users > 0 {
		return notes
	}
	defer p.cancel()
	stop := running.Stop
	if ctx.Err() != nil {
		stop = running.Abort // nobody waits for it to end in peace
	}
	if err := stop(); err != nil {
		note(finding.Warning, err.Error())
	}
	for _, n := range running.Notes() {
		note(finding.Information, n)
	}
	note(finding.Information, "what the program printed is in "+p.about.Log)
	return notes
}
