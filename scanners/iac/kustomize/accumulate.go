package kustomize

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
)

// object is a resource on its way through the kustomizations.
type object struct {
	root    *node
	at      Place
	was     []id // what it was called before, the first name first
	patched bool
}

// accumulate gathers the objects of a kustomization and applies to them what
// it says. A component does that to the objects of the one that names it.
func (b *build) accumulate(k *kustomization, objects []*object, stack []string) ([]*object, error) {
	if err := b.spend(100); err != nil {
		return nil, err
	}
	stack = append(slices.Clip(stack), k.dir)
	b.visited[k.dir] = true
	b.covered[k.path] = true
	b.partial = b.partial || k.lacks
	for _, p := range k.problems {
		b.problem(p.Place, p.Gap, p.Message)
	}
	for _, entry := range k.resources {
		more, err := b.resource(k, entry, stack)
		if err != nil {
			return nil, err
		}
		objects = append(objects, more...)
	}
	for _, g := range k.generators {
		var err error
		if objects, err = b.generate(g, objects); err != nil {
			return nil, err
		}
	}
	for _, entry := range k.components {
		child, err := b.directory(k, entry, stack)
		if err != nil {
			return nil, err
		}
		if child == nil {
			continue
		}
		if !child.component {
			b.lack(entry, "a component is not of kind Component and is left out")
			continue
		}
		if objects, err = b.accumulate(child, objects, stack); err != nil {
			return nil, err
		}
	}
	return b.transform(k, objects)
}

// resource returns the objects that an entry of resources stands for.
func (b *build) resource(k *kustomization, entry *node, stack []string) ([]*object, error) {
	p, inside := within(k.dir, entry.text)
	if !inside || b.dirs[p] != nil || b.broken[p] {
		child, err := b.directory(k, entry, stack)
		if err != nil || child == nil {
			return nil, err
		}
		if child.component {
			b.lack(entry, "a resource is a component and is left out")
			return nil, nil
		}
		return b.accumulate(child, nil, stack)
	}
	docs, err := b.parse(p)
	if stop(err) {
		return nil, err
	}
	if err != nil {
		switch why := err.Error(); {
		case remote.MatchString(entry.text):
			b.lack(entry, "a resource is remote: it is not fetched, and not scanned")
		case lineOf(err) > 0:
			b.problem(Place{p, lineOf(err)}, true, why)
			b.lack(entry, "a resource is left out: it "+why)
		default:
			b.lack(entry, "a resource is left out: it "+why)
		}
		return nil, nil
	}
	var out []*object
	for _, n := range docs {
		found, err := b.flatten(n, 0)
		if err != nil {
			return nil, err
		}
		for _, n := range found {
			if n.string("kind") == "" || n.string("apiVersion") == "" {
				b.problem(n.at, false, "a resource has no kind or no apiVersion and is passed over")
				continue
			}
			out = append(out, &object{root: n, at: n.at})
		}
	}
	b.covered[p] = true
	return out, nil
}

// flatten returns the items of a List, or the object itself.
func (b *build) flatten(n *node, depth int) ([]*node, error) {
	if err := b.spend(1); err != nil {
		return nil, err
	}
	items := n.get("items")
	if !strings.HasSuffix(n.string("kind"), "List") || items == nil || items.kind != list || depth > maxDepth {
		return []*node{n}, nil
	}
	var out []*node
	for _, item := range items.items {
		more, err := b.flatten(item, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// directory returns the kustomization that an entry names, or nil and a
// problem.
func (b *build) directory(k *kustomization, entry *node, stack []string) (*kustomization, error) {
	p, inside := within(k.dir, entry.text)
	child := b.dirs[p]
	switch {
	case remote.MatchString(entry.text) && (!inside || child == nil):
		b.lack(entry, "a base is remote: it is not fetched, and not scanned")
	case !inside:
		b.lack(entry, "a base is outside of the scanned tree and is left out")
	case b.broken[p]:
		b.lack(entry, "a kustomization cannot be built and is left out")
	case child == nil:
		b.lack(entry, "a directory has no kustomization that can be read and is left out")
	case slices.Contains(stack, p):
		b.lack(entry, "a kustomization refers to itself")
	case len(stack) >= maxNested:
		b.lack(entry, "kustomizations are nested too deep; the rest is left out")
	default:
		return child, nil
	}
	return nil, nil
}

// lack notes that something is not there that should be.
func (b *build) lack(n *node, message string) {
	b.partial = true
	b.problem(n.at, true, message)
}

// remote is what kustomize would fetch: a URL, an scp-like address, a host
// with a path, anything with a reference or a subdirectory of a repository.
var remote = regexp.MustCompile(`://|^git(@|::)|^(gh:|github\.com[:/])|^[a-z0-9-]+(\.[a-z0-9-]+)+[:/].*(\.git|//)|[?&](ref|version|timeout|submodules)=|^[\w.-]+@[\w.-]+:`)

// stop reports whether an error ends the building of the root.
func stop(err error) bool {
	return errors.Is(err, errSpent) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
