package check

import (
	"errors"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// parseCustom reads a module of a team, in either syntax: as one of Rego v1,
// and where that fails, as one of v0. A module that imports future keywords
// was written for v0, whose rules are less strict. nil stands for a problem.
func parseCustom(file, content string, p *problems) *ast.Module {
	if line := nested(content); line > 0 {
		p.add(file, line, 1, "the brackets are nested too deep")
		return nil
	}
	v1, err1 := parseAs(file, content, ast.RegoV1)
	if err1 == nil && !importsFuture(v1) {
		return v1
	}
	v0, err0 := parseAs(file, content, ast.RegoV0)
	if err0 == nil {
		return v0
	}
	if err1 == nil {
		return v1
	}
	// Whichever syntax comes further is the one that was meant.
	err := err1
	if firstLine(err0) > firstLine(err1) {
		err = err0
	}
	p.rego(file, err)
	return nil
}

func parseAs(file, content string, version ast.RegoVersion) (*ast.Module, error) {
	return ast.ParseModuleWithOpts(file, content, ast.ParserOptions{ProcessAnnotation: true, RegoVersion: version})
}

func importsFuture(m *ast.Module) bool {
	for _, i := range m.Imports {
		if strings.HasPrefix(i.Path.String(), "future.keywords") {
			return true
		}
	}
	return false
}

// firstLine is the line of the first error.
func firstLine(err error) int {
	var list ast.Errors
	if !errors.As(err, &list) {
		return 0
	}
	line := 0
	for _, e := range list {
		if e.Location != nil && (line == 0 || e.Location.Row < line) {
			line = e.Location.Row
		}
	}
	return line
}

// maxNesting bounds brackets in brackets. Every pass over a module recurses
// into them.
const maxNesting = 500

// nested returns the line on which brackets are too deep; 0 stands for none.
// It does not tell text and comments from code, so that a closing bracket
// there may hide an opening one: what it lets through is bounded by the size
// of a module.
func nested(content string) int {
	depth, line := 0, 1
	for i := range len(content) {
		switch content[i] {
		case '\n':
			line++
		case '(', '[', '{':
			if depth++; depth > maxNesting {
				return line
			}
		case ')', ']', '}':
			depth = max(depth-1, 0)
		}
	}
	return 0
}

// packageName is the name of a module's package without data.
func packageName(m *ast.Module) string {
	var parts []string
	for _, t := range m.Package.Path[1:] {
		if s, ok := t.Value.(ast.String); ok {
			parts = append(parts, string(s))
		}
	}
	return strings.Join(parts, ".")
}

// reserved are the packages of the built-in checks and their libraries.
var reserved = []string{"builtin", "defsec", "appshield", "lib"}

// inspect refuses what may parse, but must not reach the compiler.
func inspect(c *Custom, p *problems) {
	for _, file := range c.files {
		m := c.modules[file]
		name := packageName(m)
		for _, r := range reserved {
			if name == r && r != "lib" || strings.HasPrefix(name, r+".") {
				p.at(m.Package.Location, "the package "+name+" belongs to the built-in checks: rename it, to user."+strings.TrimPrefix(name, r+".")+" for example")
			}
		}
		inspectModule(m, p)
	}
	if len(p.list) == 0 {
		weigh(c, p)
	}
}

// maxBody bounds the expressions of one body: putting them in order takes the
// compiler time with the square of their number.
const maxBody = 1000

func inspectModule(m *ast.Module, p *problems) {
	ast.WalkNodes(m, func(n ast.Node) bool {
		switch n := n.(type) {
		case ast.Body:
			if len(n) > maxBody {
				p.at(n.Loc(), "the body has over 1000 expressions")
			}
		case *ast.Term:
			switch v := n.Value.(type) {
			case ast.Number:
				if tooLong(string(v)) {
					p.at(n.Location, "the number is too long")
				}
			case ast.Ref:
				if v.HasPrefix(conftestData) {
					p.at(n.Location, "data.conftest is not available: checks see a document, not where it came from")
				}
			}
		}
		return false
	})
}

var conftestData = ast.MustParseRef("data.conftest")
