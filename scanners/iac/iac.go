// Package iac looks for misconfigured infrastructure: Terraform, Kubernetes
// manifests and Dockerfiles, judged by the checks of trivy-checks, which are
// compiled into the binary, and GitHub's workflows and actions, judged by
// checks of our own. Nothing is downloaded, and nothing outside the scanned
// tree is read.
//
// Each framework has a package of its own, which loads the code and hands what
// it describes to package check, where the checks run.
package iac

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/dockerfile"
	"github.com/scangate/scangate/scanners/iac/kubernetes"
	"github.com/scangate/scangate/scanners/iac/terraform"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/workflow"
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
	checks, err := check.NewSet(time.Now())
	if err != nil {
		return scanners.Report{}, fmt.Errorf("cannot load the built-in checks: %w", err)
	}
	if err := run.do(ctx, t.Jobs, run.tasks(checks)); err != nil {
		return scanners.Report{}, err
	}
	for _, f := range checks.Failures() {
		run.notes = append(run.notes, work.Gap("", 0, "the built-in check "+text.OneLine(f.Check.File, 200)+" failed on at least one file"))
	}
	return run.report(p, t.Tree), nil
}

// run is the state of one Scan.
type run struct {
	files     [kinds][]work.File
	looked    finding.Looked
	notes     []finding.Note
	outcomes  []work.Outcome
	templated atomic.Int64 // files that are templates of manifests
}

// tasks are what there is to do. Root modules of Terraform, which take longest,
// come first.
func (r *run) tasks(checks *check.Set) []work.Task {
	var out []work.Task
	if code := r.files[terraformKind]; len(code) > 0 {
		tf := terraform.Load(code, terraform.Options{})
		r.notes = append(r.notes, tf.Notes...)
		out = append(out, tf.Tasks(checks)...)
	}
	each := func(kind int, judge func(ctx context.Context, f work.File) (work.Outcome, error)) {
		for _, f := range r.files[kind] {
			out = append(out, work.Task{Name: f.Path, Do: func(ctx context.Context) (work.Outcome, error) { return judge(ctx, f) }})
		}
	}
	each(dockerfileKind, func(ctx context.Context, f work.File) (work.Outcome, error) { return dockerfile.Judge(ctx, checks, f) })
	each(kubernetesKind, func(ctx context.Context, f work.File) (work.Outcome, error) {
		found, templated, err := kubernetes.Judge(ctx, checks, kubernetes.Manifests{Path: f.Path, Framework: work.Kubernetes, Text: f.Data})
		if templated {
			r.templated.Add(1)
		}
		return found, err
	})
	each(workflowKind, workflow.Judge)
	return out
}

// read loads what the plan did not keep.
func (r *run) read(ctx context.Context, tree *scanners.Tree, p *plan) error {
	for k, files := range p.files {
		for _, f := range files {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if f.Data == nil {
				data, err := tree.Read(f.Path, work.MaxFileSize)
				if err != nil {
					r.notes = append(r.notes, work.Gap(f.Path, 0, "cannot be read: "+err.Error()))
					continue
				}
				f.Data = data
			}
			r.files[k] = append(r.files[k], f)
			r.looked.Files++
			r.looked.Bytes += int64(len(f.Data))
		}
	}
	return nil
}

// do runs the tasks, at most jobs of them at once. Each writes to a place of
// its own, so that the order in which they end does not show.
func (r *run) do(ctx context.Context, jobs int, tasks []work.Task) error {
	r.outcomes = make([]work.Outcome, len(tasks))
	var g errgroup.Group
	g.SetLimit(max(jobs, 1))
	for i, t := range tasks {
		g.Go(func() (err error) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("%s: the engine gave up on it: %v", t.Name, p)
				}
			}()
			out, err := t.Do(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
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
	var all []work.Result
	var own []finding.Finding
	for _, out := range r.outcomes {
		all = append(all, out.Results...)
		own = append(own, out.Findings...)
		r.notes = append(r.notes, out.Notes...)
	}
	if templates := p.templates + int(r.templated.Load()); templates > 0 {
		r.notes = append(r.notes, finding.Note{Level: finding.Information, Message: templatesNote(templates)})
	}
	findings, rules := conclude(all, own)
	return scanners.Report{
		Findings: findings,
		Rules:    rules,
		Looked:   r.looked,
		Notes:    append(work.SortNotes(r.notes), tree.Problems()...),
	}
}

// templatesNote says that n files were left alone.
func templatesNote(n int) string {
	return fmt.Sprintf("%s with template actions not scanned: Helm charts are not rendered yet", text.Count(n, "file"))
}
