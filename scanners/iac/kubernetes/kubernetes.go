// Package kubernetes has manifests of Kubernetes judged.
package kubernetes

import (
	"bytes"
	"context"
	"errors"

	"github.com/aquasecurity/trivy/pkg/iac/scanners/kubernetes/parser"
	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/yamldoc"
	"github.com/scangate/scangate/text"
)

// Judge judges the manifests of a file. One that cannot be parsed is a gap;
// the others are judged. A file with template actions is no manifest: it is
// reported as templated, and left alone.
func Judge(ctx context.Context, checks *check.Set, f work.File) (out work.Outcome, templated bool, err error) {
	for _, d := range yamldoc.Split(f.Data) {
		if ctx.Err() != nil {
			return work.Outcome{}, false, ctx.Err()
		}
		object, err := parse(f.Path, d)
		if err != nil {
			if bytes.Contains(d.Text, []byte("{{")) {
				return work.Outcome{}, true, nil
			}
			line, why := yamldoc.Reason(err)
			if line > 0 {
				line += d.Offset
			}
			out.Notes = append(out.Notes, work.Gap(f.Path, line, "cannot be parsed: "+why))
			continue
		}
		if object == nil {
			continue // not an object of Kubernetes: a comment, values, something else
		}
		verdicts, err := checks.Judge(ctx, check.Input{Source: check.Kubernetes, Path: f.Path, Value: object})
		if err != nil {
			return work.Outcome{}, false, err
		}
		for _, v := range verdicts {
			out.Results = append(out.Results, work.Result{
				Verdict:   v,
				Framework: work.Kubernetes,
				Location:  finding.Location{Path: f.Path, StartLine: v.Cause.Start, EndLine: v.Cause.End},
				Resource:  name(object),
			})
		}
	}
	return out, false, nil
}

// parse turns a document into the input of the checks; nil stands for one that
// is no object of Kubernetes. It never panics: the engine's parser does, on
// some of what can be written.
func parse(path string, d yamldoc.Document) (object map[string]any, err error) {
	defer func() {
		if p := recover(); p != nil {
			object, err = nil, errors.New("the engine's parser gave up on it")
		}
	}()
	root, err := yamldoc.Parse(d.Text)
	if err != nil || root == nil || root.Kind != yaml.MappingNode {
		return nil, err
	}
	m := parser.Manifest{Path: path}
	if err := root.Decode(&m); err != nil {
		return nil, err
	}
	if m.Content == nil {
		return nil, nil
	}
	m.Content.Offset = d.Offset
	object, _ = m.ToRego().(map[string]any)
	if object["kind"] == nil || object["apiVersion"] == nil {
		return nil, nil
	}
	return object, nil
}

// name names an object as kubectl does: Deployment/web.
func name(object map[string]any) string {
	kind, _ := object["kind"].(string)
	meta, _ := object["metadata"].(map[string]any)
	for _, key := range []string{"name", "generateName"} {
		if name, ok := meta[key].(string); ok {
			return text.OneLine(kind+"/"+name, 200)
		}
	}
	return text.OneLine(kind, 200)
}
