package workflow

import (
	"strings"

	"github.com/rhysd/actionlint"

	"github.com/scangate/scangate/finding"
)

// written are the contexts whose text strangers choose freely. Names of users
// and repositories are not among them: GitHub only allows harmless characters.
func written() paths {
	names := []string{
		"github.head_ref",
		"github.event.issue.title", "github.event.issue.body",
		"github.event.pull_request.title", "github.event.pull_request.body",
		"github.event.pull_request.head.ref", "github.event.pull_request.head.label",
		"github.event.pull_request.head.repo.default_branch",
		"github.event.pull_request.head.repo.description", "github.event.pull_request.head.repo.homepage",
		"github.event.comment.body", "github.event.review.body", "github.event.review_comment.body",
		"github.event.discussion.title", "github.event.discussion.body",
		"github.event.changes.title.from", "github.event.changes.body.from",
		"github.event.pages.*.page_name",
		"github.event.workflow_run.head_branch", "github.event.workflow_run.display_title",
		"github.event.workflow_run.head_repository.description",
		"github.event.workflow_run.pull_requests.*.head.ref",
	}
	for _, commit := range []string{"commits.*", "head_commit", "workflow_run.head_commit"} {
		names = append(names, "github.event."+commit+".message")
		for _, who := range []string{".author", ".committer"} {
			names = append(names, "github.event."+commit+who+".name", "github.event."+commit+who+".email")
		}
	}
	return newPaths(names...)
}

// checkScripts looks for text of strangers in scripts: GHA-003.
func (w *workflow) checkScripts() {
	if len(w.events) > 0 && !w.onOthers("schedule", "workflow_dispatch") {
		return // these events carry no text of strangers
	}
	f := flow{of: written(), known: map[*actionlint.String]string{}}
	for _, g := range w.groups {
		for i, s := range g.steps {
			if script := scriptOf(s); script != nil {
				f.env = w.variables(g.job, s)
				w.checkScript(f, g, i, script)
			}
		}
	}
}

// onOthers reports whether an event beside these triggers the workflow.
func (w *workflow) onOthers(events ...string) bool {
	for _, e := range w.events {
		if !(&workflow{events: events}).on(e) {
			return true
		}
	}
	return false
}

func (w *workflow) checkScript(f flow, g group, step int, script *actionlint.String) {
	found, bad := expressions(script.Value)
	places := w.src.places(script, found)
	for i, e := range found {
		context := f.out(e.node)
		if context == "" {
			continue
		}
		at := g.spot(step, places[i][0], places[i][1], context)
		w.add("GHA-003", finding.High, at, "The script contains the text of "+context+", which strangers can write: part of it can become a command.")
	}
	if bad >= 0 {
		line, _ := w.src.position(w.src.start(script))
		if n := strings.Count(script.Value[:bad], "\n"); n > 0 && strings.HasPrefix(w.src.text[w.src.offset(script.Pos.Line, script.Pos.Col):], "|") {
			line += n
		}
		w.gap(line, "an expression in a script cannot be parsed: what is behind it is not judged")
	}
}

// scriptOf is the script that a step runs, or nil.
func scriptOf(s *actionlint.Step) *actionlint.String {
	switch e := s.Exec.(type) {
	case *actionlint.ExecRun:
		return e.Run
	case *actionlint.ExecAction:
		if e.Uses == nil || e.Inputs["script"] == nil {
			return nil
		}
		if strings.HasPrefix(strings.ToLower(e.Uses.Value), "actions/github-script@") {
			return e.Inputs["script"].Value
		}
	}
	return nil
}

// variables looks up what the workflow itself puts into the context env.
func (w *workflow) variables(j *actionlint.Job, s *actionlint.Step) func(string) *actionlint.String {
	return func(name string) *actionlint.String {
		envs := []*actionlint.Env{s.Env}
		if j != nil {
			envs = append(envs, j.Env)
		}
		if w.top != nil {
			envs = append(envs, w.top.Env)
		}
		for _, env := range envs {
			if env != nil && env.Vars[name] != nil {
				return env.Vars[name].Value
			}
		}
		return nil
	}
}
