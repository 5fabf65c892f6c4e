package kustomize

import (
	"slices"
	"strconv"
	"strings"
)

// operations applies the operations of RFC 6902 to a value, all of them or,
// with an error that names the line, none.
func (b *build) operations(n *node, ops *node) (*node, error) {
	for _, op := range ops.items {
		next, err := b.operation(n, op)
		if stop(err) {
			return nil, err
		}
		if err != nil {
			return nil, errAt(op.at.Line, "%s", err)
		}
		n = next
	}
	return n, nil
}

func (b *build) operation(n, op *node) (*node, error) {
	to, err := pointer(op, "path")
	if err != nil {
		return nil, err
	}
	what := op.string("op")
	value := op.get("value")
	switch what {
	case "add", "replace", "test":
		if value == nil {
			return nil, errAt(0, "an operation has no value")
		}
	case "move", "copy":
		from, err := pointer(op, "from")
		if err != nil {
			return nil, err
		}
		if value = b.follow(n, from); value == nil {
			return nil, errAt(0, "an operation is about something that is not there")
		}
		if what == "move" {
			if n, err = b.point(n, from, "remove", nil); err != nil {
				return nil, err
			}
		}
		what = "add"
	case "remove":
	default:
		return nil, errAt(0, "an operation is not one of add, remove, replace, move, copy and test")
	}
	if what == "test" {
		return n, nil // who writes a test means it to hold
	}
	if len(to) == 0 {
		if value == nil || value.kind != object_ {
			return nil, errAt(0, "an operation leaves no object")
		}
		return value, nil
	}
	return b.point(n, to, what, value)
}

// pointer reads a JSON pointer.
func pointer(op *node, name string) ([]string, error) {
	v := op.get(name)
	if v == nil || v.kind != scalar {
		return nil, errAt(0, "an operation has no %s", name)
	}
	if v.text == "" {
		return nil, nil
	}
	names := strings.Split(v.text, "/")[1:]
	if v.text[0] != '/' || len(names) > maxDepth {
		return nil, errAt(0, "an operation has a %s that is not a pointer", name)
	}
	for i := range names {
		names[i] = strings.ReplaceAll(strings.ReplaceAll(names[i], "~1", "/"), "~0", "~")
	}
	return names, nil
}

// follow returns what a pointer leads to, or nil.
func (p *purse) follow(n *node, names []string) *node {
	for _, name := range names {
		if n == nil || p.spend(1+len(n.fields)) != nil {
			return nil
		}
		if n.kind != list {
			n = n.get(name)
			continue
		}
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(n.items) {
			return nil
		}
		n = n.items[i]
	}
	return n
}

// point returns n with an operation done at the end of a pointer.
func (b *build) point(n *node, names []string, what string, value *node) (*node, error) {
	if err := b.spend(1 + len(n.fields) + len(n.items)); err != nil {
		return nil, err
	}
	missing := errAt(0, "an operation is about something that is not there")
	switch n.kind {
	case object_:
		next := n.get(names[0])
		switch {
		case next == nil && (len(names) > 1 || what != "add"):
			return nil, missing
		case len(names) > 1:
			next, err := b.point(next, names[1:], what, value)
			if err != nil {
				return nil, err
			}
			return n.with(names[0], next), nil
		case what == "remove":
			return n.without(names[0]), nil
		}
		return n.with(names[0], value), nil
	case list:
		i, err := strconv.Atoi(names[0])
		if names[0] == "-" && len(names) == 1 && what == "add" {
			i, err = len(n.items), nil
		}
		if err != nil || i < 0 || i > len(n.items) || i == len(n.items) && (len(names) > 1 || what != "add") {
			return nil, missing
		}
		items := slices.Clone(n.items)
		switch {
		case len(names) > 1:
			if items[i], err = b.point(items[i], names[1:], what, value); err != nil {
				return nil, err
			}
		case what == "add":
			items = slices.Insert(items, i, value)
		case what == "remove":
			items = slices.Delete(items, i, i+1)
		default:
			items[i] = value
		}
		return n.withItems(items), nil
	}
	return nil, missing
}
