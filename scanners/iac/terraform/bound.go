package terraform

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
)

const (
	maxForEach = 1_000  // copies of a block
	maxDynamic = 10_000 // blocks that dynamic blocks inside one another make
)

// bounds looks at every expression of a root module and of the modules that it
// calls before any is evaluated. What an expression refers to is bounded first,
// once. Each call of a module is looked at by itself: what one call gives back
// may well go into the next.
type bounds struct {
	tf    *Code
	known map[subject]extent
	open  map[subject]bool
	notes []finding.Note
}

// scope is a root module, or one call of a module.
type scope struct {
	dir   string
	from  *scope   // that calls it; nil for a root module
	call  *tfBlock // by this block
	calls map[*tfBlock]*scope
}

// subject is something that has a bound.
type subject struct {
	in   *scope
	what string
}

// checkBounds notes what could come to too much in a root module, which is in
// no circle.
func checkBounds(tf *Code, dir string) []finding.Note {
	b := &bounds{tf: tf, known: map[subject]extent{}, open: map[subject]bool{}}
	b.module(&scope{dir: dir})
	return b.notes
}

// module bounds all that is in a scope.
func (b *bounds) module(in *scope) {
	m := b.tf.modules[in.dir]
	for i := range m.blocks {
		b.block(in, &m.blocks[i])
	}
	for i := range m.blocks {
		if called := b.called(in, &m.blocks[i]); called != nil {
			b.module(called)
		}
	}
}

// called is the scope that a block makes by calling a module of the tree.
func (b *bounds) called(in *scope, block *tfBlock) *scope {
	if block.kind != "module" {
		return nil
	}
	if s, ok := in.calls[block]; ok {
		return s
	}
	var made *scope
	if target, ok := callTarget(in.dir, block); ok && b.tf.modules[target] != nil {
		made = &scope{dir: target, from: in, call: block}
	}
	if in.calls == nil {
		in.calls = map[*tfBlock]*scope{}
	}
	in.calls[block] = made
	return made
}

func callTarget(dir string, block *tfBlock) (string, bool) {
	e := block.attrs["source"]
	if e == nil {
		return "", false
	}
	source, ok := literal(&hcl.Attribute{Expr: e})
	return tfCall{source: source, computed: !ok}.target(dir)
}

// fail notes an expression.
func (b *bounds) fail(r hcl.Range, why string) {
	b.notes = append(b.notes, work.Gap(r.Filename, r.Start.Line, why+": what uses this module is not scanned"))
}

func (b *bounds) estimator(in *scope) *estimator {
	return &estimator{
		turns:  1,
		files:  float64(b.tf.largest),
		fail:   b.fail,
		refer:  func(t hcl.Traversal) extent { return b.refer(in, t) },
		copies: func(module string) float64 { return b.copies(in, module) },
	}
}

// block bounds a block of the file's outermost level, once.
func (b *bounds) block(in *scope, block *tfBlock) extent {
	return b.once(in, fmt.Sprintf("block %p", block), firstRange(block), func() extent {
		return b.body(b.estimator(in), block, 1)
	})
}

// body bounds what a block holds. copies is how many of it dynamic blocks make.
func (b *bounds) body(s *estimator, block *tfBlock, copies float64) extent {
	names := map[string]extent{"count": leaf(0)}
	if e := block.attrs["for_each"]; e != nil {
		all := s.of(e)
		n := max(all.n, 1)
		limit := float64(maxForEach)
		part := all.part()
		each := extent{total: part.total + 64, n: 2, elem: &part}
		names["each"] = each
		if block.kind == "dynamic" {
			copies, limit = copies*n, maxDynamic
			n = copies
			name := ""
			if len(block.labels) > 0 {
				name = block.labels[0]
			}
			if it := block.attrs["iterator"]; it != nil {
				if vars := it.Variables(); len(vars) == 1 {
					name = vars[0].RootName()
				}
			}
			delete(names, "each")
			names[name] = each
		}
		if n > limit {
			b.fail(e.Range(), fmt.Sprintf("for_each could make more than %d copies", int(limit)))
		}
	}
	return s.bind(names, func() extent {
		out := extent{total: unit, n: float64(len(block.attrs) + len(block.blocks))}
		add := func(x extent) {
			out.total += x.total
			if out.elem != nil {
				x = join(*out.elem, x)
			}
			out.elem = &x
		}
		for _, name := range sortedKeys(block.attrs) {
			if name != "iterator" && !(block.kind == "variable" && name == "type") {
				add(s.of(block.attrs[name]))
			}
		}
		for i := range block.blocks {
			add(b.body(s, &block.blocks[i], copies))
		}
		return out
	})
}

