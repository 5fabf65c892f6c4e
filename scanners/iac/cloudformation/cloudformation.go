// Package cloudformation has templates of CloudFormation and SAM judged, by
// the engine's description of what they ask for.
package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	adapter "github.com/aquasecurity/trivy/pkg/iac/adapters/cloudformation"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/cloudformation/parser"
	tlog "github.com/aquasecurity/trivy/pkg/log"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/suppress"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/text"
)

// prepare silences the engine, which logs what it does not understand.
var prepare = sync.OnceFunc(func() { tlog.InitLogger(false, true) })

// Judge judges a template. A file that is none gives nothing; one that cannot
// be parsed is a gap. A resource that the engine cannot digest is a gap, and
// the others are judged.
func Judge(ctx context.Context, checks *check.Set, f work.File, o Options) (work.Outcome, error) {
	prepare()
	t, note := parse(f, o)
	if note != nil {
		return work.Outcome{Notes: []finding.Note{*note}}, nil
	}
	if t == nil || len(t.resources) == 0 {
		if t != nil {
			return work.Outcome{Notes: work.SortNotes(t.notes)}, nil
		}
		return work.Outcome{}, nil
	}
	bad, total := t.check()
	if total > maxTotal || t.pairings(bad) {
		t.gap(0, "the intrinsic functions of this template, or the resources that belong to others, come to too much; it is not scanned")
		return work.Outcome{Notes: work.SortNotes(t.notes)}, nil
	}
	j := &judge{ctx: ctx, checks: checks, t: t, bad: bad}
	for _, round := range t.rounds() {
		if err := j.round(round); err != nil {
			return work.Outcome{}, err
		}
	}
	// Marks of Checkov's stand in JSON, too, as metadata.
	file, problems := suppress.Parse(f.Data, suppress.CloudFormation, checks.Now())
	marks := suppress.Marks{f.Path: file}
	t.notes = append(t.notes, work.MarkNotes(f.Path, problems)...)
	for i := range j.results {
		r := &j.results[i]
		r.Suppressions = work.Suppressions(marks, suppress.Subject{IDs: r.Check.Names(), Chain: work.Chain(&r.Cause)})
	}
	slices.SortStableFunc(j.results, work.CompareResults)
	j.results = slices.CompactFunc(j.results, func(a, b work.Result) bool { return work.CompareResults(a, b) == 0 })
	return work.Outcome{Results: j.results, Notes: work.SortNotes(t.notes)}, nil
}

// judge judges the resources of a template.
type judge struct {
	ctx     context.Context
	checks  *check.Set
	t       *template
	bad     map[*node]bool
	results []work.Result
}

// round judges some of the resources together. If the engine gives up on them,
// it is found out which of them it is.
func (j *judge) round(resources []*resource) error {
	w := j.t.write(resources, j.bad)
	if w.failed {
		j.t.gap(0, "the template comes to too much text; it is not scanned")
		return nil
	}
	value, err := describe(j.ctx, w.text.String())
	if j.ctx.Err() != nil {
		return j.ctx.Err()
	}
	if err != nil {
		if errors.Is(err, errTooMuch) {
			j.t.gap(0, "the policies of this template belong to too many resources; it is not scanned")
			return nil
		}
		if len(resources) == 1 {
			j.t.gap(resources[0].start, "the engine gave up on this resource; it is not scanned")
			return nil
		}
		good, err := j.digestible(resources)
		if err != nil || len(good) == 0 || len(good) == len(resources) {
			if err == nil {
				j.t.gap(0, "the engine gave up on this template; it is not scanned")
			}
			return err
		}
		return j.round(good)
	}
	verdicts, err := j.checks.Judge(j.ctx, check.Input{Source: check.Cloud, Path: j.t.path, Value: value})
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		j.results = append(j.results, j.t.result(v, w.places))
	}
	return nil
}

// maxRetry bounds the lines that are written to find out which resource the
// engine gives up on.
const maxRetry = 500_000

// digestible are the resources that the engine takes one by one.
func (j *judge) digestible(resources []*resource) ([]*resource, error) {
	shared := len(j.t.write(nil, j.bad).places)
	if shared*len(resources) > maxRetry {
		return nil, nil
	}
	var good []*resource
	for _, r := range resources {
		_, err := describe(j.ctx, j.t.write([]*resource{r}, j.bad).text.String())
		if j.ctx.Err() != nil {
			return nil, j.ctx.Err()
		}
		if err != nil {
			j.t.gap(r.start, "the engine gave up on this resource; it is not scanned")
			continue
		}
		good = append(good, r)
	}
	return good, nil
}

var errTooMuch = errors.New("comes to too much")

// describe has the engine describe a template. It never panics: the engine
// does, on some of what can be written.
func describe(ctx context.Context, template string) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			value, err = nil, errors.New("the engine gave up on it")
		}
	}()
	parsed, err := parser.New().ParseFile(ctx, single(template), "template.yaml")
	if err != nil {
		return nil, err
	}
	if tooMuch(parsed) {
		return nil, errTooMuch
	}
	state := adapter.Adapt(*parsed)
	if state == nil {
		return nil, nil
	}
	return state.ToRego(), nil
}

// single is a file system of one file, under any name.
type single string

func (s single) Open(name string) (fs.File, error) {
	return &opened{Reader: strings.NewReader(string(s))}, nil
}

// Format says which file system this is. The engine takes what is printed of
// one for its identity, and prints it for every range of lines.
func (s single) Format(f fmt.State, _ rune) { f.Write([]byte("template")) }

type opened struct{ *strings.Reader }

func (*opened) Stat() (fs.FileInfo, error) { return nil, fs.ErrInvalid }
func (*opened) Close() error               { return nil }

// result says where in the file a verdict belongs.
func (t *template) result(v check.Verdict, places []place) work.Result {
	at := t.locate(&v.Cause, places)
	out := work.Result{
		Verdict:   v,
		Framework: work.CloudFormation,
		Location:  finding.Location{Path: t.path, StartLine: v.Cause.Start, EndLine: v.Cause.End},
		Part:      text.OneLine(at.path, 300),
		Resource:  text.OneLine(at.resource, 200),
	}
	out.Cause = v.Cause
	if r := t.resource(at.resource); r != nil {
		out.Resource = text.OneLine(r.id+" ("+r.typ+")", 300)
	}
	return out
}

// locate exchanges the lines of a cause, and of those around it, for the lines
// of the file, and returns what the cause is.
func (t *template) locate(c *check.Cause, places []place) place {
	var out place
	whole := c.Start == 1 && c.End > len(places)
	if c.Start >= 1 && c.Start <= len(places) {
		out = places[c.Start-1]
	}
	c.Path = t.path
	c.Start, c.End = out.start, out.end
	if whole {
		c.Start, c.End = 1, t.lines
	}
	if c.Parent != nil {
		parent := *c.Parent
		c.Parent = &parent
		around := t.locate(c.Parent, places)
		if out.resource == "" {
			// What the engine makes has no line of its own.
			out = around
			c.Start, c.End = around.start, around.end
		}
	}
	if strings.HasPrefix(c.Resource, "template.yaml:") {
		c.Resource = out.resource
	}
	return out
}
