// Package terraform evaluates Terraform code, as Trivy does it, and has the
// cloud that it describes judged.
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
	"github.com/scangate/scangate/scanners/iac/work"
)

// Code is the Terraform code of the tree, read and found harmless
// enough to be evaluated.
type Code struct {
	sources *sources
	modules map[string]*tfModule // by directory
	roots   []string             // directories that no other module calls
	largest int                  // bytes of the largest file
	Notes   []finding.Note
}

// Load parses the files one by one, so that each one that is broken is
// named, and finds the root modules.
func Load(files []work.File) *Code {
	prepare()
	tf := &Code{modules: map[string]*tfModule{}}
	for _, f := range files {
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
			tf.modules[dir] = &tfModule{dir: dir, variables: map[string]cty.Type{}}
		}
		tf.modules[dir].add(parsed)
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
	}
	tf.sources = newSources(served)
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
func (tf *Code) evaluate(ctx context.Context, checks *check.Set, dir string) (work.Outcome, error) {
	fsys := &moduleFS{ctx: ctx, sources: tf.sources}
	p := parser.New(fsys, "",
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
	out := work.Outcome{Notes: tf.cappedNotes(modules)}
	if fsys.overdrawn() {
		out.Notes = append(out.Notes, work.Gap(tf.modules[dir].firstFile(), 0,
			"the module calls of this root module multiply too far: it is scanned in part"))
	}
	if len(modules) == 0 {
		return out, nil
	}
	verdicts, err := checks.Judge(ctx, check.Input{Source: check.Cloud, Path: dir, Value: adapter.Adapt(modules).ToRego()})
	if err != nil {
		return work.Outcome{}, err
	}
	marks := ignoreMarks(modules)
	for _, v := range verdicts {
		r := result(v)
		if marks.cover(v) {
			r.Suppressions = []finding.Suppression{{Source: "trivy:ignore"}}
		}
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

// tfModule is what is known of a directory of Terraform code without
// evaluating it.
type tfModule struct {
	dir       string
	files     []tfFile
	calls     []tfCall
	blocks    []tfBlock
	counts    int
	variables map[string]cty.Type // those without a default
}

// tfCall is a module block.
type tfCall struct {
	source   string
	computed bool // the source is not a literal, which Terraform does not allow
	copies   int  // a guess at how many copies count or for_each make
	path     string
	line     int
}

func (m *tfModule) add(f tfFile) {
	m.files = append(m.files, f)
	m.calls = append(m.calls, f.calls...)
	m.blocks = append(m.blocks, f.blocks...)
	m.counts += len(f.counts)
	for name, t := range f.variables {
		m.variables[name] = t
	}
}

// copies is how many copies a block of the module may have by its count: the
// more blocks have one, the fewer.
func (m *tfModule) copies() int {
	return max(2, min(maxCopies, maxCounted/max(m.counts, 1)))
}

// firstFile stands for the module in notes; the files are in order.
func (m *tfModule) firstFile() string { return m.files[0].Path }

// inputs are values for the variables of a root module that have no default:
// unknown ones, of the declared type. There is always one of no name, because
// the engine reads the environment when there is none.
func (m *tfModule) inputs() map[string]cty.Value {
	values := map[string]cty.Value{"": cty.DynamicVal}
	for name, t := range m.variables {
		values[name] = cty.UnknownVal(t)
	}
	return values
}
