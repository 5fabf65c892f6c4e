package check

import (
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// guard refuses a call that would take long, or make a large value, before it
// is made. Some fractions of a second and some megabytes are let through.
type guard func(name string, args []*ast.Term) error

var errLarge = errors.New("the arguments are too large for one call")

// free lets everything through that is not beyond all measure: such functions
// take time with the size of their arguments, which were made step by step.
func free(_ string, args []*ast.Term) error {
	for _, a := range args {
		switch v := a.Value.(type) {
		case ast.String:
			if len(v) > maxText {
				return errLarge
			}
		case ast.Number:
			if tooLong(string(v)) {
				return errNumber
			}
		}
	}
	return nil
}

// whole is for functions that look at all parts of their arguments.
func whole(_ string, args []*ast.Term) error {
	if !fits(args...) {
		return errLarge
	}
	return nil
}

// numbers is for arithmetic, and for text that is read as a number.
func numbers(name string, args []*ast.Term) error {
	if err := whole(name, args); err != nil {
		return err
	}
	for _, a := range args {
		if s, ok := a.Value.(ast.String); ok && (len(s) > maxDigits || tooLong(string(s))) {
			return errNumber
		}
	}
	switch name {
	case "bits.lsh":
		if n, ok := number(args[1]); !ok || n > 4*maxDigits {
			return errNumber
		}
	case "product":
		if n, ok := length(args[0]); ok && n > 1000 {
			return errLarge
		}
	case "numbers.range", "numbers.range_step":
		from, ok1 := number(args[0])
		to, ok2 := number(args[1])
		if !ok1 || !ok2 || math.Abs(to-from) > maxRangeSize {
			return fmt.Errorf("the range is over %d", maxRangeSize)
		}
	}
	return nil
}

// parsing is for functions that read a format with nesting.
func parsing(name string, args []*ast.Term) error {
	if len(textOf(args[0])) > 1<<20 {
		return errLarge
	}
	return free(name, args)
}

// shell is for functions whose own bounds nobody knows.
func shell(_ string, args []*ast.Term) error {
	if s := textOf(args[0]); len(s) > 64<<10 || strings.Count(s, "(")+strings.Count(s, "{") > 1000 {
		return errLarge
	}
	return nil
}

// patching is for json.patch, which can copy a document into itself.
func patching(name string, args []*ast.Term) error {
	if err := whole(name, args); err != nil {
		return err
	}
	copies := 0
	each(args[1], func(t *ast.Term) {
		if op := t.Get(ast.InternedTerm("op")); op != nil && textOf(op) == "copy" {
			copies++
		}
	})
	m := measure{maxParts, maxText}
	m.take(args[0])
	m.take(args[1])
	if n, _ := length(args[1]); n > 10_000 || (maxParts-m.parts)<<min(copies, 30) > maxParts {
		return errLarge
	}
	return nil
}

func marshalWithOptions(name string, args []*ast.Term) error {
	if options, ok := args[1].Value.(ast.Object); ok {
		for _, key := range []string{"prefix", "indent"} {
			if v := options.Get(ast.InternedTerm(key)); v != nil && len(textOf(v)) > 16 {
				return errLarge
			}
		}
	}
	return whole(name, args)
}

// product is for functions that compare each part of one argument with each of
// the other.
func product(name string, args []*ast.Term) error {
	if err := whole(name, args); err != nil {
		return err
	}
	n := 1
	for _, a := range args {
		size := len(textOf(a))
		if l, ok := length(a); ok {
			size = l
			if len(args) == 1 {
				size *= l / 10 // merged with those around it
			}
		}
		n *= max(1, size)
		if n > 50_000_000 {
			return errLarge
		}
	}
	return nil
}

// joining is for functions that repeat an argument in their answer.
func joining(name string, args []*ast.Term) error {
	if err := whole(name, args); err != nil {
		return err
	}
	size := 0
	switch name {
	case "concat":
		n, _ := length(args[1])
		size = n * len(textOf(args[0])) // the parts themselves are measured
	case "replace":
		size = (strings.Count(textOf(args[0]), textOf(args[1])) + 1) * len(textOf(args[2]))
	case "strings.replace_n":
		longest, n := 0, 0
		if o, ok := args[0].Value.(ast.Object); ok {
			n = o.Len()
			o.Foreach(func(_, v *ast.Term) { longest = max(longest, len(textOf(v))) })
		}
		text := len(textOf(args[1])) + 1
		size = max(text*longest, text*n/10)
	}
	if size > maxText {
		return errLarge
	}
	return nil
}

// expanding is for net.cidr_expand.
func expanding(_ string, args []*ast.Term) error {
	if _, n, err := net.ParseCIDR(textOf(args[0])); err == nil {
		if ones, bits := n.Mask.Size(); bits-ones > 16 {
			return errors.New("the network has over 65536 addresses")
		}
	}
	return nil
}

// reaching is for graphs.
func reaching(name string, args []*ast.Term) error {
	if err := whole(name, args); err != nil {
		return err
	}
	if n, ok := length(args[0]); name == "graph.reachable_paths" && ok && n > 1000 {
		return errLarge
	}
	return nil
}

// replacements are functions whose time in OPA no guard can foresee.
var replacements = map[string]topdown.BuiltinFunc{"graph.reachable": reachable}

// reachable is graph.reachable, which in OPA visits a node once for each path
// to it.
func reachable(_ topdown.BuiltinContext, args []*ast.Term, iter func(*ast.Term) error) error {
	graph, ok := args[0].Value.(ast.Object)
	if !ok {
		return nil
	}
	reached, queued := ast.NewSet(), ast.NewSet()
	var queue []*ast.Term
	add := func(t *ast.Term) {
		if !queued.Contains(t) {
			queued.Add(t)
			queue = append(queue, t)
		}
	}
	each(args[1], add)
	for len(queue) > 0 {
		node := queue[0]
		queue = queue[1:]
		if edges := graph.Get(node); edges != nil {
			each(edges, add)
			reached.Add(node)
		}
	}
	return iter(ast.NewTerm(reached))
}

func each(t *ast.Term, f func(*ast.Term)) {
	switch v := t.Value.(type) {
	case *ast.Array:
		v.Foreach(f)
	case ast.Set:
		v.Foreach(f)
	}
}

func textOf(t *ast.Term) string {
	s, _ := t.Value.(ast.String)
	return string(s)
}

func length(t *ast.Term) (int, bool) {
	l, ok := t.Value.(interface{ Len() int })
	if !ok {
		return 0, false
	}
	return l.Len(), true
}

func number(t *ast.Term) (float64, bool) {
	n, ok := t.Value.(ast.Number)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(n), 64)
	return f, err == nil
}
