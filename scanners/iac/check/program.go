package check

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	checks "github.com/aquasecurity/trivy-checks"
	"github.com/aquasecurity/trivy/pkg/iac/rego/schemas"
	"github.com/aquasecurity/trivy/pkg/iac/types"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"github.com/scangate/scangate/text"
)

// teamKey is what the compiler knows the modules of a team by, so that none
// can take the place of a library.
const teamKey = "team:"

// compileCustom compiles a team's checks, apart from the built-in ones. The
// error is one line as that of ReadCustom.
func compileCustom(c *Custom) (list []*executable, store storage.Store, err error) {
	defer func() {
		if r := recover(); r != nil { // what the compiler does not expect
			err = fmt.Errorf("the checks cannot be compiled: %s", text.OneLine(fmt.Sprint(r), 200))
		}
	}()
	var p problems
	modules := map[string]*ast.Module{}
	namespaces := map[string]bool{}
	for _, file := range c.files {
		modules[teamKey+file] = c.modules[file]
		namespaces[packageName(c.modules[file])] = true
	}
	if err := addReferred(modules); err != nil {
		return nil, nil, err
	}
	data := map[string]any{}
	for k, v := range c.data {
		data[k] = v
	}
	if data["namespaces"] == nil { // as Trivy has it
		var names []any
		for n := range namespaces {
			names = append(names, n)
		}
		slices.SortFunc(names, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
		data["namespaces"] = names
	}
	store = inmem.NewFromObject(data)
	ctx := context.Background() // the store is in memory
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer store.Abort(ctx, txn)
	set := teamSchemas(c, &p)
	compiler := ast.NewCompiler().
		WithCapabilities(sandboxed()).
		WithBuiltins(declared()).
		WithUseTypeCheckAnnotations(true).
		WithSchemas(set).
		WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn))
	if len(p.list) == 0 {
		if compiler.Compile(modules); compiler.Failed() {
			p.rego("", compiler.Errors)
		}
	}
	if len(p.list) == 0 {
		refuseMocks(compiler.Modules, &p)
	}
	if err := p.err(); err != nil {
		return nil, nil, err
	}
	for _, m := range compiler.Modules {
		guardModule(m)
	}
	for _, t := range c.checks {
		e, err := prepare(t.Check, compiler, []string{t.pkg.String() + "." + t.rule})
		if err != nil {
			return nil, nil, err
		}
		e.team = t
		if suffix, _, _ := verdictRule(t.rule); t.exception {
			quoted, _ := json.Marshal(suffix) // of a name
			body, err := ast.ParseBody(fmt.Sprintf("%s.exception[_][_] = %s", t.pkg, quoted))
			if err == nil {
				e.exception, err = compiler.QueryCompiler().Compile(body)
			}
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", t.File, err)
			}
		}
		list = append(list, e)
	}
	return list, store, nil
}

// addReferred adds the libraries that modules refer to, imported or not.
func addReferred(modules map[string]*ast.Module) error {
	files, err := libraryFiles()
	if err != nil {
		return err
	}
	added := map[string]bool{}
	for _, m := range modules {
		ast.WalkRefs(m, func(r ast.Ref) bool {
			if !r[0].Equal(ast.DefaultRootDocument) {
				return false
			}
			prefix := r.GroundPrefix()
			for n := len(prefix); n > 1; n-- {
				if file := files[prefix[:n].String()]; file != "" {
					added[file] = true
				}
			}
			return false
		})
	}
	for file := range added {
		lib, err := parseBuiltin(checks.EmbeddedLibraryFileSystem, file)
		if err != nil {
			return err
		}
		modules[file] = lib
	}
	return addLibraries(modules)
}

