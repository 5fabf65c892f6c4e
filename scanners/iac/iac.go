// Package iac looks for misconfigured infrastructure: Terraform, Kubernetes
// manifests and Dockerfiles, judged by the checks of trivy-checks, which are
// compiled into the binary, and GitHub's workflows and actions, judged by
// checks of our own. Nothing is downloaded, and nothing outside the scanned
// tree is read.
//
// Every call into Trivy is in checks.go, functions.go, terraform.go,
// kubernetes.go, dockerfile.go and results.go, and tfparse.go borrows a schema;
// the rest of the package does not know it. The files about workflows are
// workflow.go and wf….go.
package iac

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

// Name is the scanner's name, as in the configuration and in thresholds.
const Name = "iac"

// Options are what the configuration says under scanners.iac.
type Options struct {
	Frameworks []string `yaml:"frameworks"` // terraform, kubernetes, dockerfile, github-actions; empty means all
}

// Scanner looks for misconfigured infrastructure. It may be used by several
// goroutines at once.
type Scanner struct {
	wanted [kinds]bool
}

var (
	_ scanners.Scanner   = (*Scanner)(nil)
	_ scanners.Versioned = (*Scanner)(nil)
)

// Frameworks lists what Options.Frameworks takes, and what findings have as
// their framework.
func Frameworks() []string { return slices.Clone(kindNames[:]) }

// New returns a scanner of the frameworks that o names.
func New(o Options) (*Scanner, error) {
	s := &Scanner{}
	for _, name := range o.Frameworks {
		k := slices.Index(kindNames[:], name)
		if k < 0 {
			return nil, fmt.Errorf("unknown framework %q%s", text.Cut(name, 60), text.Suggest(name, kindNames[:]))
		}
		s.wanted[k] = true
	}
	if len(o.Frameworks) == 0 {
		for k := range s.wanted {
			s.wanted[k] = true
		}
	}
	return s, nil
}

// Name returns "iac".
func (s *Scanner) Name() string { return Name }

// checksModule is the module that the checks come from, and checksVersion its
// version in go.mod, for binaries without build information.
const (
	checksModule  = "github.com/aquasecurity/trivy-checks"
	checksVersion = "v1.12.2-0.20251219190323-79d27547baf5"
)

// Engine names the checks and their version.
func (s *Scanner) Engine() finding.Engine {
	version := checksVersion
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == checksModule {
				version = dep.Version
				if dep.Replace != nil {
					version = dep.Replace.Version
				}
			}
		}
	}
	return finding.Engine{Name: "trivy-checks", Version: strings.TrimPrefix(version, "v")}
}

// Scan judges the files of the plan. A file that cannot be parsed, or is built
// to exhaust the scanner, is a gap; the rest is judged all the same.
func (s *Scanner) Scan(ctx context.Context, t scanners.Target, w scanners.Work) (scanners.Report, error) {
	p, ok := w.Items.(*plan)
	if !ok {
		return scanners.Report{}, errors.New("iac: the work is not a plan of this scanner")
	}
	run := &run{notes: slices.Clone(p.notes)}
	if err := run.read(ctx, t.Tree, p); err != nil {
		return scanners.Report{}, err
	}
	var tasks []task
	for _, f := range run.files[workflows] {
		tasks = append(tasks, task{f.path, func(ctx context.Context) (outcome, error) { return judgeWorkflow(ctx, f) }})
	}
	if !run.engineNeeded() {
		if err := run.do(ctx, t.Jobs, tasks); err != nil {
			return scanners.Report{}, err
		}
		return run.report(p, t.Tree), nil
	}
	tf := newTerraform(run.files[terraform])
	run.notes = append(run.notes, tf.notes...)

	checks, err := loadChecks(run.files, tf)
	if err != nil {
		return scanners.Report{}, fmt.Errorf("cannot load the built-in checks: %w", err)
	}
	tasks = append(tasks, tf.tasks(checks)...)
	for _, f := range run.files[kubernetes] {
		tasks = append(tasks, task{f.path, func(ctx context.Context) (outcome, error) { return checks.kubernetes(ctx, f) }})
	}
	for _, f := range run.files[dockerfile] {
		tasks = append(tasks, task{f.path, func(ctx context.Context) (outcome, error) { return checks.dockerfile(ctx, f) }})
	}
	if err := run.do(ctx, t.Jobs, tasks); err != nil {
		return scanners.Report{}, err
	}
	run.notes = append(run.notes, checks.failures.notes()...)
	return run.report(p, t.Tree), nil
}

