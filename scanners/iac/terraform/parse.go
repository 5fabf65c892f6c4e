package terraform

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	tfschema "github.com/aquasecurity/trivy/pkg/iac/terraform"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/text"
)

// tfFile is a Terraform file, parsed but not evaluated.
type tfFile struct {
	work.File
	isJSON    bool
	calls     []tfCall
	counts    []tfCount
	sources   []hcl.Range // sources of modules that are computed
	blocks    []tfBlock
	variables []tfVariable
	body      hcl.Body
}

// tfVariable is an input of a module.
type tfVariable struct {
	name   string
	typ    cty.Type
	preset bool // has a default
}

// tfCount is an expression that says how many copies of a block there are.
type tfCount struct {
	at     hcl.Range
	module bool // the block calls a module
}

// maxTerraformSize bounds a file of Terraform code, in bytes: parsing takes
// some hundred bytes of memory for each.
const maxTerraformSize = 1 << 20

// parseFile reads a file. A note says why it cannot be used.
func parseFile(f work.File) (tfFile, *finding.Note) {
	parsed, note := syntax(f)
	if note != nil {
		return tfFile{}, note
	}
	// The engine asks in this way too, and drops the whole file when it
	// does not like the answer.
	content, diags := parsed.Body.Content(tfschema.Schema)
	if diags.HasErrors() {
		return tfFile{}, unparsable(f, diags)
	}
	out := readBlocks(f, isJSON(f.Path), content.Blocks)
	out.body = parsed.Body
	return out, nil
}

// syntax parses a file of code or of values, unless that could do harm.
func syntax(f work.File) (*hcl.File, *finding.Note) {
	if len(f.Data) > maxTerraformSize {
		n := work.Gap(f.Path, 0, "is over 1 MiB: not scanned; split it")
		return nil, &n
	}
	if line, why := harm(f.Data, isJSON(f.Path)); line > 0 {
		n := work.Gap(f.Path, line, why+": not scanned")
		return nil, &n
	}
	parsed, diags := parseAs(f)
	if diags.HasErrors() {
		return nil, unparsable(f, diags)
	}
	return parsed, nil
}

func parseAs(f work.File) (*hcl.File, hcl.Diagnostics) {
	if isJSON(f.Path) {
		return hcljson.Parse(f.Data, f.Path)
	}
	return hclsyntax.ParseConfig(f.Data, f.Path, hcl.InitialPos)
}

// unparsable says where a file is broken.
func unparsable(f work.File, diags hcl.Diagnostics) *finding.Note {
	line, why := firstError(diags)
	n := work.Gap(f.Path, line, "cannot be parsed: "+why)
	return &n
}

func isJSON(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".json") }

// firstError returns the line and the summary of the first error. The details
// are left out, because they quote the file.
func firstError(diags hcl.Diagnostics) (line int, summary string) {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		if d.Subject != nil {
			line = d.Subject.Start.Line
		}
		return line, strings.ToLower(text.OneLine(d.Summary, 120))
	}
	return 0, "unknown error"
}

// readBlocks takes from the blocks what must be known before the evaluation.
func readBlocks(f work.File, isJSON bool, blocks hcl.Blocks) tfFile {
	out := tfFile{File: f, isJSON: isJSON}
	for _, b := range blocks {
		out.blocks = append(out.blocks, blockOf(b, f.Data))
		attrs := attributes(b.Body, "source", "type", "default", "count", "for_each")
		switch b.Type {
		case "variable":
			if len(b.Labels) > 0 {
				out.variables = append(out.variables, tfVariable{b.Labels[0], variableType(attrs["type"]), attrs["default"] != nil})
			}
			continue
		case "module":
			call := tfCall{path: f.Path, line: b.DefRange.Start.Line, copies: copies(attrs)}
			var ok bool
			if call.source, ok = literal(attrs["source"]); !ok && attrs["source"] != nil {
				call.computed = true
				out.sources = append(out.sources, attrs["source"].Expr.Range())
			}
			out.calls = append(out.calls, call)
		case "resource", "data":
		default:
			continue
		}
		if count := attrs["count"]; count != nil {
			out.counts = append(out.counts, tfCount{count.Expr.Range(), b.Type == "module"})
		}
	}
	return out
}

