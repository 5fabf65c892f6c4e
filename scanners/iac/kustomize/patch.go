package kustomize

import (
	"path"
	"slices"
)

// patch applies a patch: operations, if it is a list, else objects to merge.
// One that cannot be applied is a problem, and the objects stay as they are.
func (b *build) patch(p *patch, objects []*object) ([]*object, error) {
	docs, err := b.patchDocs(p)
	if stop(err) {
		return nil, err
	}
	if err != nil {
		at := p.at
		if p.path == "" && lineOf(err) > 0 {
			at.Line = lineOf(err)
		}
		b.problem(at, true, "a patch is not applied: it "+err.Error())
		return objects, nil
	}
	var sel *selector
	if p.target != nil {
		if err := b.spend(10 * stepsOfMatch); err != nil {
			return nil, err
		}
		if sel, err = newSelector(p.target); err != nil {
			b.problem(Place{p.at.Path, lineOf(err)}, true, "a patch is not applied: "+err.Error())
			return objects, nil
		}
	}
	if len(docs) == 1 && docs[0].kind == list {
		if sel == nil {
			b.problem(p.at, true, "a patch is not applied: it needs a target")
			return objects, nil
		}
		return b.operate(p, docs[0], sel, objects)
	}
	for _, doc := range docs {
		if doc.kind != object_ {
			b.problem(p.at, true, "a patch is not applied: it is neither an object nor a list")
			continue
		}
		if objects, err = b.mergeInto(p, doc, sel, objects); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// patchDocs reads a patch.
func (b *build) patchDocs(p *patch) ([]*node, error) {
	if p.path == "" {
		// Its lines are those below the mark of a block, else all one.
		if p.text.block {
			return b.documents([]byte(p.text.text), p.text.at)
		}
		return b.documents([]byte(p.text.text), Place{p.text.at.Path, p.text.at.Line - 1})
	}
	file, inside := within(path.Dir(p.at.Path), p.path)
	if !inside {
		return nil, errAt(0, "is outside of the scanned tree")
	}
	docs, err := b.parse(file)
	if err == nil {
		b.covered[file] = true
	}
	return docs, err
}

// look pays for a look at what an object is called.
func (b *build) look(o *object, sel *selector) error {
	meta := o.root.get("metadata")
	cost := 10 + len(o.was) + len(o.root.fields)
	if meta != nil {
		cost += len(meta.fields)
	}
	if sel != nil {
		for name, wanted := range map[string][]requirement{"labels": sel.labels, "annotations": sel.annotations} {
			if pairs := meta.get(name); pairs != nil {
				cost += len(wanted) * len(pairs.fields)
			}
		}
		cost += 2 * stepsOfMatch
	}
	return b.spend(cost)
}

// chosen returns the objects that a patch is for.
func (b *build) chosen(sel *selector, objects []*object, this id) ([]*object, error) {
	var out []*object
	for _, o := range objects {
		if err := b.look(o, sel); err != nil {
			return nil, err
		}
		if sel != nil && sel.matches(o) || sel == nil && o.is(this) {
			out = append(out, o)
		}
	}
	return out, nil
}

// operate applies operations to each object that the target selects.
func (b *build) operate(p *patch, ops *node, sel *selector, objects []*object) ([]*object, error) {
	chosen, err := b.chosen(sel, objects, id{})
	if err != nil {
		return nil, err
	}
	b.pointless(p, chosen)
	for _, o := range chosen {
		root, err := b.operations(o.root, ops)
		if stop(err) {
			return nil, err
		}
		if err != nil {
			b.problem(Place{ops.at.Path, max(lineOf(err), 0)}, true, "a patch is not applied: "+err.Error())
			continue
		}
		o.remember()
		o.root, o.patched = root, true
	}
	return objects, nil
}

// mergeInto merges a patch into each object that its target selects, or that
// it names itself.
func (b *build) mergeInto(p *patch, doc *node, sel *selector, objects []*object) ([]*object, error) {
	chosen, err := b.chosen(sel, objects, identity(doc))
	if err != nil {
		return nil, err
	}
	b.pointless(p, chosen)
	gone := map[*object]bool{}
	for _, o := range chosen {
		was := identity(o.root)
		m := merger{purse: &b.purse, keys: hasSchema(was)}
		root, err := m.merge(o.root, doc, way{kind: was.kind}, 0)
		if err != nil {
			return nil, err
		}
		if root == nil {
			gone[o] = true
			continue
		}
		o.remember()
		root = keep(root, o.root, "apiVersion")
		if !p.allowKind {
			root = keep(root, o.root, "kind")
		}
		if meta, old := root.get("metadata"), o.root.get("metadata"); meta != nil && old != nil {
			if !p.allowName {
				meta = keep(meta, old, "name")
			}
			root = root.with("metadata", keep(meta, old, "namespace"))
		}
		o.root, o.patched = root, true
	}
	if len(gone) == 0 {
		return objects, nil
	}
	return slices.DeleteFunc(slices.Clone(objects), func(o *object) bool { return gone[o] }), nil
}

// keep returns n with a field as it is in old.
func keep(n, old *node, name string) *node {
	v := old.get(name)
	switch {
	case v == nil:
		return n.without(name)
	case n.get(name) == v:
		return n
	}
	return n.with(name, v)
}

// pointless notes a patch that is for nothing that is there, unless something
// is missing anyway.
func (b *build) pointless(p *patch, chosen []*object) {
	if len(chosen) == 0 && !b.partial {
		b.problem(p.at, false, "a patch is for no resource that is there")
	}
}
