package workflow

import (
	"slices"
	"strings"

	"github.com/rhysd/actionlint"
)

// excludes reports whether a condition can only hold when no stranger's pull
// request is at work: on another event, for a branch of the repository itself,
// for an author who may write to it, or once it is merged. A label or the name
// of the actor is no such condition: the first stays when commits follow, the
// second is whoever acted last.
func (w *workflow) excludes(n actionlint.ExprNode) bool {
	switch n := n.(type) {
	case *actionlint.LogicalOpNode:
		if n.Kind == actionlint.LogicalOpNodeKindOr {
			return w.excludes(n.Left) && w.excludes(n.Right)
		}
		return w.excludes(n.Left) || w.excludes(n.Right)
	case *actionlint.NotOpNode:
		return dotted(n.Operand) == "github.event.pull_request.head.repo.fork"
	case *actionlint.FuncCallNode:
		return strings.EqualFold(n.Callee, "contains") && len(n.Args) == 2 && dotted(n.Args[1]) == association
	case *actionlint.CompareOpNode:
		switch n.Kind {
		case actionlint.CompareOpNodeKindEq:
			return w.equal(n.Left, n.Right) || w.equal(n.Right, n.Left)
		case actionlint.CompareOpNodeKindNotEq:
			return w.unequal(n.Left, n.Right) || w.unequal(n.Right, n.Left)
		}
	default:
		return n != nil && dotted(n) == merged
	}
	return false
}

const (
	association = "github.event.pull_request.author_association"
	merged      = "github.event.pull_request.merged"
)

// equal is excludes for a == b.
func (w *workflow) equal(a, b actionlint.ExprNode) bool {
	word, isWord := b.(*actionlint.StringNode)
	flag, isFlag := b.(*actionlint.BoolNode)
	switch dotted(a) {
	case "github.event_name":
		return isWord && !slices.Contains(privileged[:], strings.ToLower(word.Value))
	case "github.event.workflow_run.event":
		return isWord && !strings.HasPrefix(strings.ToLower(word.Value), "pull_request")
	case "github.event.pull_request.head.repo.full_name", "github.event.workflow_run.head_repository.full_name":
		return isWord || dotted(b) == "github.repository" || dotted(b) == "github.event.pull_request.base.repo.full_name"
	case "github.event.pull_request.head.repo.owner.login", "github.event.pull_request.head.user.login", "github.event.workflow_run.head_repository.owner.login":
		return isWord || dotted(b) == "github.repository_owner"
	case "github.event.pull_request.user.login":
		return isWord
	case "github.event.pull_request.head.repo.fork", "github.event.workflow_run.head_repository.fork":
		return isFlag && !flag.Value
	case association:
		return isWord && slices.Contains([]string{"OWNER", "MEMBER", "COLLABORATOR"}, strings.ToUpper(word.Value))
	case merged:
		return isFlag && flag.Value
	}
	return false
}

// unequal is excludes for a != b.
func (w *workflow) unequal(a, b actionlint.ExprNode) bool {
	switch b := b.(type) {
	case *actionlint.StringNode:
		switch dotted(a) {
		case "github.event_name":
			for _, e := range privileged {
				if w.on(e) && !strings.EqualFold(e, b.Value) {
					return false
				}
			}
			return slices.Contains(privileged[:], strings.ToLower(b.Value))
		case "github.event.workflow_run.event":
			return strings.EqualFold(b.Value, "pull_request") && !w.on("pull_request_target")
		}
	case *actionlint.BoolNode:
		return b.Value && strings.HasSuffix(dotted(a), ".fork")
	}
	return false
}

// dotted is the name of a context, or empty.
func dotted(n actionlint.ExprNode) string {
	parts, _ := contextPath(n)
	return strings.Join(parts, ".")
}
