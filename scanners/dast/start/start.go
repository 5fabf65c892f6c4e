// Package start starts the program that is to be scanned, waits until it
// answers, and ends it with everything that it started.
package start

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/scangate/scangate/text"
)

// Program is what to start. It is the repository's own code: it runs with the
// rights of the caller, and without a shell.
type Program struct {
	Argv []string // the program, looked up in PATH or relative to Dir, and its arguments
	Dir  string   // where it runs; empty: where the caller does

	// Env are variables, "NAME=value", which replace those of the caller's. The
	// rest of the caller's environment is inherited except what looks like a
	// credential by its name or is the workflow runner's; Pass are names that
	// are inherited all the same.
	Env  []string
	Pass []string

	WaitFor *url.URL      // http or https; a status below 500 there says that the program is up
	Within  time.Duration // how long it may take until then; 0: one minute
	Grace   time.Duration // how long it may take to end when it is asked to; 0: five seconds
	Log     string        // the file that gets what it prints; one that is there is replaced

	// Redact takes secrets out of what it prints before that is quoted in a
	// message; nil: there are none. The log itself is as it was printed.
	Redact func(string) string
}

const (
	defaultWithin = time.Minute
	defaultGrace  = 5 * time.Second
	// deathWait is how long a killed program is waited for.
	deathWait = 2 * time.Second
	// hurry is how long a program may take to end when nobody waits any more:
	// with the rest of the shutdown it must stay under a second.
	hurry = 150 * time.Millisecond
	// drain is how long the output of a program that has ended is waited for.
	drain = 200 * time.Millisecond
)

// Running is a program that was started.
type Running struct {
	name  string
	grace time.Duration
	child *child
	log   *logFile
	pipe  *os.File // the end of its output that is read

	ended chan struct{} // closed when it and what it started have ended
	state string        // how it ended, once ended is closed

	once sync.Once
	left error // what Stop returns
}

// Start starts a program and waits until it answers. It fails if something
// answers before the program is there, if the program ends, if the time is
// over, and if ctx ends; then nothing of the program is left. The program is
// stopped when ctx ends, too. Errors are one line.
func Start(ctx context.Context, p Program) (*Running, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if taken(ctx, p.WaitFor) {
		return nil, fmt.Errorf("something listens at %s before %s is started, and would be scanned in its place: stop it, or use another port", p.WaitFor.Host, p.name())
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s was not started: %w", p.name(), err)
	}
	r, err := p.launch()
	if err != nil {
		return nil, err
	}
	unhook := context.AfterFunc(ctx, func() { r.Abort() })
	go func() {
		<-r.ended
		unhook()
	}()
	if err := r.await(ctx, p.WaitFor, p.Within); err != nil {
		stop := r.Stop
		if ctx.Err() != nil {
			stop = r.Abort
		}
		if left := stop(); left != nil {
			err = fmt.Errorf("%w; %w", err, left)
		}
		return nil, err
	}
	return r, nil
}

// check completes a program, or says what is wrong with it.
func (p *Program) check() error {
	switch {
	case len(p.Argv) == 0 || p.Argv[0] == "":
		return errors.New("there is no program to start: name it and its arguments as a list")
	case strings.ContainsRune(strings.Join(p.Argv, ""), 0):
		return errors.New("an argument of the program to start has a zero byte")
	case p.WaitFor == nil || p.WaitFor.Host == "" || p.WaitFor.Scheme != "http" && p.WaitFor.Scheme != "https":
		return fmt.Errorf("it is not known when %s is up: wait for an http or https address", p.name())
	case p.Log == "":
		return fmt.Errorf("there is no log file for %s", p.name())
	case p.Within < 0 || p.Grace < 0:
		return fmt.Errorf("the times for %s must not be below zero", p.name())
	}
	p.Dir = cmp.Or(p.Dir, ".")
	if info, err := os.Stat(p.Dir); err != nil || !info.IsDir() {
		return fmt.Errorf("cannot start %s: %s is no directory", p.name(), text.OneLine(p.Dir, 200))
	}
	p.Within = cmp.Or(p.Within, defaultWithin)
	p.Grace = cmp.Or(p.Grace, defaultGrace)
	return nil
}

