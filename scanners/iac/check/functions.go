package check

import (
	"sync"

	checksrego "github.com/aquasecurity/trivy-checks/pkg/rego"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"
)

// registerFunctions adds the functions that come with trivy-checks to those of
// the process, which is the only way that they can be had.
var registerFunctions = sync.OnceFunc(checksrego.RegisterBuiltins)

// Two functions belong to the engine rather than to the checks: result.new
// makes a verdict from a message and the object at fault, and isManaged tells
// what is in the code from what is only referred to.
const (
	resultNew = "result.new"
	isManaged = "isManaged"
)

// declared are their declarations, for the compiler.
func declared() map[string]*ast.Builtin {
	return map[string]*ast.Builtin{
		resultNew: {Name: resultNew, Decl: types.NewFunction(types.Args(types.S, types.A), types.A)},
		isManaged: {Name: isManaged, Decl: types.NewFunction(types.Args(types.A), types.B)},
	}
}

// implemented are their implementations, for the evaluation.
func implemented() map[string]*topdown.Builtin {
	decl := declared()
	return map[string]*topdown.Builtin{
		resultNew: {Decl: decl[resultNew], Func: func(_ topdown.BuiltinContext, args []*ast.Term, iter func(*ast.Term) error) error {
			return iter(cause(args[0], args[1]))
		}},
		isManaged: {Decl: decl[isManaged], Func: func(_ topdown.BuiltinContext, args []*ast.Term, iter func(*ast.Term) error) error {
			return iter(cause(nil, args[0]).Get(ast.InternedTerm("managed")))
		}},
	}
}

// causeKeys are what a verdict takes over from the metadata of an object, and
// where it stands there: the instructions of Dockerfiles have no metadata, but
// these things themselves, with capitals.
var causeKeys = []struct {
	name  string
	from  []string // the last that is there counts
	other *ast.Term
}{
	{"startline", []string{"startline", "StartLine"}, ast.InternedTerm(0)},
	{"endline", []string{"endline", "EndLine"}, ast.InternedTerm(0)},
	{"filepath", []string{"filepath", "Path"}, ast.InternedTerm("")},
	{"managed", []string{"managed"}, ast.InternedTerm(true)},
	{"resource", []string{"resource"}, ast.InternedTerm("")},
}

// cause makes the object that stands for a verdict, or for one of its parents.
func cause(message, of *ast.Term) *ast.Term {
	meta := of
	if m := of.Get(ast.InternedTerm("__defsec_metadata")); m != nil {
		meta = m
	}
	out := ast.NewObject()
	for _, k := range causeKeys {
		value := k.other
		for _, name := range k.from {
			if v := meta.Get(ast.InternedTerm(name)); v != nil {
				value = v
			}
		}
		out.Insert(ast.InternedTerm(k.name), value)
	}
	if message != nil {
		out.Insert(ast.InternedTerm("msg"), message)
	}
	if parent := meta.Get(ast.InternedTerm("parent")); parent != nil {
		out.Insert(ast.InternedTerm("parent"), cause(nil, parent))
	}
	return ast.NewTerm(out)
}
