package terraform

import (
	"encoding/json"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// tfBlock is a block of Terraform code in either of its two syntaxes, with its
// expressions as trees that can be looked at.
type tfBlock struct {
	kind   string
	labels []string
	attrs  map[string]hclsyntax.Expression
	blocks []tfBlock
	at     hcl.Range // of its head, for blocks of the file's outermost level
}

// blockOf reads a block from a parsed file. JSON has no tree of its own for
// expressions, so it is made from the bytes they stand in.
func blockOf(b *hcl.Block, data []byte) tfBlock {
	out := tfBlock{kind: b.Type, labels: b.Labels, at: b.DefRange}
	if body, ok := b.Body.(*hclsyntax.Body); ok {
		out.attrs, out.blocks = nativeBody(body)
		return out
	}
	out.attrs = map[string]hclsyntax.Expression{}
	attrs, _ := b.Body.JustAttributes()
	for name, a := range attrs {
		r := a.Expr.Range()
		var v any
		if r.Start.Byte < 0 || r.End.Byte > len(data) || r.Start.Byte >= r.End.Byte ||
			json.Unmarshal(data[r.Start.Byte:r.End.Byte], &v) != nil {
			continue
		}
		if name == "dynamic" {
			out.blocks = append(out.blocks, dynamicBlocks(v, r)...)
			continue
		}
		out.attrs[name] = jsonExpression(v, r)
	}
	return out
}

func nativeBody(body *hclsyntax.Body) (map[string]hclsyntax.Expression, []tfBlock) {
	attrs := make(map[string]hclsyntax.Expression, len(body.Attributes))
	for name, a := range body.Attributes {
		attrs[name] = a.Expr
	}
	var blocks []tfBlock
	for _, b := range body.Blocks {
		child := tfBlock{kind: b.Type, labels: b.Labels}
		child.attrs, child.blocks = nativeBody(b.Body)
		blocks = append(blocks, child)
	}
	return attrs, blocks
}

// dynamicBlocks reads what stands under "dynamic" in JSON: an object of blocks
// by their name, each with for_each and content, or lists of them.
func dynamicBlocks(v any, r hcl.Range) []tfBlock {
	var out []tfBlock
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			out = append(out, dynamicBlocks(e, r)...)
		}
	case map[string]any:
		for _, name := range sortedKeys(v) {
			for _, body := range objects(v[name]) {
				b := tfBlock{kind: "dynamic", labels: []string{name}, attrs: map[string]hclsyntax.Expression{}}
				for _, key := range sortedKeys(body) {
					if key != "content" {
						b.attrs[key] = jsonExpression(body[key], r)
						continue
					}
					for _, content := range objects(body[key]) {
						b.blocks = append(b.blocks, contentBlock(content, r))
					}
				}
				out = append(out, b)
			}
		}
	}
	return out
}

func contentBlock(content map[string]any, r hcl.Range) tfBlock {
	b := tfBlock{kind: "content", attrs: map[string]hclsyntax.Expression{}}
	for _, key := range sortedKeys(content) {
		if key == "dynamic" {
			b.blocks = append(b.blocks, dynamicBlocks(content[key], r)...)
			continue
		}
		b.attrs[key] = jsonExpression(content[key], r)
	}
	return b
}

// objects returns v, or the elements of the list v, as far as they are objects.
func objects(v any) []map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var out []map[string]any
		for _, e := range v {
			out = append(out, objects(e)...)
		}
		return out
	}
	return nil
}

// jsonExpression is the expression that a JSON value stands for; its strings
// are templates.
func jsonExpression(v any, r hcl.Range) hclsyntax.Expression {
	switch v := v.(type) {
	case string:
		e, diags := hclsyntax.ParseTemplate([]byte(v), r.Filename, r.Start)
		if !diags.HasErrors() {
			return e
		}
		return &hclsyntax.LiteralValueExpr{Val: cty.StringVal(v), SrcRange: r}
	case []any:
		e := &hclsyntax.TupleConsExpr{SrcRange: r}
		for _, x := range v {
			e.Exprs = append(e.Exprs, jsonExpression(x, r))
		}
		return e
	case map[string]any:
		e := &hclsyntax.ObjectConsExpr{SrcRange: r}
		for _, key := range sortedKeys(v) {
			e.Items = append(e.Items, hclsyntax.ObjectConsItem{KeyExpr: jsonExpression(key, r), ValueExpr: jsonExpression(v[key], r)})
		}
		return e
	}
	return &hclsyntax.LiteralValueExpr{Val: cty.True, SrcRange: r}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
