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
	"maps"
	"path"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/azure"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/cloudformation"
	"github.com/scangate/scangate/scanners/iac/dockerfile"
	"github.com/scangate/scangate/scanners/iac/helm"
	"github.com/scangate/scangate/scanners/iac/kubernetes"
	"github.com/scangate/scangate/scanners/iac/terraform"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/workflow"
	"github.com/scangate/scangate/text"
)

// Name is the scanner's name, as in the configuration and in thresholds.
const Name = "iac"

// Options are what the configuration says under scanners.iac. Paths are
// relative to the scanned directory, and must be in it.
type Options struct {
	Frameworks []string `yaml:"frameworks"`                // as Frameworks lists them; empty means all
	Checks     []string `yaml:"checks"`                    // directories of a team's own checks
	TFVars     []string `yaml:"tfvars"`                    // files of values for root modules; later ones win
	Workspace  string   `yaml:"workspace"`                 // of Terraform
	HelmValues []string `yaml:"helm-values"`               // values files for charts; later ones win
	Parameters []string `yaml:"cloudformation-parameters"` // files of values for templates; later ones win
}

// Scanner looks for misconfigured infrastructure. It may be used by several
// goroutines at once.
type Scanner struct {
	wanted  [kinds]bool
	options Options
}

var (
	_ scanners.Scanner   = (*Scanner)(nil)
	_ scanners.Versioned = (*Scanner)(nil)
)

// Frameworks lists what Options.Frameworks takes, and what findings have as
// their framework.
func Frameworks() []string { return slices.Compact(slices.Clone(kindNames[:])) }

