package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	// grace is how long a tool that is asked to end may take. Together with
	// what follows it stays under what the fan-out waits for a scanner.
	grace = 150 * time.Millisecond
	// drain is how long the output of a tool that has ended is waited for.
	drain = time.Second
	// deathWait is how long a killed tool is waited for: the system may be
	// unable to end it, as when a file system hangs.
	deathWait = 2 * time.Second
)

// Run runs a tool to its end. An error means that the tool did not run to an
// end of its own, or said more than it may: it is one line, and is one of the
// package's errors or the context's. The result holds what is known in any
// case. An exit status other than zero is no error.
func (b *Box) Run(ctx context.Context, c Command) (Result, error) {
	none := Result{Exit: -1}
	c, err := c.complete()
	if err != nil {
		return none, err
	}
	if c.SHA256 != "" {
		if err := unchanged(c.Program, c.SHA256); err != nil {
			return none, err
		}
	}
	if err := ctx.Err(); err != nil {
		return none, fmt.Errorf("%s was not started: %w", c.name(), err)
	}
	begin := time.Now()
	p, err := b.start(c)
	if err != nil {
		return none, err
	}
	r, err := p.attend(ctx, c)
	r.Duration = time.Since(begin)
	return r, err
}

// process is a tool that runs.
type process struct {
	child    *child
	out, err *stream
	full     chan struct{}
	ended    chan struct{}
	state    *os.ProcessState // once ended is closed
	failure  error            // of waiting, likewise
}

// start opens the pipes and starts the tool.
func (b *Box) start(c Command) (*process, error) {
	stdin, err := b.stdin(c.Stdin)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be started: %w", c.name(), err)
	}
	defer stdin.Close()
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be started: %w", c.name(), err)
	}
	defer outW.Close()
	errR, errW, err := os.Pipe()
	if err != nil {
		outR.Close()
		return nil, fmt.Errorf("%s cannot be started: %w", c.name(), err)
	}
	defer errW.Close()
	dir := c.Dir
	if dir == "" {
		dir = b.Home()
	}
	ch, err := start(launch{
		path: c.Program, argv: append([]string{c.Program}, c.Args...), dir: dir, env: c.env(b),
		files: []*os.File{stdin, outW, errW}, box: b.dir, writable: c.Writable,
		network: c.Network, limits: c.Limits, without: b.without,
	})
	if err != nil {
		outR.Close()
		errR.Close()
		return nil, startError(&c, err)
	}
	p := &process{child: ch, full: make(chan struct{}, 2), ended: make(chan struct{})}
	full := func() { p.full <- struct{}{} }
	p.out, p.err = read(outR, c.Limits.Stdout, full), read(errR, c.Limits.Stderr, full)
	go func() {
		defer close(p.ended)
		p.state, p.failure = ch.wait()
	}()
	return p, nil
}

// stdin is what the tool reads: a file, so that nothing hangs when it does not.
func (b *Box) stdin(content []byte) (*os.File, error) {
	if len(content) == 0 {
		return os.Open(os.DevNull)
	}
	const name = "stdin"
	b.root.Remove(name)
	if err := b.root.WriteFile(name, content, 0o600); err != nil {
		return nil, err
	}
	f, err := b.root.Open(name)
	b.root.Remove(name) // it lives until it is closed; where that is not the custom, until the box is
	return f, err
}

// attend waits for the end of the tool, or brings it about.
func (p *process) attend(ctx context.Context, c Command) (Result, error) {
	timer := time.NewTimer(c.Timeout)
	defer timer.Stop()
	var cause error
	select {
	case <-p.ended:
	case <-p.full:
		cause = ErrCut
	case <-ctx.Done():
		cause = ctx.Err()
	case <-timer.C:
		cause = ErrDeadline
	}
	if cause != nil && !p.stop() {
		r := p.result()
		return r, fmt.Errorf("%s cannot be ended by this system: %w", c.name(), cause)
	}
	// Both streams share one wait.
	until := time.Now().Add(drain)
	whole := p.out.close(drain)
	whole = p.err.close(max(time.Until(until), time.Millisecond)) && whole
	r := p.result()
	if !whole {
		r.Notes = append(r.Notes, noteOpen)
	}
	switch {
	case cause == ErrDeadline:
		return r, &failure{ErrDeadline, fmt.Sprintf("%s did not end within %s and was killed", c.name(), c.Timeout)}
	case cause != nil && cause != ErrCut:
		return r, fmt.Errorf("%s was killed: %w", c.name(), cause)
	case r.Cut != "":
		limit := c.Limits.Stdout
		if r.Cut == "stderr" {
			limit = c.Limits.Stderr
		}
		return r, &failure{ErrCut, fmt.Sprintf("%s wrote over %s to %s: its output is cut short", c.name(), size(limit), r.Cut)}
	case p.failure != nil:
		return r, fmt.Errorf("%s: cannot tell how it ended: %w", c.name(), p.failure)
	case r.Signal != "":
		return r, &failure{ErrSignal, fmt.Sprintf("%s was ended by a signal: %s", c.name(), r.Signal)}
	}
	return r, nil
}

// stop ends the tool: first politely, so that it can leave its caches in
// order. It tells whether the tool has ended.
func (p *process) stop() bool {
	p.child.terminate()
	select {
	case <-p.ended:
		return true
	case <-time.After(grace):
	}
	p.child.kill()
	select {
	case <-p.ended:
		return true
	case <-time.After(deathWait):
		return false
	}
}

// result is what is known about the tool by now.
func (p *process) result() Result {
	r := Result{Exit: -1}
	var cutOut, cutErr bool
	r.Stdout, cutOut = p.out.result()
	r.Stderr, cutErr = p.err.result()
	switch {
	case cutOut:
		r.Cut = "stdout"
	case cutErr:
		r.Cut = "stderr"
	}
	select {
	case <-p.ended:
		r.Notes = p.child.notes
		if p.state != nil {
			r.Exit, r.Signal = p.state.ExitCode(), signalOf(p.state)
		}
	default:
	}
	return r
}

// startError words why a program could not be started.
func startError(c *Command, err error) error {
	var why *os.PathError
	if errors.As(err, &why) {
		err = why.Err // its path is the program's
	}
	kind := ErrNotExecutable
	if _, statErr := os.Stat(c.Program); errors.Is(statErr, os.ErrNotExist) {
		kind = ErrNotFound
	}
	line := fmt.Sprintf("%s cannot be started: %v", c.name(), err)
	if kind == ErrNotExecutable && errors.Is(err, os.ErrNotExist) {
		line += ": the interpreter of " + quote(filepath.Clean(c.Program)) + " is missing"
	}
	return &failure{kind, line}
}
