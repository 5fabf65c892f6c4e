package helm

import "strings"

const maxActions = 100_000 // in a template

// checkNesting refuses a template whose blocks or parentheses are nested so
// deep that parsing it would use up the stack, before it is parsed. It returns
// the line where it becomes too deep.
func checkNesting(src string) (line int, err error) {
	var chain []int // of each open block, itself and its "else if"s
	depth, actions := 0, 0
	for at := 0; ; {
		open := strings.Index(src[at:], "{{")
		if open < 0 {
			return 0, nil
		}
		at += open + 2
		if actions++; actions > maxActions {
			return lineAt(src, at), limit("the template has too many actions")
		}
		body := strings.TrimLeft(strings.TrimPrefix(src[at:], "-"), " \t\r\n")
		if strings.HasPrefix(body, "/*") {
			end := strings.Index(src[at:], "*/")
			if end < 0 {
				return 0, nil
			}
			at += end + 2
			continue
		}
		end, parens := actionEnd(src, at)
		if parens > maxNest {
			return lineAt(src, at), limit("parentheses are nested too deep")
		}
		switch first, rest := word(body); first {
		case "if", "range", "with", "block", "define":
			chain = append(chain, 1)
			depth++
		case "else":
			if second, _ := word(strings.TrimLeft(rest, " \t\r\n")); second != "" && len(chain) > 0 {
				chain[len(chain)-1]++
				depth++
			}
		case "end":
			if len(chain) > 0 {
				depth -= chain[len(chain)-1]
				chain = chain[:len(chain)-1]
			}
		}
		if depth > maxNest {
			return lineAt(src, at), limit("blocks are nested too deep")
		}
		at = end
	}
}

// actionEnd returns the end of the action that is open at a position, and how
// deep its parentheses go. Delimiters in strings do not count.
func actionEnd(src string, at int) (end, parens int) {
	depth := 0
	for at < len(src) {
		switch c := src[at]; c {
		case '"', '\'', '`':
			for at++; at < len(src) && src[at] != c; at++ {
				if src[at] == '\\' && c != '`' {
					at++
				}
			}
		case '(':
			depth++
			parens = max(parens, depth)
		case ')':
			depth--
		case '}':
			if strings.HasPrefix(src[at:], "}}") {
				return at + 2, parens
			}
		}
		at++
	}
	return len(src), parens
}

// word splits off the letters that a text begins with.
func word(s string) (first, rest string) {
	i := 0
	for i < len(s) && s[i] >= 'a' && s[i] <= 'z' {
		i++
	}
	return s[:i], s[i:]
}

// lineAt returns the line of a position, from 1.
func lineAt(src string, at int) int {
	return strings.Count(src[:min(at, len(src))], "\n") + 1
}
