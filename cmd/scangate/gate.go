package main

import (
	"cmp"
	"context"
	"errors"
	"io"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/scanners"
)

// gate is the command `scangate gate`: judge saved results under a policy.
func (a *app) gate(ctx context.Context, args []string) (int, error) {
	var g gating
	f := newFlags("gate")
	g.register(f)
	f.StringVar(&g.other, "policy", "", "another configuration, `FILE`: list what its policy would decide differently; the verdict stays that of --config")
	registerDB(f, &g.db)
	f.BoolVar(&g.offline, "offline", false, "never touch the network")
	registerAudit(f, &g.audit)
	files, err := f.parse(args)
	if err != nil {
		return 0, err
	}
	return a.watch("gate", args, g.audit, func() (int, error) {
		if len(files) == 0 {
			return 0, usage("want at least one FILE: scangate JSON or SARIF")
		}
		if err := checkOutputs(g.out, defaultResults); err != nil {
			return 0, usageError{err}
		}
		return a.gateFiles(ctx, g, files, nil)
	})
}

// gating is what the flags of `gate` ask for.
type gating struct {
	judging
	dir     string // whose configuration it is; empty: the working directory
	other   string // a configuration to compare with
	db      string
	offline bool
}

// gateFiles judges the results in files. A job's own places to report to come in
// through publish, which may be nil.
func (a *app) gateFiles(ctx context.Context, g gating, files []string, publish func(report.Report) error) (int, error) {
	dir := cmp.Or(g.dir, ".")
	if err := a.watched.apart(g.out, ""); err != nil {
		return 0, err
	}
	res, err := readAll(files)
	for _, name := range files {
		a.watched.readFile("input", name)
	}
	if err != nil {
		return 0, usageError{err}
	}
	if err := g.openPullOf(ctx, dir, res); err != nil {
		return 0, err
	}
	defer g.pull.close()
	file, pol, err := a.loadPolicy(g.judging, dir)
	if err != nil {
		return 0, err
	}
	if g.amend != nil {
		g.amend(ctx, &res)
	}
	at, err := a.feedPlace(g.db, g.offline, file.DB)
	if err != nil {
		return 0, err
	}
	then := pol
	if g.other != "" {
		if _, then, err = a.loadPolicy(judging{config: g.other, failOn: g.failOn}, dir); err != nil {
			return 0, err
		}
	}
	facts := a.lookUp(ctx, &res, at, pol, then)
	pol, then = knowing(pol, facts), knowing(then, facts)
	verdict := a.honour(pol, g.settingsDir(dir), res).Judge(res)
	rep := a.watched.judged(a, report.Report{Results: res, Verdict: verdict})
	if publish != nil {
		err = publish(rep)
	}
	code, err := a.deliver(rep, g.out, err)
	if g.other != "" {
		err = errors.Join(err, comparePolicies(a.tableOutput(g.out), g.other, res, verdict, a.honour(then, g.settingsDir(dir), res).Judge(res)))
	}
	return code, err
}

// merge is the command `scangate merge`: join results of several jobs.
func (a *app) merge(_ context.Context, args []string) (int, error) {
	var out string
	f := newFlags("merge")
	f.StringVar(&out, "o", "", "where to write the joined results, `OUT`; - is standard output")
	files, err := f.parse(args)
	if err != nil {
		return 0, err
	}
	switch {
	case len(files) == 0:
		return 0, usage("want at least one FILE: scangate JSON or SARIF")
	case out == "":
		return 0, usage("want -o OUT: where to write the joined results")
	}
	res, err := readAll(files)
	if err != nil {
		return 0, usageError{err}
	}
	write := func(w io.Writer) error { return finding.Encode(w, res) }
	if out == "-" {
		return exitPassed, write(a.stdout)
	}
	return exitPassed, report.WriteFile(out, write)
}

// readAll reads result files and joins them.
func readAll(files []string) (finding.Results, error) {
	all := make([]finding.Results, len(files))
	for i, name := range files {
		var err error
		if all[i], err = readResults(name); err != nil {
			return finding.Results{}, err
		}
	}
	all, err := scanners.Join(all, joiners())
	if err != nil {
		return finding.Results{}, err
	}
	res := finding.Merge(all)
	finding.MarkSame(&res) // jobs know nothing of each other
	if res.Tool.Name == "" {
		res.Tool = finding.Engine{Name: "scangate", Version: buildVersion()}
	}
	return res, nil
}
