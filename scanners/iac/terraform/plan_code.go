package terraform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/scangate/scangate/scanners/iac/work"
)

// planCode is a plan written as code.
type planCode struct {
	text  bytes.Buffer
	line  int
	inner int        // blocks inside of resources
	spans []planSpan // in the order of their lines
	// scalar tells of the attributes that are known whether they are a single
	// value, by type, name and attribute.
	scalar map[string]bool
}

// planSpan says which lines are those of a resource.
type planSpan struct {
	start, end int
	resource   *planResource
}

func compareSpan(s planSpan, line int) int {
	switch {
	case s.end < line:
		return -1
	case s.start > line:
		return 1
	}
	return 0
}

// notKnown stands for a value that is not known: it refers to what is not
// there.
const notKnown = "known_after.apply"

// maxPlanCode bounds the code that is made from a plan, in bytes.
const maxPlanCode = 2 * work.MaxPlanSize

// code writes the resources, or returns nil when it would be too much.
func (p *plan) code() *planCode {
	c := &planCode{line: 1, scalar: map[string]bool{}}
	for _, r := range p.resources {
		for name, v := range r.after {
			switch v.(type) {
			case map[string]any, []any:
				c.scalar[r.typ+"."+r.label+"."+name] = false
			}
		}
	}
	for _, r := range p.resources {
		start := c.line
		c.put("%s %q %q {\n", r.kind, r.typ, r.label)
		c.body(r, r.after, r.unknown, r.exprs, true)
		c.put("}\n")
		c.spans = append(c.spans, planSpan{start, c.line - 1, r})
		if c.inner > maxInner || c.text.Len() > maxPlanCode {
			return nil
		}
	}
	return c
}

func (c *planCode) put(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	c.text.WriteString(s)
	c.line += strings.Count(s, "\n")
}

// body writes the values of a resource or block.
//
// A plan does not say what is a block and what is a list of objects; a list of
// objects is taken for blocks. What is not known is written where the
// configuration gives it a value: as what it refers to, if that can be told.
func (c *planCode) body(r *planResource, after, unknown, exprs map[string]any, outermost bool) {
	for _, name := range sortedKeys(after) {
		if !hclsyntax.ValidIdentifier(name) || after[name] == nil {
			continue
		}
		list, isList := after[name].([]any)
		if isList && len(list) > 0 && allObjects(list) {
			for i, e := range list {
				if c.inner++; c.inner > maxInner {
					return
				}
				c.put("%s {\n", name)
				c.body(r, e.(map[string]any), objectAt(unknown[name], i), objectAt(exprs[name], i), false)
				c.put("}\n")
			}
			continue
		}
		if isList && len(list) == 0 {
			continue // no blocks, or no elements
		}
		c.put("%s = %s\n", name, literalOf(after[name]))
	}
	if outermost {
		for _, name := range sortedKeys(exprs) {
			if ref := referenceIn(exprs[name]); ref != "" && after[name] == nil && hclsyntax.ValidIdentifier(name) {
				c.put("%s = %s\n", name, c.reference(r, ref))
			}
		}
		return
	}
	for _, name := range sortedKeys(unknown) {
		if unknown[name] != true || after[name] != nil || !hclsyntax.ValidIdentifier(name) {
			continue
		}
		if ref := referenceIn(exprs[name]); ref != "" {
			c.put("%s = %s\n", name, c.reference(r, ref))
		} else if exprs == nil { // made by a dynamic block
			c.put("%s = %s\n", name, notKnown)
		}
	}
}

func allObjects(list []any) bool {
	for _, e := range list {
		if _, ok := e.(map[string]any); !ok {
			return false
		}
	}
	return true
}

// objectAt is the object at a place of a list, or nil.
func objectAt(v any, i int) map[string]any {
	if list, ok := v.([]any); ok && i < len(list) {
		object, _ := list[i].(map[string]any)
		return object
	}
	object, _ := v.(map[string]any) // a block that there can be but one of
	return object
}

// referenceIn is the first thing that an expression refers to, which is the
// most exact.
func referenceIn(expr any) string {
	object, _ := expr.(map[string]any)
	list, _ := object["references"].([]any)
	if len(list) == 0 {
		return ""
	}
	ref, _ := list[0].(string)
	return ref
}

// reference writes a reference to an attribute of a resource of the same
// module. Everything else is not known, and so is what is more than one value:
// it could be repeated without end.
func (c *planCode) reference(r *planResource, ref string) string {
	parts := strings.Split(withoutKeys(ref), ".")
	for _, p := range parts {
		if !hclsyntax.ValidIdentifier(p) {
			return notKnown
		}
	}
	prefix := ""
	if parts[0] == "data" {
		prefix, parts = "data.", parts[1:]
	}
	if len(parts) != 3 {
		return notKnown
	}
	switch parts[0] {
	case "var", "local", "module", "each", "count", "path", "terraform", "self":
		return notKnown
	}
	target := parts[0] + "." + parts[1] + r.suffix + "." + parts[2]
	if scalar, known := c.scalar[target]; known && !scalar {
		return notKnown
	}
	return prefix + target
}

// literalOf writes a value.
func literalOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		// A number can be short and have a billion digits, on either side of
		// the point.
		f, err := v.Float64()
		if size := math.Abs(f); err != nil || size > 1e30 || size < 1e-30 && size != 0 {
			return notKnown
		}
		if f == 0 {
			return "0"
		}
		return v.String()
	case string:
		return quote(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = literalOf(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, key := range sortedKeys(v) {
			parts = append(parts, quote(key)+" = "+literalOf(v[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return notKnown
}

// quote writes a string so that nothing in it is a template.
func quote(s string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\u00`)
			b.WriteByte(digits[r>>4])
			b.WriteByte(digits[r&15])
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
