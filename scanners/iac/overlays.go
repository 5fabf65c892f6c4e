package iac

import (
	"context"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/kubernetes"
	"github.com/scangate/scangate/scanners/iac/kustomize"
	"github.com/scangate/scangate/scanners/iac/work"
)

// overlays are the kustomizations of the tree, built.
type overlays struct {
	kustomize.Result
	sources map[string][]byte
}

// buildOverlays builds the kustomizations. Their objects are judged as they
// are deployed, and the files that they are made of no longer by themselves.
// Of these, manifests have been read already.
func buildOverlays(ctx context.Context, tree *scanners.Tree, files, manifests []work.File) (*overlays, error) {
	o := &overlays{sources: map[string][]byte{}}
	if len(files) == 0 {
		return o, nil
	}
	for _, f := range manifests {
		o.sources[f.Path] = f.Data
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, f.Path)
		o.sources[f.Path] = f.Data
	}
	var err error
	o.Result, err = kustomize.Build(ctx, paths, func(name string) ([]byte, error) {
		if data, ok := o.sources[name]; ok {
			return data, nil
		}
		data, err := tree.Read(name, work.MaxFileSize)
		if err == nil {
			o.sources[name] = data
		}
		return data, err
	})
	return o, err
}

// notes are what kept kustomizations from being built.
func (o *overlays) notes() []finding.Note {
	var out []finding.Note
	for _, p := range o.Problems {
		level := finding.Information
		if p.Gap {
			level = finding.Gap
		}
		out = append(out, finding.Note{Level: level, Path: p.Path, Line: p.Line, Message: p.Message})
	}
	return out
}

// tasks judge the objects. One that several kustomizations use is judged for
// each, because it may differ, and what is found anew in a place is told.
func (o *overlays) tasks(checks *check.Set) []work.Task {
	var out []work.Task
	variants := map[kustomize.Place][]kustomize.Resource{}
	var order []kustomize.Place
	for _, r := range o.Resources {
		if variants[r.Place] == nil {
			order = append(order, r.Place)
		}
		variants[r.Place] = append(variants[r.Place], r)
	}
	for _, at := range order {
		out = append(out, work.Task{Name: at.Path, Do: func(ctx context.Context) (work.Outcome, error) {
			var all work.Outcome
			told := map[spot]int{}
			for _, r := range variants[at] {
				found, err := o.judge(ctx, checks, r)
				if err != nil {
					return work.Outcome{}, err
				}
				all.Notes = append(all.Notes, found.Notes...)
				here := map[spot]int{}
				for _, result := range found.Results {
					s := spot{result.Check, result.Location.StartLine}
					if here[s]++; here[s] > told[s] {
						told[s]++
						all.Results = append(all.Results, result)
					}
				}
			}
			return all, nil
		}})
	}
	return out
}

// spot is what a check says of a place, where it may say several things.
type spot struct {
	check *check.Check
	start int
}

// judge judges one object as one kustomization has it.
func (o *overlays) judge(ctx context.Context, checks *check.Set, r kustomize.Resource) (work.Outcome, error) {
	out, _, err := kubernetes.Judge(ctx, checks, kubernetes.Manifests{
		Path: r.Path, Framework: work.Kubernetes, Text: r.Text, Lines: r.Lines, Source: o.sources[r.Path],
	})
	for i := range out.Results {
		result := &out.Results[i]
		result.Related = append(result.Related, finding.Location{
			Path: r.Kustomization, StartLine: 1, EndLine: 1, Message: "this kustomization deploys it",
		})
		// What a patch or the kustomization set may be the line to change.
		for line := max(result.Cause.Start, 1); line <= result.Cause.End; line++ {
			if set, ok := r.Set[line-1]; ok {
				result.Related = append(result.Related, finding.Location{
					Path: set.Path, StartLine: set.Line, EndLine: set.Line, Message: "a part of it is set here",
				})
				break
			}
		}
	}
	return out, err
}
