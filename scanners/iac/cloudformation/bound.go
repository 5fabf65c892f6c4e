package cloudformation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The engine resolves a function every time that it looks at it, and its
// arguments several times each, so that work doubles with each level; what
// refers to itself it follows until the stack is full. So the work is bounded
// before it does anything: what goes too far is exchanged for a value that is
// not known before the template is deployed.

const (
	maxCost  = 200_000   // of one function; a unit takes some 100 ns
	maxTotal = 5_000_000 // of all functions
	maxSize  = 1 << 18   // bytes of what a function comes to
	maxParts = 10_000    // elements of what a function comes to
	maxChain = 500       // functions that refer to one another, or are inside one another
	maxCIDRs = 256       // address blocks of Fn::Cidr; CloudFormation allows no more
)

// extent is an upper bound to what a value comes to.
type extent struct {
	cost   float64 // of resolving it once, and of looking at the result
	size   float64 // bytes of its text
	parts  float64 // elements, if it is a list
	dollar bool    // it may hold a placeholder of Fn::Sub
}

// bounds looks at all functions of a template.
type bounds struct {
	t       *template
	known   map[*node]extent
	open    map[*node]bool
	bad     map[*node]bool
	owner   string // the resource that is looked at
	depth   int
	total   float64
	lookup  float64 // cost of finding a parameter or resource by its name
	mapText float64 // bytes of the longest value in a mapping
}

// check bounds every function of the template, and returns those that must not
// be resolved.
func (t *template) check() (bad map[*node]bool, total float64) {
	b := &bounds{
		t: t, known: map[*node]extent{}, open: map[*node]bool{}, bad: map[*node]bool{},
		lookup: 4 + float64(len(t.parameters)+len(t.resources))/16,
	}
	for _, m := range t.mappings {
		b.mapText = max(b.mapText, longest(m.value))
	}
	for _, name := range slices.Sorted(maps.Keys(t.conditions)) {
		b.all(t.conditions[name])
	}
	for _, r := range t.resources {
		if r.properties != nil {
			b.owner = r.id
			b.all(r.properties)
		}
	}
	return b.bad, b.total
}

// all bounds every function in a value, each as one that is resolved by itself.
func (b *bounds) all(n *node) {
	if _, _, ok := function(n); ok {
		b.total += b.of(n).cost
	}
	for _, p := range n.pairs {
		b.all(p.value)
	}
	for _, item := range n.items {
		b.all(item)
	}
}

// of bounds a value.
func (b *bounds) of(n *node) extent {
	if b.bad[n] {
		return extent{cost: 1}
	}
	if x, ok := b.known[n]; ok {
		return x
	}
	name, arg, isFunction := function(n)
	if !isFunction {
		return b.literal(n)
	}
	if b.open[n] {
		b.refuse(n, "an intrinsic function refers to itself in the end; what it comes to is not known")
		return extent{cost: 1}
	}
	if b.depth >= maxChain {
		b.refuse(n, fmt.Sprintf("more than %d intrinsic functions refer to one another; what they come to is not known", maxChain))
		return extent{cost: 1}
	}
	b.open[n] = true
	b.depth++
	x, why := b.call(call{name, arg})
	b.depth--
	delete(b.open, n)
	if why == "" && (x.cost > maxCost || x.size > maxSize || x.parts > maxParts) {
		why = "an intrinsic function comes to too much; its value is not looked at"
	}
	if b.bad[n] {
		x = extent{cost: 1}
	} else if why != "" {
		b.refuse(n, why)
		x = extent{cost: 1}
	}
	b.known[n] = x
	return x
}

func (b *bounds) refuse(n *node, why string) {
	if !b.bad[n] {
		b.bad[n] = true
		b.t.gap(n.start, why)
	}
}

// literal bounds what is no function: a list or mapping costs what everything
// in it does.
func (b *bounds) literal(n *node) extent {
	x := extent{cost: 1, size: float64(len(n.text)), parts: float64(len(n.items)), dollar: strings.Contains(n.text, "${")}
	add := func(child *node) {
		c := b.of(child)
		x.cost += c.cost
		x.size += c.size
		x.dollar = x.dollar || c.dollar
	}
	for _, p := range n.pairs {
		add(p.value)
	}
	for _, item := range n.items {
		add(item)
	}
	return x
}

// call bounds a function; why is what forbids to resolve it. The factors are
// how often the engine looks at an argument.
func (b *bounds) call(c call) (x extent, why string) {
	switch c.name {
	case "Ref":
		return b.ref(c), ""
	case "Condition":
		name, ok := c.arg.literal()
		if !ok && !c.arg.is(mapping) && !c.arg.is(sequence) {
			return extent{cost: 1}, ""
		}
		if _, _, computed := function(c.arg); computed {
			return x, "a condition's name is computed; its value is not known"
		}
		if def := b.t.conditions[name]; ok && def != nil {
			x = b.of(def)
		}
		x.cost += b.lookup
		return x, ""
	case "Fn::GetAtt":
		return b.getAtt(c)
	case "Fn::Join":
		x = b.of(c.arg)
		if items := c.args(); len(items) == 2 {
			x.size += b.of(items[1]).parts * b.of(items[0]).size
		}
		x.cost += x.size / 64
		x.parts = 0
		return x, ""
	case "Fn::Split":
		return b.split(c), ""
	case "Fn::Sub":
		return b.sub(c), ""
	case "Fn::If":
		return b.choice(c)
	case "Fn::Cidr":
		x = b.of(c.arg)
		n, ok := b.count(c)
		if !ok || n > maxCIDRs {
			return x, "Fn::Cidr asks for more address blocks than CloudFormation allows, or for a number that is computed; its value is not known"
		}
		return extent{cost: 4*x.cost + float64(8*n), size: float64(50 * n), parts: float64(n)}, ""
	case "Fn::Base64":
		x = b.of(c.arg)
		return extent{cost: 2*x.cost + x.size/32, size: 4 + x.size*4/3}, ""
	case "Fn::FindInMap":
		x = b.of(c.arg)
		return extent{cost: 2*x.cost + 8, size: b.mapText, dollar: true}, ""
	case "Fn::GetAZs":
		return extent{cost: 8, size: 64, parts: 3}, ""
	case "Fn::ImportValue":
		return extent{cost: 1}, ""
	case "Fn::Select":
		x = b.of(c.arg)
		x.cost = 4 * x.cost
		if items := c.args(); len(items) == 2 { // an element may be a list
			x.parts = x.size
			if items[1].is(sequence) {
				x.parts = 0
				for _, item := range items[1].items {
					x.parts = max(x.parts, b.of(item).parts)
				}
			} else if name, _, ok := function(items[1]); ok && (name == "Fn::Split" || name == "Fn::Cidr" || name == "Fn::GetAZs" || name == "Ref") {
				x.parts = 0
			}
		}
		return x, ""
	case "Fn::And", "Fn::Or":
		return extent{cost: 2*b.of(c.arg).cost + 1, size: 5}, ""
	default: // Equals, Not, Length
		return extent{cost: 4*b.of(c.arg).cost + 1, size: 8}, ""
	}
}
