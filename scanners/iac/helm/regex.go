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
	size    int
	endless bool // has a repetition without an end
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
	prog, err := syntax.Compile(tree.Simplify())
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
	c := &compiled{Regexp: re, size: len(prog.Inst), endless: strings.ContainsAny(pattern, "*+,")}
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

// searchAll charges for all matches in a text. With repetitions, each may look
// at all of the rest, so they are counted first, one by one.
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
	if len(s) < 512 {
		return c, len(s) + 1, nil
	}
	left := len(s)
	c.ReplaceAllStringFunc(s, func(m string) string {
		matches++
		cost := len(m) / 10
		if c.endless && matches%16 == 0 {
			// It cannot be known how far this one looked: every 16th pays for
			// a good part of the text, which matches in plenty do not need.
			cost += left / 64
		}
		left -= len(m)
		if err := e.b.spend(cost + 3); err != nil {
			panic(errStop{err})
		}
		return ""
	})
	return c, matches, nil
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
		if float64(matches)*float64(len(with)) > maxString {
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
