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

// bounds looks at every expression of the tree's modules before any is
// evaluated. What an expression refers to is bounded first, once.
type bounds struct {
	tf      *Code
	callers map[string][]caller
	known   map[string]extent
	open    map[string]bool
	refused map[string]bool // directories with an expression that goes too far
	notes   []finding.Note
}

type caller struct {
	dir   string
	block *tfBlock
}

// checkBounds notes what could come to too much, and returns the directories
// it is in.
func checkBounds(tf *Code) (map[string]bool, []finding.Note) {
	b := &bounds{tf: tf, callers: map[string][]caller{}, known: map[string]extent{}, open: map[string]bool{}, refused: map[string]bool{}}
	for _, dir := range tf.dirs() {
		m := tf.modules[dir]
		for i := range m.blocks {
			if block := &m.blocks[i]; block.kind == "module" {
				if target, ok := callTarget(dir, block); ok {
					b.callers[target] = append(b.callers[target], caller{dir, block})
				}
			}
		}
	}
	for _, dir := range tf.dirs() {
		m := tf.modules[dir]
		for i := range m.blocks {
			b.block(dir, &m.blocks[i])
		}
	}
	return b.refused, b.notes
}

func callTarget(dir string, block *tfBlock) (string, bool) {
	e := block.attrs["source"]
	if e == nil {
		return "", false
	}
	source, ok := literal(&hcl.Attribute{Expr: e})
	return tfCall{source: source, computed: !ok}.target(dir)
}

// fail notes an expression of dir.
func (b *bounds) fail(dir string, r hcl.Range, why string) {
	b.refused[dir] = true
	b.notes = append(b.notes, work.Gap(r.Filename, r.Start.Line, why+": what uses this module is not scanned"))
}

func (b *bounds) estimator(dir string) *estimator {
	return &estimator{
		turns: 1,
		files: float64(b.tf.largest),
		fail:  func(r hcl.Range, why string) { b.fail(dir, r, why) },
		refer: func(t hcl.Traversal) extent { return b.refer(dir, t) },
	}
}

// block bounds a block of the file's outermost level, once.
func (b *bounds) block(dir string, block *tfBlock) extent {
	return b.once(dir, fmt.Sprintf("block %p", block), firstRange(block), func() extent {
		s := b.estimator(dir)
		return b.body(s, dir, block, 1)
	})
}

// body bounds what a block holds. copies is how many of it dynamic blocks make.
func (b *bounds) body(s *estimator, dir string, block *tfBlock, copies float64) extent {
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
			b.fail(dir, e.Range(), fmt.Sprintf("for_each could make more than %d copies", int(limit)))
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
			add(b.body(s, dir, &block.blocks[i], copies))
		}
		return out
	})
}

// refer bounds what a name stands for.
func (b *bounds) refer(dir string, t hcl.Traversal) extent {
	m := b.tf.modules[dir]
	first := step(t, 1)
	switch root := t.RootName(); root {
	case "path", "terraform", "self", "count", "each":
		return leaf(64)
	case "var":
		return take(b.variable(dir, first, t), t[min(2, len(t)):])
	case "local":
		x := leaf(0)
		for i := range m.blocks {
			if block := &m.blocks[i]; block.kind == "locals" && block.attrs[first] != nil {
				x = b.once(dir, "local "+first, t.SourceRange(), func() extent { return b.estimator(dir).of(block.attrs[first]) })
			}
		}
		return take(x, t[min(2, len(t)):])
	case "module":
		return b.outputs(dir, first, t)
	default:
		kind, labels := "resource", []string{root, first}
		if root == "data" {
			kind, labels = "data", []string{first, step(t, 2)}
		}
		for i := range m.blocks {
			block := &m.blocks[i]
			if block.kind == kind && len(block.labels) == 2 && block.labels[0] == labels[0] && block.labels[1] == labels[1] {
				return b.block(dir, block)
			}
		}
		return leaf(64)
	}
}

// variable bounds an input: its default and whatever callers give it.
func (b *bounds) variable(dir, name string, t hcl.Traversal) extent {
	return b.once(dir, "var "+name, t.SourceRange(), func() extent {
		x := leaf(64)
		m := b.tf.modules[dir]
		for i := range m.blocks {
			block := &m.blocks[i]
			if e := block.attrs["default"]; block.kind == "variable" && e != nil && len(block.labels) == 1 && block.labels[0] == name {
				x = join(x, b.estimator(dir).of(e))
			}
		}
		if given, ok := m.values[name]; ok && len(b.callers[dir]) == 0 {
			x = join(x, extentOf(given.value))
		}
		for _, c := range b.callers[dir] {
			e := c.block.attrs[name]
			if e == nil {
				continue
			}
			s := b.estimator(c.dir)
			each := leaf(64)
			if f := c.block.attrs["for_each"]; f != nil {
				part := s.of(f).part()
				each = extent{total: part.total + 64, n: 2, elem: &part}
			}
			x = join(x, s.bind(map[string]extent{"each": each, "count": leaf(0)}, func() extent { return s.of(e) }))
		}
		return x
	})
}

// outputs bounds everything that a called module gives back.
func (b *bounds) outputs(dir, name string, t hcl.Traversal) extent {
	m := b.tf.modules[dir]
	for i := range m.blocks {
		block := &m.blocks[i]
		if block.kind != "module" || len(block.labels) != 1 || block.labels[0] != name {
			continue
		}
		target, ok := callTarget(dir, block)
		if !ok || b.tf.modules[target] == nil {
			continue
		}
		out := leaf(64)
		called := b.tf.modules[target]
		for j := range called.blocks {
			o := &called.blocks[j]
			if e := o.attrs["value"]; o.kind == "output" && e != nil && len(o.labels) == 1 && mentionsStep(t, o.labels[0]) {
				out = join(out, b.once(target, "output "+o.labels[0], t.SourceRange(), func() extent { return b.estimator(target).of(e) }))
			}
		}
		return out
	}
	return leaf(64)
}

// once keeps what has been found out, and refuses what refers to itself: the
// engine would evaluate it some dozen times, each upon the one before.
func (b *bounds) once(dir, what string, at hcl.Range, find func() extent) extent {
	key := dir + "\x00" + what
	if x, ok := b.known[key]; ok {
		return x
	}
	if b.open[key] {
		b.fail(dir, at, "a value depends on itself")
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