// A task judges one thing that does not depend on another: a root module, a
// manifest file, a Dockerfile.
type task struct {
	name string // the file or directory, for errors
	do   func(ctx context.Context) (outcome, error)
}

// outcome is what a task brings home.
type outcome struct {
	results   []result
	own       []finding.Finding // of checks that are not the engine's
	notes     []finding.Note
	templated bool // a template of manifests rather than a manifest
}

// run is the state of one Scan.
type run struct {
	files    [kinds][]file
	looked   finding.Looked
	notes    []finding.Note
	outcomes []outcome
}

// engineNeeded reports whether there is a file that the engine's checks are
// about. Without one, nothing of it is set up.
func (r *run) engineNeeded() bool {
	return len(r.files[terraform])+len(r.files[kubernetes])+len(r.files[dockerfile]) > 0
}

// read loads what the plan did not keep.
func (r *run) read(ctx context.Context, tree *scanners.Tree, p *plan) error {
	for k, files := range p.files {
		for _, f := range files {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if f.data == nil {
				data, err := tree.Read(f.path, maxFileSize)
				if err != nil {
					r.notes = append(r.notes, gap(f.path, 0, "cannot be read: "+err.Error()))
					continue
				}
				f.data = data
			}
			r.files[k] = append(r.files[k], f)
			r.looked.Files++
			r.looked.Bytes += int64(len(f.data))
		}
	}
	return nil
}

// do runs the tasks, at most jobs of them at once. Each writes to a place of
// its own, so that the order in which they end does not show.
func (r *run) do(ctx context.Context, jobs int, tasks []task) error {
	r.outcomes = make([]outcome, len(tasks))
	var g errgroup.Group
	g.SetLimit(max(jobs, 1))
	for i, t := range tasks {
		g.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("%s: the engine gave up on it: %v", t.name, p)
				}
			}()
			out, err := t.do(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			r.outcomes[i] = out
			return nil
		})
	}
	err := g.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// report puts the outcomes together.
func (r *run) report(p *plan, tree *scanners.Tree) scanners.Report {
	var all []result
	var own []finding.Finding
	templates := p.templates
	for _, out := range r.outcomes {
		all = append(all, out.results...)
		own = append(own, out.own...)
		r.notes = append(r.notes, out.notes...)
		if out.templated {
			templates++
		}
	}
	if templates > 0 {
		r.notes = append(r.notes, finding.Note{Level: finding.Information, Message: templatesNote(templates)})
	}
	findings, rules := conclude(all, own)
	return scanners.Report{
		Findings: findings,
		Rules:    rules,
		Looked:   r.looked,
		Notes:    append(sortNotes(r.notes), tree.Problems()...),
	}
}

// templatesNote says that n files were left alone.
func templatesNote(n int) string {
	return fmt.Sprintf("%s with template actions not scanned: Helm charts are not rendered yet", text.Count(n, "file"))
}

// gap is a note about something that was not looked at.
func gap(path string, line int, message string) finding.Note {
	return finding.Note{Level: finding.Gap, Path: path, Line: line, Message: message}
}

// sortNotes orders notes by place and drops repetitions: two root modules that
// share a module both report what is wrong with it.
func sortNotes(notes []finding.Note) []finding.Note {
	slices.SortStableFunc(notes, compareNotes)
	return slices.Compact(notes)
}

// onlyNote is a list of one gap.
func onlyNote(path string, line int, message string) []finding.Note {
	return []finding.Note{gap(path, line, message)}
}
