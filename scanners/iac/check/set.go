package check

import (
	"context"
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

	team      []*executable // the checks of a team, compiled
	teamStore storage.Store // their data
	teamTime  time.Duration // for one rule and input of theirs

	mu       sync.Mutex             // held while checks are compiled
	compiled map[*Check]*executable // what is compiled, never changed once it is there
	known    sync.RWMutex           // guards compiled
}

// executable is a check that can be run.
type executable struct {
	check    *Check
	rules    []ast.Body
	compiler *ast.Compiler

	team      *teamCheck // nil for built-in checks
	exception ast.Body   // whether the team makes an exception of an input; may be nil
}

// Option changes what a set does.
type Option func(*Set) error

// WithCustom adds a team's checks; nil stands for none. They are compiled here:
// NewSet fails with what ReadCustom could not see, in the same form.
func WithCustom(c *Custom) Option {
	return func(s *Set) (err error) {
		if c == nil {
			return nil
		}
		s.team, s.teamStore, err = compileCustom(c)
		return err
	}
}

// WithTimeLimit bounds the time that one rule of a team may take on one input,
// which is five seconds otherwise.
func WithTimeLimit(d time.Duration) Option {
	return func(s *Set) error {
		s.teamTime = d
		return nil
	}
}

// NewSet returns a set of the built-in checks. now is the time that checks see
// when they ask for it, so that all of a scan see the same.
func NewSet(now time.Time, options ...Option) (*Set, error) {
	registerFunctions()
	l, err := builtin()
	if err != nil {
		return nil, err
	}
	s := &Set{
		library:   l,
		teamTime:  customTime,
		store:     inmem.NewFromObject(map[string]any{}),
		functions: implemented(),
		now:       now,
		compiled:  map[*Check]*executable{},
	}
	for _, o := range options {
		if err := o(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Now is the time that checks see, and that marks which expire are held against.
func (s *Set) Now() time.Time { return s.now }

// Judge returns what the checks that are for an input do not like about it, in
// the order of their files, a team's last. A check that fails is passed over,
// and told of by Failures.
func (s *Set) Judge(ctx context.Context, in Input) ([]Verdict, error) {
	run, err := s.ready(in)
	if err != nil {
		return nil, err
	}
	for _, e := range s.team {
		if e.check.applies(in) {
			run = append(run, e)
		}
	}
	if len(run) == 0 {
		return nil, nil
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
