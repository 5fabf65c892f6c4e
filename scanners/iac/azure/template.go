package azure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/aquasecurity/trivy/pkg/iac/scanners/azure"
	"github.com/aquasecurity/trivy/pkg/iac/types"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/jsondoc"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/text"
)

// The engine's parser loses the place of every value but the first on a line,
// and passes over what has no place; it does not know templates whose
// resources have symbolic names, and does not look into nested ones. So the
// engine's description of a template is made here, from a tree that has all
// lines, and only its adapters are used.
//
// Expressions are left as they are, as the engine does: nothing is evaluated.

// isSchema reports whether an address is that of a schema for deployment
// templates, of whatever scope.
func isSchema(address string) bool {
	address, _, _ = strings.Cut(strings.ToLower(address), "#")
	return strings.Contains(address, "schema.management.azure.com/schemas/") &&
		strings.HasSuffix(address, "deploymenttemplate.json")
}

// Bounds to what Azure takes, with room to spare.
const (
	maxResources = 2_000   // of a file, with nested templates; Azure takes 800 in one
	maxPairs     = 5_000   // resources that are repeated in others
	maxValues    = 100_000 // of all resources
)

// reader makes descriptions of the templates in a file.
type reader struct {
	path        string
	deployments []azure.Deployment
	names       map[string]string // of resources, by their reference
	resources   int
	values      int
	full        bool
	notes       []finding.Note
}

func (r *reader) gap(line int, message string) {
	r.notes = append(r.notes, work.Gap(r.path, line, message))
}

// metadata is the place of a value within another.
func (r *reader) metadata(n *jsondoc.Node, ref string, parent *types.Metadata) *types.Metadata {
	m := types.NewMetadata(types.NewRange(r.path, n.Start, n.End, "", nil), ref)
	m.SetParentPtr(parent)
	return &m
}

// template adds a template, and those that are nested in it.
func (r *reader) template(n *jsondoc.Node, ref string, parent *types.Metadata) {
	here := r.metadata(n, ref, parent)
	d := azure.Deployment{Metadata: *here, TargetScope: azure.ScopeResourceGroup}
	i := len(r.deployments)
	r.deployments = append(r.deployments, d)
	d.Resources = r.list(n.Get("resources"), join(ref, "resources"), here, false)
	r.deployments[i] = d
}

// list reads resources, which are in a list, or in an object by their symbolic
// names.
func (r *reader) list(n *jsondoc.Node, ref string, parent *types.Metadata, child bool) []azure.Resource {
	if n == nil {
		return nil
	}
	var out []azure.Resource
	add := func(v *jsondoc.Node, ref string) {
		switch {
		case r.full:
		case v.Kind != jsondoc.Object:
			r.gap(v.Start, "a resource is not an object; it is not scanned")
		case r.resources == maxResources:
			r.full = true
			r.gap(v.Start, fmt.Sprintf("there are more than %d resources; the rest is not scanned", maxResources))
		case isTrue(v.Get("existing")): // is only referred to
		default:
			r.resources++
			out = append(out, r.resource(v, ref, parent))
		}
	}
	switch n.Kind {
	case jsondoc.Array:
		for i, v := range n.Items {
			add(v, ref+"["+strconv.Itoa(i)+"]")
		}
	case jsondoc.Object:
		for _, m := range n.Members {
			add(m.Value, join(ref, m.Name))
		}
	case jsondoc.Null:
	default:
		if !child {
			r.gap(n.Start, "the resources are neither a list nor an object; they are not scanned")
		}
	}
	return out
}

func isTrue(n *jsondoc.Node) bool { return n != nil && n.Kind == jsondoc.Bool && n.Text == "true" }

func (r *reader) resource(n *jsondoc.Node, ref string, parent *types.Metadata) azure.Resource {
	here := r.metadata(n, ref, parent)
	get := func(name string) azure.Value {
		if v := n.Get(name); v != nil {
			return r.value(v, join(ref, name), here)
		}
		return azure.Value{}
	}
	typ, name := stringOf(n.Get("type")), stringOf(n.Get("name"))
	r.names[ref] = text.OneLine(strings.Trim(typ+"/"+name, "/"), 300)
	out := azure.Resource{
		Metadata: *here, APIVersion: get("apiVersion"), Type: get("type"), Kind: get("kind"),
		Name: get("name"), Location: get("location"),
		Resources: r.list(n.Get("resources"), join(ref, "resources"), here, true),
	}
	if strings.EqualFold(typ, "Microsoft.Resources/deployments") {
		properties := n.Get("properties")
		if inner := properties.Get("template"); inner != nil && inner.Kind == jsondoc.Object {
			r.template(inner, join(ref, "properties.template"), here)
		} else if link := properties.Get("templateLink"); link != nil {
			r.notes = append(r.notes, finding.Note{Level: finding.Information, Path: r.path, Line: link.Start, Message: "a linked template is not followed; not scanned from here"})
		}
		return out // nothing else of it is judged
	}
	out.Properties = get("properties")
	return out
}

func stringOf(n *jsondoc.Node) string {
	if n == nil || n.Kind != jsondoc.String {
		return ""
	}
	return n.Text
}

// value is a value as the engine describes it.
func (r *reader) value(n *jsondoc.Node, ref string, parent *types.Metadata) azure.Value {
	here := r.metadata(n, ref, parent)
	r.values++
	switch n.Kind {
	case jsondoc.Object:
		list := make(map[string]azure.Value, len(n.Members))
		for _, m := range n.Members {
			list[m.Name] = r.value(m.Value, join(ref, m.Name), here)
		}
		return azure.NewValue(list, *here)
	case jsondoc.Array:
		list := make([]azure.Value, len(n.Items))
		for i, item := range n.Items {
			list[i] = r.value(item, ref+"["+strconv.Itoa(i)+"]", here)
		}
		return azure.NewValue(list, *here)
	case jsondoc.String:
		if strings.HasPrefix(n.Text, "[") && !strings.HasPrefix(n.Text, "[[") && strings.HasSuffix(n.Text, "]") {
			return azure.NewExprValue(n.Text[1:len(n.Text)-1], *here)
		}
		return azure.NewValue(n.Text, *here)
	case jsondoc.Number:
		return azure.NewValue(integer(n.Text), *here)
	case jsondoc.Bool:
		return azure.NewValue(n.Text == "true", *here)
	}
	var null azure.Value // the engine has a kind for null, but gives it to nothing that is read
	null.SetMetadata(here)
	return null
}

// integer is a number without its fraction: the engine knows whole numbers
// only, and panics on others.
func integer(text string) int64 {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || math.IsNaN(f):
		return 0
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f <= math.MinInt64:
		return math.MinInt64
	}
	return int64(f)
}

// join names a value within another.
func join(ref, name string) string {
	if ref == "" {
		return name
	}
	return ref + "." + name
}
