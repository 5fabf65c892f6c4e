package kustomize

import (
	"slices"
	"strings"
)

// An edit returns a changed copy: of the nodes on the way to what it changes,
// and of nothing else.

// with returns n with a field of the given value, which replaces one of that
// name.
func (n *node) with(name string, v *node) *node {
	c := *n
	c.kind = object_
	if i := n.index(name); i >= 0 {
		c.fields = slices.Clone(n.fields)
		c.fields[i].value = v
	} else {
		c.fields = append(slices.Clip(n.fields), field{name, v, v.at})
	}
	return &c
}

// without returns n without a field.
func (n *node) without(name string) *node {
	i := n.index(name)
	if i < 0 {
		return n
	}
	c := *n
	c.fields = slices.Delete(slices.Clone(n.fields), i, i+1)
	return &c
}

// withItems returns a list of other items.
func (n *node) withItems(items []*node) *node {
	c := *n
	c.items = items
	return &c
}

// making says what setAt makes of a path that is not there.
type making uint8

const (
	nothing making = iota // the value is replaced, if there is one
	last                  // the value
	all                   // the objects on the way, too; not the lists
)

// setAt returns n with a value at the end of a path of names, through every
// item where the path meets a list; a name that ends in [] is that of a list.
// What cannot have fields stays as it is.
func (p *purse) setAt(n *node, names []string, v *node, make_ making) (*node, error) {
	if err := p.spend(1 + len(n.fields) + len(n.items)); err != nil {
		return nil, err
	}
	if n.kind == list {
		items := make([]*node, len(n.items))
		for i, item := range n.items {
			var err error
			if items[i], err = p.setAt(item, names, v, make_); err != nil {
				return nil, err
			}
		}
		return n.withItems(items), nil
	}
	if n.kind != object_ {
		return n, nil
	}
	name, isList := strings.CutSuffix(names[0], "[]")
	next := n.get(name)
	if len(names) == 1 {
		if next == nil && make_ == nothing {
			return n, nil
		}
		return n.with(name, v), nil
	}
	if next == nil || next.isNull() {
		if make_ != all || isList {
			return n, nil
		}
		next = &node{kind: object_, at: v.at}
	}
	next, err := p.setAt(next, names[1:], v, make_)
	if err != nil {
		return nil, err
	}
	return n.with(name, next), nil
}
