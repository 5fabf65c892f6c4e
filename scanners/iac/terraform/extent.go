package terraform

import (
	"fmt"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Expressions of Terraform can be small and stand for something enormous: a
// chain of strings that each hold the one before twice, comprehensions inside
// comprehensions. The engine evaluates them without a limit and cannot be
// stopped. So before it gets to see them, what they could come to is bounded
// from above, by looking at their form.

const (
	maxExtent = 16 << 20 // of one expression, in values and bytes
	maxTurns  = 1 << 20  // of the innermost of nested loops
	maxLoops  = 8        // inside one another
	unit      = 16       // what a value counts besides its bytes
)

// extent bounds a value from above: its size in all, the number of its
// elements, and the largest of them.
type extent struct {
	total float64
	n     float64
	elem  *extent

	// mixed says that nothing is known of how the elements share the total:
	// one may be nearly all of it, or all of them small.
	mixed bool
}

func leaf(total float64) extent { return extent{total: total + unit, n: 1} }

// mixture bounds a value of unknown form that takes so many bytes to write.
func mixture(bytes float64) extent {
	return extent{total: unit * bytes, n: bytes/2 + 1, mixed: true}
}

// part is the largest thing that can be taken out of a value.
func (x extent) part() extent {
	if x.elem != nil {
		return *x.elem
	}
	return x
}

// join bounds a value that may be either of two.
func join(a, b extent) extent {
	out := extent{total: max(a.total, b.total), n: max(a.n, b.n), mixed: a.mixed || b.mixed}
	switch {
	case a.elem != nil && b.elem != nil:
		e := join(*a.elem, *b.elem)
		out.elem = &e
	case a.elem != nil:
		out.elem = a.elem
	default:
		out.elem = b.elem
	}
	return out
}

// estimator bounds the expressions of one module.
type estimator struct {
	refer  func(t hcl.Traversal) extent // what a name outside of the expression stands for
	copies func(module string) float64  // how often a module is called by a block
	fail   func(r hcl.Range, why string)
	local  map[string]extent        // names that comprehensions and blocks bind
	item   []item                   // what the splat expressions around go through
	module map[string]hcl.Traversal // names that comprehensions bind to calls of a module
	turns  float64                  // how often what is looked at is evaluated
	depth  int                      // of loops
	files  float64                  // bytes of the largest file that can be read
}

// of bounds an expression.
func (s *estimator) of(e hclsyntax.Expression) extent {
	x := s.bound(e)
	if x.total > maxExtent || math.IsNaN(x.total) {
		s.fail(e.Range(), "an expression could come to more than 16 million values and bytes")
		return leaf(0) // reported once is enough
	}
	return x
}

func (s *estimator) bound(e hclsyntax.Expression) extent {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if e.Val.Type() == cty.String && e.Val.IsKnown() && !e.Val.IsNull() {
			return leaf(float64(len(e.Val.AsString())))
		}
		return leaf(0)
	case *hclsyntax.TemplateExpr:
		total := 0.0
		for _, p := range e.Parts {
			total += s.of(p).total
		}
		return leaf(total)
	case *hclsyntax.TemplateJoinExpr:
		return leaf(s.of(e.Tuple).total)
	case *hclsyntax.TemplateWrapExpr:
		return s.of(e.Wrapped)
	case *hclsyntax.ParenthesesExpr:
		return s.of(e.Expression)
	case *hclsyntax.ObjectConsKeyExpr:
		return s.of(e.Wrapped)
	case *hclsyntax.ConditionalExpr:
		s.of(e.Condition)
		return join(s.of(e.TrueResult), s.of(e.FalseResult))
	case *hclsyntax.BinaryOpExpr:
		s.of(e.LHS)
		s.of(e.RHS)
		return leaf(0)
	case *hclsyntax.UnaryOpExpr:
		s.of(e.Val)
		return leaf(0)
	case *hclsyntax.TupleConsExpr:
		return s.collection(e.Exprs, nil)
	case *hclsyntax.ObjectConsExpr:
		var keys, values []hclsyntax.Expression
		for _, i := range e.Items {
			keys, values = append(keys, i.KeyExpr), append(values, i.ValueExpr)
		}
		return s.collection(values, keys)
	case *hclsyntax.IndexExpr:
		s.of(e.Key)
		return s.of(e.Collection).part()
	case *hclsyntax.RelativeTraversalExpr:
		if t, ok := s.moduleIn(e.Source); ok {
			return s.refer(append(t, e.Traversal...))
		}
		return take(s.of(e.Source), e.Traversal)
	case *hclsyntax.ScopeTraversalExpr:
		if t, ok := s.module[e.Traversal.RootName()]; ok {
			return s.refer(append(slices.Clone(t), e.Traversal[1:]...))
		}
		if x, ok := s.local[e.Traversal.RootName()]; ok {
			return take(x, e.Traversal[1:])
		}
		return s.refer(e.Traversal)
	case *hclsyntax.AnonSymbolExpr:
		if len(s.item) == 0 {
			return leaf(0)
		}
		if top := s.item[len(s.item)-1]; top.module == nil {
			return top.extent
		} else {
			return s.refer(top.module)
		}
	case *hclsyntax.SplatExpr:
		over, module := s.over(e.Source)
		return s.repeat(over, e.Range(), func(x extent) extent {
			s.item = append(s.item, item{x, module})
			defer func() { s.item = s.item[:len(s.item)-1] }()
			return s.of(e.Each)
		})
	case *hclsyntax.ForExpr:
		return s.comprehension(e)
	case *hclsyntax.FunctionCallExpr:
		return s.call(e)
	}
	return leaf(0)
}

