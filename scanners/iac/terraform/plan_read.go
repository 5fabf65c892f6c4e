package terraform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
)

// plan is what is needed of a plan.
type plan struct {
	resources []*planResource
	secrets   []string // texts that are marked as sensitive
	notes     []finding.Note
}

// planResource is one resource, or one of its instances.
type planResource struct {
	address   string
	line      int    // of the address in the plan
	kind      string // resource or data
	typ, name string
	label     string         // the name in the code that is made: it tells modules apart
	suffix    string         // of all names in the module
	after     map[string]any // the values that are known
	unknown   map[string]any // what is not, in the same form, with true for a value
	exprs     map[string]any // what the configuration says
	sensitive bool
}

// The form of a plan, as far as it is read:
// https://developer.hashicorp.com/terraform/internals/json-format
type (
	planJSON struct {
		PlannedValues   json.RawMessage `json:"planned_values"`
		ResourceChanges []changeJSON    `json:"resource_changes"`
		Configuration   struct {
			Root configJSON `json:"root_module"`
		} `json:"configuration"`
		Errored bool `json:"errored"`
	}
	valuesJSON struct {
		Root moduleJSON `json:"root_module"`
	}
	moduleJSON struct {
		Address   string         `json:"address"`
		Resources []resourceJSON `json:"resources"`
		Children  []moduleJSON   `json:"child_modules"`
	}
	resourceJSON struct {
		Address   string         `json:"address"`
		Mode      string         `json:"mode"`
		Type      string         `json:"type"`
		Name      string         `json:"name"`
		Values    map[string]any `json:"values"`
		Sensitive any            `json:"sensitive_values"`
	}
	changeJSON struct {
		Address string `json:"address"`
		Change  struct {
			After     any `json:"after"`
			Unknown   any `json:"after_unknown"`
			Sensitive any `json:"after_sensitive"`
		} `json:"change"`
	}
	configJSON struct {
		Resources []struct {
			Address     string         `json:"address"`
			Expressions map[string]any `json:"expressions"`
		} `json:"resources"`
		Calls map[string]struct {
			Module configJSON `json:"module"`
		} `json:"module_calls"`
	}
)

// decode keeps numbers as they are written.
func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}

// readPlan reads a plan. A note says why it cannot be.
func readPlan(f work.File) (*plan, *finding.Note) {
	data := bytes.TrimPrefix(f.Data, []byte("\ufeff"))
	fail := func(line int, why string) (*plan, *finding.Note) {
		n := work.Gap(f.Path, line, why)
		return nil, &n
	}
	var in planJSON
	var values valuesJSON
	err := decode(data, &in)
	if err == nil && len(in.PlannedValues) > 0 {
		err = decode(in.PlannedValues, &values)
	}
	if err != nil {
		var broken *json.SyntaxError
		if errors.As(err, &broken) {
			return fail(lineAt(data, int(broken.Offset)), "cannot be parsed: it is no JSON")
		}
		return fail(0, "is not a plan that can be read: not scanned")
	}
	r := &planReader{plan: &plan{}, changes: map[string]*changeJSON{}, exprs: map[string]map[string]any{}, suffixes: map[string]string{"": ""}}
	for i := range in.ResourceChanges {
		if c := &in.ResourceChanges[i]; r.changes[c.Address] == nil {
			r.changes[c.Address] = c
		}
	}
	r.configure("", in.Configuration.Root)
	r.module(values.Root)
	if r.count > maxPlanResources {
		return fail(0, fmt.Sprintf("has more than %d resources: not scanned", maxPlanResources))
	}
	if r.skipped > 0 {
		r.plan.notes = append(r.plan.notes, work.Gap(f.Path, 0, "has resources whose names cannot be read: they are not scanned"))
	}
	if in.Errored {
		r.plan.notes = append(r.plan.notes, work.Gap(f.Path, 0, "is the plan of a run that failed: what it does not hold is not scanned"))
	}
	lines := addressLines(data)
	for _, res := range r.plan.resources {
		res.line = lines[res.address]
	}
	return r.plan, nil
}

type planReader struct {
	plan     *plan
	changes  map[string]*changeJSON
	exprs    map[string]map[string]any // by the address without keys
	suffixes map[string]string         // by the address of the module
	count    int
	skipped  int
}

// configure notes the expressions of the resources of a module and of those
// that it calls.
func (r *planReader) configure(prefix string, c configJSON) {
	for _, res := range c.Resources {
		r.exprs[prefix+res.Address] = res.Expressions
	}
	for _, name := range sortedKeys(c.Calls) {
		r.configure(prefix+"module."+name+".", c.Calls[name].Module)
	}
}

// module reads the resources of a module and of those inside.
func (r *planReader) module(m moduleJSON) {
	if r.count += len(m.Resources); r.count > maxPlanResources {
		return
	}
	suffix, ok := r.suffixes[m.Address]
	if !ok {
		suffix = fmt.Sprintf("_m%d", len(r.suffixes))
		r.suffixes[m.Address] = suffix
	}
	for _, in := range m.Resources {
		kind := map[string]string{"managed": "resource", "data": "data"}[in.Mode]
		if kind == "" || !hclsyntax.ValidIdentifier(in.Type) || !hclsyntax.ValidIdentifier(in.Name) {
			r.skipped++
			continue
		}
		res := &planResource{address: in.Address, kind: kind, typ: in.Type, name: in.Name, label: in.Name + suffix, suffix: suffix, after: in.Values}
		r.sensitive(res, in.Values, in.Sensitive)
		if c := r.changes[in.Address]; c != nil {
			if after, ok := c.Change.After.(map[string]any); ok {
				res.after = after
			}
			res.unknown, _ = c.Change.Unknown.(map[string]any)
			r.sensitive(res, c.Change.After, c.Change.Sensitive)
		}
		res.exprs = r.exprs[withoutKeys(in.Address)]
		r.plan.resources = append(r.plan.resources, res)
	}
	for _, child := range m.Children {
		r.module(child)
	}
}

// sensitive notes the texts that are marked. A mark is true in the place of
// the value, or of what the value is in.
func (r *planReader) sensitive(res *planResource, value, mark any) {
	switch mark := mark.(type) {
	case bool:
		if mark {
			res.sensitive = true
			r.secret(value)
		}
	case map[string]any:
		object, _ := value.(map[string]any)
		for key, m := range mark {
			r.sensitive(res, object[key], m)
		}
	case []any:
		list, _ := value.([]any)
		for i, m := range mark {
			var v any
			if i < len(list) {
				v = list[i]
			}
			r.sensitive(res, v, m)
		}
	}
}

const (
	minSecret  = 3     // bytes; what is shorter is in every sentence
	maxSecrets = 1_000 // texts that messages are searched for
)

func (r *planReader) secret(v any) {
	switch v := v.(type) {
	case string:
		if len(v) >= minSecret && len(r.plan.secrets) < maxSecrets {
			r.plan.secrets = append(r.plan.secrets, v)
		}
	case []any:
		for _, e := range v {
			r.secret(e)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			r.secret(v[key])
		}
	}
}

// quotes reports whether a message holds a text that is marked as sensitive.
func (p *plan) quotes(message string) bool {
	for _, s := range p.secrets {
		if strings.Contains(message, s) {
			return true
		}
	}
	return len(p.secrets) == maxSecrets // there may be more
}
