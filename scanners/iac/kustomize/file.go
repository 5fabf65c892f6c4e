package kustomize

import (
	"path"
	"slices"
	"strconv"
	"strings"
)

// kustomization is what a kustomization file asks for.
type kustomization struct {
	path, dir string
	component bool

	resources, components   []*node // names of files and directories
	namespace               *node
	namePrefix, nameSuffix  *node
	labels                  []labels
	annotations             []field
	strategic, patches, ops []*patch // patchesStrategicMerge, patches, patchesJson6902
	images, replicas        []*node
	generators              []generator
	problems                []Problem
	lacks                   bool // objects that it would have
}

// labels are set together.
type labels struct {
	pairs                []field
	selectors, templates bool
}

// generator makes a ConfigMap or a Secret.
type generator struct {
	kind string
	n    *node
}

// patch is a patch that is not read yet.
type patch struct {
	at                   Place
	path                 string // of the file
	text                 *node  // else the patch itself
	target               *node
	allowName, allowKind bool
}

// ignored are the fields that change nothing that a check sees, or that are
// about kustomize itself.
var ignored = []string{
	"apiVersion", "kind", "metadata", "crds", "generatorOptions", "helmGlobals", "buildMetadata", "sortOptions", "validators",
}

// known are the fields that are read below.
var known = []string{
	"resources", "bases", "components", "namespace", "namePrefix", "nameSuffix", "labels", "commonLabels", "commonAnnotations",
	"images", "imageTags", "replicas", "patches", "patchesStrategicMerge", "patchesJson6902", "configMapGenerator", "secretGenerator",
}

// unsupported says what is left out for want of a field: objects, or details
// of them.
var unsupported = map[string]struct {
	gap bool
	why string
}{
	"helmCharts":                  {true, "charts are not rendered here: what they would add is not scanned"},
	"helmChartInflationGenerator": {true, "charts are not rendered here: what they would add is not scanned"},
	"generators":                  {true, "plugins are not run: what they would add is not scanned"},
	"transformers":                {true, "plugins are not run: what they would change is scanned as it was"},
	"replacements":                {false, "is not supported: the values are scanned as they were"},
	"vars":                        {false, "is not supported: the values are scanned as they were"},
	"configurations":              {false, "is not supported: the built-in settings are used"},
	"openapi":                     {false, "is not supported: the built-in schema is used"},
}

// isOther reports whether a document is an object of another program, such as
// Flux, that is in a file of the name of a kustomization.
func isOther(n *node) bool {
	version := n.string("apiVersion")
	return version != "" && !strings.HasPrefix(version, "kustomize.config.k8s.io/")
}

