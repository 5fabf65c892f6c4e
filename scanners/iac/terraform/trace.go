package terraform

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
)

// maxPassed bounds the arguments that are named for one call.
const maxPassed = 3

// passed finds the arguments of module calls that the value at fault came
// from, by following the names in expressions outwards: from the attribute to
// the variables of its module, from there to the arguments of the call, and so
// on. It returns them by the place of the call.
func (tf *Code) passed(v check.Verdict) map[*check.Cause][]finding.Location {
	m := tf.byFile[v.Cause.Path]
	if m == nil || v.Cause.Resource == "" {
		return nil
	}
	name := v.Cause.Resource[strings.LastIndexByte(v.Cause.Resource, '.')+1:]
	from := m.places[place{v.Cause.Path, v.Cause.Start, name}]
	block, exprs := from.block, from.exprs
	out := map[*check.Cause][]finding.Location{}
	for at := v.Cause.Parent; at != nil && block != nil; at = at.Parent {
		if !strings.HasPrefix(at.Resource, "module.") {
			continue
		}
		names := m.inputsOf(exprs, block)
		if m = tf.byFile[at.Path]; m == nil || len(names) == 0 {
			break
		}
		if block = m.callAt(at); block == nil {
			break
		}
		exprs = nil
		for _, n := range names {
			if e := block.attrs[n]; e != nil && len(exprs) < maxPassed {
				exprs = append(exprs, e)
				r := e.Range()
				out[at] = append(out[at], finding.Location{Path: r.Filename, StartLine: r.Start.Line, EndLine: r.End.Line, Message: "the value is passed here"})
			}
		}
		if len(exprs) == 0 {
			break
		}
	}
	return out
}

// callAt is the block of the module call that a cause names.
func (m *tfModule) callAt(c *check.Cause) *tfBlock {
	for i := range m.blocks {
		b := &m.blocks[i]
		if b.kind != "module" || b.at.Filename != c.Path || len(b.labels) != 1 {
			continue
		}
		rest, ok := strings.CutPrefix(c.Resource, "module."+b.labels[0])
		if ok && (rest == "" || rest[0] == '[') {
			return b
		}
	}
	return nil
}

// place is where an attribute stands.
type place struct {
	path string
	line int
	name string
}

// origin is what an attribute is made from.
type origin struct {
	block *tfBlock // of the file's outermost level
	exprs []hclsyntax.Expression
}

// index finds the places of all attributes, and counts the blocks inside of
// others.
func (m *tfModule) index() {
	m.places = map[place]origin{}
	for i := range m.blocks {
		m.indexBlock(&m.blocks[i], &m.blocks[i], nil)
	}
}

// indexBlock indexes a block inside of outer. around are the values that the
// dynamic blocks around it are made from.
func (m *tfModule) indexBlock(outer, b *tfBlock, around []hclsyntax.Expression) {
	if e := b.attrs["for_each"]; e != nil && b != outer {
		around = append(slices.Clip(around), e)
	}
	for name, e := range b.attrs {
		r := e.Range()
		at := place{r.Filename, r.Start.Line, name}
		if before := m.places[at].exprs; len(before) < maxPassed { // JSON can have it all on one line
			m.places[at] = origin{outer, append(append([]hclsyntax.Expression{e}, before...), around...)}
		}
	}
	m.inner += len(b.blocks)
	for i := range b.blocks {
		m.indexBlock(outer, &b.blocks[i], around)
	}
}

// inputsOf are the variables that expressions of a block depend on, through
// local values and the for_each of the block.
func (m *tfModule) inputsOf(exprs []hclsyntax.Expression, block *tfBlock) []string {
	var out []string
	seen := map[string]bool{}
	for len(exprs) > 0 {
		var next []hclsyntax.Expression
		for _, e := range exprs {
			for _, t := range e.Variables() {
				root, name := t.RootName(), step(t, 1)
				key := root + "." + name
				if root == "each" {
					key = root
				}
				if seen[key] {
					continue
				}
				seen[key] = true
				switch root {
				case "var":
					out = append(out, name)
				case "local":
					if l := m.local(name); l != nil {
						next = append(next, l)
					}
				case "each":
					if f := block.attrs["for_each"]; f != nil {
						next = append(next, f)
					}
				}
			}
		}
		exprs = next
	}
	slices.Sort(out)
	return out
}

func (m *tfModule) local(name string) hclsyntax.Expression {
	for i := range m.blocks {
		if e := m.blocks[i].attrs[name]; e != nil && m.blocks[i].kind == "locals" {
			return e
		}
	}
	return nil
}