// refer bounds what a name stands for.
func (b *bounds) refer(in *scope, t hcl.Traversal) extent {
	m := b.tf.modules[in.dir]
	first := step(t, 1)
	switch root := t.RootName(); root {
	case "path", "terraform", "self", "count", "each":
		return leaf(64)
	case "var":
		return take(b.variable(in, first, t), t[min(2, len(t)):])
	case "local":
		x := leaf(0)
		for i := range m.blocks {
			if block := &m.blocks[i]; block.kind == "locals" && block.attrs[first] != nil {
				x = b.once(in, "local "+first, t.SourceRange(), func() extent { return b.estimator(in).of(block.attrs[first]) })
			}
		}
		return take(x, t[min(2, len(t)):])
	case "module":
		return b.outputs(in, first, t)
	default:
		kind, labels := "resource", []string{root, first}
		if root == "data" {
			kind, labels = "data", []string{first, step(t, 2)}
		}
		for i := range m.blocks {
			block := &m.blocks[i]
			if block.kind == kind && len(block.labels) == 2 && block.labels[0] == labels[0] && block.labels[1] == labels[1] {
				return b.block(in, block)
			}
		}
		return leaf(64)
	}
}

// variable bounds an input: its default and what the caller gives.
func (b *bounds) variable(in *scope, name string, t hcl.Traversal) extent {
	return b.once(in, "var "+name, t.SourceRange(), func() extent {
		x := leaf(64)
		m := b.tf.modules[in.dir]
		for i := range m.blocks {
			block := &m.blocks[i]
			if e := block.attrs["default"]; block.kind == "variable" && e != nil && len(block.labels) == 1 && block.labels[0] == name {
				x = join(x, b.estimator(in).of(e))
			}
		}
		if in.from == nil {
			if given, ok := m.values[name]; ok {
				x = join(x, extentOf(given.value))
			}
			return x
		}
		e := in.call.attrs[name]
		if e == nil {
			return x
		}
		s := b.estimator(in.from)
		each := leaf(64)
		if f := in.call.attrs["for_each"]; f != nil {
			part := s.of(f).part()
			each = extent{total: part.total + 64, n: 2, elem: &part}
		}
		return join(x, s.bind(map[string]extent{"each": each, "count": leaf(0)}, func() extent { return s.of(e) }))
	})
}

// moduleCall is the block that calls a module by a name.
func (b *bounds) moduleCall(in *scope, name string) *tfBlock {
	m := b.tf.modules[in.dir]
	for i := range m.blocks {
		if block := &m.blocks[i]; block.kind == "module" && len(block.labels) == 1 && block.labels[0] == name {
			return block
		}
	}
	return nil
}

// copies bounds how often a block calls a module.
func (b *bounds) copies(in *scope, name string) float64 {
	block := b.moduleCall(in, name)
	switch {
	case block == nil:
		return 1
	case block.attrs["for_each"] != nil:
		return max(b.estimator(in).of(block.attrs["for_each"]).n, 1)
	case block.attrs["count"] != nil:
		return maxCalls
	}
	return 1
}

// outputs bounds what a called module gives back: the output that t names, or
// all of them.
func (b *bounds) outputs(in *scope, name string, t hcl.Traversal) extent {
	out := leaf(64)
	block := b.moduleCall(in, name)
	if block == nil {
		return out
	}
	called := b.called(in, block)
	if called == nil {
		return out
	}
	m := b.tf.modules[called.dir]
	for i := range m.blocks {
		o := &m.blocks[i]
		if e := o.attrs["value"]; o.kind == "output" && e != nil && len(o.labels) == 1 && mentionsStep(t, o.labels[0]) {
			out = join(out, b.once(called, "output "+o.labels[0], t.SourceRange(), func() extent { return b.estimator(called).of(e) }))
		}
	}
	return out
}

// once keeps what has been found out, and refuses what refers to itself: the
// engine would evaluate it some dozen times, each upon the one before.
func (b *bounds) once(in *scope, what string, at hcl.Range, find func() extent) extent {
	key := subject{in, what}
	if x, ok := b.known[key]; ok {
		return x
	}
	if b.open[key] {
		b.fail(at, "a value depends on itself")
		return leaf(0)
	}
	b.open[key] = true
	x := find()
	delete(b.open, key)
	b.known[key] = x
	return x
}

// step is the name at a place of a traversal, if there is one.
func step(t hcl.Traversal, i int) string {
	if i < len(t) {
		if a, ok := t[i].(hcl.TraverseAttr); ok {
			return a.Name
		}
	}
	return ""
}

// mentionsStep reports whether t names an output, or may: it does not when it
// names others.
func mentionsStep(t hcl.Traversal, name string) bool {
	for i := 2; i < len(t) && i < 4; i++ {
		if s := step(t, i); s != "" {
			return s == name
		}
	}
	return true
}

// firstRange is a place in a block.
func firstRange(block *tfBlock) hcl.Range {
	for _, name := range sortedKeys(block.attrs) {
		return block.attrs[name].Range()
	}
	for i := range block.blocks {
		if r := firstRange(&block.blocks[i]); r.Filename != "" {
			return r
		}
	}
	return hcl.Range{}
}
