package helm

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

const (
	maxPattern      = 2_000  // bytes of a regular expression
	maxInstructions = 10_000 // that it compiles to
)

// compiled is a regular expression and what a byte of text costs with it.
type compiled struct {
	*regexp.Regexp
	size   int
	linear bool // all matches together take one pass over the text
}

// linear reports whether finding a match looks at no more text than the match
// and a little: when only the last part of the expression repeats without an
// end, and it stops by matching.
func linear(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpCapture:
		return linear(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus:
		return single(re.Sub[0])
	case syntax.OpConcat:
		for _, part := range re.Sub[:len(re.Sub)-1] {
			if !single(part) {
				return false
			}
		}
		return linear(re.Sub[len(re.Sub)-1])
	}
	return single(re)
}

// single reports whether an expression matches a fixed number of characters.
func single(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL,
		syntax.OpBeginText, syntax.OpBeginLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpEmptyMatch:
		return true
	case syntax.OpCapture:
		return single(re.Sub[0])
	}
	return false
}

// regex compiles an expression once for the chart.
func (e *engine) regex(pattern string) (*compiled, error) {
	if c := e.regexes[pattern]; c != nil {
		return c, nil
	}
	if len(pattern) > maxPattern {
		return nil, limit("a regular expression is too long")
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, limit("a regular expression is wrong")
	}
	tree = tree.Simplify()
	prog, err := syntax.Compile(tree)
	if err != nil {
		return nil, limit("a regular expression is wrong")
	}
	if err := e.b.spend(100 + 5*len(prog.Inst)); err != nil {
		return nil, err
	}
	if len(prog.Inst) > maxInstructions {
		return nil, limit("a regular expression is too big")
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, limit("a regular expression is wrong")
	}
	c := &compiled{Regexp: re, size: len(prog.Inst), linear: linear(tree)}
	e.regexes[pattern] = c
	return c, nil
}

// search charges for one search through a text.
func (e *engine) search(pattern, s string) (*compiled, error) {
	c, err := e.regex(pattern)
	if err != nil {
		return nil, err
	}
	return c, e.b.spend(c.size*len(s)/10 + len(s)/10 + 1)
}

// errStop leaves a search from within.
type errStop struct{ error }

// searchAll charges for all matches in a text. Each may look at all of the
// rest before it is found, so they are counted first, one by one.
func (e *engine) searchAll(pattern, s string) (c *compiled, matches int, err error) {
	defer func() {
		if p := recover(); p != nil {
			stop, ours := p.(errStop)
			if !ours {
				panic(p)
			}
			err = stop.error
		}
	}()
	if c, err = e.search(pattern, s); err != nil {
		return nil, 0, err
	}
	if c.linear || len(s) <= 64 {
		cost := len(s)
		if !c.linear {
			cost += c.size * len(s) * len(s) / 40
		}
		return c, len(s) + 1, e.b.spend(cost)
	}
	left := len(s)
	c.ReplaceAllStringFunc(s, func(m string) string {
		matches++
		left -= len(m)
		if err := e.b.spend(c.size*left/10 + 3); err != nil {
			panic(errStop{err})
		}
		return ""
	})
	return c, matches, nil
}

// exactly counts matches where a bound on their number is not good enough.
func (c *compiled) exactly(matches int, s, with string) int {
	if c.linear && float64(matches)*float64(len(with)) > maxString {
		return len(c.FindAllStringIndex(s, -1))
	}
	return matches
}

// regexFunctions are Sprig's, with the expressions compiled once. A wrong
// expression is an error for each of them: Sprig panics where it has no error
// to return, which comes to the same.
func (e *engine) regexFunctions() map[string]any {
	match := func(p, s string) (bool, error) {
		c, err := e.search(p, s)
		if err != nil {
			return false, err
		}
		return c.MatchString(s), nil
	}
	find := func(p, s string) (string, error) {
		c, err := e.search(p, s)
		if err != nil {
			return "", err
		}
		return c.FindString(s), nil
	}
	findAll := func(p, s string, n int) ([]string, error) {
		c, _, err := e.searchAll(p, s)
		if err != nil {
			return nil, err
		}
		return c.FindAllString(s, n), nil
	}
	replace := func(p, s, with string) (string, error) {
		c, matches, err := e.searchAll(p, s)
		if err != nil {
			return "", err
		}
		matches = c.exactly(matches, s, with)
		// Each $0 may stand for a whole match.
		if size := float64(matches)*float64(len(with)) + float64(strings.Count(with, "$"))*float64(len(s)); size > maxString {
			return "", errBig
		}
		return c.ReplaceAllString(s, with), nil
	}
	literal := func(p, s, with string) (string, error) {
		c, matches, err := e.searchAll(p, s)
		if err != nil {
			return "", err
		}
		if float64(c.exactly(matches, s, with))*float64(len(with)) > maxString {
			return "", errBig
		}
		return c.ReplaceAllLiteralString(s, with), nil
	}
	split := func(p, s string, n int) ([]string, error) {
		c, _, err := e.searchAll(p, s)
		if err != nil {
			return nil, err
		}
		return c.Split(s, n), nil
	}
	// Sprig's regexMatch takes a wrong expression for one that does not match.
	lenient := func(p, s string) (bool, error) {
		if _, err := syntax.Parse(p, syntax.Perl); err != nil {
			return false, nil
		}
		return match(p, s)
	}
	return map[string]any{
		"regexMatch": lenient, "mustRegexMatch": match,
		"regexFind": find, "mustRegexFind": find,
		"regexFindAll": findAll, "mustRegexFindAll": findAll,
		"regexReplaceAll": replace, "mustRegexReplaceAll": replace,
		"regexReplaceAllLiteral": literal, "mustRegexReplaceAllLiteral": literal,
		"regexSplit": split, "mustRegexSplit": split,
	}
}
