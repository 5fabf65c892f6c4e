package terraform

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/scangate/scangate/scanners/iac/work"
)

// tfValue is a value for a variable, from a file of values.
type tfValue struct {
	value cty.Value
	at    hcl.Range
}

// assign gives the modules the values that Terraform would load when it is run
// in their directory, and then those that were asked for. Only root modules
// make use of them.
//
// Trivy reads no file of values that it is not told of.
func (tf *Code) assign(files []work.File) {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b work.File) int {
		return cmp.Or(cmp.Compare(rank(a.Path), rank(b.Path)), cmp.Compare(path.Base(a.Path), path.Base(b.Path)))
	})
	for _, f := range files {
		if m := tf.modules[path.Dir(f.Path)]; m != nil {
			m.set(tf.readValues(f))
		}
	}
	for _, f := range tf.options.TFVars {
		values := tf.readValues(f)
		for _, dir := range tf.dirs() {
			tf.modules[dir].set(values)
		}
	}
}

// rank orders the files of values of one directory: of two that give the same
// variable a value, the later one wins.
func rank(name string) int {
	switch path.Base(name) {
	case "terraform.tfvars":
		return 0
	case "terraform.tfvars.json":
		return 1
	}
	return 2
}

// set takes over the values for variables that the module declares.
func (m *tfModule) set(values map[string]tfValue) {
	for _, v := range m.variables {
		if given, ok := values[v.name]; ok {
			if m.values == nil {
				m.values = map[string]tfValue{}
			}
			m.values[v.name] = given
		}
	}
}

// readValues reads a file of values. They are constants; what is none is a gap,
// and left out.
func (tf *Code) readValues(f work.File) map[string]tfValue {
	parsed, note := syntax(f)
	if note != nil {
		note.Message = strings.ReplaceAll(note.Message, "not scanned", "its values are not used")
		tf.Notes = append(tf.Notes, *note)
		return nil
	}
	attrs, diags := parsed.Body.JustAttributes()
	if diags.HasErrors() {
		tf.Notes = append(tf.Notes, *unparsable(f, diags))
	}
	values := map[string]tfValue{}
	for _, name := range sortedKeys(attrs) {
		a := attrs[name]
		gap := func(why string) {
			tf.Notes = append(tf.Notes, work.Gap(f.Path, a.Range.Start.Line, why+": the value is not used"))
		}
		if !modest(a.Expr, gap) {
			continue
		}
		v, diags := a.Expr.Value(nil)
		if diags.HasErrors() || !v.IsWhollyKnown() {
			gap("is not a constant")
			continue
		}
		values[name] = tfValue{v, a.Range}
	}
	return values
}

// modest reports whether a value may be evaluated: a constant too can be a
// loop over loops.
func modest(e hcl.Expression, gap func(why string)) bool {
	native, ok := e.(hclsyntax.Expression)
	if !ok {
		return true // JSON comes to what is written
	}
	fine := true
	s := &estimator{
		turns: 1,
		fail: func(_ hcl.Range, why string) {
			if fine {
				gap(why)
			}
			fine = false
		},
		refer: func(hcl.Traversal) extent { return leaf(0) },
	}
	s.of(native)
	return fine
}

// extentOf is the extent of a value that is known.
func extentOf(v cty.Value) extent {
	switch {
	case v.IsNull() || !v.IsKnown():
		return leaf(0)
	case v.Type() == cty.String:
		return leaf(float64(len(v.AsString())))
	case !v.CanIterateElements():
		return leaf(64)
	}
	out := extent{total: unit, n: float64(v.LengthInt())}
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		x := extentOf(e)
		if out.total += x.total; k.Type() == cty.String && k.IsKnown() {
			out.total += float64(len(k.AsString()))
		}
		if out.elem != nil {
			x = join(*out.elem, x)
		}
		out.elem = &x
	}
	return out
}
