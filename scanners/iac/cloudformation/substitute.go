package cloudformation

import "strings"

// pseudoText is more than any pseudo parameter comes to, in bytes.
const pseudoText = 64

// sub bounds Fn::Sub.
func (b *bounds) sub(c call) extent {
	items := c.args()
	if len(items) != 2 {
		x := b.of(c.arg)
		size := x.size + pseudoText*placeholders(c.arg, "AWS::", x.size)
		return extent{cost: 4*x.cost + x.size/8 + size/64, size: size, dollar: true}
	}
	text := b.of(items[0])
	out := extent{cost: 4 * b.of(c.arg).cost, size: text.size, dollar: true}
	var added []float64
	nested := false
	for _, p := range items[1].pairs {
		v := b.of(p.value)
		out.cost += 3 * v.cost
		nested = nested || v.dollar
		added = append(added, max(v.size, 32))
		out.size += max(v.size, 32) * placeholders(items[0], p.name, text.size)
	}
	if nested {
		// What is put in may hold placeholders that are replaced in turn.
		out.size = text.size
		for _, size := range added {
			out.size += size * out.size / 4
			if out.size > maxSize {
				break
			}
		}
	}
	out.cost += float64(len(added)+1) * out.size / 64
	return out
}

// placeholders is how often a text of at most size bytes holds ${name….
func placeholders(n *node, name string, size float64) float64 {
	if text, ok := n.literal(); ok {
		return float64(strings.Count(text, "${"+name))
	}
	return size / float64(len(name)+3)
}
