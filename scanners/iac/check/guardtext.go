package check

import (
	"errors"
	"math"
	"regexp/syntax"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// splitting is for functions that may make a value of every byte.
func splitting(name string, args []*ast.Term) error {
	for _, a := range args {
		if len(textOf(a)) > 1<<20 {
			return errLarge
		}
	}
	return free(name, args)
}

// formatting is for sprintf, whose widths make text of nothing, and whose
// verbs can name one argument many times.
func formatting(name string, args []*ast.Term) error {
	if err := whole(name, args); err != nil {
		return err
	}
	format := textOf(args[0])
	digits := 0
	for _, c := range format {
		if c < '0' || c > '9' {
			digits = 0
			continue
		}
		if digits++; digits > 3 && strings.Contains(format, "%") && wide(format) {
			return errors.New("a width of the format is over 999")
		}
	}
	list, ok := args[1].Value.(*ast.Array)
	if !ok {
		return nil
	}
	if strings.Contains(format, "*") && list.Until(func(t *ast.Term) bool { n, ok := number(t); return ok && math.Abs(n) > 999 }) && starred(format) {
		return errors.New("a width of the format is over 999")
	}
	verbs, largest := strings.Count(format, "%"), 0
	list.Foreach(func(t *ast.Term) {
		m := measure{maxParts, maxText}
		m.take(t)
		largest = max(largest, maxText-m.bytes+8*(maxParts-m.parts))
	})
	if verbs > list.Len() && verbs*largest > maxText {
		return errLarge
	}
	return nil
}

// wide reports whether a verb of a format has a width or precision of four
// digits.
func wide(format string) bool {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		digits := 0
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.[]*", format[i]) >= 0; i++ {
			if format[i] < '0' || format[i] > '9' {
				digits = 0
			} else if digits++; digits > 3 {
				return true
			}
		}
	}
	return false
}

// starred reports whether a verb takes its width from an argument.
func starred(format string) bool {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.[]*", format[i]) >= 0; i++ {
			if format[i] == '*' {
				return true
			}
		}
	}
	return false
}

// matching is for regular expressions, which take time with the size of the
// program that they stand for, times that of the text.
func matching(name string, args []*ast.Term) error {
	if err := whole(name, args); err != nil {
		return err
	}
	at := 0
	if name == "regex.replace" {
		at = 1
	}
	pattern, text := textOf(args[at]), 0
	for i, a := range args {
		if i != at {
			text += len(textOf(a)) + 1
		}
	}
	if name == "regex.replace" {
		// The replacement may be put in before every byte.
		if (len(textOf(args[0]))+1)*(len(textOf(args[2]))+1) > maxText {
			return errLarge
		}
	}
	if len(pattern) > 16<<10 {
		return errors.New("the pattern is too long")
	}
	if len(pattern)*text < 50_000 && !strings.Contains(pattern, "{") {
		return nil
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil // the function says so
	}
	program, err := syntax.Compile(tree.Simplify())
	if err == nil && (len(program.Inst) > 100_000 || len(program.Inst)*text > 50_000_000) {
		return errLarge
	}
	return nil
}

// globbing is for glob.match, which tries a text at every wildcard.
func globbing(name string, args []*ast.Term) error {
	pattern, text := textOf(args[0]), textOf(args[2])
	wild := strings.Count(pattern, "*") - strings.Count(pattern, "**") + strings.Count(pattern, "{")
	if len(pattern) > 4096 || math.Pow(float64(len(text)+1), math.Log2(float64(wild+1))) > 1e7 {
		return errLarge
	}
	return whole(name, args)
}
