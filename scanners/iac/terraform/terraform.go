// Package terraform evaluates Terraform code, as Trivy does it, and has the
// cloud that it describes judged.
//
// It does more than Trivy where Terraform does: files of values that Terraform
// loads by itself count, override files override, and where a file is there
// for Terraform and for OpenTofu (main.tf, main.tofu), it is OpenTofu's that
// counts. Nothing is downloaded, and the environment is not read.
package terraform

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path"

	adapter "github.com/aquasecurity/trivy/pkg/iac/adapters/terraform"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/terraform/parser"
	tfengine "github.com/aquasecurity/trivy/pkg/iac/terraform"
	"github.com/zclconf/go-cty/cty"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/suppress"
	"github.com/scangate/scangate/scanners/iac/work"
)

// Code is the Terraform code of the tree, read and found harmless
// enough to be evaluated.
type Code struct {
	sources *sources
	modules map[string]*tfModule // by directory
	roots   []string             // directories that no other module calls
	byFile  map[string]*tfModule
	largest int // bytes of the largest file
	options Options
	marks   suppress.Marks
	Notes   []finding.Note
}

// Load parses the files one by one, so that each one that is broken is
// named, and finds the root modules. The files are those that IsFile is for.
func Load(files []work.File, o Options) *Code {
	prepare()
	tf := &Code{modules: map[string]*tfModule{}, byFile: map[string]*tfModule{}, options: o, marks: suppress.Marks{}}
	code, values := tf.choose(files)
	for _, f := range code {
		if len(bytes.TrimSpace(f.Data)) == 0 {
			continue
		}
		parsed, note := parseFile(f)
		if note != nil {
			tf.Notes = append(tf.Notes, *note)
			continue
		}
		dir := path.Dir(f.Path)
		if tf.modules[dir] == nil {
			tf.modules[dir] = &tfModule{dir: dir}
		}
		tf.modules[dir].add(parsed)
		tf.byFile[f.Path] = tf.modules[dir]
		tf.readMarks(parsed)
	}
	served := map[string][]byte{}
	for _, dir := range tf.dirs() {
		m := tf.modules[dir]
		for _, f := range m.files {
			data, note := f.served(m.copies())
			if note != nil {
				tf.Notes = append(tf.Notes, *note)
				continue
			}
			served[f.Path] = data
			tf.largest = max(tf.largest, len(data))
		}
		tf.Notes = append(tf.Notes, m.override()...)
		m.index()
	}
	tf.sources = newSources(served)
	tf.assign(values)
	tf.link()
	return tf
}

// Tasks returns a task for each root module.
func (tf *Code) Tasks(checks *check.Set) []work.Task {
	var out []work.Task
	for _, dir := range tf.roots {
		out = append(out, work.Task{Name: dir, Do: func(ctx context.Context) (work.Outcome, error) { return tf.evaluate(ctx, checks, dir) }})
	}
	return out
}

// evaluate judges a root module and the modules that it calls.
//
// The engine's own scanner would do the same, but cannot be told to leave the
// environment alone: TF_VAR_ variables are read unless the parser is given
// values, so it is given all of them here. It would also look into a module
// cache in the temporary directory, and hand out the working directory.
//
// Where the engine gives up, the other root modules are judged all the same.
func (tf *Code) evaluate(ctx context.Context, checks *check.Set, dir string) (out work.Outcome, err error) {
	defer func() {
		if r := recover(); r != nil { // nothing that it says can be shown: it may quote values
			out, err = work.OnlyGap(tf.modules[dir].firstFile(), 0, "the engine gave up on this root module: not scanned"), nil
		}
	}()
	fsys := &moduleFS{ctx: ctx, sources: tf.sources, modules: tf.modules}
	p := parser.New(fsys, "",
		func(p *parser.Parser) { fsys.reader = p },
		parser.OptionWithWorkspaceName(tf.options.workspace()),
		parser.OptionWithLogger(slog.New(slog.DiscardHandler)),
		parser.OptionWithDownloads(false),
		parser.OptionWithSkipCachedModules(true),
		parser.OptionWithWorkingDirectoryPath("."),
		parser.OptionsWithTfVars(tf.modules[dir].inputs()),
	)
	if err := p.ParseFS(ctx, dir); err != nil {
		return work.Outcome{}, fmt.Errorf("cannot load the root module: %w", err)
	}
	modules, err := p.EvaluateAll(ctx)
	if ctx.Err() != nil {
		return work.Outcome{}, ctx.Err()
	}
	if err != nil {
		return work.Outcome{}, fmt.Errorf("cannot evaluate the root module: %w", err)
	}
	out.Notes = append(tf.cappedNotes(modules), tf.missedNotes(modules)...)
	if fsys.overdrawn() {
		out.Notes = append(out.Notes, work.Gap(tf.modules[dir].firstFile(), 0,
			"the module calls of this root module multiply too far: it is scanned in part"))
	}
	if len(modules) == 0 {
		return out, nil
	}
	value := adapter.Adapt(modules).ToRego()
	parents := compact(value)
	verdicts, err := checks.Judge(ctx, check.Input{Source: check.Cloud, Path: dir, Value: value})
	if err != nil {
		return work.Outcome{}, err
	}
	for _, v := range verdicts {
		parents.restore(&v)
		r := tf.result(v)
		r.Suppressions = tf.suppressions(modules, v)
		out.Results = append(out.Results, r)
	}
	if !tf.options.Raw {
		return out, nil
	}
	verdicts, err = checks.Judge(ctx, check.Input{Source: check.TerraformRaw, Path: dir, Value: tfengine.ExportModules(modules)})
	if err != nil {
		return work.Outcome{}, err
	}
	for _, v := range verdicts {
		r := tf.result(v)
		r.Suppressions = tf.suppressions(modules, v)
		out.Results = append(out.Results, r)
	}
	return out, nil
}

// cappedNotes tells of blocks whose count was cut short: those that have one
// copy more than the limit.
func (tf *Code) cappedNotes(modules tfengine.Modules) []finding.Note {
	var notes []finding.Note
	for _, m := range modules {
		limit := maxCopies
		if known := tf.modules[m.ModulePath()]; known != nil {
			limit = known.copies()
		}
		for _, b := range m.GetBlocks() {
			limit := limit
			if b.Type() == "module" {
				limit = min(limit, maxCalls)
			}
			key := b.Reference().RawKey()
			if key.IsNull() || !key.IsKnown() || key.Type() != cty.Number || !key.RawEquals(cty.NumberIntVal(int64(limit))) || b.GetAttribute("count").IsNil() {
				continue
			}
			r := b.GetMetadata().Range()
			notes = append(notes, finding.Note{
				Level: finding.Information, Path: r.GetLocalFilename(), Line: r.GetStartLine(),
				Message: fmt.Sprintf("count asks for more than %d copies; the others are the same and not looked at", limit),
			})
		}
	}
	return notes
}
