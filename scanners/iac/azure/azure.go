// Package azure has templates of Azure Resource Manager judged, which people
// write, or Bicep compiles to.
package azure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aquasecurity/trivy/pkg/iac/adapters/arm"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/azure"
	tlog "github.com/aquasecurity/trivy/pkg/log"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/jsondoc"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/text"
)

// prepare silences the engine, which logs what it does not understand.
var prepare = sync.OnceFunc(func() { tlog.InitLogger(false, true) })

// Judge judges a template, and the templates that are nested in it. A file
// that is none gives nothing; one that cannot be parsed is a gap. A resource
// that the engine cannot digest is a gap, and the others are judged.
func Judge(ctx context.Context, checks *check.Set, f work.File) (work.Outcome, error) {
	prepare()
	root, err := jsondoc.Parse(f.Data)
	if err != nil {
		line, why := jsondoc.Place(err)
		return work.OnlyGap(f.Path, line, "cannot be parsed: "+why), nil
	}
	if root.Kind != jsondoc.Object || root.Get("resources") == nil {
		return work.Outcome{}, nil
	}
	r := &reader{path: f.Path, names: map[string]string{}}
	r.template(root, "", nil)
	if r.values > maxValues {
		return work.OnlyGap(f.Path, 0, fmt.Sprintf("the resources have more than %d values; not scanned", maxValues)), nil
	}
	var out work.Outcome
	for _, d := range r.deployments {
		if ctx.Err() != nil {
			return work.Outcome{}, ctx.Err()
		}
		r.thin(&d)
		value, err := r.describe(ctx, &d)
		if err != nil {
			return work.Outcome{}, err
		}
		verdicts, err := checks.Judge(ctx, check.Input{Source: check.Cloud, Path: f.Path, Value: value})
		if err != nil {
			return work.Outcome{}, err
		}
		for _, v := range verdicts {
			out.Results = append(out.Results, r.result(v))
		}
	}
	slices.SortStableFunc(out.Results, work.CompareResults)
	out.Notes = work.SortNotes(r.notes)
	return out, nil
}

// describe has the engine describe what a template asks for. Resources that it
// gives up on are taken out.
func (r *reader) describe(ctx context.Context, d *azure.Deployment) (any, error) {
	value, err := adapt(ctx, *d)
	if err == nil {
		return value, nil
	}
	all := d.Resources
	d.Resources = nil
	for _, one := range all {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		alone := *d
		alone.Resources = []azure.Resource{one}
		if _, err := adapt(ctx, alone); err != nil {
			r.gap(one.Metadata.Range().GetStartLine(), "the engine gave up on this resource; it is not scanned")
			continue
		}
		d.Resources = append(d.Resources, one)
	}
	if value, err = adapt(ctx, *d); err != nil {
		r.gap(d.Metadata.Range().GetStartLine(), "the engine gave up on this template; it is not scanned")
		return nil, nil
	}
	return value, nil
}

// adapt never panics: the engine does, on some of what can be written.
func adapt(ctx context.Context, d azure.Deployment) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			value, err = nil, errors.New("the engine gave up on it")
		}
	}()
	return arm.Adapt(ctx, d).ToRego(), nil
}

// everywhere are the types whose resources the engine repeats in every
// resource of another type in the template.
var everywhere = map[string]string{
	"Microsoft.Network/networkSecurityGroups/securityRules": "Microsoft.Network/networkSecurityGroups",
	"Microsoft.Sql/servers/extendedAuditingSettings":        "Microsoft.Sql/servers",
	"Microsoft.Sql/servers/securityAlertPolicies":           "Microsoft.Sql/servers",
	"Microsoft.DBforPostgreSQL/servers/configurations":      "Microsoft.DBforPostgreSQL/servers",
	"Microsoft.KeyVault/vaults/keys":                        "Microsoft.KeyVault/vaults",
	"Microsoft.KeyVault/vaults/secrets":                     "Microsoft.KeyVault/vaults",
}

// thin takes resources out of a template where they would be repeated too
// often. Each is judged all the same while one is left to repeat it in.
func (r *reader) thin(d *azure.Deployment) {
	weight := map[string]int{} // by type: the values of all resources
	for i := range d.Resources {
		typ := d.Resources[i].Type.AsString()
		if everywhere[typ] != "" {
			weight[everywhere[typ]] += 1 + elements(d.Resources[i].Properties)/8
		}
	}
	kept := map[string]int{}
	var out []azure.Resource
	for _, res := range d.Resources {
		typ := res.Type.AsString()
		if w := weight[typ]; w > 0 {
			if kept[typ] > 0 && (kept[typ]+1)*w > maxPairs {
				r.gap(res.Metadata.Range().GetStartLine(), "there are too many resources of this type beside those that belong to them; it is not scanned")
				continue
			}
			kept[typ]++
		}
		out = append(out, res)
	}
	d.Resources = out
}

// elements counts the values in v.
func elements(v azure.Value) int {
	n := 1
	for _, item := range v.AsMap() {
		n += elements(item)
	}
	for _, item := range v.AsList() {
		n += elements(item)
	}
	return n
}

// result says where in the file a verdict belongs.
func (r *reader) result(v check.Verdict) work.Result {
	out := work.Result{
		Verdict:   v,
		Framework: work.AzureARM,
		Location:  finding.Location{Path: r.path, StartLine: v.Cause.Start, EndLine: v.Cause.End},
	}
	for c := &v.Cause; c != nil; c = c.Parent {
		if name, ok := r.names[c.Resource]; ok {
			out.Resource = name
			out.Part = text.OneLine(strings.TrimPrefix(strings.TrimPrefix(v.Cause.Resource, c.Resource), "."), 300)
			break
		}
	}
	return out
}