// New returns a scanner of the frameworks that o names.
func New(o Options) (*Scanner, error) {
	s := &Scanner{options: o}
	for _, name := range o.Frameworks {
		if !slices.Contains(kindNames[:], name) {
			return nil, fmt.Errorf("unknown framework %q%s", text.Cut(name, 60), text.Suggest(name, Frameworks()))
		}
	}
	for k, name := range kindNames {
		s.wanted[k] = len(o.Frameworks) == 0 || slices.Contains(o.Frameworks, name)
	}
	for _, paths := range [][]string{o.Checks, o.TFVars, o.HelmValues, o.Parameters} {
		for _, p := range paths {
			if !filepath.IsLocal(filepath.FromSlash(p)) {
				return nil, fmt.Errorf("%q is not in the scanned directory", text.Cut(p, 100))
			}
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
	defer roomyHeap()()
	run := &run{scanner: s, tree: t.Tree, notes: slices.Clone(p.notes), charts: p.charts}
	if err := run.read(ctx, p); err != nil {
		return scanners.Report{}, err
	}
	if err := run.prepare(ctx); err != nil {
		return scanners.Report{}, err
	}
	if err := run.do(ctx, t.Jobs, append(run.tasks(), run.rawTasks(p.raw)...)); err != nil {
		return scanners.Report{}, err
	}
	for _, f := range run.checks.Failures() {
		run.notes = append(run.notes, failureNote(f))
	}
	return run.report(), nil
}

// failureNote tells of a check that failed on something. The error may quote
// the input.
func failureNote(f check.Failure) finding.Note {
	which := "the built-in check "
	if f.Check.Custom {
		which = "the check "
	}
	return work.Gap("", 0, which+text.OneLine(f.Check.File, 200)+" failed on at least one file")
}

// run is the state of one Scan.
type run struct {
	scanner   *Scanner
	tree      *scanners.Tree
	checks    *check.Set
	files     [kinds][]work.File
	charts    []chart
	overlays  *overlays
	custom    *check.Custom
	values    []helm.File
	params    map[string]any
	vars      []work.File
	looked    finding.Looked
	notes     []finding.Note
	outcomes  []work.Outcome
	templated atomic.Int64 // files that are templates of manifests
}

// prepare reads what the configuration names, and builds what manifests are
// made of.
func (r *run) prepare(ctx context.Context) error {
	named := func(paths []string) (files []work.File, err error) {
		for _, p := range paths {
			data, err := r.tree.Read(path.Clean(p), work.MaxFileSize)
			if err != nil {
				return nil, fmt.Errorf("%s, which the configuration names, cannot be read: %w", text.OneLine(p, 200), err)
			}
			files = append(files, work.File{Path: path.Clean(p), Data: data})
		}
		return files, nil
	}
	o := r.scanner.options
	values, err := named(o.HelmValues)
	if err != nil {
		return err
	}
	for _, f := range values {
		r.values = append(r.values, helm.File{Name: f.Path, Data: f.Data})
	}
	if r.vars, err = named(o.TFVars); err != nil {
		return err
	}
	params, err := named(o.Parameters)
	if err != nil {
		return err
	}
	for _, f := range params {
		values, err := cloudformation.ReadParameters(f.Data)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
		if r.params == nil {
			r.params = map[string]any{}
		}
		maps.Copy(r.params, values)
	}
	if r.checks, err = r.loadChecks(); err != nil {
		return err
	}
	r.overlays, err = buildOverlays(ctx, r.tree, r.files[kustomizeKind])
	return err
}

// loadChecks makes the set of checks, with a team's own.
func (r *run) loadChecks() (*check.Set, error) {
	var options []check.Option
	if dirs := r.scanner.options.Checks; len(dirs) > 0 {
		custom, err := check.ReadCustom(r.tree.FS(), dirs)
		if err != nil {
			return nil, err
		}
		r.custom = custom
		options = append(options, check.WithCustom(custom))
	}
	set, err := check.NewSet(time.Now(), options...)
	if err != nil {
		return nil, fmt.Errorf("cannot load the checks: %w", err)
	}
	return set, nil
}

// tasks are what there is to do. Root modules of Terraform, which take longest,
// come first.
func (r *run) tasks() []work.Task {
	var out []work.Task
	if code := r.files[terraformKind]; len(code) > 0 {
		tf := terraform.Load(code, terraform.Options{TFVars: r.vars, Workspace: r.scanner.options.Workspace, Now: r.checks.Now(),
			Raw: slices.Contains(r.custom.Sources(), check.TerraformRaw)})
		r.notes = append(r.notes, tf.Notes...)
		out = append(out, tf.Tasks(r.checks)...)
	}
	each := func(kind int, judge func(ctx context.Context, f work.File) (work.Outcome, error)) {
		for _, f := range r.files[kind] {
			out = append(out, work.Task{Name: f.Path, Do: func(ctx context.Context) (work.Outcome, error) { return judge(ctx, f) }})
		}
	}
	each(planKind, func(ctx context.Context, f work.File) (work.Outcome, error) {
		return terraform.JudgePlan(ctx, r.checks, f)
	})
	for _, c := range r.charts {
		out = append(out, r.chartTask(c))
	}
	each(cloudformationKind, func(ctx context.Context, f work.File) (work.Outcome, error) {
		return cloudformation.Judge(ctx, r.checks, f, cloudformation.Options{Parameters: r.params})
	})
	each(azureKind, func(ctx context.Context, f work.File) (work.Outcome, error) { return azure.Judge(ctx, r.checks, f) })
	each(dockerfileKind, func(ctx context.Context, f work.File) (work.Outcome, error) {
		return dockerfile.Judge(ctx, r.checks, f)
	})
	r.notes = append(r.notes, r.overlays.notes()...)
	out = append(out, r.overlays.tasks(r.checks)...)
	each(kubernetesKind, func(ctx context.Context, f work.File) (work.Outcome, error) {
		if r.overlays.Covered[f.Path] {
			return work.Outcome{}, nil
		}
		found, templated, err := kubernetes.Judge(ctx, r.checks, kubernetes.Manifests{Path: f.Path, Framework: work.Kubernetes, Text: f.Data})
		if templated {
			r.templated.Add(1)
		}
		return found, err
	})
	each(workflowKind, func(ctx context.Context, f work.File) (work.Outcome, error) {
		return workflow.Judge(ctx, f, r.checks.Now())
	})
	return out
}

// read loads what the plan did not keep.
func (r *run) read(ctx context.Context, p *plan) error {
	for k, files := range p.files {
		for _, f := range files {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if f.Data == nil {
				data, err := r.tree.Read(f.Path, maxSize(k))
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
	for _, c := range p.charts {
		for _, f := range c.files {
			r.looked.Files++
			r.looked.Bytes += f.Size
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
func (r *run) report() scanners.Report {
	var all []work.Result
	var own []finding.Finding
	for _, out := range r.outcomes {
		all = append(all, out.Results...)
		own = append(own, out.Findings...)
		r.notes = append(r.notes, out.Notes...)
	}
	if n := int(r.templated.Load()); n > 0 {
		r.notes = append(r.notes, finding.Note{Level: finding.Information, Message: templatesNote(n)})
	}
	findings, rules := conclude(all, own)
	quoteValues(findings, r.contents())
	return scanners.Report{
		Findings: findings,
		Rules:    rules,
		Looked:   r.looked,
		Notes:    append(work.SortNotes(r.notes), r.tree.Problems()...),
	}
}

// contents are the files that were judged as they are written, by path.
func (r *run) contents() map[string][]byte {
	out := map[string][]byte{}
	for _, files := range r.files {
		for _, f := range files {
			out[f.Path] = f.Data
		}
	}
	return out
}

// templatesNote says that n files were left alone.
func templatesNote(n int) string {
	return text.Count(n, "file") + " with template actions outside of a Helm chart not scanned"
}
