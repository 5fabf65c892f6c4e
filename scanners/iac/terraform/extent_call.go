package terraform

import "github.com/hashicorp/hcl/v2/hclsyntax"

// call bounds the result of a function. Those whose results outgrow their
// arguments by more than a constant are held back by functions.go.
func (s *estimator) call(e *hclsyntax.FunctionCallExpr) extent {
	args := make([]extent, len(e.Args))
	sum := extent{total: 4 * unit}
	for i, a := range e.Args {
		x := s.of(a)
		args[i] = x
		sum.total += x.total
		sum.n += max(x.n, 1)
		sum.mixed = sum.mixed || x.mixed
		if x.elem != nil {
			part := *x.elem
			if sum.elem != nil {
				part = join(*sum.elem, part)
			}
			sum.elem = &part
		}
	}
	switch e.Name {
	case "range":
		item := leaf(0)
		return extent{total: 1024 * unit, n: 1024, elem: &item}
	case "file", "filebase64", "templatefile":
		return leaf(s.files * 4 / 3)
	case "fileset":
		item := leaf(64)
		return extent{total: 100 * item.total, n: 100, elem: &item}
	case "split", "regexall", "regex", "jsondecode", "yamldecode", "csvdecode":
		return mixture(sum.total)
	case "join", "replace", "format", "indent", "formatlist":
		grown := sum.total
		for _, x := range args {
			grown *= max(x.n, 1)
		}
		grown = min(grown, max(sum.total, maxString))
		item := leaf(grown)
		return extent{total: grown, n: sum.n, elem: &item}
	case "setproduct":
		n, item := 1.0, leaf(0)
		for _, x := range args {
			n *= max(x.n, 1)
			item.total += x.part().total
		}
		n = min(n, maxProduct)
		item.n = float64(len(args))
		return extent{total: n * item.total, n: n, elem: &item}
	case "flatten":
		if len(args) == 1 {
			inner := args[0].part()
			item := join(inner.part(), inner)
			return extent{total: sum.total, n: max(args[0].n, 1) * max(inner.n, 1), elem: &item, mixed: args[0].mixed || inner.mixed}
		}
	case "chunklist":
		if len(args) > 0 {
			return extent{total: 2 * sum.total, n: args[0].n, elem: &args[0]}
		}
	case "lookup", "element", "one":
		if len(args) > 0 {
			x := args[0].part()
			for _, a := range args[1:] {
				x = join(x, a)
			}
			return x
		}
	case "try", "coalesce":
		x := leaf(0)
		for _, a := range args {
			x = join(x, a)
		}
		return x
	}
	return sum
}
