package check

import (
	"io/fs"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/scangate/scangate/text"
)

// verdicts reads what a rule came to: a set of verdicts, or one.
func (e *evaluation) verdicts(x *executable, found *ast.Term) ([]Verdict, error) {
	if found == nil {
		return nil, nil
	}
	if n, ok := length(found); ok && x.team != nil && n > maxResults {
		return nil, errResults
	}
	var out []Verdict
	add := func(t *ast.Term) {
		v := e.verdict(x.check, t)
		if x.team != nil {
			e.restrain(&v, x.team)
		}
		out = append(out, v)
	}
	switch v := found.Value.(type) {
	case ast.Set:
		for _, t := range v.Slice() { // in the order of their values
			add(t)
		}
	case *ast.Array:
		v.Foreach(add)
	case ast.Boolean:
		if v {
			add(found)
		}
	default:
		add(found)
	}
	return out, nil
}

// maxMessage bounds what a team's check says, in characters.
const maxMessage = 2000

// restrain makes what a team's check says fit for a report: a check may say
// anything, also about files that are none of its business.
func (e *evaluation) restrain(v *Verdict, t *teamCheck) {
	v.Message = text.Cut(text.Clean(v.Message), maxMessage)
	if v.Message == "" {
		v.Message = "the rule " + t.rule + " applies"
	}
	for c := &v.Cause; c != nil; c = c.Parent {
		if c.Path != e.in.Path && !fs.ValidPath(c.Path) {
			c.Path = e.in.Path
		}
		c.Resource = text.OneLine(c.Resource, maxMessage)
	}
}

// verdict reads one verdict: the object that result.new makes, or one that a
// check makes itself, or a message alone, or both in a list.
func (e *evaluation) verdict(c *Check, t *ast.Term) Verdict {
	v := Verdict{Check: c, Cause: Cause{Managed: true}}
	parts := []*ast.Term{t}
	if list, ok := t.Value.(*ast.Array); ok {
		parts = parts[:0]
		list.Foreach(func(t *ast.Term) { parts = append(parts, t) })
	}
	for _, part := range parts {
		switch part.Value.(type) {
		case ast.String:
			v.Message = stringOf(part)
		case ast.Object:
			v.Cause = causeOf(part, 0)
			if m := stringOf(part.Get(ast.InternedTerm("msg"))); m != "" {
				v.Message = m
			}
		}
	}
	if v.Message == "" {
		v.Message = c.Title
	}
	if v.Cause.Path == "" && v.Cause.Managed {
		v.Cause.Path = e.in.Path
	}
	// Where a file holds several documents, the lines of each start at 1.
	offset := e.offset()
	v.Cause.Start += offset
	v.Cause.End += offset
	return v
}

// offset is how many lines of the file are before the input.
func (e *evaluation) offset() int {
	object, _ := e.in.Value.(map[string]any)
	meta, _ := object["__defsec_metadata"].(map[string]any)
	n, _ := meta["offset"].(int)
	return n
}

// maxParents bounds the blocks and modules around a cause.
const maxParents = 100

// causeOf reads the object that stands for a cause.
func causeOf(t *ast.Term, depth int) Cause {
	c := Cause{
		Path:     stringOf(t.Get(ast.InternedTerm("filepath"))),
		Start:    lineOf(t.Get(ast.InternedTerm("startline"))),
		End:      lineOf(t.Get(ast.InternedTerm("endline"))),
		Resource: stringOf(t.Get(ast.InternedTerm("resource"))),
		Managed:  true,
	}
	if managed := t.Get(ast.InternedTerm("managed")); managed != nil {
		if b, ok := managed.Value.(ast.Boolean); ok {
			c.Managed = bool(b)
		}
	}
	if parent := t.Get(ast.InternedTerm("parent")); parent != nil && depth < maxParents {
		if _, ok := parent.Value.(ast.Object); ok {
			p := causeOf(parent, depth+1)
			c.Parent = &p
		}
	}
	return c
}

func stringOf(t *ast.Term) string {
	if t == nil {
		return ""
	}
	s, _ := t.Value.(ast.String)
	return string(s)
}

// lineOf reads a line's number, 0 for what is none.
func lineOf(t *ast.Term) int {
	if t == nil {
		return 0
	}
	n, ok := t.Value.(ast.Number)
	if !ok {
		return 0
	}
	i, ok := n.Int()
	if !ok || i < 0 || i > math.MaxInt32 {
		return 0
	}
	return i
}

// Failure is a check that failed on an input, and was passed over. A check
// that was passed over found nothing, which must not look like nothing to find.
type Failure struct {
	Check *Check
	Err   error // of the first input; it may quote the input
}

type failures struct {
	mu   sync.Mutex
	seen map[*Check]error
}

func (f *failures) add(c *Check, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[*Check]error{}
	}
	if f.seen[c] == nil {
		f.seen[c] = err
	}
}

// Failures returns the checks that failed on at least one input, in the order
// of their files.
func (s *Set) Failures() []Failure {
	s.failures.mu.Lock()
	defer s.failures.mu.Unlock()
	var out []Failure
	for c, err := range maps.All(s.failures.seen) {
		out = append(out, Failure{c, err})
	}
	slices.SortFunc(out, func(a, b Failure) int {
		switch {
		case a.Check.File < b.Check.File:
			return -1
		case a.Check.File > b.Check.File:
			return 1
		}
		return 0
	})
	return out
}
