package workflow

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// scopeName is the form of a permission's name.
var scopeName = regexp.MustCompile(`^[a-z-]{1,40}$`)

// checkPermissions looks at what the token may do: GHA-004.
func (w *workflow) checkPermissions() {
	if w.top == nil {
		return
	}
	w.checkWriteAll(w.top.Permissions, "")
	var open []*actionlint.Job // those that have what the top says
	for _, j := range w.jobs {
		w.checkWriteAll(j.Permissions, "jobs."+name(j.ID.Value))
		if j.Permissions == nil {
			open = append(open, j)
		}
	}
	switch top := w.top.Permissions; {
	case len(open) == 0:
	case top == nil && (len(w.events) == 0 || w.onOthers("workflow_call")):
		// A workflow that is only called has the permissions of its caller.
		at := spot{from: w.src.offset(open[0].Pos.Line, open[0].Pos.Col), resource: "jobs." + name(open[0].ID.Value), key: "permissions"}
		at.to = at.from + len(open[0].ID.Value)
		w.add("GHA-004", finding.Low, at, text.Count(len(open), "job")+" of the workflow declared without permissions: the token may do what the repository's settings allow.")
	case top != nil && len(open) > 1:
		w.checkShared(top, len(open))
	}
}

func (w *workflow) checkWriteAll(p *actionlint.Permissions, where string) {
	if p == nil || p.All == nil || p.All.Value != "write-all" {
		return
	}
	at := spot{resource: where, key: strings.TrimPrefix(where+"/permissions", "/")}
	at.from, at.to = w.src.extent(p.All)
	w.add("GHA-004", finding.Medium, at, "The token may write everything: permissions are write-all.")
}

// checkShared looks at what several jobs may write because one of them has to.
func (w *workflow) checkShared(top *actionlint.Permissions, jobs int) {
	scopes := make([]*actionlint.PermissionScope, 0, len(top.Scopes))
	for _, s := range top.Scopes {
		if s.Value != nil && s.Value.Value == "write" && scopeName.MatchString(s.Name.Value) {
			scopes = append(scopes, s)
		}
	}
	slices.SortFunc(scopes, func(a, b *actionlint.PermissionScope) int { return cmp.Compare(a.Name.Value, b.Name.Value) })
	for _, s := range scopes {
		at := spot{key: "permissions/" + s.Name.Value}
		at.from, at.to = w.src.extent(s.Value)
		w.add("GHA-004", finding.Low, at, text.Count(jobs, "job")+" may write "+s.Name.Value+": it is granted to the whole workflow.")
	}
}

// checkCommands looks for the variable that turns commands in a job's output
// into environment variables: GHA-006.
func (w *workflow) checkCommands() {
	if w.top != nil {
		w.checkCommand(w.top.Env, spot{key: "env"})
	}
	for _, j := range w.jobs {
		where := "jobs." + name(j.ID.Value)
		w.checkCommand(j.Env, spot{resource: where, key: where})
	}
	for _, g := range w.groups {
		for i, s := range g.steps {
			w.checkCommand(s.Env, g.spot(i, 0, 0, "env"))
		}
	}
}

func (w *workflow) checkCommand(env *actionlint.Env, at spot) {
	if env == nil || env.Vars["actions_allow_unsecure_commands"] == nil {
		return
	}
	v := env.Vars["actions_allow_unsecure_commands"].Value
	switch strings.ToLower(strings.TrimSpace(v.Value)) {
	case "true", "1", "$true": // as the runner reads it
		at.from, at.to = w.src.extent(v)
		w.add("GHA-006", finding.High, at, "ACTIONS_ALLOW_UNSECURE_COMMANDS is on: whatever is printed can set environment variables and the search path.")
	}
}
