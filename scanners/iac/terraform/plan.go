package terraform

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	adapter "github.com/aquasecurity/trivy/pkg/iac/adapters/terraform"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/terraform/parser"
	"github.com/zclconf/go-cty/cty"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/jsondoc"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/text"
)

const (
	maxPlanResources = 5_000
	maxPlanDepth     = 100
	maxPlanAddress   = 300 // bytes that are shown of a resource's address
)

// IsPlan reports whether data is a plan in JSON, as "terraform show -json"
// prints it. It looks for its keys and does not parse it.
func IsPlan(data []byte) bool {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	if len(data) == 0 || data[0] != '{' || !bytes.Contains(data, []byte(`"terraform_version"`)) {
		return false
	}
	missing := map[string]bool{"format_version": true, "terraform_version": true, "planned_values": true}
	for key := range jsondoc.TopKeys(data) {
		if delete(missing, key); len(missing) == 0 {
			return true
		}
	}
	return false
}

// planTooDeep returns the line at which JSON nests too deep, or 0.
func planTooDeep(data []byte) int {
	depth := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			if depth++; depth > maxPlanDepth {
				return lineAt(data, i)
			}
		case '}', ']':
			depth--
		case '"':
			i = jsondoc.EndOfString(data, i+1)
		}
	}
	return 0
}

// lineAt is the line of the byte at an offset.
func lineAt(data []byte, offset int) int {
	return 1 + bytes.Count(data[:min(max(offset, 0), len(data))], []byte("\n"))
}

// JudgePlan judges the resources as they will be once the plan is carried out.
//
// The plan is written as code again, in which each resource stands with the
// values that are known, and evaluated like it. Findings name the line of the
// resource in the plan, and never say what is marked as sensitive there.
func JudgePlan(ctx context.Context, checks *check.Set, f work.File) (out work.Outcome, err error) {
	prepare()
	if len(f.Data) > work.MaxPlanSize {
		return work.OnlyGap(f.Path, 0, fmt.Sprintf("is a plan over %d MiB: not scanned", work.MaxPlanSize>>20)), nil
	}
	if line := planTooDeep(f.Data); line > 0 {
		return work.OnlyGap(f.Path, line, "is nested too deep to be parsed: not scanned"), nil
	}
	p, note := readPlan(f)
	if note != nil {
		return work.Outcome{Notes: []finding.Note{*note}}, nil
	}
	out.Notes = p.notes
	if len(p.resources) == 0 {
		return out, nil
	}
	code := p.code()
	if code == nil {
		return work.OnlyGap(f.Path, 0, fmt.Sprintf("has more than %d blocks or %d MiB of values: not scanned", maxInner, maxPlanCode>>20)), nil
	}
	defer func() {
		if r := recover(); r != nil { // nothing that it says can be shown: it may quote values
			out, err = work.OnlyGap(f.Path, 0, "the engine gave up on the plan: not scanned"), nil
		}
	}()
	value, err := evaluatePlan(ctx, code.text.Bytes())
	if err != nil {
		return work.Outcome{}, err
	}
	if value == nil {
		out.Notes = append(out.Notes, work.Gap(f.Path, 0, "cannot be read as code again: not scanned"))
		return out, nil
	}
	parents := compact(value)
	verdicts, err := checks.Judge(ctx, check.Input{Source: check.Cloud, Path: f.Path, Value: value})
	if err != nil {
		return work.Outcome{}, err
	}
	for _, v := range verdicts {
		parents.restore(&v)
		out.Results = append(out.Results, code.result(p, f.Path, v))
	}
	return out, nil
}

// evaluatePlan evaluates code that has been made from a plan.
func evaluatePlan(ctx context.Context, code []byte) (any, error) {
	const name = "main.tf"
	fsys := &moduleFS{ctx: ctx, sources: newSources(map[string][]byte{name: code})}
	p := parser.New(fsys, "",
		parser.OptionWithLogger(slog.New(slog.DiscardHandler)),
		parser.OptionWithDownloads(false),
		parser.OptionWithSkipCachedModules(true),
		parser.OptionWithWorkingDirectoryPath("."),
		parser.OptionsWithTfVars(map[string]cty.Value{"": cty.DynamicVal}),
	)
	if err := p.ParseFS(ctx, "."); err != nil {
		return nil, fmt.Errorf("cannot load the plan: %w", err)
	}
	modules, err := p.EvaluateAll(ctx)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("cannot evaluate the plan: %w", err)
	}
	if len(modules) == 0 {
		return nil, nil
	}
	return adapter.Adapt(modules).ToRego(), nil
}

// result says what a verdict about the code is about in the plan.
func (c *planCode) result(p *plan, path string, v check.Verdict) work.Result {
	out := work.Result{Framework: work.TerraformPlan}
	line := 0
	if i, ok := slices.BinarySearchFunc(c.spans, v.Cause.Start, compareSpan); ok {
		r := c.spans[i].resource
		line = r.line
		out.Resource = text.OneLine(r.address, maxPlanAddress)
		own := r.typ + "." + r.label
		out.Part = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(v.Cause.Resource, "data."), own), ".")
		if r.sensitive {
			v.Message = v.Check.Title
		}
	}
	if p.quotes(v.Message) {
		v.Message = v.Check.Title
	}
	out.Location = finding.Location{Path: path, StartLine: line, EndLine: line}
	v.Cause = check.Cause{Path: path, Start: line, End: line, Resource: out.Resource, Managed: v.Cause.Managed}
	out.Verdict = v
	return out
}
