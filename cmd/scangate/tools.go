package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/scanners/external/lock"
	"github.com/scangate/scangate/scanners/external/run"
	"github.com/scangate/scangate/text"
)

// toolCommands are the words after `scangate tools`.
func toolCommands() []command {
	return []command{
		{"list", "", "what is locked, where it is installed, and whether it is what the lock says", (*app).toolsList},
		{"install", "[NAME...]", "install what the lock names and is not there", (*app).toolsInstall},
		{"verify", "[NAME...]", "fail unless every locked tool is installed and unchanged", (*app).toolsVerify},
		{"update", "[NAME...] [--write]", "newer versions that have been public for a week; --write puts them into the lock", (*app).toolsUpdate},
	}
}

// tools is the command `scangate tools`.
func (a *app) tools(ctx context.Context, args []string) (int, error) {
	return a.subcommand(ctx, "tools", toolCommands(), args)
}

// toolbox is what the commands share: the lock, where tools are kept, and which
// of them are meant.
type toolbox struct {
	file      *lock.File
	name      string // of the lock's file
	installer lock.Installer
	search    run.Search
	chosen    []lock.Tool
	write     bool
}

// toolbox reads the command line and the lock.
func (a *app) toolbox(command string, args []string) (*toolbox, error) {
	t := &toolbox{}
	f := newFlags("tools " + command)
	f.StringVar(&t.name, "lock", "", "the lock, a `FILE` (default .scangate.lock)")
	f.StringVar(&t.installer.Dir, "dir", "", "`DIR` for installed tools (default: in the user's cache)")
	if command == "update" {
		f.BoolVar(&t.write, "write", false, "put the newer versions into the lock")
	}
	names, err := f.parse(args)
	if err != nil {
		return nil, err
	}
	if t.installer.Dir == "" {
		if t.installer.Dir, err = a.cache("tools"); err != nil {
			return nil, fmt.Errorf("%w, and so does --dir", err)
		}
	}
	if t.file, err = lock.Read(t.name, "."); err != nil {
		return nil, usageError{err}
	}
	if t.name == "" {
		t.name = lock.DefaultName
	}
	if len(t.file.Tools()) == 0 {
		return nil, usage("%s locks no tool: docs/tool-lock.md shows how", t.name)
	}
	t.search = run.Search{Dirs: filepath.SplitList(a.getenv("PATH"))}
	for _, tool := range t.file.Tools() {
		if len(names) == 0 || slices.Contains(names, tool.Name) {
			t.chosen = append(t.chosen, tool)
		}
	}
	for _, name := range names {
		if _, ok := t.file.Tool(name); !ok {
			return nil, usage("%s is not in %s", report.Line(name), t.name)
		}
	}
	return t, nil
}

func (a *app) toolsList(ctx context.Context, args []string) (int, error) {
	_, err := a.toolStates(ctx, "list", args)
	return exitPassed, err
}

// toolsVerify is toolsList that fails.
func (a *app) toolsVerify(ctx context.Context, args []string) (int, error) {
	bad, err := a.toolStates(ctx, "verify", args)
	if err != nil || bad == 0 {
		return exitPassed, err
	}
	return exitIncomplete, fmt.Errorf("%s not as locked", text.Count(bad, "tool"))
}

// toolStates prints how the tools stand, and counts those that are not there or
// not what the lock says.
func (a *app) toolStates(ctx context.Context, command string, args []string) (bad int, err error) {
	t, err := a.toolbox(command, args)
	if err != nil {
		return 0, err
	}
	states, err := t.installer.List(ctx, t.file, t.search)
	if err != nil {
		return 0, err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TOOL\tVERSION\tSTATE\tWHERE")
	for _, s := range states {
		if !slices.ContainsFunc(t.chosen, func(c lock.Tool) bool { return c.Name == s.Tool.Name }) {
			continue
		}
		state := "verified"
		switch {
		case s.Problem != "":
			state = s.Problem
		case !s.Installed:
			state = "not installed"
		}
		if !s.Verified {
			bad++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", report.Line(s.Tool.Name), report.Line(s.Tool.Version), report.Line(state), report.Line(s.Path))
	}
	return bad, w.Flush()
}

func (a *app) toolsInstall(ctx context.Context, args []string) (int, error) {
	t, err := a.toolbox("install", args)
	if err != nil {
		return 0, err
	}
	var failed error
	for _, tool := range t.chosen {
		if b, ok := tool.Platforms[lock.Platform()]; ok && b.URL == "" {
			fmt.Fprintf(a.stdout, "%s %s is installed by other means: the lock has no address\n", report.Line(tool.Name), report.Line(tool.Version))
			continue
		}
		path, fresh, err := t.installer.Install(ctx, tool)
		switch {
		case err != nil:
			failed = errors.Join(failed, err)
		case fresh:
			fmt.Fprintf(a.stdout, "%s %s installed: %s\n", report.Line(tool.Name), report.Line(tool.Version), report.Line(path))
		default:
			fmt.Fprintf(a.stdout, "%s %s is there: %s\n", report.Line(tool.Name), report.Line(tool.Version), report.Line(path))
		}
		if ctx.Err() != nil {
			break
		}
	}
	if failed != nil {
		return exitIncomplete, failed
	}
	return exitPassed, nil
}

func (a *app) toolsUpdate(ctx context.Context, args []string) (int, error) {
	t, err := a.toolbox("update", args)
	if err != nil {
		return 0, err
	}
	index := lock.GitHub{API: a.getenv("GITHUB_API_URL"), Token: a.getenv("GITHUB_TOKEN")}
	var failed error
	changed := false
	for _, tool := range t.chosen {
		p, err := lock.Propose(ctx, tool, index, time.Now(), lock.Quarantine)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		switch {
		case p.Release == nil:
			fmt.Fprintf(a.stdout, "%s %s: nothing newer to take\n", report.Line(tool.Name), report.Line(tool.Version))
		case t.write:
			if err := t.installer.Take(ctx, t.file, p); err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			changed = true
			fmt.Fprintf(a.stdout, "%s %s -> %s\n", report.Line(tool.Name), report.Line(tool.Version), report.Line(p.Release.Version))
		default:
			fmt.Fprintf(a.stdout, "%s %s: %s could be taken, with --write\n", report.Line(tool.Name), report.Line(tool.Version), report.Line(p.Release.Version))
		}
		if p.Waiting != "" {
			fmt.Fprintf(a.stdout, "%s: %s\n", report.Line(tool.Name), report.Line(p.Waiting))
		}
	}
	if changed {
		if err := t.file.Write(t.name); err != nil {
			return exitIncomplete, errors.Join(failed, err)
		}
	}
	if failed != nil {
		return exitIncomplete, failed
	}
	return exitPassed, nil
}
