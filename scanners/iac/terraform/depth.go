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

// tooDeep returns the line at which Terraform code nests deeper than a parser
// that recurses can bear, or 0. The parser has no limit of its own, and a
// stack that overflows ends the process: nothing can recover it.
func tooDeep(data []byte, isJSON bool) int {
	if isJSON {
		return jsonTooDeep(data)
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
			return t.Range.Start.Line
		}
	}
	return 0
}

// jsonTooDeep is tooDeep for JSON, whose strings hold expressions of their
// own. Those are judged by their bytes: it is only the shape that matters.
func jsonTooDeep(data []byte) int {
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
			return line
		}
	}
	return 0
}
