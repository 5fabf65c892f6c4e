package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/ignore"
	"github.com/scangate/scangate/report"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/secret"
	"github.com/scangate/scangate/text"
)

// defaultResults is where the full results are kept for `gate` and others.
const defaultResults = ".scangate/results.json"

// defaultTimeout is each scanner's time limit when none is given.
const defaultTimeout = 15 * time.Minute

// scannersPerJob is how many scanners start at once for each processor that
// may be kept busy: they wait for files and processes as much as they compute.
const scannersPerJob = 4

// defaultJobs is as many processors as the process may use.
func defaultJobs() int { return runtime.GOMAXPROCS(0) }

// scanning is what the flags of `scan` and `plan` ask for.
type scanning struct {
	judging
	path         string
	scanners     string
	images       texts
	targets      texts
	db           string
	offline      bool
	repositories repositories
	since        string
	baseResults  texts
	staged       bool
	shard        shardFlag
	jobs         int
	timeout      time.Duration
	results      string
	previous     string // results of an earlier scan; empty: those that results names
}

func (s *scanning) register(f *flags) {
	f.StringVar(&s.scanners, "scanners", "", "comma-separated `LIST` of scanners; all is the default and every external tool that is installed (default: those of scangate and of the configuration)")
	f.Var(&s.images, "image", "container image to scan, `REF` (repeatable): oci:DIR, docker-archive:FILE, dir:DIR, docker-daemon:NAME, or in a registry REPO:TAG or REPO@sha256:…")
	f.Var(&s.targets, "target", "running application to scan, `URL` (repeatable): http:// or https://")
	registerDB(f, &s.db)
	registerRepositories(f, &s.repositories)
	f.StringVar(&s.since, "since", "", "judge only what is new against the merge base with `REV`, as in a pull request, and by the policy of REV")
	f.Var(&s.baseResults, "base-results", "with --since, saved results `FILE` (repeatable) of a scan of the merge base, which saves scanning it")
	f.BoolVar(&s.staged, "staged", false, "look only at secrets in staged changes, as before a commit; the other scanners are skipped")
	f.Var(&s.shard, "shard", "do the part `I/N` of the work, such as 2/7, which is to be merged with the others and judged then")
	f.BoolVar(&s.offline, "offline", false, "never touch the network")
	f.IntVar(&s.jobs, "jobs", defaultJobs(), "how many processors to keep busy, `N`")
	f.DurationVar(&s.timeout, "timeout", defaultTimeout, "time limit for each scanner, `DUR`; 0 is none")
}

// scan is the command `scangate scan`.
func (a *app) scan(ctx context.Context, args []string) (int, error) {
	var s scanning
	f := newFlags("scan")
	s.judging.register(f)
	s.register(f)
	f.StringVar(&s.results, "results", defaultResults, "where the full results are kept, `FILE`")
	f.StringVar(&s.previous, "previous", "", "results `FILE` of an earlier scan, which says since when findings are there (default: that of --results, before it is replaced)")
	registerAudit(f, &s.audit)
	format := a.registerLog(f, args)
	rest, err := f.parse(args)
	if err == nil {
		err = a.logAs(*format)
	}
	if err != nil {
		return 0, err
	}
	return a.watch("scan", args, s.audit, func() (int, error) {
		if s.path, err = onePath(rest); err != nil {
			return 0, err
		}
		if err := checkOutputs(s.out, s.results); err != nil {
			return 0, usageError{err}
		}
		return a.scanAndReport(ctx, s, nil)
	})
}

// scanAndReport is the whole main job: scan, judge, keep, report. A job's own
// places to report to come in through publish, which may be nil.
func (a *app) scanAndReport(ctx context.Context, s scanning, publish func(report.Report) error) (int, error) {
	if err := a.watched.apart(s.out, s.results); err != nil {
		return 0, err
	}
	if err := s.checkShard(); err != nil {
		return 0, usageError{err}
	}
	s.part = s.since != "" || s.staged || s.shard.given()
	if err := s.openPull(ctx); err != nil {
		return 0, err
	}
	defer s.pull.close()
	file, pol, err := a.loadPolicy(s.judging, s.path)
	if err != nil {
		return 0, err
	}
	if s.staged {
		// What the policy requires of a whole scan cannot be had from a commit
		// hook. What does run must complete all the same.
		pol.Require = nil
	}
	at, err := a.feedPlace(s.db, s.offline, file.DB)
	if err != nil {
		return 0, err
	}
	res, err := a.scanTree(ctx, s, file)
	if err != nil {
		return 0, err
	}
	if s.amend != nil {
		s.amend(ctx, &res)
	}
	pol = knowing(pol, a.lookUp(ctx, &res, at, pol))
	notices := s.firstSeen(pol, &res, time.Now())
	rep := report.Report{Results: res, Verdict: a.honour(pol, s.settingsDir(s.path), res).Judge(res)}
	rep.Verdict.Notices = append(rep.Verdict.Notices, notices...)
	part := exitPassed
	if s.shard.given() {
		rep.Verdict, part = unjudged(rep.Verdict, res)
	}
	rep = a.watched.judged(a, rep)
	err = keepResults(s.results, rep)
	if err == nil {
		a.watched.keeps(s.results)
	}
	if err != nil && s.results == defaultResults {
		// Nobody asked for this file: a read-only directory is no reason to
		// turn a pass into something else.
		a.complain(fmt.Errorf("warning: the results are not kept: %w; --results FILE names another place", err))
		err = nil
	}
	if publish != nil {
		err = errors.Join(err, publish(rep))
	}
	code, err := a.deliver(rep, s.out, err)
	if s.shard.given() {
		code = part
	}
	return code, err
}

