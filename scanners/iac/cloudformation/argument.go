package cloudformation

import (
	"strconv"
	"strings"
)

func (b *bounds) ref(c call) extent {
	x := extent{cost: b.lookup, size: 64}
	if name, ok := c.arg.literal(); ok {
		x.size += float64(len(name))
		if p := b.t.parameters[name]; p != nil && p.value != nil {
			x.size += float64(len(p.value.text))
			x.dollar = strings.Contains(p.value.text, "${")
		}
		return x
	}
	// The name is computed; it may be that of any parameter.
	arg := b.of(c.arg)
	for _, p := range b.t.parameters {
		if p.value != nil {
			x.size = max(x.size, 64+float64(len(p.value.text)))
		}
	}
	return extent{cost: x.cost + 2*arg.cost, size: x.size + arg.size, dollar: true}
}

func (b *bounds) getAtt(c call) (extent, string) {
	id, attribute, ok := c.target()
	if !ok {
		return extent{}, "the name of an attribute is computed; its value is not known"
	}
	x := extent{cost: b.lookup, size: float64(len(id))}
	if r := b.t.resource(id); r != nil {
		if v := r.properties.get(attribute); v != nil {
			if id == b.owner && b.depth == 1 {
				return x, "a resource refers to a property of its own; what it comes to is not known"
			}
			x = b.of(v)
			x.cost = 2*x.cost + b.lookup
			x.size += float64(len(id))
		}
	}
	return x, ""
}

func (b *bounds) split(c call) extent {
	x := b.of(c.arg)
	delimiter := 0
	if items := c.args(); len(items) == 2 {
		if text, ok := items[0].literal(); ok {
			delimiter = len(text)
		}
	}
	parts := x.size + 1
	if delimiter > 0 {
		parts = 1 + x.size/float64(delimiter)
		if text, ok := c.args()[1].literal(); ok {
			parts = 1 + float64(strings.Count(text, c.args()[0].text))
		}
	}
	return extent{cost: 2*x.cost + min(parts, x.size+1), size: x.size, parts: min(parts, x.size+1), dollar: x.dollar}
}

// choice bounds Fn::If. The condition is the name of one, or computed by what
// can only be true or false.
func (b *bounds) choice(c call) (extent, string) {
	items := c.args()
	if len(items) != 3 {
		x := b.of(c.arg)
		x.cost *= 4
		return x, ""
	}
	var x extent
	if name, ok := items[0].literal(); ok {
		if def := b.t.conditions[name]; def != nil {
			x = b.of(def)
		}
	} else if name, _, ok := function(items[0]); ok {
		switch name {
		case "Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not", "Condition":
			x = b.of(items[0])
		default:
			return x, "a condition's name is computed; its value is not known"
		}
	}
	yes, no := b.of(items[1]), b.of(items[2])
	return extent{
		cost: 3*x.cost + yes.cost + no.cost + 4, size: max(yes.size, no.size),
		parts: max(yes.parts, no.parts), dollar: yes.dollar || no.dollar,
	}, ""
}

// count is how many address blocks Fn::Cidr asks for.
func (b *bounds) count(c call) (int, bool) {
	items := c.args()
	if len(items) != 3 {
		return 0, len(items) > 0 || c.arg.kind != mapping // the engine does not resolve it
	}
	at := items[1]
	if name, arg, ok := function(at); ok {
		text, isName := arg.literal()
		p := b.t.parameters[text]
		if name != "Ref" || !isName || p == nil || p.value == nil {
			return 0, name == "Ref" && isName
		}
		at = p.value
	}
	n, err := strconv.Atoi(at.text)
	return n, err == nil && at.kind == scalar
}

func longest(n *node) float64 {
	out := float64(len(n.text))
	for _, p := range n.pairs {
		out = max(out, longest(p.value))
	}
	for _, item := range n.items {
		out = max(out, longest(item))
	}
	return out
}
