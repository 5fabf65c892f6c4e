package main

import (
	"context"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
)

// maxFound is how much of what a scanner found is shown, in characters.
const maxFound = 200

// found is a scanner that has something to do.
type found struct {
	name string
	what string // there is for it, one line
	ours bool   // part of scangate, and no tool of others
}

// starter is the command `scangate init`: a configuration and a workflow to
// begin with. Files that are there are left alone.
func (a *app) starter(ctx context.Context, args []string) (int, error) {
	var noWorkflow, dryRun bool
	f := newFlags("init")
	f.BoolVar(&noWorkflow, "no-workflow", false, "write only the configuration")
	f.BoolVar(&dryRun, "dry-run", false, "print what would be written, and write nothing")
	rest, err := f.parse(args)
	if err != nil {
		return 0, err
	}
	dir, err := onePath(rest)
	if err != nil {
		return 0, err
	}
	at, err := locate(dir)
	if err != nil {
		return 0, err
	}
	drafts := []draft{{dir: dir, name: config.DefaultName, shown: shownBelow(dir, config.DefaultName)}}
	why := "--no-workflow"
	if !noWorkflow {
		if why, err = at.noWorkflow(); err != nil {
			return 0, err
		}
	}
	if why == "" {
		drafts = append(drafts, draft{dir: at.top, name: workflowFile, shown: shownBelow(at.shown, workflowFile)})
	}
	for i := range drafts {
		if err := drafts[i].look(); err != nil {
			return 0, err
		}
	}
	notes, err := a.compose(ctx, dir, at, drafts)
	if err != nil {
		return 0, err
	}
	if why != "" && !noWorkflow {
		notes = append(notes, "no workflow: "+why)
	}
	if !dryRun {
		if err := writeDrafts(drafts); err != nil {
			return 0, fmt.Errorf("%w; nothing was written, --dry-run prints what would be", err)
		}
	}
	a.tellDrafts(drafts, notes, dryRun)
	if !dryRun {
		tellNext(a.stdout, dir, at, drafts)
	}
	return exitPassed, nil
}

// compose fills in the files that are to be written, prints what was found for
// them, and returns what else is to be said.
func (a *app) compose(ctx context.Context, dir string, at place, drafts []draft) (notes []string, err error) {
	for i := range drafts {
		d := &drafts[i]
		switch {
		case d.there && d.name == workflowFile && at.prefix != "":
			notes = append(notes, "a directory has a job of its own, with the inputs path: "+at.prefix+" and category: "+categoryOf(at.prefix)+"; docs/workflows.md has such jobs")
		case d.there:
		case d.name == workflowFile:
			branch, from, err := at.branch(ctx)
			if err != nil {
				return nil, err
			}
			pin := pinOf(buildVersion(), commit)
			if d.content, err = starterWorkflow(branch, at.prefix, pin); err != nil {
				return nil, err
			}
			d.about = "scans pushes to " + branch + " (" + from + "), pull requests and merge queues"
			notes = append(notes, d.shown+": "+pin.advice())
		default:
			list, err := a.look(ctx, dir)
			if err != nil {
				return nil, err
			}
			d.content = starterConfig(list)
			d.about = "high and critical findings fail, as they do without it"
			for _, s := range list {
				if s.ours {
					fmt.Fprintf(a.stdout, "%-12s %s\n", report.Line(s.name), report.Line(s.what))
				}
			}
			if len(list) == 0 {
				notes = append(notes, "there is nothing to scan here yet: every scanner runs once there is")
			}
		}
	}
	return notes, nil
}

// look plans a scan with everything that there is, and returns what has
// something to do.
func (a *app) look(ctx context.Context, dir string) ([]found, error) {
	s := scanning{path: dir, scanners: everything, jobs: defaultJobs(), timeout: defaultTimeout}
	planned, err := a.planned(ctx, s, &config.File{})
	if err != nil {
		return nil, err
	}
	var out []found
	for _, p := range planned {
		f := found{name: p.Scanner.Name(), what: p.Work.What}
		f.ours = slices.ContainsFunc(a.scanners, func(e entry) bool { return e.name == f.name })
		switch {
		case p.Err != nil && f.ours:
			f.what = "failed: " + p.Err.Error()
		case p.Err != nil, p.Work.Skip != "":
			continue
		}
		f.what = text.OneLine(f.what, maxFound)
		if !slices.ContainsFunc(out, func(g found) bool { return g.name == f.name }) {
			out = append(out, f)
		}
	}
	return out, nil
}

// tellDrafts says what became of the files, or what they would be.
func (a *app) tellDrafts(drafts []draft, notes []string, dryRun bool) {
	left := 0
	for _, d := range drafts {
		shown := report.Line(d.shown)
		switch {
		case d.there:
			left++
			fmt.Fprintf(a.stdout, "%s is there already, and left as it is\n", shown)
		case dryRun:
			fmt.Fprintf(a.stdout, "would write %s: %s\n", shown, report.Line(d.about))
		default:
			fmt.Fprintf(a.stdout, "wrote %s: %s\n", shown, report.Line(d.about))
		}
	}
	for _, n := range notes {
		fmt.Fprintln(a.stdout, report.Line(n))
	}
	if left == len(drafts) {
		fmt.Fprintln(a.stdout, "nothing to do")
	}
	for _, d := range drafts {
		if dryRun && !d.there {
			fmt.Fprintf(a.stdout, "\n==> %s <==\n%s", report.Line(d.shown), d.content)
		}
	}
}

// tellNext prints the two commands to type next, if anything was written.
func tellNext(w io.Writer, dir string, at place, drafts []draft) {
	var names []string
	for _, d := range drafts {
		switch {
		case d.there:
		case d.name == workflowFile:
			names = append(names, shellWord(d.name))
		default:
			names = append(names, shellWord(path.Join(at.prefix, d.name)))
		}
	}
	if len(names) == 0 {
		return
	}
	first, second := "scangate scan", "scangate explain all"
	if dir != "." {
		first += " " + shellWord(dir)
	}
	if at.top != "" {
		second = "git add " + strings.Join(names, " ")
		if at.shown != "." {
			second = "git -C " + shellWord(at.shown) + " add " + strings.Join(names, " ")
		}
	}
	fmt.Fprintf(w, "next: %s\n      %s\n", report.Line(first), report.Line(second))
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9._/:@%+,=][A-Za-z0-9._/:@%+,=-]*$`)

// shellWord writes a path as one word of a shell's, and not as an option.
func shellWord(s string) string {
	if strings.HasPrefix(s, "-") {
		s = "./" + s
	}
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
