package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/scangate/scangate/fileio"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy/baseline"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/text"
)

// baselineCommands are the words after `scangate baseline`.
func baselineCommands() []command {
	return []command{
		{"write", "[FILE]", "list what the last scan found as known, in FILE (default: that of the configuration, else " + baseline.DefaultName + ")", (*app).baselineWrite},
		{"check", "[FILE]", "fail when something in FILE was fixed; --update takes it out", (*app).baselineCheck},
	}
}

// baseline is the command `scangate baseline`.
func (a *app) baseline(ctx context.Context, args []string) (int, error) {
	return a.subcommand(ctx, "baseline", baselineCommands(), args)
}

// listing is what both commands take and read.
type listing struct {
	config string
	from   texts
	name   string // of the baseline
	res    finding.Results
	counts baseline.Counts
}

func (l *listing) register(f *flags) {
	f.StringVar(&l.config, "config", "", "configuration `FILE` (default .scangate.yaml, which may be absent): what it ignores is not listed")
	f.Var(&l.from, "results", "results `FILE` (repeatable) of a whole scan: scangate JSON or SARIF (default "+defaultResults+")")
}

// read reads the results and finds out which findings count.
func (l *listing) read(ctx context.Context, a *app, args []string) error {
	if len(args) > 1 {
		return usage("want one FILE, not %d: %q", len(args), args)
	}
	file, pol, err := a.loadPolicy(judging{config: l.config, unread: true}, ".")
	if err != nil {
		return err
	}
	at, err := a.feedPlace("", true, file.DB)
	if err != nil {
		return err
	}
	l.name = cmp.Or(strings.Join(args, ""), pol.BaselineFile, baseline.DefaultName)
	if len(l.from) == 0 {
		if _, err := os.Stat(defaultResults); errors.Is(err, fs.ErrNotExist) {
			return usage("%s: no such file: run `scangate scan` first, or name results with --results FILE", defaultResults)
		}
		l.from = texts{defaultResults}
	}
	if l.res, err = readAll(l.from); err != nil {
		return usageError{err}
	}
	pol = knowing(pol, a.lookUp(ctx, &l.res, at, pol))
	v := a.honour(pol, ".", l.res).Judge(l.res)
	l.counts = v.Counts
	return nil
}

// baselineWrite is the command `scangate baseline write`.
func (a *app) baselineWrite(ctx context.Context, args []string) (int, error) {
	var l listing
	var partial string
	f := newFlags("baseline write")
	l.register(f)
	f.StringVar(&partial, "partial", "", "comma-separated `LIST` of scanners that need not have completed: what they did not find keeps its entries")
	rest, err := f.parse(args)
	if err != nil {
		return 0, err
	}
	if err := l.read(ctx, a, rest); err != nil {
		return 0, err
	}
	if err := l.complete(partial); err != nil {
		return 0, err
	}
	old, err := readBaseline(l.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = &baseline.Baseline{Name: l.name}
	case err != nil:
		return 0, usage("%w; repair it, or delete it to begin anew", err)
	}
	b := baseline.Make(l.name, l.res, l.counts, old)
	if err := report.WriteFile(l.name, b.Encode); err != nil {
		return 0, err
	}
	c := old.Compare(l.res, l.counts)
	fmt.Fprintf(a.stdout, "%s: %s; %d new, %d fixed\n", report.Line(l.name), text.Count(len(b.Entries), "entry"), c.New, sum(c.Stale))
	a.unchecked("kept", c)
	return exitPassed, nil
}

// complete refuses results of scanners that did not complete, unless they are
// named: what they did not find would be new with the next scan.
func (l *listing) complete(partial string) error {
	var named []string
	for name := range strings.SplitSeq(partial, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if l.res.Find(name) == nil {
			return usage("--partial: scanner %q is not among the results", name)
		}
		named = append(named, name)
	}
	if l.res.Interrupted {
		return errors.New("the scan was interrupted: a baseline needs a whole one")
	}
	var problems []error
	looked := false
	for i := range l.res.Runs {
		run := &l.res.Runs[i]
		looked = looked || run.Status != finding.Skipped
		why := fmt.Sprintf("%s: %s", run.Status, run.Reason)
		switch {
		case slices.Contains(named, run.Scanner), run.Status == finding.Skipped:
			continue
		case run.Part != "":
			why = "looked only at " + run.Part
		case run.Status == finding.Completed:
			continue
		}
		problems = append(problems, fmt.Errorf("%s: %s (--partial %s writes the baseline all the same, with its entries as they were)", run.Title(), why, run.Scanner))
	}
	if !looked {
		return errors.New("no scanner looked at anything: there is nothing to list")
	}
	return errors.Join(problems...)
}

