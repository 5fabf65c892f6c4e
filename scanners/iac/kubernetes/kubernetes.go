// Package kubernetes has manifests of Kubernetes judged.
package kubernetes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aquasecurity/trivy/pkg/iac/scanners/kubernetes/parser"
	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/suppress"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/yamldoc"
	"github.com/scangate/scangate/text"
)

// Manifests are the objects of one file, as they are written or as a tool made
// them of it.
type Manifests struct {
	Path      string // of the file in the tree
	Framework string
	Text      []byte

	// Lines are, for what a tool made, the lines of the file that the lines of
	// Text come from; the first is that of line 1. It is nil for a file as it
	// is written.
	Lines []int

	// Source is the file itself, for what a tool made without its comments.
	Source []byte
}

// maxObjects bounds the objects of one file, each of which takes milliseconds.
const maxObjects = 2_000

// Judge judges the manifests of a file. One that cannot be parsed is a gap;
// the others are judged. A file with template actions is no manifest: it is
// reported as templated, and left alone.
func Judge(ctx context.Context, checks *check.Set, m Manifests) (out work.Outcome, templated bool, err error) {
	marks, problems := m.marks(checks.Now())
	out.Notes = work.MarkNotes(m.Path, problems)
	judged := 0
	for _, d := range yamldoc.Split(m.Text) {
		if ctx.Err() != nil {
			return work.Outcome{}, false, ctx.Err()
		}
		object, err := parse(m.Path, d)
		if err != nil {
			if m.Lines == nil && bytes.Contains(d.Text, []byte("{{")) {
				return work.Outcome{}, true, nil
			}
			line, why := yamldoc.Reason(err)
			if line > 0 {
				line = m.line(line + d.Offset)
			}
			out.Notes = append(out.Notes, work.Gap(m.Path, line, "cannot be parsed: "+why))
			continue
		}
		for _, o := range objects(object) {
			if judged++; judged > maxObjects {
				out.Notes = append(out.Notes, work.Gap(m.Path, m.line(d.Offset+1), fmt.Sprintf("has more than %d objects: the rest is not judged", maxObjects)))
				return out, false, nil
			}
			if tooManyContainers(o, 0) {
				out.Notes = append(out.Notes, work.Gap(m.Path, m.line(d.Offset+1), fmt.Sprintf("an object has more than %d containers: not judged", maxContainers)))
				continue
			}
			verdicts, err := checks.Judge(ctx, check.Input{Source: check.Kubernetes, Path: m.Path, Value: o})
			if err != nil {
				return work.Outcome{}, false, err
			}
			for _, v := range verdicts {
				out.Results = append(out.Results, work.Result{
					Verdict:   v,
					Framework: m.Framework,
					Location:  m.location(v.Cause),
					Resource:  name(o),

					Suppressions: work.Suppressions(marks, m.subject(v, o)),
				})
			}
		}
	}
	return out, false, nil
}

// marks are those of the text or, where a tool dropped its comments, of the
// file that it is made of.
func (m Manifests) marks(now time.Time) (suppress.Marks, []suppress.Problem) {
	text := m.Text
	if m.Source != nil {
		text = m.Source
	}
	file, problems := suppress.Parse(text, suppress.Kubernetes, now)
	if m.Lines != nil && m.Source == nil {
		for i := range problems {
			problems[i].Line = m.line(problems[i].Line)
		}
	}
	return suppress.Marks{m.Path: file}, problems
}

// subject is a verdict on an object as marks see it.
func (m Manifests) subject(v check.Verdict, object map[string]any) suppress.Subject {
	chain := work.Chain(&v.Cause)
	meta, _ := object[metadataKey].(map[string]any)
	if start, ok := meta["startline"].(int); ok {
		end, _ := meta["endline"].(int)
		chain = append(chain, suppress.Place{Start: start + offset(object), End: end + offset(object)})
	}
	for i := range chain {
		chain[i].Path = m.Path
		if m.Source != nil {
			chain[i].Start, chain[i].End = m.line(chain[i].Start), m.line(chain[i].End)
		}
	}
	return suppress.Subject{IDs: v.Check.Names(), Chain: chain}
}

// location is the place of a verdict in the file.
func (m Manifests) location(c check.Cause) finding.Location {
	l := finding.Location{Path: m.Path, StartLine: m.line(c.Start), EndLine: m.line(c.End)}
	if l.EndLine < l.StartLine { // what a tool made need not be in the order of the file
		l.EndLine = l.StartLine
	}
	return l
}

// line is the line of the file that a line of the text comes from.
func (m Manifests) line(n int) int {
	if m.Lines == nil || n < 1 {
		return n
	}
	if n > len(m.Lines) {
		return 0
	}
	return m.Lines[n-1]
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
