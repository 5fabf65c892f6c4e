package cloudformation

import (
	"slices"
	"strconv"
)

// given is a value given from outside, of the type that the engine
// gives to it.
func given(value, typ string) *node {
	n := &node{tag: "!!str", text: value}
	switch typ {
	case "Boolean":
		yes, _ := strconv.ParseBool(value)
		n.tag, n.text = "!!bool", strconv.FormatBool(yes)
	case "Integer":
		i, _ := strconv.Atoi(value)
		n.tag, n.text = "!!int", strconv.Itoa(i)
	}
	return n
}

// settled makes a string of a scalar that is none of those that the engine
// deals with.
func settled(n *node) *node {
	keep := n.tag == "!!bool" || n.tag == "!!str" || n.tag == "!!null"
	if n.tag == "!!int" {
		_, err := strconv.Atoi(n.text)
		keep = err == nil
	}
	if n.tag == "!!float" {
		_, err := strconv.ParseFloat(n.text, 64)
		keep = err == nil
	}
	if keep {
		return n
	}
	out := *n
	out.tag = "!!str"
	return &out
}

// settledAll settles all scalars of a value.
func settledAll(n *node) *node {
	if n.kind == scalar {
		return settled(n)
	}
	out := *n
	out.pairs = slices.Clone(n.pairs)
	for i := range out.pairs {
		out.pairs[i].value = settledAll(out.pairs[i].value)
	}
	out.items = slices.Clone(n.items)
	for i := range out.items {
		out.items[i] = settledAll(out.items[i])
	}
	return &out
}
