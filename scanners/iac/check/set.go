package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	checks "github.com/aquasecurity/trivy-checks"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Set judges inputs. The zero value is not of use: see NewSet.
type Set struct {
	library   *library
	store     storage.Store
	functions map[string]*topdown.Builtin
	now       time.Time
	failures  failures

	mu       sync.Mutex             // held while checks are compiled
	compiled map[*Check]*executable // what is compiled, never changed once it is there
	known    sync.RWMutex           // guards compiled
}

// executable is a check that can be run.
type executable struct {
	check    *Check
	rules    []ast.Body
	compiler *ast.Compiler
}

// NewSet returns a set of the built-in checks. now is the time that checks see
// when they ask for it, so that all of a scan see the same.
func NewSet(now time.Time) (*Set, error) {
	registerFunctions()
	l, err := builtin()
	if err != nil {
		return nil, err
	}
	return &Set{
		library:   l,
		store:     inmem.NewFromObject(map[string]any{}),
		functions: implemented(),
		now:       now,
		compiled:  map[*Check]*executable{},
	}, nil
}

// Judge returns what the checks that are for an input do not like about it, in
// the order of their files. A check that fails is passed over, and told of by
// Failures.
func (s *Set) Judge(ctx context.Context, in Input) ([]Verdict, error) {
	run, err := s.ready(in)
	if err != nil || len(run) == 0 {
		return nil, err
	}
	value, err := ast.InterfaceToValue(in.Value)
	if err != nil {
		return nil, fmt.Errorf("the checks cannot read the input: %w", err)
	}
	e := &evaluation{set: s, in: in, input: ast.NewTerm(value), caches: map[*ast.Compiler]topdown.VirtualCache{}}
	return e.run(ctx, run)
}

// ready returns the checks for an input, compiled.
func (s *Set) ready(in Input) ([]*executable, error) {
	candidates, err := s.library.forInput(in)
	if err != nil {
		return nil, err
	}
	var want []*Check
	for _, c := range candidates {
		if c.applies(in) {
			want = append(want, c)
		}
	}
	out, missing := s.lookUp(want)
	if len(missing) == 0 {
		return out, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, missing = s.lookUp(want); len(missing) > 0 { // nobody was faster
		if err := s.compile(missing); err != nil {
			return nil, err
		}
	}
	out, _ = s.lookUp(want)
	return out, nil
}

// lookUp splits checks into those that are compiled and those that are not.
func (s *Set) lookUp(want []*Check) (have []*executable, missing []*Check) {
	s.known.RLock()
	defer s.known.RUnlock()
	for _, c := range want {
		if e := s.compiled[c]; e != nil {
			have = append(have, e)
		} else {
			missing = append(missing, c)
		}
	}
	return have, missing
}

// compile compiles checks together. The schemas that checks name are not
// applied: they find mistakes of who writes a check, and these are written.
func (s *Set) compile(list []*Check) error {
	modules := map[string]*ast.Module{}
	for _, c := range list {
		m, err := parseBuiltin(checks.EmbeddedPolicyFileSystem, c.File)
		if err != nil {
			return err
		}
		modules[c.File] = m
	}
	if err := addLibraries(modules); err != nil {
		return err
	}
	// The compiler changes the modules that it is given, so the names of rules
	// are taken first.
	rules := map[*Check][]string{}
	for _, c := range list {
		rules[c] = queries(modules[c.File])
	}
	compiler := ast.NewCompiler().WithBuiltins(declared())
	if compiler.Compile(modules); compiler.Failed() {
		return fmt.Errorf("the built-in checks do not compile: %w", compiler.Errors)
	}
	made := make([]*executable, len(list))
	for i, c := range list {
		e, err := prepare(c, compiler, rules[c])
		if err != nil {
			return err
		}
		made[i] = e
	}
	s.known.Lock()
	defer s.known.Unlock()
	for _, e := range made {
		s.compiled[e.check] = e
	}
	return nil
}

// queries are the rules of a module that say what is wrong: deny, and whatever
// starts with deny_.
func queries(m *ast.Module) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range m.Rules {
		name := r.Head.Name.String()
		if seen[name] || name != "deny" && !strings.HasPrefix(name, "deny_") {
			continue
		}
		seen[name] = true
		out = append(out, m.Package.Path.String()+"."+name)
	}
	return out
}

// verdictVar is what a query binds the verdicts to.
const verdictVar = "verdicts"

// prepare compiles the queries for the rules of a check.
func prepare(c *Check, compiler *ast.Compiler, rules []string) (*executable, error) {
	e := &executable{check: c, compiler: compiler}
	for _, rule := range rules {
		body, err := ast.ParseBody(verdictVar + " = " + rule)
		if err == nil {
			body, err = compiler.QueryCompiler().Compile(body)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.File, err)
		}
		e.rules = append(e.rules, body)
	}
	return e, nil
}

// evaluation is one input that is judged.
type evaluation struct {
	set    *Set
	in     Input
	input  *ast.Term
	caches map[*ast.Compiler]topdown.VirtualCache // what rules came to, for those that ask again
}

// maxTime bounds the time of one rule on one input. What takes longer is taken
// for a fault: the checks take milliseconds.
const maxTime = time.Minute

func (e *evaluation) run(ctx context.Context, list []*executable) ([]Verdict, error) {
	txn, err := e.set.store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer e.set.store.Abort(ctx, txn)
	var out []Verdict
	for _, x := range list {
		if e.caches[x.compiler] == nil {
			e.caches[x.compiler] = topdown.NewVirtualCache()
		}
		for _, rule := range x.rules {
			found, err := e.rule(ctx, txn, x, rule)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				e.set.failures.add(x.check, err)
				continue
			}
			out = append(out, found...)
		}
	}
	return out, nil
}

// rule runs one rule.
func (e *evaluation) rule(ctx context.Context, txn storage.Transaction, x *executable, body ast.Body) (out []Verdict, err error) {
	cancel := topdown.NewCancel()
	limited, release := context.WithTimeout(ctx, maxTime)
	defer release()
	stop := context.AfterFunc(limited, cancel.Cancel)
	defer stop()
	err = topdown.NewQuery(body).
		WithCompiler(x.compiler).
		WithStore(e.set.store).
		WithTransaction(txn).
		WithBuiltins(e.set.functions).
		WithVirtualCache(e.caches[x.compiler]).
		WithTime(e.set.now).
		WithInput(e.input).
		WithCancel(cancel).
		Iter(ctx, func(r topdown.QueryResult) error {
			out = append(out, e.verdicts(x.check, r[verdictVar])...)
			return nil
		})
	if limited.Err() != nil && ctx.Err() == nil {
		return nil, errors.New("took too long")
	}
	return out, err
}