// teamSchemas are the schemas that the modules name in annotations. They are
// those of the forms of input, by the name of the form.
func teamSchemas(c *Custom, p *problems) *ast.SchemaSet {
	set := ast.NewSchemaSet()
	input := ast.MustParseRef("schema.input")
	set.Put(input, map[string]any{}) // anything, which is what it stood for once
	for _, file := range c.files {
		for _, a := range c.modules[file].Annotations {
			for _, s := range a.Schemas {
				if s.Schema == nil {
					p.at(a.Location, "a schema cannot be written into an annotation: name one of "+schemaNames())
					continue
				}
				if set.Get(s.Schema) != nil {
					continue
				}
				name, err := s.Schema.Ptr()
				written, ok := schemas.SchemaMap[types.Source(name)]
				if err != nil || !ok {
					p.at(a.Location, fmt.Sprintf("unknown schema %s: want one of %s", s.Schema, schemaNames()))
					continue
				}
				var schema any
				if err := json.Unmarshal([]byte(written), &schema); err != nil {
					p.at(a.Location, "the schema "+name+" cannot be read: "+err.Error())
					continue
				}
				set.Put(s.Schema, schema)
			}
		}
	}
	return set
}

func schemaNames() string {
	var names []string
	for n := range schemas.SchemaMap {
		names = append(names, fmt.Sprintf("schema[%q]", string(n)))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// refuseMocks refuses with for functions: what takes the place of a function
// is called past its guard.
func refuseMocks(modules map[string]*ast.Module, p *problems) {
	for key, m := range modules {
		if !strings.HasPrefix(key, teamKey) {
			continue
		}
		ast.WalkWiths(m, func(w *ast.With) bool {
			for _, t := range []*ast.Term{w.Target, w.Value} {
				if r, ok := t.Value.(ast.Ref); ok && ast.BuiltinMap[r.String()] != nil {
					p.at(w.Location, "with cannot replace or name the function "+r.String())
				}
			}
			return false
		})
	}
}

// guardModule makes a compiled module call the guarded functions, and measure
// the values that it puts together.
func guardModule(m *ast.Module) {
	body := func(b ast.Body) ast.Body {
		var out ast.Body
		for _, e := range b {
			out = append(out, e)
			out = append(out, guardExpr(e)...)
		}
		for i := range out {
			out[i].Index = i
		}
		return out
	}
	ast.NewGenericVisitor(func(n any) bool {
		switch n := n.(type) {
		case *ast.Rule:
			n.Body = body(n.Body)
		case *ast.ArrayComprehension:
			n.Body = body(n.Body)
		case *ast.SetComprehension:
			n.Body = body(n.Body)
		case *ast.ObjectComprehension:
			n.Body = body(n.Body)
		case *ast.Every:
			n.Body = body(n.Body)
		}
		return false
	}).Walk(m)
}

// guardExpr turns a call into a guarded one. What it returns goes behind the
// expression: it measures the variables that hold a value put together there.
func guardExpr(e *ast.Expr) (after []*ast.Expr) {
	terms, ok := e.Terms.([]*ast.Term)
	if !ok || len(terms) == 0 {
		return nil
	}
	measured := func(t *ast.Term) {
		if _, ok := t.Value.(ast.Var); !ok || e.Negated {
			return
		}
		after = append(after, &ast.Expr{
			Location: e.Location,
			With:     e.With,
			Terms:    []*ast.Term{ast.NewTerm(ast.Ref{ast.VarTerm(sized)}), t},
		})
	}
	operator, ok := terms[0].Value.(ast.Ref)
	if !ok {
		return nil
	}
	name := operator.String()
	switch check, known := available()[name]; {
	case e.IsEquality():
		for i, t := range terms[1:] {
			if putTogether(terms[2-i]) {
				measured(t)
			}
		}
	case known && check != nil:
		terms[0] = ast.NewTerm(ast.Ref{ast.VarTerm(guardedPrefix + name)})
	case operator[0].Equal(ast.DefaultRootDocument):
		measured(terms[len(terms)-1])
	}
	return after
}

// putTogether reports whether a term may stand for more than its source.
func putTogether(t *ast.Term) bool {
	switch v := t.Value.(type) {
	case *ast.Array, ast.Object, ast.Set, *ast.ArrayComprehension, *ast.SetComprehension, *ast.ObjectComprehension:
		return true
	case ast.Ref:
		return v[0].Equal(ast.DefaultRootDocument)
	}
	return false
}