// loadPolicy reads the configuration that belongs to dir and the policy in it.
func (a *app) loadPolicy(j judging, dir string) (*config.File, policy.Policy, error) {
	load := func() (*config.File, error) { return config.Load(j.config, dir) }
	if j.pull != nil {
		load = func() (*config.File, error) { return j.pull.load(j.config) }
	}
	file, err := load()
	if err != nil {
		return nil, policy.Policy{}, usageError{err}
	}
	if j.maxAge != nil {
		file.DB.MaxAge = *j.maxAge
	}
	known := a.known(file)
	pol, err := policy.Parse(file.Policy, known)
	if err == nil {
		pol, err = pol.Override(j.failOn, known)
	}
	if err == nil {
		var set *ignore.Set
		set, err = a.ignores(file, known, j.part)
		pol.Exemptions = append(pol.Exemptions, set)
	}
	if err == nil {
		err = addVEX(&pol, file.VEX, j.settingsDir(dir), a.watched.read)
	}
	if err != nil {
		return nil, policy.Policy{}, usageError{err}
	}
	if pol.BaselineFile != "" {
		pol.BaselineFile = filepath.Join(besideIn(file, dir), pol.BaselineFile)
	}
	if name := cmp.Or(j.baseline, pol.BaselineFile); name != "" && !j.unread {
		if err := j.addBaseline(&pol, name, a.watched); err != nil {
			return nil, policy.Policy{}, usageError{err}
		}
	}
	a.watched.judging(j, file)
	pol.Facts.Now = time.Now()
	return file, pol, nil
}

// scanTree walks, plans and runs the scanners.
func (a *app) scanTree(ctx context.Context, s scanning, file *config.File) (finding.Results, error) {
	target, plan, err := a.prepare(ctx, s, file)
	if err != nil {
		return finding.Results{}, err
	}
	defer target.Tree.Close()
	plan, shares := s.takeShard(plan)
	progress := a.newProgress(plan)
	runs := scanners.Run(ctx, plan, target, scanners.Options{Jobs: scannersPerJob * s.jobs, Timeout: s.timeout, OnEvent: progress.event})
	progress.end()
	scanners.ReadLines(runs, target.Tree, time.Now())
	s.markPart(runs)
	res := finding.Results{
		Tool:        finding.Engine{Name: "scangate", Version: buildVersion()},
		Root:        s.root(),
		Interrupted: ctx.Err() != nil,
		Runs:        runs,
		Shard:       s.shard.String(),
		Shares:      shares,
	}
	finding.MarkSame(&res)
	a.provenance(ctx, &s, file, target.Tree, &res)
	if s.pull != nil {
		a.compare(ctx, s.pull, s, file, &res, target.Tree)
	}
	return res, nil
}

// markPart says of the scanner that looks only at what is new that it did.
func (s *scanning) markPart(runs []finding.Run) {
	part := ""
	switch {
	case s.staged:
		part = "staged changes"
	case s.since != "":
		part = "what is new since " + text.OneLine(s.since, 100)
	}
	for i := range runs {
		if runs[i].Scanner == "secret" && runs[i].Status != finding.Skipped {
			runs[i].Part = part
		}
	}
}