// name is the program's name for messages. Arguments may hold secrets.
func (p *Program) name() string {
	if len(p.Argv) == 0 {
		return "the program"
	}
	return text.OneLine(filepath.Base(p.Argv[0]), 60)
}

// find returns the file to run.
func (p *Program) find() (string, error) {
	path := p.Argv[0]
	if filepath.Base(path) != path {
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.Dir, path)
		}
		// A relative Dir is the caller's, not one below itself.
		var err error
		if path, err = filepath.Abs(path); err != nil {
			return "", err
		}
	}
	path, err := exec.LookPath(path)
	if err != nil {
		return "", fmt.Errorf("cannot start %s: %s: install it, or name it by its path below the directory it runs in", p.name(), text.OneLine(cause(err), 200))
	}
	return path, nil
}

// launch starts the program.
func (p *Program) launch() (*Running, error) {
	path, err := p.find()
	if err != nil {
		return nil, err
	}
	log, err := openLog(p.Log)
	if err != nil {
		return nil, err
	}
	log.redact = p.Redact
	fail := func(err error) (*Running, error) {
		log.close()
		return nil, fmt.Errorf("cannot start %s: %s", p.name(), text.OneLine(cause(err), 200))
	}
	in, err := os.Open(os.DevNull)
	if err != nil {
		return fail(err)
	}
	defer in.Close()
	out, w, err := os.Pipe()
	if err != nil {
		return fail(err)
	}
	defer w.Close()
	c, err := begin(path, p.Argv, p.Dir, p.environment(os.Environ()), []*os.File{in, w, w})
	if err != nil {
		out.Close()
		return fail(err)
	}
	r := &Running{name: p.name(), grace: p.Grace, child: c, log: log, pipe: out, ended: make(chan struct{})}
	go log.copy(out)
	go func() {
		state, err := c.wait()
		switch {
		case err != nil:
			r.state = "in a way that is not known"
		default:
			r.state = "with " + state.String() // "exit status 1", "signal: killed"
		}
		close(r.ended)
	}()
	return r, nil
}

// cause is an error's reason without paths.
func cause(err error) string {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err.Error()
}

// Ended is closed when the program has ended, by itself or by Stop.
func (r *Running) Ended() <-chan struct{} { return r.ended }

// Death describes how a program has ended that should still run, with the last
// lines of its log. It is nil while the program runs.
func (r *Running) Death() error {
	select {
	case <-r.ended:
	default:
		return nil
	}
	r.log.wait(drain)
	return fmt.Errorf("%s ended %s%s", r.name, r.state, r.log.lastWords())
}

// Notes are what people should know about how the program ran.
func (r *Running) Notes() []string { return append(r.log.notes(), r.child.notes...) }

// Stop ends the program and what it started: it is asked to, and killed if it
// does not. It returns once they are gone, or with an error if the system
// cannot end them. It may be called again.
func (r *Running) Stop() error { return r.stop(r.grace) }

// Abort is Stop for a caller that is about to end, which leaves the program
// little time.
func (r *Running) Abort() error { return r.stop(min(r.grace, hurry)) }

func (r *Running) stop(grace time.Duration) error {
	r.once.Do(func() {
		select {
		case <-r.ended:
		default:
			r.end(grace)
		}
		r.log.wait(drain)
		r.pipe.Close() // someone who got away may hold the other end
		if err := r.log.close(); r.left == nil {
			r.left = err
		}
	})
	return r.left
}

// end ends the program.
func (r *Running) end(grace time.Duration) {
	r.child.terminate()
	select {
	case <-r.ended:
		return
	case <-time.After(grace):
	}
	r.child.kill()
	select {
	case <-r.ended:
	case <-time.After(deathWait):
		r.left = fmt.Errorf("%s cannot be ended by this system", r.name)
	}
}
