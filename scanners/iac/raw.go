package iac

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/yamldoc"
)

// A team's own checks may ask for any YAML, JSON and TOML of the tree as it is
// written: Compose files, pipelines, package manifests. Nothing else does.

// rawSource is the form of a file by its name, or empty.
func rawSource(name string) check.Source {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml":
		return check.YAML
	case ".json":
		return check.JSON
	case ".toml":
		return check.TOML
	}
	return ""
}

// rawTasks judge the files that somebody asks for.
func (r *run) rawTasks(files []work.File) []work.Task {
	wanted := r.custom.Sources()
	known := map[string]bool{} // what is judged as something else, too
	for _, f := range r.files[kubernetesKind] {
		known[f.Path] = true
	}
	var out []work.Task
	for _, f := range files {
		source := rawSource(f.Path)
		if !slices.Contains(wanted, source) {
			continue
		}
		r.looked.Files++
		out = append(out, work.Task{Name: f.Path, Do: func(ctx context.Context) (work.Outcome, error) {
			return r.judgeRaw(ctx, f.Path, source, known[f.Path])
		}})
	}
	return out
}

// judgeRaw judges the documents of a file. One that cannot be parsed is told of
// unless it is a template: nobody says that such a file is what it looks like.
func (r *run) judgeRaw(ctx context.Context, name string, source check.Source, again bool) (work.Outcome, error) {
	data, err := r.tree.Read(name, work.MaxFileSize)
	if err != nil {
		return work.OnlyGap(name, 0, "cannot be read: "+err.Error()), nil
	}
	values, line, why := documents(data, source)
	var out work.Outcome
	if why != "" && !bytes.Contains(data, []byte("{{")) {
		out.Notes = append(out.Notes, work.Gap(name, line, "cannot be parsed: "+why))
	}
	for _, v := range values {
		verdicts, err := r.checks.Judge(ctx, check.Input{Source: source, Path: name, Value: v, Again: again})
		if err != nil {
			return work.Outcome{}, err
		}
		for _, v := range verdicts {
			out.Results = append(out.Results, work.Result{
				Verdict:   v,
				Framework: string(source),
				Location:  finding.Location{Path: name, StartLine: v.Cause.Start, EndLine: v.Cause.End},
			})
		}
	}
	return out, nil
}

// documents reads what a file holds, up to what cannot be parsed.
func documents(data []byte, source check.Source) (values []any, line int, why string) {
	switch source {
	case check.TOML:
		var v map[string]any
		if _, err := toml.Decode(string(data), &v); err != nil {
			if p, ok := err.(toml.ParseError); ok {
				line = p.Position.Line
			}
			return nil, line, "it is no TOML"
		}
		return []any{v}, 0, ""
	case check.JSON:
		d := json.NewDecoder(bytes.NewReader(data))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, 0, "it is no JSON"
		}
		if _, err := d.Token(); err != io.EOF {
			return nil, 0, "there is something behind the JSON"
		}
		return []any{v}, 0, ""
	}
	for _, d := range yamldoc.Split(data) {
		root, err := yamldoc.Parse(d.Text)
		var v any
		if err == nil && root != nil {
			err = root.Decode(&v)
		}
		if err != nil {
			line, why = yamldoc.Reason(err)
			return values, line + d.Offset, why
		}
		if root != nil {
			values = append(values, plainKeys(v))
		}
	}
	return values, 0, ""
}

// plainKeys makes the keys of maps text, as they are in JSON.
func plainKeys(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = plainKeys(e)
		}
	case map[any]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			if name, err := json.Marshal(k); err == nil {
				out[strings.Trim(string(name), `"`)] = plainKeys(e)
			}
		}
		return out
	case []any:
		for i, e := range v {
			v[i] = plainKeys(e)
		}
	}
	return v
}
