package terraform

import (
	"path"
	"strings"

	tfschema "github.com/aquasecurity/trivy/pkg/iac/terraform"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
)

// Files whose names end in _override do not add blocks to a module: what they
// say about a block takes the place of what another file says about it. The
// engine knows nothing of them and would see two blocks, so it is handed the
// parsed files with the blocks put together.

// override puts the blocks of the module together and looks at them again. It
// notes what cannot be.
func (m *tfModule) override() []finding.Note {
	var notes []finding.Note
	var bodies, over []hcl.Body
	for _, f := range m.files {
		if isOverride(path.Base(f.Path)) {
			over = append(over, f.body)
		} else {
			bodies = append(bodies, f.body)
		}
		m.overrides = len(over) > 0
	}
	if !m.overrides {
		return nil
	}
	if len(bodies) == 0 {
		m.overrides = false
		return nil
	}
	left := overrideAll(bodies, over)
	files := m.files
	m.calls, m.blocks, m.variables = nil, nil, nil
	i := 0
	for _, f := range files {
		content, diags := f.body.Content(tfschema.Schema)
		if diags.HasErrors() {
			continue // it was parsed before, so there are none
		}
		m.include(readBlocks(f.File, f.isJSON, content.Blocks))
		if isOverride(path.Base(f.Path)) {
			if left[i] {
				notes = append(notes, finding.Note{Level: finding.Information, Path: f.Path,
					Message: "is not put together with what it overrides, because one of the two is in JSON or there is too much of it: each is looked at for itself"})
			}
			i++
		}
	}
	return notes
}

// merged parses the files of the module as the engine gets to see them, and
// puts the blocks together. Each call makes new trees, because the engine
// changes those that it has.
func (m *tfModule) merged(data func(name string) []byte) map[string]*hcl.File {
	out := map[string]*hcl.File{}
	var bodies, over []hcl.Body
	for _, f := range m.files {
		parsed, diags := parseAs(work.File{Path: f.Path, Data: data(f.Path)})
		if diags.HasErrors() {
			continue // has been noted, and is not served
		}
		out[f.Path] = parsed
		if isOverride(path.Base(f.Path)) {
			over = append(over, parsed.Body)
		} else {
			bodies = append(bodies, parsed.Body)
		}
	}
	overrideAll(bodies, over)
	return out
}

// maxOverrides bounds the blocks that override others in one module.
const maxOverrides = 1_000

// overrideAll moves what the bodies of over say about blocks into these blocks.
// It reports which of them have blocks that it could not move, because one
// side is in JSON or they are too many.
func overrideAll(bodies, over []hcl.Body) (left []bool) {
	base := indexBlocks(bodies)
	left = make([]bool, len(over))
	moves := 0
	for i, b := range over {
		o, ok := b.(*hclsyntax.Body)
		if !ok {
			left[i] = true
			continue
		}
		var rest hclsyntax.Blocks
		for _, block := range o.Blocks {
			moves++
			if moves > maxOverrides {
				left[i] = true
			} else if base.move(block) {
				continue
			}
			rest = append(rest, block)
			left[i] = left[i] || base.json[identity(block.Type, block.Labels, nil)]
		}
		o.Blocks = rest
	}
	return left
}

// blockIndex finds the blocks that can be overridden.
type blockIndex struct {
	blocks map[string]*hclsyntax.Block
	locals map[string]*hclsyntax.Body // by the name of the value
	json   map[string]bool            // those in JSON, which has no tree that could be changed
}

func indexBlocks(bodies []hcl.Body) blockIndex {
	out := blockIndex{map[string]*hclsyntax.Block{}, map[string]*hclsyntax.Body{}, map[string]bool{}}
	for _, b := range bodies {
		native, ok := b.(*hclsyntax.Body)
		if !ok {
			if content, _ := b.Content(tfschema.Schema); content != nil {
				for _, block := range content.Blocks {
					out.json[identity(block.Type, block.Labels, nil)] = true
				}
			}
			continue
		}
		for _, block := range native.Blocks {
			switch block.Type {
			case "locals":
				for name := range block.Body.Attributes {
					out.locals[name] = block.Body
				}
			case "resource", "data", "ephemeral", "module", "variable", "output", "provider":
				if id := identity(block.Type, block.Labels, block.Body); out.blocks[id] == nil {
					out.blocks[id] = block
				}
			}
		}
	}
	return out
}

// move moves the content of a block into the block that it overrides, and
// reports whether nothing is left of it.
func (x blockIndex) move(block *hclsyntax.Block) bool {
	if block.Type == "locals" {
		for name, a := range block.Body.Attributes {
			if base := x.locals[name]; base != nil {
				base.Attributes[name] = a
				delete(block.Body.Attributes, name)
			}
		}
		return len(block.Body.Attributes) == 0
	}
	base := x.blocks[identity(block.Type, block.Labels, block.Body)]
	if base != nil {
		mergeBody(base.Body, block.Body)
	}
	return base != nil
}

// identity is what two blocks have in common that are about the same thing.
func identity(kind string, labels []string, body *hclsyntax.Body) string {
	id := kind + "\x00" + strings.Join(labels, "\x00")
	if kind == "provider" && body != nil && body.Attributes["alias"] != nil {
		alias, _ := literal(body.Attributes["alias"].AsHCLAttribute())
		id += "\x00" + alias
	}
	return id
}

// mergeBody makes over's arguments take the place of those of base. Blocks
// inside take the place of all blocks of their type, except for lifecycle, of
// which each argument counts.
func mergeBody(base, over *hclsyntax.Body) {
	for name, a := range over.Attributes {
		base.Attributes[name] = a
	}
	gone := map[string]bool{}
	for _, b := range over.Blocks {
		gone[blockName(b)] = true
	}
	var blocks hclsyntax.Blocks
	var lifecycle *hclsyntax.Block
	for _, b := range base.Blocks {
		if b.Type == "lifecycle" {
			lifecycle = b
		} else if gone[blockName(b)] {
			continue
		}
		blocks = append(blocks, b)
	}
	for _, b := range over.Blocks {
		if b.Type == "lifecycle" && lifecycle != nil {
			mergeBody(lifecycle.Body, b.Body)
			continue
		}
		blocks = append(blocks, b)
	}
	base.Blocks = blocks
}

// blockName is the type of the blocks that b is or makes.
func blockName(b *hclsyntax.Block) string {
	if b.Type == "dynamic" && len(b.Labels) == 1 {
		return b.Labels[0]
	}
	return b.Type
}
