package kustomize

import (
	"path"
	"slices"
	"strings"
)

// generate adds a ConfigMap or Secret with its keys, whose values nobody needs
// to see here, or adds the keys to the one that is there. The keys that come
// from a file of variables are not known.
func (b *build) generate(g generator, objects []*object) ([]*object, error) {
	at := g.n.at
	name, ns := g.n.string("name"), g.n.string("namespace")
	if name == "" {
		b.problem(at, true, "a generator has no name and is left out")
		return objects, nil
	}
	this := id{version: "v1", kind: g.kind, name: name, namespace: effective("", g.kind, ns)}
	var old *object
	for _, o := range objects {
		if err := b.look(o, nil); err != nil {
			return nil, err
		}
		if o.is(this) {
			old = o
		}
	}
	merge := old != nil && g.n.string("behavior") == "merge"
	data := &node{kind: object_, at: at}
	if had := old.data(); merge && had != nil && had.kind == object_ {
		data = had
	}
	fields := slices.Clone(data.fields)
	seen := map[string]bool{}
	for _, f := range fields {
		seen[f.name] = true
	}
	for _, from := range []string{"literals", "files"} {
		v := g.n.get(from)
		if v == nil {
			continue
		}
		for _, item := range v.items {
			if err := b.spend(1); err != nil {
				return nil, err
			}
			key, _, named := strings.Cut(item.text, "=")
			if !named && from == "files" {
				key = path.Base(key)
			}
			if key != "" && !seen[key] {
				seen[key] = true
				fields = append(fields, field{key, str("", item.at), item.at})
			}
		}
	}
	data = &node{kind: object_, at: data.at, fields: fields}
	if old != nil {
		old.root, old.patched = old.root.with("data", data), true
		return objects, nil
	}
	meta := (&node{kind: object_, at: at}).with("name", str(name, at))
	if ns != "" {
		meta = meta.with("namespace", str(ns, at))
	}
	root := (&node{kind: object_, at: at}).with("apiVersion", str("v1", at)).with("kind", str(g.kind, at)).with("metadata", meta)
	if len(fields) > 0 {
		root = root.with("data", data)
	}
	return append(objects, &object{root: root, at: at}), nil
}

// data returns the field of that name of an object that may not be there.
func (o *object) data() *node {
	if o == nil {
		return nil
	}
	return o.root.get("data")
}
