package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
	"github.com/scangate/scangate/vulndb/feed"
)

// The exit codes. There are no others.
const (
	exitPassed     = 0
	exitFailed     = 1 // a threshold was crossed
	exitUsage      = 2 // bad usage or configuration
	exitIncomplete = 3 // no threshold was crossed, but a required scanner did not complete
)

// app is a run of the program with everything it takes from outside, so that
// tests can give it other surroundings.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	terminal       bool // stderr is a terminal that somebody watches
	scanners       []entry
	mirrors        vulndb.UpdateOptions // where the vulnerability database comes from
	feeds          feed.Options         // and how feeds do
	log            *slog.Logger         // in place of lines on stderr; nil: people read it
	watched        *watched             // the run of a command that judges
}

// system is the app in its real surroundings.
func system() *app {
	return &app{
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		getenv:   os.Getenv,
		terminal: isTerminal(os.Stderr) && os.Getenv("CI") == "",
		scanners: embedded(),
		mirrors:  vulndb.UpdateOptions{Keychain: authn.DefaultKeychain},
	}
}

// command is one word of the command line.
type command struct {
	name, args, about string
	// run returns the exit code, or an error that app.exit finds the code for.
	run func(*app, context.Context, []string) (int, error)
}

// commands lists them in the order of the help. A new one is a file and a
// line here.
func commands() []command {
	return []command{
		{"scan", "[PATH]", "scan PATH (default .), report, judge, exit", (*app).scan},
		{"plan", "[PATH]", "print what would run and why", (*app).plan},
		{"gate", "FILE...", "judge saved results (scangate JSON or any SARIF) under a policy; no scanning", (*app).gate},
		{"merge", "FILE... -o OUT", "join results of several jobs into one", (*app).merge},
		{"explain", "ID|all", "which line of the policy decided a finding's fate, and what would change it", (*app).explain},
		{"baseline", "COMMAND", "a committed, ratcheting baseline: " + strings.Join(names(baselineCommands()), ", "), (*app).baseline},
		{"ignore", "ID --reason TEXT", "write an ignore into the configuration, keeping its comments", (*app).ignore},
		{"policy", "COMMAND", "a team's own policy cases: " + strings.Join(names(policyCommands()), ", "), (*app).policy},
		{"db", "COMMAND", "the vulnerability database: " + strings.Join(names(dbCommands()), ", "), (*app).db},
		{"tools", "COMMAND", "external tools: " + strings.Join(names(toolCommands()), ", "), (*app).tools},
		{"dast", "COMMAND", "running applications: " + strings.Join(names(dastCommands()), ", "), (*app).dast},
		{"sarif", "lint FILE...", "would GitHub code scanning accept this upload, and what would it drop?", (*app).sarif},
		{"init", "[PATH]", "write a starter .scangate.yaml and workflow for this repository", (*app).starter},
		{"issue", "[PATH]", "keep one GitHub issue up to date with what has come up about unchanged code", (*app).issue},
		{"doctor", "[PATH]", "would a scan be complete: git, configuration, database, cache, tools, token", (*app).doctor},
		{"action", "", "what action.yml runs (reads the Actions environment)", (*app).action},
		{"version", "", "version, commit, embedded engines and their versions", (*app).version},
	}
}

// usageError is a mistake of the caller's: exit code 2.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// run executes the command line and returns the exit code.
func (a *app) run(args []string) (code int) {
	defer func() {
		if r := recover(); r != nil {
			switch {
			case a.getenv("SCANGATE_DEBUG") == "":
			case a.log != nil:
				a.log.Error("panic", "stack", string(debug.Stack()))
			default:
				fmt.Fprintf(a.stderr, "%s\n", debug.Stack())
			}
			a.complain(fmt.Errorf("internal error: %v (please report this as a bug; SCANGATE_DEBUG=1 prints the stack)", r))
			code = exitIncomplete
		}
	}()
	if len(args) == 0 {
		a.help(a.stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "--help":
		a.help(a.stdout)
		return exitPassed
	case "--version":
		args[0] = "version"
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		context.AfterFunc(ctx, stop) // a second signal ends the program at once
		code, err := c.run(a, ctx, args[1:])
		return a.exit(code, err, c)
	}
	a.complain(fmt.Errorf("unknown command %q%s; `scangate help` lists them", args[0], text.Suggest(args[0], names(commands()))))
	return exitUsage
}

// exit turns a command's error into a line and a code.
func (a *app) exit(code int, err error, c command) int {
	var help helpError
	switch {
	case err == nil:
		return code
	case errors.As(err, &help):
		fmt.Fprintf(a.stdout, "usage: scangate %s %s\n\n%s\n\n%s", c.name, c.args, c.about, help.flags)
		return exitPassed
	}
	a.complain(err)
	return codeOf(code, err)
}

// codeOf is the exit code that an error makes of a command's own.
func codeOf(code int, err error) int {
	var use usageError
	var conf *config.Error
	switch {
	case err == nil:
		return code
	case errors.As(err, &use), errors.As(err, &conf):
		return exitUsage
	case code != exitFailed:
		// Whatever else went wrong, something is missing from the result, and
		// a crossed threshold stays crossed.
		return exitIncomplete
	}
	return code
}

// complain prints an error as one line; several that were joined, and the lines
// of one that lists mistakes, get a line each, all behind our name.
func (a *app) complain(err error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			a.complain(e)
		}
		return
	}
	for line := range strings.Lines(strings.TrimSpace(err.Error())) {
		if a.log != nil {
			logComplaint(a.log, strings.TrimSpace(line))
			continue
		}
		fmt.Fprintf(a.stderr, "scangate: %s\n", report.Line(strings.TrimSpace(line)))
	}
}

func (a *app) help(w io.Writer) {
	fmt.Fprintln(w, "usage: scangate COMMAND [FLAGS] [ARGUMENTS]")
	fmt.Fprintln(w)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-28s %s\n", c.name+" "+c.args, c.about)
	}
	fmt.Fprintln(w, "\n`scangate COMMAND --help` lists a command's flags.")
	fmt.Fprintln(w, "exit codes: 0 passed, 1 a threshold was crossed, 2 bad usage or configuration,")
	fmt.Fprintln(w, "            3 no threshold was crossed, but a required scanner did not complete")
}

// exitCode maps a verdict onto the exit codes.
func exitCode(o policy.Outcome) int {
	switch o {
	case policy.Passed:
		return exitPassed
	case policy.Failed:
		return exitFailed
	}
	return exitIncomplete
}