// take follows steps into a value.
func take(x extent, steps hcl.Traversal) extent {
	for range steps {
		x = x.part()
	}
	return x
}

func (s *estimator) collection(values, keys []hclsyntax.Expression) extent {
	out := extent{total: unit, n: float64(len(values))}
	for i, v := range values {
		x := s.of(v)
		if out.total += x.total; out.elem != nil {
			x = join(*out.elem, x)
		}
		out.elem = &x
		if keys != nil {
			out.total += s.of(keys[i]).total
		}
	}
	return out
}

// repeat bounds what becomes of a collection when do is applied to each of its
// elements.
//
// With a mixture, the worst that a result of sums and products can come to is
// when one element is all there is and the others are nothing.
func (s *estimator) repeat(over extent, r hcl.Range, do func(item extent) extent) extent {
	if s.depth++; s.depth > maxLoops {
		s.fail(r, fmt.Sprintf("more than %d loops inside one another", maxLoops))
		return leaf(0)
	}
	defer func() { s.depth-- }()
	n := max(over.n, 1)
	if !over.mixed {
		each := s.turn(n, r, func() extent { return do(over.part()) })
		return extent{total: n * each.total, n: n, elem: &each, mixed: each.mixed}
	}
	most := s.turn(1, r, func() extent { return do(over) })
	least := s.turn(n, r, func() extent { return do(leaf(0)) })
	each := join(most, least)
	return extent{total: most.total + n*least.total, n: n, elem: &each, mixed: true}
}

// turn runs do as something that happens n times more often.
func (s *estimator) turn(n float64, r hcl.Range, do func() extent) extent {
	before := s.turns
	defer func() { s.turns = before }()
	if s.turns *= n; s.turns > maxTurns {
		s.fail(r, "loops inside one another could turn more than a million times")
		s.turns = 1
	}
	return do()
}

func (s *estimator) comprehension(e *hclsyntax.ForExpr) extent {
	over, module := s.over(e.CollExpr)
	return s.repeat(over, e.Range(), func(item extent) extent {
		return s.bind(map[string]extent{e.KeyVar: leaf(64), e.ValVar: item}, func() extent {
			return s.bindModule(e.KeyVar, e.ValVar, module, func() extent {
				x := s.of(e.ValExpr)
				if e.KeyExpr != nil {
					x.total += s.of(e.KeyExpr).total
				}
				if e.CondExpr != nil {
					s.of(e.CondExpr)
				}
				return x
			})
		})
	})
}

// bind gives names a meaning while do runs.
func (s *estimator) bind(names map[string]extent, do func() extent) extent {
	before := s.local
	s.local = make(map[string]extent, len(before)+len(names))
	for k, v := range before {
		s.local[k] = v
	}
	for k, v := range names {
		s.local[k] = v
	}
	out := do()
	s.local = before
	return out
}
