package workflow

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// maxExpression is GitHub's own limit to the length of an expression.
const maxExpression = 21_000

// expression is one ${{ }} of a value.
type expression struct {
	node     actionlint.ExprNode
	from, to int // in the value
}

// expressions parses what a value has in ${{ }}. When one cannot be parsed,
// GitHub refuses the workflow; bad is then its offset, else -1.
func expressions(value string) (found []expression, bad int) {
	for at := 0; ; {
		next := strings.Index(value[at:], "${{")
		if next < 0 {
			return found, -1
		}
		from := at + next
		inner := value[from+3:]
		node, length := parseExpression(inner[:min(len(inner), maxExpression)])
		if node == nil {
			return found, from
		}
		at = from + 3 + length
		found = append(found, expression{node, from, at})
	}
}

// parseExpression parses up to the closing braces, and returns how far that
// is. What is broken is nil.
func parseExpression(inner string) (actionlint.ExprNode, int) {
	lexer := actionlint.NewExprLexer(inner)
	node, err := actionlint.NewExprParser().Parse(lexer)
	if err != nil {
		return nil, 0
	}
	return node, lexer.Offset()
}

// condition parses an if. It is nil when it is broken, or not one expression.
func condition(v *actionlint.String) actionlint.ExprNode {
	if v == nil || len(v.Value) > maxExpression {
		return nil
	}
	value := strings.TrimSpace(v.Value)
	if !strings.Contains(value, "${{") {
		node, _ := parseExpression(value + "}}")
		return node
	}
	found, bad := expressions(value)
	if bad < 0 && len(found) == 1 && found[0].from == 0 && found[0].to == len(value) {
		return found[0].node
	}
	return nil
}

// contextPath is what an expression of names and dots refers to, in lower
// case, "*" for any element. An array is what a * leaves behind: as text it is
// the word Array. The path is nil when something else is at its root.
func contextPath(n actionlint.ExprNode) (parts []string, array bool) {
	switch n := n.(type) {
	case *actionlint.VariableNode:
		return []string{n.Name}, false
	case *actionlint.ObjectDerefNode:
		if parts, array = contextPath(n.Receiver); parts != nil {
			parts = append(parts, n.Property)
		}
	case *actionlint.ArrayDerefNode:
		if parts, _ = contextPath(n.Receiver); parts != nil {
			parts, array = append(parts, "*"), true
		}
	case *actionlint.IndexAccessNode:
		if parts, array = contextPath(n.Operand); parts == nil {
			return nil, false
		}
		switch index := n.Index.(type) {
		case *actionlint.StringNode:
			parts = append(parts, strings.ToLower(index.Value))
		case *actionlint.IntNode:
			if array {
				return parts, false
			}
			parts = append(parts, "*")
		default:
			return nil, false
		}
	}
	return parts, array
}

// paths is a set of contexts, such as github.event.commits.*.message.
type paths [][]string

func newPaths(names ...string) paths {
	var out paths
	for _, n := range names {
		out = append(out, strings.Split(n, "."))
	}
	return out
}

// match returns a member that a path stands for: with whole, any that lies
// below it. The answer is the member's name, or empty.
func (p paths) match(parts []string, whole bool) string {
	for _, want := range p {
		if len(parts) > len(want) || len(parts) < len(want) && !whole {
			continue
		}
		if slices.EqualFunc(parts, want[:len(parts)], func(a, b string) bool { return a == b || a == "*" || b == "*" }) {
			return strings.Join(want, ".")
		}
	}
	return ""
}

// flow finds out whether text of some contexts comes out of an expression.
type flow struct {
	of       paths
	env      func(name string) *actionlint.String // what a variable holds; may be nil
	excluded func(actionlint.ExprNode) bool       // conditions that rule the case out; may be nil
	known    map[*actionlint.String]string        // what comes out of variables; may be nil
}

// out returns the first of the contexts whose text an expression can come to,
// or empty. Functions and operators that only yield true or false let nothing
// through, nor does anything that is not known.
func (f flow) out(n actionlint.ExprNode) string { return f.text(n, false, false) }

// text is out; array says that arrays are written out, whole that objects are.
func (f flow) text(n actionlint.ExprNode, array, whole bool) string {
	switch n := n.(type) {
	case *actionlint.LogicalOpNode:
		if n.Kind == actionlint.LogicalOpNodeKindOr {
			if found := f.text(n.Left, array, whole); found != "" {
				return found
			}
		} else if f.excluded != nil && f.excluded(n.Left) {
			return ""
		}
		// Of "a && b", a only comes out when it is empty.
		return f.text(n.Right, array, whole)
	case *actionlint.FuncCallNode:
		return f.call(n)
	}
	parts, isArray := contextPath(n)
	switch {
	case parts == nil:
		return f.parsed(n)
	case isArray && !array:
		return ""
	case f.env != nil && len(parts) == 2 && parts[0] == "env":
		if v := f.env(parts[1]); v != nil {
			return f.variable(v)
		}
		return ""
	}
	return f.of.match(parts, whole)
}

func (f flow) call(n *actionlint.FuncCallNode) string {
	for i, arg := range n.Args {
		found := ""
		switch strings.ToLower(n.Callee) {
		case "format":
			found = f.text(arg, false, false)
		case "join":
			found = f.text(arg, i == 0, false)
		case "tojson":
			found = f.text(arg, true, true)
		case "fromjson":
			found = f.text(arg, false, false)
		}
		if found != "" {
			return found
		}
	}
	return ""
}

// parsed is for fields of fromJSON(x): whoever writes x writes them.
func (f flow) parsed(n actionlint.ExprNode) string {
	for {
		switch at := n.(type) {
		case *actionlint.ObjectDerefNode:
			n = at.Receiver
		case *actionlint.IndexAccessNode:
			n = at.Operand
		case *actionlint.FuncCallNode:
			if strings.EqualFold(at.Callee, "fromjson") && len(at.Args) == 1 {
				if inner, ok := at.Args[0].(*actionlint.FuncCallNode); !ok || !strings.EqualFold(inner.Callee, "tojson") {
					return f.text(at.Args[0], false, false)
				}
			}
			return ""
		default:
			return ""
		}
	}
}

// variable is value for what a variable holds, once for each: a script may
// use it a million times.
func (f flow) variable(v *actionlint.String) string {
	name, ok := f.known[v]
	if !ok {
		name = flow{of: f.of, excluded: f.excluded}.value(v)
		if f.known != nil {
			f.known[v] = name
		}
	}
	return name
}

// value is out for all expressions of a value.
func (f flow) value(v *actionlint.String) string {
	found, _ := expressions(v.Value)
	for _, e := range found {
		if name := f.out(e.node); name != "" {
			return name
		}
	}
	return ""
}
