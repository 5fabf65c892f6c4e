package terraform

import (
	"bytes"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const (
	maxDepth = 250    // brackets, blocks and templates inside one another
	maxChain = 20_000 // operators in one file that nest without a bracket
)

const (
	deepNesting = "is nested too deep to be parsed"
	largeNumber = "has a number of thousands of digits"
)

// harm returns the line at which Terraform code must not be parsed, and why, or
// 0. It nests deeper than a parser that recurses can bear: the parser has no
// limit of its own, and a stack that overflows ends the process: nothing can
// recover it. Or a number is too large.
func harm(data []byte, isJSON bool) (line int, why string) {
	if isJSON {
		return jsonHarm(data)
	}
	tokens, _ := hclsyntax.LexConfig(data, "", hcl.InitialPos)
	depth, run, chain := 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOBrace,
			hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			depth++
		case hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCBrace,
			hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			depth--
		}
		switch t.Type {
		case hclsyntax.TokenMinus, hclsyntax.TokenBang:
			run++
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
		default:
			run = 0
		}
		// A conditional nests in its last arm, and "%{ if" up to its "%{ endif".
		if t.Type == hclsyntax.TokenQuestion || t.Type == hclsyntax.TokenTemplateControl {
			chain++
		}
		if depth > maxDepth || run > maxDepth || chain > maxChain {
			return t.Range.Start.Line, deepNesting
		}
		if t.Type == hclsyntax.TokenNumberLit && enormousText(t.Bytes) {
			return t.Range.Start.Line, largeNumber
		}
	}
	return 0, ""
}

// jsonHarm is harm for JSON, whose strings hold expressions of their
// own. Those are judged by their bytes: it is only the shape that matters.
func jsonHarm(data []byte) (int, string) {
	line, depth, inString := 1, 0, false
	inner, signs, chain := 0, 0, 0
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case c == '\n':
			line++
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
			inner, signs = 0, 0
		case inString:
			switch {
			case bytes.IndexByte([]byte("([{"), c) >= 0:
				inner++
			case bytes.IndexByte([]byte(")]}"), c) >= 0:
				inner--
			case c == '!' || c == '-':
				signs++
			case c == '?' || c == '%':
				chain++
			}
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth > maxDepth || inner > maxDepth || signs > maxChain || chain > maxChain {
			return line, deepNesting
		}
		// A text is a number only where it is an expression.
		if c >= '0' && c <= '9' && (!inString || inner > 0) && !wordy(data[i-min(i, 1)]) {
			number := numberAt(data, i)
			if enormousText(number) {
				return line, largeNumber
			}
		}
	}
	return 0, ""
}

// wordy reports whether a digit after c belongs to a name or a longer number.
func wordy(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
