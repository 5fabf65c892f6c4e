package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/policy/ignore"
	"github.com/scangate/scangate/scanners/external/plugin"
)

// policySchema is the command `scangate policy schema`.
func (a *app) policySchema(_ context.Context, args []string) (int, error) {
	rest, err := newFlags("policy schema").parse(args)
	if err != nil {
		return 0, err
	}
	if len(rest) > 0 {
		return 0, usage("policy schema takes no arguments: it prints to standard output")
	}
	s, err := a.schema()
	if err != nil {
		return 0, err
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return exitPassed, enc.Encode(s)
}

// schema is that of .scangate.yaml: each section's is made by its reader.
func (a *app) schema() (config.Schema, error) {
	known := a.known(&config.File{})
	own := slices.Sorted(maps.Keys(known))
	scanner := config.Ref("scanner")
	parts := config.Parts{Defs: config.Schema{"scanner": config.OneOf(own...)}}
	var err error
	if parts.Scanners, err = a.scannerSchemas(); err != nil {
		return nil, err
	}
	if parts.Policy, err = policy.Schema(known, parts.Defs); err != nil {
		return nil, err
	}
	if parts.Ignore, err = ignore.Schema(); err != nil {
		return nil, err
	}
	if parts.Plugins, err = plugin.Schema(append(slices.Clone(own), everything)); err != nil {
		return nil, err
	}
	// A plug-in's name is as good as one of ours. Where there is none, a name
	// that is not ours is misspelt.
	parts.Also = config.Schema{
		"if": config.Schema{"not": config.Schema{
			"required": []string{"plugins"}, "properties": config.Schema{"plugins": config.Schema{"type": "object", "minProperties": 1}},
		}},
		"then": config.Schema{"properties": config.Schema{"policy": policy.KnownSchema(scanner), "ignore": ignore.KnownSchema(scanner)}},
	}
	return config.FileSchema(parts)
}

// scannerSchemas are those of the sections of scanners and tools. What is in a
// section is what its scanner decodes it into.
func (a *app) scannerSchemas() (config.Schema, error) {
	words := scannerWords()
	out := config.Schema{}
	for _, e := range a.all() {
		t := config.TypeOf(func(s config.Section) error {
			_, err := e.make(s, settings{})
			return err
		})
		if t == nil {
			return nil, fmt.Errorf("scanners.%s: nothing reads the section", e.name)
		}
		w := words[e.name]
		s, err := config.SchemaOf(t, w.keys)
		if err != nil {
			return nil, fmt.Errorf("scanners.%s: %w", e.name, err)
		}
		s["description"] = w.about
		maps.Copy(s, w.also)
		out[e.name] = s
	}
	return out, nil
}
