// Package git runs git on repositories of strangers: without a shell, without
// their configuration, and without anything that they could make it run or fetch.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	// maxStderr is how much of git's complaint is kept, in bytes.
	maxStderr = 4 << 10
	// maxAnswer bounds the output of a git command that is read whole.
	maxAnswer = 512 << 20
	// killDelay is how long a killed process may keep its pipes open.
	killDelay = 200 * time.Millisecond
)

// passedEnv are the variables that git inherits. Everything else, and above
// all every GIT_ variable, stays out: one of them can redirect or cut short
// what git prints.
var passedEnv = []string{"PATH", "TMPDIR", "TMP", "TEMP", "SystemRoot", "SYSTEMROOT"}

// Git runs git in one repository, without a shell, and so that no
// configuration but the repository's own is read and no program that this
// names is run.
type Git struct {
	program string
	Dir     string // where it runs: the scanned directory
	Top     string // the work tree's top level
	Tree    string // the work tree that git gets to see
	Index   string // the file of the index; empty: the repository's own
}

// ErrMissing says that there is no git program.
var ErrMissing = errors.New("there is no git program: install git")

// New finds the program; its error is ErrMissing.
func New(dir, top string) (*Git, error) {
	program, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("%s is a git repository, but %w (%w)", filepath.Base(top), ErrMissing, err)
	}
	return &Git{program: program, Dir: dir, Top: top, Tree: top}, nil
}

// env is git's whole environment. GIT_DIR and GIT_WORK_TREE keep git from
// searching further up when the repository is damaged, and from following
// core.worktree.
func (g *Git) env(extra ...string) []string {
	env := []string{
		"GIT_DIR=" + filepath.Join(g.Top, ".git"),
		"GIT_WORK_TREE=" + g.Tree,
		"GIT_CONFIG_GLOBAL=" + os.DevNull,
		"GIT_CONFIG_SYSTEM=" + os.DevNull,
		"GIT_CONFIG_NOSYSTEM=1",
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_NO_REPLACE_OBJECTS=1",
		"GIT_GRAFT_FILE=" + os.DevNull, // grafts hide commits as replacements do
		"GIT_NO_LAZY_FETCH=1",
		"GIT_ALLOW_PROTOCOL=none", // what older versions have in place of the above
		"GIT_TERMINAL_PROMPT=0",
		"GIT_OPTIONAL_LOCKS=0",
		"LC_ALL=C",
	}
	if g.Index != "" {
		env = append(env, "GIT_INDEX_FILE="+g.Index)
	}
	for _, name := range passedEnv {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, extra...)
}

// config overrides what the repository's own configuration could use to run a
// program, to leave something out, or to print in another form.
func (g *Git) config() []string {
	settings := []string{
		"safe.directory=" + filepath.ToSlash(g.Top),
		"core.fsmonitor=false",
		"core.hooksPath=" + os.DevNull,
		"core.attributesFile=" + os.DevNull,
		"core.excludesFile=" + os.DevNull,
		"core.untrackedCache=false",
		"core.commitGraph=false",
		"core.bigFileThreshold=512m",
		"core.quotePath=true",
		"protocol.allow=never",
		"advice.graftFileDeprecated=false", // about the file of ours that is empty
		"diff.external=",
		"diff.noprefix=false",
		"diff.mnemonicPrefix=false",
		"diff.suppressBlankEmpty=false",
		"color.ui=false",
		"log.showRoot=true",
		"log.showSignature=false",
		"log.mailmap=false",
		"log.follow=false",
	}
	args := []string{"--no-pager"}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	return args
}

// Process is a running git.
type Process struct {
	cmd    *exec.Cmd
	what   string // the subcommand
	Stdout *os.File
	stderr tail
	done   chan struct{}
	err    error // how it ended, once done is closed
	stop   func() bool
	ctx    context.Context
}

// Start runs git. The caller reads Stdout and then calls Finish, or calls
// Abandon.
func (g *Git) Start(ctx context.Context, stdin io.Reader, env []string, args ...string) (*Process, error) {
	cmd := exec.CommandContext(ctx, g.program, append(g.config(), args...)...)
	cmd.Dir, cmd.Env, cmd.Stdin = g.Dir, g.env(env...), stdin
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	cmd.WaitDelay = killDelay
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, what: args[0], Stdout: r, done: make(chan struct{}), ctx: ctx}
	cmd.Stdout, cmd.Stderr = w, &p.stderr
	err = cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("cannot start git: %w", err)
	}
	// A reader of stdout must not wait for a process that left the group.
	p.stop = context.AfterFunc(ctx, func() { r.Close() })
	go func() {
		defer close(p.done)
		p.err = cmd.Wait()
		killGroup(cmd) // whatever it left behind would keep stdout open
	}()
	return p, nil
}

// Finish waits for the end of a process whose output was read to its end, and
// says how it went. Only an exit status of 0 is success.
func (p *Process) Finish() error {
	<-p.done
	p.stop()
	p.Stdout.Close()
	if err := p.ctx.Err(); err != nil {
		return err
	}
	if p.err == nil || errors.Is(p.err, exec.ErrWaitDelay) {
		return nil
	}
	if said := p.stderr.String(); said != "" {
		return fmt.Errorf("git %s: %w: %s", p.what, p.err, said)
	}
	return fmt.Errorf("git %s: %w", p.what, p.err)
}

// Abandon ends the process and returns why reading it stopped: the end of the
// context, or git's own complaint when the output ends early, rather than what
// followed from them.
func (p *Process) Abandon(cause error) error {
	if errors.Is(cause, io.ErrUnexpectedEOF) {
		if err := p.Finish(); err != nil {
			return err
		}
		return cause
	}
	killGroup(p.cmd)
	<-p.done
	p.stop()
	p.Stdout.Close()
	if err := p.ctx.Err(); err != nil {
		return err
	}
	return cause
}

// Output runs git and returns what it printed.
func (g *Git) Output(ctx context.Context, args ...string) ([]byte, error) {
	p, err := g.Start(ctx, nil, nil, args...)
	if err != nil {
		return nil, err
	}
	out, err := io.ReadAll(io.LimitReader(p.Stdout, maxAnswer+1))
	if err == nil && len(out) > maxAnswer {
		err = fmt.Errorf("git %s printed over %d MiB", p.what, maxAnswer>>20)
	}
	if err != nil {
		return nil, p.Abandon(err)
	}
	return out, p.Finish()
}

// tail keeps the last maxStderr bytes that were written.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p[max(len(p)-maxStderr, 0):]...)
	t.buf = t.buf[max(len(t.buf)-maxStderr, 0):]
	return len(p), nil
}

var urlLogin = regexp.MustCompile(`://[^/@\s]+@`)

// String is what was said, in one printable line, without the login of a URL.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := bytes.FieldsFunc(t.buf, func(r rune) bool { return r == '\n' || r == '\r' })
	s := strings.ToValidUTF8(string(bytes.Join(lines, []byte("; "))), "?")
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(urlLogin.ReplaceAllString(s, "://***@"))
}

// Entries runs git and takes apart what it prints with -z.
func (g *Git) Entries(ctx context.Context, args ...string) ([]string, error) {
	out, err := g.Output(ctx, args...)
	if err != nil || len(out) == 0 {
		return nil, err
	}
	if out[len(out)-1] != 0 {
		return nil, fmt.Errorf("the output of git %s ends early", args[0])
	}
	return strings.Split(string(out[:len(out)-1]), "\x00"), nil
}
