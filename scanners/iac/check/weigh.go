package check

import (
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// maxWeight bounds the parts of a value as its module spells it out. The
// compiler works out the type of every value with all its parts, and thirty
// lines like x2 := [x1, x1] make it one of a thousand million.
const maxWeight = 200_000

// maxCompile bounds the work of the compiler, in units of some ten nanoseconds:
// to put a body in order takes it time with the cube of its expressions, and a
// chain of else with the square of its length.
const maxCompile = 300_000_000

// maxRules bounds the rules: the compiler and the evaluator recurse along those
// that call each other.
const maxRules = 10_000

// weigh refuses modules that the compiler would take very long for.
func weigh(c *Custom, p *problems) {
	w := &scales{rules: map[string][]definition{}, known: map[string]int{}}
	work, rules := 0, 0
	for _, file := range c.files {
		m := c.modules[file]
		if rules += len(m.Rules); rules > maxRules {
			p.add(file, 0, 0, fmt.Sprintf("the checks have over %d rules", maxRules))
			return
		}
		for _, r := range m.Rules {
			chain := 0
			for e := r; e != nil; e = e.Else {
				chain++
			}
			if work += 20 * chain * chain; work > maxCompile {
				p.at(r.Location, "the checks take too long to compile: split long chains of else into rules")
				return
			}
			w.rule(m, r)
		}
		tooMuch := false
		ast.WalkBodies(m, func(b ast.Body) bool {
			work += len(b) * len(b) * len(b) / 3
			if work > maxCompile && !tooMuch {
				tooMuch = true
				p.at(b.Loc(), "the checks take too long to compile: split long bodies into rules")
			}
			return tooMuch
		})
		if tooMuch {
			return
		}
	}
	w.settle(p)
}

// scales hold what names stand for. A name is a rule below data, or a variable
// below its rule.
type scales struct {
	rules map[string][]definition
	order []string
	known map[string]int
}

// definition is a term that a name may stand for.
type definition struct {
	term  *ast.Term
	scope *scope
}

// scope is where a term is: it tells what its variables are.
type scope struct {
	pkg     string
	imports map[string]string
	rule    string // prefix of the local names
}

func (w *scales) define(name string, t *ast.Term, s *scope) {
	if t == nil {
		return
	}
	if w.rules[name] == nil {
		w.order = append(w.order, name)
	}
	w.rules[name] = append(w.rules[name], definition{t, s})
}

// rule takes over what a rule and the expressions in it define.
func (w *scales) rule(m *ast.Module, r *ast.Rule) {
	s := &scope{pkg: m.Package.Path.String(), imports: map[string]string{}}
	for _, i := range m.Imports {
		s.imports[string(i.Name())] = i.Path.String()
	}
	name := s.pkg + "." + ruleName(r)
	s.rule = fmt.Sprintf("%s@%p.", name, r)
	for e := r; e != nil; e = e.Else {
		w.define(name, e.Head.Value, s)
		w.define(name, e.Head.Key, s)
	}
	ast.WalkExprs(r, func(e *ast.Expr) bool {
		if (e.IsAssignment() || e.IsEquality()) && len(e.Operands()) == 2 {
			a, b := e.Operand(0), e.Operand(1)
			w.pair(a, b, s)
			if _, ok := b.Value.(ast.Var); ok && e.IsEquality() {
				w.pair(b, a, s)
			}
		}
		return false
	})
}

// pair defines the variables of a pattern by what it is compared with.
func (w *scales) pair(pattern, t *ast.Term, s *scope) {
	switch v := pattern.Value.(type) {
	case ast.Var:
		w.define(s.rule+string(v), t, s)
	case *ast.Array:
		other, ok := t.Value.(*ast.Array)
		for i := range v.Len() {
			if ok && other.Len() == v.Len() {
				w.pair(v.Elem(i), other.Elem(i), s)
			}
		}
	}
}

// settle weighs all names until nothing changes. Names that stand for each
// other grow with every round, if they grow at all.
func (w *scales) settle(p *problems) {
	for range 100 {
		changed := false
		for _, name := range w.order {
			for _, d := range w.rules[name] {
				n := w.term(d.term, d.scope)
				if n > maxWeight {
					p.at(d.term.Location, fmt.Sprintf("the value has over %d parts, with those of the values in it", maxWeight))
					return
				}
				if n > w.known[name] {
					w.known[name], changed = n, true
				}
			}
		}
		if !changed {
			return
		}
	}
}

// term weighs a term. What comes from outside counts as one.
func (w *scales) term(t *ast.Term, s *scope) int {
	n := 1
	add := func(e *ast.Term) {
		if n <= maxWeight {
			n += w.term(e, s)
		}
	}
	switch v := t.Value.(type) {
	case ast.Var:
		return max(1, w.name(string(v), s))
	case ast.Ref:
		return max(1, w.ref(v, s))
	case *ast.Array:
		v.Foreach(add)
	case ast.Set:
		v.Foreach(add)
	case ast.Object:
		v.Foreach(func(k, e *ast.Term) { add(k); add(e) })
	case *ast.ArrayComprehension:
		add(v.Term)
	case *ast.SetComprehension:
		add(v.Term)
	case *ast.ObjectComprehension:
		add(v.Key)
		add(v.Value)
	case ast.Call: // of what it was called with, nothing shows in the type
		return max(1, w.term(v[0], s))
	}
	return n
}

// name weighs what a variable stands for.
func (w *scales) name(v string, s *scope) int {
	if n, ok := w.known[s.rule+v]; ok {
		return n
	}
	if path, ok := s.imports[v]; ok {
		return w.known[path]
	}
	return w.known[s.pkg+"."+v]
}

// ref weighs what a reference leads to: a rule, or a part of a variable.
func (w *scales) ref(r ast.Ref, s *scope) int {
	head, ok := r[0].Value.(ast.Var)
	if !ok {
		return w.term(r[0], s)
	}
	path := string(head)
	if n, ok := w.known[s.rule+path]; ok {
		return n
	}
	if n, ok := w.known[s.pkg+"."+path]; ok {
		return n
	}
	if target, ok := s.imports[path]; ok {
		path = target
	}
	heaviest := w.known[path]
	for _, t := range r[1:] {
		key, ok := t.Value.(ast.String)
		if !ok {
			break
		}
		path += "." + string(key)
		heaviest = max(heaviest, w.known[path])
	}
	return heaviest
}