// baselineCheck is the command `scangate baseline check`: exit code 1 when the
// baseline could shrink. What is new is not its business.
func (a *app) baselineCheck(ctx context.Context, args []string) (int, error) {
	var l listing
	var update bool
	f := newFlags("baseline check")
	l.register(f)
	f.BoolVar(&update, "update", false, "take out what was fixed; nothing is ever added")
	rest, err := f.parse(args)
	if err != nil {
		return 0, err
	}
	if err := l.read(ctx, a, rest); err != nil {
		return 0, err
	}
	b, err := readBaseline(l.name)
	if err != nil {
		return 0, usageError{err}
	}
	c := b.Compare(l.res, l.counts)
	a.staleList(b, c)
	a.unchecked("not checked:", c)
	code := exitPassed
	died := func(u baseline.Unchecked) bool {
		return !u.Missing && u.Status != finding.Skipped && u.Status != finding.Completed
	}
	if l.res.Interrupted || slices.ContainsFunc(c.Unchecked, died) {
		code = exitIncomplete
	}
	switch {
	case len(c.Stale) == 0:
		fmt.Fprintf(a.stdout, "%s: nothing in it is known to be fixed; %s\n", report.Line(l.name), text.Count(len(b.Entries), "entry"))
	case update:
		less := b.Shrunk(c.Stale)
		if err := report.WriteFile(l.name, less.Encode); err != nil {
			return 0, err
		}
		fmt.Fprintf(a.stdout, "%s: %s taken out; %s left\n", report.Line(l.name), text.Count(sum(c.Stale), "finding"), text.Count(len(less.Entries), "entry"))
	default:
		code = exitFailed
		fmt.Fprintf(a.stdout, "%s: could shrink by %s: run `scangate baseline check --update` and commit it\n", report.Line(l.name), text.Count(sum(c.Stale), "finding"))
	}
	return code, nil
}

// staleList prints what was fixed, entry by entry.
func (a *app) staleList(b *baseline.Baseline, c baseline.Comparison) {
	for _, e := range c.Stale {
		gone := "fixed"
		if e.Gone < e.Count {
			gone = fmt.Sprintf("%d of %d fixed", e.Gone, e.Count)
		}
		fmt.Fprintf(a.stdout, "%s:%d: %s: %s\n", report.Line(b.Name), e.Line, report.Line(e.String()), gone)
	}
}

// unchecked prints whose entries nobody knows the state of.
func (a *app) unchecked(what string, c baseline.Comparison) {
	for _, u := range c.Unchecked {
		why := u.Status.String()
		switch {
		case u.Missing:
			why = "not among the results"
		case u.Part != "":
			why = "it looked only at " + u.Part
		}
		fmt.Fprintf(a.stdout, "%s %s of %s: %s\n", what, text.Count(u.Entries, "entry"), report.Line(u.Title()), why)
	}
}

// sum counts occurrences.
func sum(list []baseline.Stale) (n int) {
	for _, e := range list {
		n += e.Gone
	}
	return n
}

// readBaseline reads a baseline, which has to be there.
func readBaseline(name string) (*baseline.Baseline, error) { return readBaselineAs(name, name) }

// readBaselineAs reads a baseline that goes by another name.
func readBaselineAs(name, label string) (*baseline.Baseline, error) {
	info, err := os.Stat(name) // before opening, which would wait at a pipe
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %w: `scangate baseline write` makes a baseline", label, fileio.Cause(err))
	case err != nil:
		return nil, fmt.Errorf("%s: %w", label, fileio.Cause(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", label)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, fileio.Cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, baseline.MaxSize+1)) // Parse refuses what is longer
	if err != nil {
		return nil, fmt.Errorf("%s: %w", label, fileio.Cause(err))
	}
	return baseline.Parse(data, label)
}