// prepare walks the tree and makes the plan.
func (a *app) prepare(ctx context.Context, s scanning, file *config.File) (scanners.Target, []scanners.Planned, error) {
	if s.jobs < 1 {
		return scanners.Target{}, nil, usage("--jobs: want 1 or more, not %d", s.jobs)
	}
	if s.timeout < 0 {
		return scanners.Target{}, nil, usage("--timeout: want a duration such as 10m, not %s", s.timeout)
	}
	set, err := a.settings(s, file.DB)
	if err != nil {
		return scanners.Target{}, nil, err
	}
	list, err := a.choose(s.scanners, file, set)
	if err != nil {
		return scanners.Target{}, nil, err
	}
	if err := a.checkCache(s.path); err != nil {
		return scanners.Target{}, nil, err
	}
	tree, err := scanners.Walk(ctx, s.path)
	if err != nil {
		return scanners.Target{}, nil, pathError(s.path, err)
	}
	if tree, err = s.pull.tree(ctx, tree); err != nil {
		return scanners.Target{}, nil, err
	}
	t := scanners.Target{Tree: tree, Jobs: s.jobs}
	plan := scanners.Plan(ctx, wholeOrStaged(list, s.staged), t)
	for _, p := range plan {
		// Found before anything is scanned, like any other mistake in a flag.
		var use *secret.UsageError
		if errors.As(p.Err, &use) {
			tree.Close()
			return scanners.Target{}, nil, usageError{use}
		}
	}
	return t, plan, nil
}

// planned is what would run, for reading: the tree is closed.
func (a *app) planned(ctx context.Context, s scanning, file *config.File) ([]scanners.Planned, error) {
	target, plan, err := a.prepare(ctx, s, file)
	if err != nil {
		return nil, err
	}
	return plan, target.Tree.Close()
}

// deliver writes the reports and returns the verdict's exit code, with what
// went wrong here and, as err, before. A report that cannot be written turns a
// pass into exit code 3, and changes no failure.
func (a *app) deliver(rep report.Report, outs outputs, err error) (int, error) {
	table := a.tableOutput(outs)
	for _, o := range outs {
		write := func(w io.Writer) error { return o.Format.Write(w, rep) }
		if o.File == "-" {
			err = errors.Join(err, write(a.stdout))
		} else {
			err = errors.Join(err, report.WriteFile(o.File, write))
		}
		if o.Format.Name == "openvex" {
			a.openVEXGaps(rep)
		}
	}
	color := a.terminal && a.getenv("NO_COLOR") == "" && table == a.stdout && isTerminal(table)
	err = errors.Join(err, report.Table(table, rep, report.TableOptions{Color: color}))
	return exitCode(rep.Verdict.Outcome), err
}

// tableOutput is where the table goes: standard output, unless that belongs to
// a report.
func (a *app) tableOutput(outs outputs) io.Writer {
	for _, o := range outs {
		if o.File == "-" && a.log != nil {
			return io.Discard // standard error is for programs, too
		}
		if o.File == "-" {
			return a.stderr
		}
	}
	return a.stdout
}

// keepResults saves the full results.
func keepResults(name string, rep report.Report) error {
	if name == defaultResults {
		if err := makeResultsDir(filepath.Dir(name)); err != nil {
			return err
		}
	}
	return report.WriteFile(name, func(w io.Writer) error { return report.JSON(w, rep) })
}

// makeResultsDir makes the default place. Results are no part of the
// repository that they are about, so git is told to ignore them.
func makeResultsDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// The scanned repository may hold a link of that name.
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return errors.Join(err, fmt.Errorf("%s is no directory", dir))
	}
	ignore := filepath.Join(dir, ".gitignore")
	if _, err := os.Lstat(ignore); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(ignore, []byte("*\n"), 0o644)
}

// checkOutputs finds out before the scan what could not be written after it.
func checkOutputs(outs outputs, results string) error {
	seen := map[string]bool{}
	for _, o := range outs {
		if seen[o.File] {
			return fmt.Errorf("--output: %s is named twice", o.File)
		}
		seen[o.File] = true
		if o.File == "-" {
			continue
		}
		if err := report.CheckWritable(o.File); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
	}
	if results == defaultResults {
		return nil
	}
	if err := report.CheckWritable(results); err != nil {
		return fmt.Errorf("--results: %w", err)
	}
	return nil
}

// onePath returns the single argument, or ".". It must be a directory.
func onePath(args []string) (string, error) {
	path := "."
	switch {
	case len(args) > 1:
		return "", usage("want one PATH, not %d: %q", len(args), args)
	case len(args) == 1:
		path = args[0]
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", pathError(path, err)
	case !info.IsDir():
		return "", usage("%s is a file, not a directory: name the directory that holds it", path)
	}
	return path, nil
}

// pathError explains why a path cannot be scanned.
func pathError(path string, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return errors.New("interrupted before any scanner had started")
	case errors.Is(err, fs.ErrNotExist):
		return usage("%s: no such directory", path)
	case errors.Is(err, fs.ErrPermission):
		return usage("%s: permission denied", path)
	}
	return usage("%s: %w", path, err)
}
