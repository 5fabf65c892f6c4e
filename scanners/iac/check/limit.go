package check

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"
)

// The bounds on one rule and one input of a team's checks. What a check does
// is some thousand steps and some kilobytes.
const (
	customTime   = 5 * time.Second
	maxSteps     = 5_000_000 // expressions that are evaluated
	maxBuilt     = 256 << 20 // bytes that functions answered with
	maxParts     = 1_000_000 // scalars and containers in one value
	maxText      = 16 << 20  // bytes in one value
	maxResults   = 1000      // of one rule
	maxDigits    = 400       // in a number, and its exponent
	maxRangeSize = 100_000

	maxFrames    = 500_000 // of the stack, of some 200 bytes each; Go allows for 512 MB
	stepsPerLook = 4096    // between two looks at it, which add some 10 KB each
)

var (
	errTime    = errors.New("took too long")
	errSteps   = fmt.Errorf("took more than %d steps", maxSteps)
	errStack   = errors.New("calls rules and functions too deep, or too often in a row")
	errBuilt   = fmt.Errorf("made values of more than %d MB", maxBuilt>>20)
	errSize    = fmt.Errorf("made a value of more than %d parts or %d MB", maxParts, maxText>>20)
	errResults = fmt.Errorf("has more than %d results for one input", maxResults)
	errNumber  = fmt.Errorf("a number has more than %d digits", maxDigits)
	errNoLimit = errors.New("runs without a limit")
)

// limit stops one evaluation. The evaluator asks it before every expression,
// which is how steps are counted: unlike time, they are the same everywhere.
type limit struct {
	unbounded bool // but for time: for built-in checks

	stopped atomic.Bool
	steps   int
	built   int
	reason  error
}

var _ topdown.Cancel = (*limit)(nil)

// Cancel stops the evaluation.
func (l *limit) Cancel() { l.stopped.Store(true) }

// Cancelled reports whether the evaluation has to stop.
func (l *limit) Cancelled() bool {
	l.steps++
	switch {
	case l.unbounded:
	case l.steps > maxSteps:
		l.reason = errSteps
		return true
	case l.steps%stepsPerLook == 0:
		// The evaluator goes on with the rest of a rule from within what the
		// rule called, so that a few lines can exhaust the stack, which ends
		// the process. Counting frames takes time with their number, of which
		// there are few as a rule.
		var pc [1]uintptr
		if runtime.Callers(maxFrames, pc[:]) > 0 {
			l.reason = errStack
			return true
		}
	}
	return l.stopped.Load()
}

// charge counts what a function made.
func (l *limit) charge(t *ast.Term) error {
	switch v := t.Value.(type) {
	case ast.String:
		l.built += len(v)
	case *ast.Array:
		l.built += 32 * v.Len()
	case ast.Object:
		l.built += 128 * v.Len()
	case ast.Set:
		l.built += 128 * v.Len()
	}
	if l.built > maxBuilt {
		l.reason = errBuilt
		return errBuilt
	}
	return nil
}

// tooMuch is a call that its guard refused.
type tooMuch struct {
	function string
	err      error
	at       *ast.Location
}

func (t *tooMuch) Error() string {
	if t.at == nil {
		return t.function + ": " + t.err.Error()
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", t.at.File, t.at.Row, t.at.Col, t.function, t.err)
}

func (t *tooMuch) Unwrap() error { return t.err }

// measure is what a value may still have: parts and bytes.
type measure struct{ parts, bytes int }

// take takes a value off and reports whether there was enough. It ends when
// there is not, so that a value of values that are shared costs no more.
func (m *measure) take(t *ast.Term) bool {
	if m.parts--; m.parts < 0 {
		return false
	}
	switch v := t.Value.(type) {
	case ast.String:
		m.bytes -= len(v)
		return m.bytes >= 0
	case ast.Number:
		return !tooLong(string(v))
	case *ast.Array:
		return !v.Until(func(e *ast.Term) bool { return !m.take(e) })
	case ast.Set:
		return !v.Until(func(e *ast.Term) bool { return !m.take(e) })
	case ast.Object:
		return !v.Until(func(k, e *ast.Term) bool { return !m.take(k) || !m.take(e) })
	}
	return true
}

// fits reports whether values are of a size that one step may work on.
func fits(values ...*ast.Term) bool {
	m := measure{maxParts, maxText}
	for _, v := range values {
		if !m.take(v) {
			return false
		}
	}
	return true
}

// tooLong reports whether a number takes long to compute with: the evaluator
// writes all its digits out.
func tooLong(number string) bool {
	if len(number) < 5 {
		return false
	}
	if len(number) > maxDigits {
		return true
	}
	for i := range len(number) {
		if number[i] != 'e' && number[i] != 'E' {
			continue
		}
		exponent := 0
		for _, c := range number[i+1:] {
			if c >= '0' && c <= '9' {
				exponent = exponent*10 + int(c-'0')
			}
			if exponent > maxDigits {
				return true
			}
		}
	}
	return false
}

// sized is the function that is called on every value that a module puts
// together, and stops when it is too large. A few lines can make values whose
// parts are shared and of which a mere comparison takes for ever.
const sized = guardedPrefix + "sized"

func sizedFunction() *topdown.Builtin {
	return &topdown.Builtin{
		Decl: &ast.Builtin{Name: sized, Decl: types.NewFunction(types.Args(types.A), types.B)},
		Func: func(bctx topdown.BuiltinContext, args []*ast.Term, iter func(*ast.Term) error) error {
			if !fits(args[0]) {
				return topdown.Halt{Err: &tooMuch{"value", errSize, bctx.Location}}
			}
			return iter(ast.InternedTerm(true))
		},
	}
}
