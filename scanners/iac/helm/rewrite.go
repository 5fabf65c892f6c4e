package helm

import (
	"strconv"
	"strings"
	"text/template/parse"
)

// Functions that only rewritten trees can name: templates are parsed without them.
const (
	fnCharge   = "_charge"   // units: charges for a list of nodes
	fnAt       = "_at"       // line: text follows
	fnOut      = "_out"      // line, value: about to be printed
	fnEnter    = "_enter"    // line: a {{template}} call follows
	fnLeave    = "_leave"    // it ended
	fnCheck    = "_check"    // value: refuses what cannot be printed
	fnFiles    = "_files"    // method, receiver, arguments: a method of .Files
	fnRequired = "_required" // name of the value, message, value
)

// rewriter changes a parse tree so that running it is charged to the budget
// and, for the file's own tree, tells the recorder where it is.
type rewriter struct {
	src   string // the file, or "" if lines do not matter
	nodes int
	used  map[string]bool // functions that the tree names
	pos   int             // where line numbers are known: they are asked for in order
	known int
}

// rewrite changes a tree in place.
func (w *rewriter) rewrite(tree *parse.Tree) { w.body(tree.Root, 10) }

// body rewrites a list that is executed many times, and charges for each.
func (w *rewriter) body(list *parse.ListNode, extra int) {
	before := w.nodes
	w.list(list)
	charge := action(list.Pos, fnCharge, number(extra+2*(w.nodes-before)))
	list.Nodes = append([]parse.Node{charge}, list.Nodes...)
}

func (w *rewriter) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	nodes := make([]parse.Node, 0, 2*len(list.Nodes))
	for _, n := range list.Nodes {
		w.nodes++
		switch n := n.(type) {
		case *parse.TextNode:
			if w.src != "" {
				nodes = append(nodes, action(n.Pos, fnAt, number(w.line(n.Pos))))
			}
			nodes = append(nodes, n)
		case *parse.ActionNode:
			w.pipe(n.Pipe)
			if len(n.Pipe.Decl) == 0 {
				n.Pipe.Cmds = append(n.Pipe.Cmds, call(n.Pos, fnOut, number(w.line(n.Pos))))
			}
			nodes = append(nodes, n)
		case *parse.TemplateNode:
			w.pipe(n.Pipe)
			nodes = append(nodes, action(n.Pos, fnEnter, number(w.line(n.Pos))), n, action(n.Pos, fnLeave))
		case *parse.IfNode:
			w.branch(&n.BranchNode)
			nodes = append(nodes, n)
		case *parse.WithNode:
			w.branch(&n.BranchNode)
			nodes = append(nodes, n)
		case *parse.RangeNode:
			w.pipe(n.Pipe)
			w.body(n.List, 5)
			w.list(n.ElseList)
			nodes = append(nodes, n)
		default: // break, continue, comments
			nodes = append(nodes, n)
		}
	}
	list.Nodes = nodes
}

func (w *rewriter) branch(n *parse.BranchNode) {
	w.pipe(n.Pipe)
	w.list(n.List)
	w.list(n.ElseList)
}

func (w *rewriter) line(at parse.Pos) int {
	if w.src == "" {
		return 0
	}
	to := min(int(at), len(w.src))
	if to < w.pos {
		w.pos, w.known = 0, 0
	}
	w.known += strings.Count(w.src[w.pos:to], "\n")
	w.pos = to
	return w.known + 1
}

func (w *rewriter) pipe(p *parse.PipeNode) {
	if p == nil {
		return
	}
	cmds := make([]*parse.CommandNode, 0, len(p.Cmds))
	for i, c := range p.Cmds {
		w.nodes++
		if name := callee(c); i > 0 && (name == "eq" || name == "ne") {
			cmds = append(cmds, call(c.Pos, fnCheck))
		}
		var piped parse.Node
		if i > 0 && len(p.Cmds[i-1].Args) == 1 {
			piped = p.Cmds[i-1].Args[0]
		}
		w.command(c, piped)
		cmds = append(cmds, c)
	}
	p.Cmds = cmds
}

func callee(c *parse.CommandNode) string {
	if id, ok := c.Args[0].(*parse.IdentifierNode); ok {
		return id.Ident
	}
	return ""
}

