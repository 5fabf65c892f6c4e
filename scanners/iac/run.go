package iac

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
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

// run is the state of one Scan.
type run struct {
	scanner   *Scanner
	tree      *scanners.Tree
	checks    *check.Set
	files     [kinds][]work.File
	charts    []chart
	dirs      map[string]bool // whose Terraform code is judged; nil: all
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
	r.overlays, err = buildOverlays(ctx, r.tree, r.files[kustomizeKind], r.files[kubernetesKind])
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
		for _, t := range tf.Tasks(r.checks) {
			if r.mine(t.Name) {
				out = append(out, t)
			}
		}
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

// mine reports whether a directory's Terraform code is to be judged.
func (r *run) mine(dir string) bool { return r.dirs == nil || r.dirs[dir] }

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
			if k == terraformKind && !r.mine(path.Dir(f.Path)) {
				continue
			}
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
		r.notes = append(r.notes, templatesNote(n))
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
func templatesNote(n int) finding.Note {
	return scanners.Tally(finding.Information, fmt.Sprintf("{%d file} with template actions outside of a Helm chart not scanned", n))
}