// attributes returns those of the named attributes that body has.
func attributes(body hcl.Body, names ...string) hcl.Attributes {
	schema := &hcl.BodySchema{}
	for _, name := range names {
		schema.Attributes = append(schema.Attributes, hcl.AttributeSchema{Name: name})
	}
	content, _, _ := body.PartialContent(schema)
	if content == nil {
		return nil
	}
	return content.Attributes
}

// variableType is the declared type of a variable, or any.
func variableType(attr *hcl.Attribute) cty.Type {
	if attr == nil {
		return cty.DynamicPseudoType
	}
	t, _, diags := typeexpr.TypeConstraintWithDefaults(attr.Expr)
	if diags.HasErrors() || t == cty.NilType {
		return cty.DynamicPseudoType
	}
	return t.WithoutOptionalAttributesDeep()
}

// literal returns the value of a string that depends on nothing.
func literal(attr *hcl.Attribute) (string, bool) {
	if attr == nil {
		return "", false
	}
	v, diags := attr.Expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

// copies guesses how often a module is called by one block.
func copies(attrs hcl.Attributes) int {
	if attrs["for_each"] != nil {
		return 2
	}
	if attrs["count"] == nil {
		return 1
	}
	v, diags := attrs["count"].Expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.Number {
		return 2
	}
	n, _ := v.AsBigFloat().Float64()
	return int(max(0, min(n, maxCalls)))
}

const (
	maxCopies  = 32    // that the count of one block may make
	maxCalls   = 8     // that the count of one module call may make
	maxCounted = 1_000 // that the counts of one module may make together
)

// served is what the engine gets to see of a file: what stands in it, but with
// limits to what the engine would follow without one.
//
// It makes as many copies of a block as its count says, however large the
// number is, and what the number is shows only in the evaluation; so the
// expression itself is made to end just beyond limit. All copies have the same lines,
// and more of them would say nothing new. A module's source that is computed,
// which Terraform does not allow, is dropped, because the graph of the modules
// would not be known before. No line moves by either.
func (f tfFile) served(limit int) ([]byte, *finding.Note) {
	var edits []edit
	for _, c := range f.counts {
		limit := limit
		if c.module {
			limit = min(limit, maxCalls)
		}
		edits = append(edits, wrap(f.Data, c.at, f.isJSON, "try(min((", fmt.Sprintf("), %d), null)", limit+1))...)
	}
	for _, r := range f.sources {
		edits = append(edits, wrap(f.Data, r, f.isJSON, "try(null, (", "))")...)
	}
	if len(edits) == 0 {
		return f.Data, nil
	}
	out := apply(f.Data, edits)
	if !f.isJSON {
		if _, diags := hclsyntax.ParseConfig(out, f.Path, hcl.InitialPos); diags.HasErrors() {
			line, _ := firstError(diags)
			n := work.Gap(f.Path, line, "has a count that cannot be bounded: not scanned")
			return nil, &n
		}
	}
	return out, nil
}

// edit inserts text before the byte at an offset.
type edit struct {
	at   int
	text string
}

// wrap puts an expression between two pieces of code.
func wrap(data []byte, r hcl.Range, isJSON bool, open, shut string) []edit {
	start, end := r.Start.Byte, r.End.Byte
	if start < 0 || end > len(data) || start >= end {
		return nil
	}
	if !isJSON {
		return []edit{{start, open}, {end, shut}}
	}
	expr := data[start:end]
	switch {
	case bytes.HasPrefix(expr, []byte(`"${`)) && bytes.HasSuffix(expr, []byte(`}"`)):
		return []edit{{start + 3, open}, {end - 2, shut}}
	case expr[0] != '"': // a number, or nonsense
		return []edit{{start, `"${` + open}, {end, shut + `}"`}}
	}
	// Text with something in it: no number, so that the engine makes one copy;
	// as the source of a module it is dropped.
	return []edit{{start + 1, "${null}"}}
}

// apply makes the edits.
func apply(data []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.at - b.at })
	var out bytes.Buffer
	from := 0
	for _, e := range edits {
		out.Write(data[from:e.at])
		out.WriteString(e.text)
		from = e.at
	}
	out.Write(data[from:])
	return out.Bytes()
}
