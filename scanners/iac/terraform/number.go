package terraform

import (
	"bytes"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// A number of a few characters can have a billion digits, and they are all
// written when it becomes part of a text, in a time that grows with their
// square. So numbers are kept within what people write.

const (
	maxNumberText = 400     // bytes of a number in the code
	maxExponent   = 1 << 13 // of the power of 2: some 2,500 digits
)

// guardNumbers makes the operators give up on numbers that are too large. It
// belongs to prepare, for the same reasons.
func guardNumbers() {
	for _, op := range []*hclsyntax.Operation{
		hclsyntax.OpAdd, hclsyntax.OpSubtract, hclsyntax.OpMultiply, hclsyntax.OpDivide, hclsyntax.OpModulo, hclsyntax.OpNegate,
	} {
		op.Impl = bounded(op.Impl)
	}
}

// bounded returns f, but what is made from or to a number that is too large is
// not known.
func bounded(f function.Function) function.Function {
	return function.New(&function.Spec{
		Description: f.Description(),
		Params:      f.Params(),
		VarParam:    f.VarParam(),
		Type:        f.ReturnTypeForValues,
		Impl: func(args []cty.Value, typ cty.Type) (cty.Value, error) {
			for _, a := range args {
				if enormous(a) {
					return cty.UnknownVal(typ), nil
				}
			}
			v, err := f.Call(args)
			if err == nil && enormous(v) {
				return cty.UnknownVal(typ), nil
			}
			return v, err
		},
	})
}

// enormous reports whether v is a number that is too large, or too small.
func enormous(v cty.Value) bool {
	if v.Type() != cty.Number || !v.IsKnown() || v.IsNull() || v.IsMarked() {
		return false
	}
	exp := v.AsBigFloat().MantExp(nil)
	return exp > maxExponent || exp < -maxExponent
}

// enormousText reports whether a number as it is written is too large: it is
// long, or its exponent has more than three digits.
func enormousText(number []byte) bool {
	if len(number) > maxNumberText {
		return true
	}
	i := bytes.IndexAny(number, "eE")
	return i >= 0 && len(bytes.TrimLeft(number[i+1:], "+-0")) > 3
}

// numberAt returns the number in data that starts at i.
func numberAt(data []byte, i int) []byte {
	end := i
	for end < len(data) && (data[end] >= '0' && data[end] <= '9' || data[end] == '.' || data[end] == 'e' || data[end] == 'E' ||
		(data[end] == '+' || data[end] == '-') && (data[end-1] == 'e' || data[end-1] == 'E')) {
		end++
	}
	return data[i:end]
}
