package policy

import (
	"fmt"
	"strconv"
	"strings"
)

// comparison is an operator and a number, as in ">=7.0".
type comparison struct {
	operator string
	number   float64
}

// operators, the longer ones first as they are looked for in this order.
var operators = [...]string{">=", "<=", ">", "<", "="}

// cutOperator splits ">=high" in two. Without an operator it is "=".
func cutOperator(word string) (operator, rest string) {
	for _, o := range operators {
		if rest, ok := strings.CutPrefix(word, o); ok {
			return o, strings.TrimSpace(rest)
		}
	}
	return "=", word
}

// compare reports whether x is as the operator says to y.
func compare(x float64, operator string, y float64) bool {
	switch operator {
	case ">=":
		return x >= y
	case "<=":
		return x <= y
	case ">":
		return x > y
	case "<":
		return x < y
	}
	return x == y
}

// comparisons are several that must all hold: ">=4 <7".
type comparisons []comparison

// parseComparisons reads them, each number by the given function.
func parseComparisons(words string, number func(string) (float64, error)) (comparisons, error) {
	var out comparisons
	for _, word := range strings.Fields(joinOperators(words)) {
		operator, rest := cutOperator(word)
		n, err := number(rest)
		if err != nil {
			return nil, err
		}
		out = append(out, comparison{operator, n})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%q compares nothing", words)
	}
	return out, nil
}

// joinOperators takes the space out of ">= 7".
func joinOperators(words string) string {
	var out strings.Builder
	operator := true // what was written last is an operator, or nothing
	for _, word := range strings.Fields(words) {
		if !operator {
			out.WriteByte(' ')
		}
		out.WriteString(word)
		operator = strings.HasSuffix(word, "=") || strings.HasSuffix(word, ">") || strings.HasSuffix(word, "<")
	}
	return out.String()
}

func (c comparisons) hold(x float64) bool {
	for _, one := range c {
		if !compare(x, one.operator, one.number) {
			return false
		}
	}
	return true
}

// number reads a number from 0 to most.
func number(most float64) func(string) (float64, error) {
	return func(word string) (float64, error) {
		n, err := strconv.ParseFloat(word, 64)
		if err != nil || n > most || strings.Trim(word, ".0123456789") != "" {
			return 0, fmt.Errorf("%q is not a number from 0 to %g", word, most)
		}
		return n, nil
	}
}

// maxDays bounds durations: a century.
const maxDays = 36500

// days reads a number of days: 14d, or 2w.
func days(word string) (float64, error) {
	unit := 1
	digits, ok := strings.CutSuffix(word, "d")
	if !ok {
		if digits, ok = strings.CutSuffix(word, "w"); ok {
			unit = 7
		}
	}
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n > maxDays/unit || strings.Trim(digits, "0123456789") != "" {
		return 0, fmt.Errorf("%q is not a number of days such as 14d, or weeks such as 2w", word)
	}
	return float64(n * unit), nil
}