// newKustomization reads a file's document. What is not of the expected type
// is passed over, with a problem.
func newKustomization(p string, docs []*node) (*kustomization, error) {
	if len(docs) != 1 || docs[0].kind != object_ {
		return nil, errAt(0, "must be one document with fields")
	}
	n := docs[0]
	switch n.string("kind") {
	case "", "Kustomization", "Component":
	default:
		return nil, errAt(n.get("kind").at.Line, "has a kind other than Kustomization and Component")
	}
	k := &kustomization{path: p, dir: path.Dir(p), component: n.string("kind") == "Component"}
	k.resources = slices.Concat(k.scalars(n, "resources"), k.scalars(n, "bases"))
	k.components = k.scalars(n, "components")
	k.namespace, k.namePrefix, k.nameSuffix = k.scalar(n, "namespace"), k.scalar(n, "namePrefix"), k.scalar(n, "nameSuffix")
	for _, l := range k.objects(n, "labels") {
		k.labels = append(k.labels, labels{k.pairs(l, "pairs"), l.string("includeSelectors") == "true", l.string("includeTemplates") == "true"})
		if f := l.get("fields"); f != nil {
			k.problem(f, false, "labels: fields is not supported: only the built-in fields are set")
		}
	}
	if pairs := k.pairs(n, "commonLabels"); len(pairs) > 0 {
		k.labels = append(k.labels, labels{pairs, true, true})
	}
	k.annotations = k.pairs(n, "commonAnnotations")
	k.images = slices.Concat(k.objects(n, "images"), k.objects(n, "imageTags"))
	k.replicas = k.objects(n, "replicas")
	for _, s := range k.scalars(n, "patchesStrategicMerge") {
		if strings.Contains(s.text, "\n") {
			k.strategic = append(k.strategic, &patch{at: s.at, text: s})
		} else {
			k.strategic = append(k.strategic, &patch{at: s.at, path: s.text})
		}
	}
	k.patches, k.ops = k.patchList(n, "patches"), k.patchList(n, "patchesJson6902")
	for _, g := range k.objects(n, "configMapGenerator") {
		k.generators = append(k.generators, generator{"ConfigMap", g})
	}
	for _, g := range k.objects(n, "secretGenerator") {
		k.generators = append(k.generators, generator{"Secret", g})
	}
	for _, f := range n.fields {
		if u, ok := unsupported[f.name]; ok {
			k.problem(f.value, u.gap, f.name+": "+u.why)
			k.lacks = k.lacks || u.gap
		} else if !slices.Contains(ignored, f.name) && !slices.Contains(known, f.name) {
			k.problem(f.value, false, "an unknown field is passed over")
		}
	}
	return k, nil
}

func (k *kustomization) problem(n *node, gap bool, message string) {
	if len(k.problems) < maxProblems {
		k.problems = append(k.problems, Problem{Place{k.path, n.at.Line}, message, gap})
	}
}

// scalar returns a field that holds text, or nil.
func (k *kustomization) scalar(n *node, name string) *node {
	v := n.get(name)
	if v == nil || v.isNull() || v.kind == scalar && v.text == "" {
		return nil
	}
	if v.kind != scalar {
		k.problem(v, true, name+": must be text and is passed over")
		return nil
	}
	return v
}

// each returns the items of a field that are of a kind.
func (k *kustomization) each(n *node, name string, of kind, must string) []*node {
	v := n.get(name)
	if v == nil || v.isNull() {
		return nil
	}
	if v.kind != list {
		k.problem(v, true, name+": must be a list and is passed over")
		return nil
	}
	var out []*node
	for _, item := range v.items {
		if item.kind != of || item.isNull() {
			k.problem(item, true, name+": an item must be "+must+" and is passed over")
			continue
		}
		out = append(out, item)
	}
	return out
}

func (k *kustomization) scalars(n *node, name string) []*node {
	return k.each(n, name, scalar, "text")
}

func (k *kustomization) objects(n *node, name string) []*node {
	return k.each(n, name, object_, "an object")
}

// pairs returns the fields of a field that hold text.
func (k *kustomization) pairs(n *node, name string) []field {
	v := n.get(name)
	if v == nil {
		return nil
	}
	var out []field
	for _, f := range v.fields {
		if f.value.kind == scalar {
			out = append(out, field{f.name, str(f.value.text, f.value.at), f.at})
		}
	}
	return out
}

// patchList reads the patches of a field.
func (k *kustomization) patchList(n *node, name string) []*patch {
	var out []*patch
	for _, item := range k.objects(n, name) {
		p := &patch{at: item.at, path: item.string("path"), target: item.get("target")}
		p.allowName, _ = strconv.ParseBool(item.string("options", "allowNameChange"))
		p.allowKind, _ = strconv.ParseBool(item.string("options", "allowKindChange"))
		if p.path == "" {
			p.text = k.scalar(item, "patch")
		}
		if p.text == nil && p.path == "" {
			k.problem(item, true, name+": an item has neither a path nor a patch and is passed over")
			continue
		}
		if p.target != nil && p.target.kind != object_ {
			k.problem(item, true, name+": the target must be an object; the patch is passed over")
			continue
		}
		out = append(out, p)
	}
	return out
}
