package rulesfile

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

const (
	// maxExpression bounds an expression, in bytes.
	maxExpression = 4096
	// maxProgram bounds what the expressions of a file compile to, in
	// instructions of about 40 bytes: repetitions are written out.
	maxProgram = 500_000
)

// compile reads an expression of Python's. Those which Go's linear matching
// cannot do, and those which match no address, are errors.
func (p *parser) compile(expr string) (*regexp.Regexp, error) {
	if len(expr) > maxExpression {
		return nil, fmt.Errorf("the expression is over %d bytes: use several lines", maxExpression)
	}
	if strings.Contains(expr, `\Z`) {
		return nil, errors.New(`\Z of Python is not supported in expressions: write $`)
	}
	// By itself first: a) | (b is an expression only inside of parentheses.
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, reason(err)
	}
	if p.room -= size(tree); p.room < 0 {
		return nil, errors.New("the expressions of this file repeat too much: write + and * for {n}")
	}
	alone, err := regexp.Compile(expr)
	if err != nil {
		return nil, reason(err)
	}
	if literal, _ := alone.LiteralPrefix(); !startsAddress(literal) {
		return nil, fmt.Errorf("the expression %s matches no address: it is matched from the start, as in https://host/path; put .* before it", quote(expr))
	}
	re, err := regexp.Compile("^(?:" + expr + ")")
	if err != nil {
		return nil, reason(err)
	}
	return re, nil
}

// size estimates what an expression compiles to, in instructions. It is at
// most a few times maxExpression squared, as nested repetitions are refused
// beyond a thousand.
func size(re *syntax.Regexp) int {
	n := 2 + len(re.Rune)
	if re.Op == syntax.OpCharClass {
		n = 2
	}
	for _, sub := range re.Sub {
		n += size(sub)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return n
}

// startsAddress tells whether an absolute address may begin with what an
// expression begins with.
func startsAddress(literal string) bool {
	for _, scheme := range []string{"http://", "https://", "ws://", "wss://"} {
		if strings.HasPrefix(literal, scheme) || strings.HasPrefix(scheme, literal) {
			return true
		}
	}
	return false
}

// reason words what is wrong with an expression.
func reason(err error) error {
	var e *syntax.Error
	if !errors.As(err, &e) {
		return errors.New("the expression cannot be read")
	}
	if e.Code == syntax.ErrInvalidPerlOp || e.Code == syntax.ErrInvalidEscape || e.Code == syntax.ErrInvalidRepeatOp {
		return fmt.Errorf("the expression has %s, which is not supported: looking ahead or behind, back references and possessive repetition do not exist here", quote(e.Expr))
	}
	return fmt.Errorf("the expression cannot be read: %s: %s", e.Code, quote(e.Expr))
}
