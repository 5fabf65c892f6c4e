package workflow

import (
	"strings"

	"github.com/rhysd/actionlint"
	"gopkg.in/yaml.v3"
)

// readAction takes the steps of a composite action, as the parser of workflows
// would give them; it does not know actions itself. Of a Docker action it
// takes the image. Other actions run their own code.
func (w *workflow) readAction(root *yaml.Node) {
	runs := field(root, "runs")
	if runs == nil || runs.Kind != yaml.MappingNode {
		w.gap(root.Line, "has no section runs that can be read: it is not an action")
		return
	}
	if image := scalar(runs, "image"); image != nil && strings.HasPrefix(image.Value, "docker://") {
		w.checkPin(image, spot{resource: "runs.image", key: "runs.image"})
	}
	list := field(runs, "steps")
	if list == nil {
		return
	}
	if list.Kind != yaml.SequenceNode {
		w.gap(list.Line, "the steps are not a list: not judged")
		return
	}
	g := group{where: "runs"}
	for _, n := range list.Content {
		g.steps = append(g.steps, actionStep(resolved(n)))
	}
	w.addGroup(g)
}

// actionStep reads a step. What is not of the right kind is left out.
func actionStep(n *yaml.Node) *actionlint.Step {
	s := &actionlint.Step{
		Pos: &actionlint.Pos{Line: n.Line, Col: n.Column},
		ID:  scalar(n, "id"),
		If:  scalar(n, "if"),
	}
	if env := scalars(field(n, "env")); env != nil {
		s.Env = &actionlint.Env{Vars: map[string]*actionlint.EnvVar{}}
		for _, v := range env {
			s.Env.Vars[v.name] = &actionlint.EnvVar{Value: v.value}
		}
	}
	if run := scalar(n, "run"); run != nil {
		s.Exec = &actionlint.ExecRun{Run: run, Shell: scalar(n, "shell")}
	}
	if uses := scalar(n, "uses"); uses != nil {
		action := &actionlint.ExecAction{Uses: uses, Inputs: map[string]*actionlint.Input{}}
		for _, v := range scalars(field(n, "with")) {
			action.Inputs[v.name] = &actionlint.Input{Value: v.value}
		}
		s.Exec = action
	}
	return s
}

// resolved follows an alias.
func resolved(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// field returns the value of a key, or nil.
func field(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return resolved(n.Content[i+1])
		}
	}
	return nil
}

// scalar returns the value of a key when it is a single one, or nil.
func scalar(n *yaml.Node, key string) *actionlint.String {
	if v := field(n, key); v != nil && v.Kind == yaml.ScalarNode {
		return stringOf(v)
	}
	return nil
}

// scalars returns the single values of a mapping, by their keys in lower case.
func scalars(n *yaml.Node) []named {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	out := []named{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if v := resolved(n.Content[i+1]); v.Kind == yaml.ScalarNode {
			out = append(out, named{strings.ToLower(n.Content[i].Value), stringOf(v)})
		}
	}
	return out
}

func stringOf(n *yaml.Node) *actionlint.String {
	return &actionlint.String{Value: n.Value, Pos: &actionlint.Pos{Line: n.Line, Col: n.Column}}
}
