package terraform

import (
	"maps"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// The calls of a module are one value only by their look: what one output comes
// to says nothing of another. An expression that takes an output out of them is
// followed to that output, so that the others are no part of it.

// item is what a splat expression goes through: an element, or a call of a
// module.
type item struct {
	extent
	module hcl.Traversal
}

// moduleIn returns the module whose calls an expression stands for, if that can
// be told from its form: module.x, module.x[each.key], values(module.x).
func (s *estimator) moduleIn(e hclsyntax.Expression) (hcl.Traversal, bool) {
	switch e := e.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		if t, ok := s.module[e.Traversal.RootName()]; ok && len(e.Traversal) == 1 {
			return t[:2:2], true
		}
		if _, bound := s.local[e.Traversal.RootName()]; !bound && e.Traversal.RootName() == "module" && len(e.Traversal) == 2 {
			return e.Traversal[:2:2], true
		}
	case *hclsyntax.ParenthesesExpr:
		return s.moduleIn(e.Expression)
	case *hclsyntax.IndexExpr:
		if t, ok := s.moduleIn(e.Collection); ok {
			s.of(e.Key)
			return t, true
		}
	case *hclsyntax.AnonSymbolExpr:
		if len(s.item) > 0 && s.item[len(s.item)-1].module != nil {
			return s.item[len(s.item)-1].module, true
		}
	case *hclsyntax.FunctionCallExpr:
		if e.Name == "values" && len(e.Args) == 1 {
			return s.moduleIn(e.Args[0])
		}
	}
	return nil, false
}

// over bounds what a loop goes through, and says of which module's calls.
func (s *estimator) over(e hclsyntax.Expression) (extent, hcl.Traversal) {
	t, ok := s.moduleIn(e)
	if !ok {
		return s.of(e), nil
	}
	each := leaf(64)
	n := s.copies(step(t, 1))
	return extent{total: n * each.total, n: n, elem: &each}, t
}

// bindModule gives the name of an element in a comprehension the meaning of a
// call of a module, or takes away what it meant outside.
func (s *estimator) bindModule(key, value string, module hcl.Traversal, do func() extent) extent {
	before := s.module
	s.module = maps.Clone(before)
	if s.module == nil {
		s.module = map[string]hcl.Traversal{}
	}
	delete(s.module, key)
	delete(s.module, value)
	if module != nil {
		s.module[value] = module
	}
	defer func() { s.module = before }()
	return do()
}
