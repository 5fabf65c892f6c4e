package terraform

import (
	"regexp"
	"sync"

	"github.com/aquasecurity/trivy/pkg/iac/scanners/terraform/parser/funcs"
	tlog "github.com/aquasecurity/trivy/pkg/log"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

const (
	maxString  = 1 << 20 // bytes of what join, replace and their like may make
	maxProduct = 10_000  // combinations that setproduct may make
	maxAliases = 100     // aliases in YAML that yamldecode may follow
)

// guardFunctions exchanges functions of the Terraform language that the engine
// takes from exported variables. It belongs to prepare, for the same reasons.
//
// Some would show the machine that the scan runs on, or make two scans of the
// same code differ; to them the answer is not known, as before a plan. Others
// make far more than they are given; they give up where that goes too far.
func guardFunctions() {
	unknown := []*function.Function{
		&funcs.AbsPathFunc, &funcs.PathExpandFunc, &funcs.TimestampFunc, &funcs.UUIDFunc,
		&funcs.BcryptFunc, // minutes of work for one call
	}
	for _, f := range unknown {
		*f = guarded(*f, func([]cty.Value) bool { return false })
	}
	stdlib.SetProductFunc = guarded(stdlib.SetProductFunc, func(args []cty.Value) bool { return product(args, length) <= maxProduct })
	stdlib.JoinFunc = guarded(stdlib.JoinFunc, func(args []cty.Value) bool {
		total, items := 0, 0
		for _, a := range args[min(1, len(args)):] {
			total, items = total+weight(a), items+length(a)
		}
		return len(args) > 0 && total+items*weight(args[0]) <= maxString
	})
	funcs.ReplaceFunc = guarded(funcs.ReplaceFunc, func(args []cty.Value) bool {
		return len(args) == 3 && (weight(args[0])+1)*max(weight(args[2]), 1) <= maxString
	})
	stdlib.IndentFunc = guarded(stdlib.IndentFunc, func(args []cty.Value) bool {
		return len(args) == 2 && small(args[0], 1000) && weight(args[1])*8 <= maxString
	})
	stdlib.FormatFunc = guarded(stdlib.FormatFunc, formatFits)
	stdlib.FormatListFunc = guarded(stdlib.FormatListFunc, func(args []cty.Value) bool {
		return formatFits(args) && product(args, weight) <= maxString*64
	})
	ctyyaml.YAMLDecodeFunc = guarded(ctyyaml.YAMLDecodeFunc, func(args []cty.Value) bool {
		return len(args) == 1 && (args[0].Type() != cty.String || len(alias.FindAllStringIndex(args[0].AsString(), maxAliases+1)) <= maxAliases)
	})
}

var (
	alias     = regexp.MustCompile(`(?m)(?:^|[\s\[,:{-])\*[^\s*]`)
	wideField = regexp.MustCompile(`%[^a-zA-Z%]*([0-9]{4,}|\*)`)
)

// formatFits refuses formats whose fields are thousands of characters wide.
func formatFits(args []cty.Value) bool {
	return len(args) > 0 && args[0].Type() == cty.String && !wideField.MatchString(args[0].AsString())
}

// guarded returns f, but for arguments that it does not suit the result is
// not known. Values that are not known themselves always suit, because nothing
// is made of them.
func guarded(f function.Function, suits func(args []cty.Value) bool) function.Function {
	fits := func(args []cty.Value) bool {
		for _, a := range args {
			if !a.IsWhollyKnown() || a.IsNull() || a.ContainsMarked() {
				return true
			}
		}
		return suits(args)
	}
	// The parameters stay as they are: the evaluation converts by them.
	return function.New(&function.Spec{
		Description: f.Description(),
		Params:      f.Params(),
		VarParam:    f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if !fits(args) {
				return cty.DynamicPseudoType, nil
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !fits(args) {
				return cty.DynamicVal, nil
			}
			return f.Call(args)
		},
	})
}

// length is the number of elements of a value, 1 for what has none.
func length(v cty.Value) int {
	if v.CanIterateElements() {
		return v.LengthInt()
	}
	return 1
}

// weight is the size of a value in bytes and elements.
func weight(v cty.Value) int {
	if v.Type() == cty.String {
		return len(v.AsString())
	}
	total := 1
	if v.CanIterateElements() {
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			if e.IsKnown() && !e.IsNull() {
				total += weight(e)
			}
		}
	}
	return total
}

// product multiplies a measure of the arguments, and stops where it is large.
func product(args []cty.Value, of func(cty.Value) int) int {
	n := 1
	for _, a := range args {
		if n *= max(of(a), 1); n > 1<<40 {
			return n
		}
	}
	return n
}

// small reports whether v is a number of at most limit.
func small(v cty.Value, limit int64) bool {
	if v.Type() != cty.Number {
		return false
	}
	return v.AsBigFloat().IsInt() && v.LessThanOrEqualTo(cty.NumberIntVal(limit)).True()
}

// prepare sets the engine up, once for the process, because everything it
// touches belongs to the process: importing its log package makes a handler
// the default of log/slog that buffers for ever and panics on WithGroup, which
// InitLogger replaces by one that discards; and some functions of the language
// must be held back.
var prepare = sync.OnceFunc(func() {
	tlog.InitLogger(false, true)
	guardFunctions()
	guardNumbers()
})