// command rewrites a call, or a value. piped is what the command before it
// consists of, if that is one value.
func (w *rewriter) command(c *parse.CommandNode, piped parse.Node) {
	name := callee(c)
	if name == "required" {
		value := piped
		if len(c.Args) == 3 {
			value = c.Args[2]
		}
		c.Args = append([]parse.Node{ident(c.Pos, fnRequired), str(c.Pos, valueName(value))}, c.Args[1:]...)
	}
	if name != "" {
		w.used[name] = true
	}
	for i, arg := range c.Args {
		w.nodes++
		if receiver, method := filesMethod(arg); receiver != nil {
			w.arg(receiver)
			if i == 0 {
				c.Args = append([]parse.Node{ident(c.Pos, fnFiles), str(c.Pos, method), receiver}, c.Args[1:]...)
				w.args(c.Args[3:])
				return
			}
			c.Args[i] = nested(call(c.Pos, fnFiles, str(c.Pos, method), receiver))
			continue
		}
		w.arg(arg)
		if name == "eq" || name == "ne" {
			switch arg.(type) {
			case *parse.FieldNode, *parse.VariableNode, *parse.ChainNode, *parse.PipeNode, *parse.DotNode:
				c.Args[i] = nested(call(c.Pos, fnCheck, arg))
			}
		}
	}
}

func (w *rewriter) args(args []parse.Node) {
	for i, arg := range args {
		if receiver, method := filesMethod(arg); receiver != nil {
			w.arg(receiver)
			args[i] = nested(call(arg.Position(), fnFiles, str(arg.Position(), method), receiver))
			continue
		}
		w.arg(arg)
	}
}

// arg rewrites what is inside of an argument.
func (w *rewriter) arg(n parse.Node) {
	switch n := n.(type) {
	case *parse.PipeNode:
		w.pipe(n)
	case *parse.ChainNode:
		w.arg(n.Node)
	case *parse.IdentifierNode:
		w.used[n.Ident] = true // an argument may be a function without arguments
	}
}

// valueName is how a template names a value, or "".
func valueName(n parse.Node) string {
	switch n := n.(type) {
	case *parse.FieldNode:
		return n.String()
	case *parse.VariableNode:
		return n.String()
	}
	return ""
}

// filesMethod splits a node whose last name is a method of .Files. These are
// called through a function, which charges for them.
func filesMethod(n parse.Node) (receiver parse.Node, method string) {
	split := func(names []string) bool {
		if len(names) == 0 {
			return false
		}
		method = names[len(names)-1]
		switch method {
		case "Get", "GetBytes", "Glob", "Lines", "AsConfig", "AsSecrets":
			return true
		}
		return false
	}
	switch n := n.(type) {
	case *parse.FieldNode:
		if !split(n.Ident) {
			return nil, ""
		}
		if len(n.Ident) == 1 {
			return &parse.DotNode{NodeType: parse.NodeDot, Pos: n.Pos}, method
		}
		n.Ident = n.Ident[:len(n.Ident)-1]
		return n, method
	case *parse.VariableNode:
		if len(n.Ident) < 2 || !split(n.Ident) {
			return nil, ""
		}
		n.Ident = n.Ident[:len(n.Ident)-1]
		return n, method
	case *parse.ChainNode:
		if !split(n.Field) {
			return nil, ""
		}
		if len(n.Field) == 1 {
			return n.Node, method
		}
		n.Field = n.Field[:len(n.Field)-1]
		return n, method
	}
	return nil, ""
}

func ident(at parse.Pos, name string) *parse.IdentifierNode {
	return parse.NewIdentifier(name).SetPos(at)
}

func number(n int) parse.Node {
	return &parse.NumberNode{NodeType: parse.NodeNumber, IsInt: true, Int64: int64(n), Text: strconv.Itoa(n)}
}

func str(at parse.Pos, s string) parse.Node {
	return &parse.StringNode{NodeType: parse.NodeString, Pos: at, Quoted: strconv.Quote(s), Text: s}
}

func call(at parse.Pos, name string, args ...parse.Node) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: at, Args: append([]parse.Node{ident(at, name)}, args...)}
}

func nested(c *parse.CommandNode) *parse.PipeNode {
	return &parse.PipeNode{NodeType: parse.NodePipe, Pos: c.Pos, Cmds: []*parse.CommandNode{c}}
}

func action(at parse.Pos, name string, args ...parse.Node) *parse.ActionNode {
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: at, Pipe: nested(call(at, name, args...))}
}
