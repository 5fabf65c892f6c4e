package workflow

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/rhysd/actionlint"

	"github.com/scangate/scangate/finding"
)

// privileged are the events on which a stranger's pull request runs a workflow
// that has secrets and a token that may write.
var privileged = [...]string{"pull_request_target", "workflow_run"}

// The contexts that name what a pull request brings. A commit is certain to be
// the stranger's; of a branch only the name is, unless the repository is too.
func headCommits() paths {
	return newPaths("github.event.pull_request.head.sha", "github.event.pull_request.merge_commit_sha",
		"github.event.workflow_run.head_sha", "github.event.workflow_run.head_commit.id", "github.event.workflow_run.pull_requests.*.head.sha")
}

func headBranches() paths {
	return newPaths("github.head_ref", "github.event.pull_request.head.ref",
		"github.event.workflow_run.head_branch", "github.event.workflow_run.pull_requests.*.head.ref")
}

func headRepositories() paths {
	return newPaths("github.event.pull_request.head.repo.full_name", "github.event.workflow_run.head_repository.full_name")
}

// pullCheckout is a command that replaces the working tree by a pull request's.
var pullCheckout = regexp.MustCompile(`(?m)^[^#\n]*?(?:^|[\s;&|(])gh[ \t]+pr[ \t]+checkout(?:$|[\s;&|)])`)

// checkForks looks for checkouts of what a stranger wrote, where there is
// something to steal: GHA-002, and GHA-005 for what is there by name.
func (w *workflow) checkForks() {
	if !w.on(privileged[:]...) {
		return
	}
	for _, g := range w.groups {
		if g.job == nil || w.excludes(condition(g.job.If)) {
			continue
		}
		if call := g.job.WorkflowCall; call != nil {
			w.checkCall(g, call)
			continue
		}
		first := -1
		for i, s := range g.steps {
			if !w.excludes(condition(s.If)) && w.checkCheckout(g, i) && first < 0 {
				first = i
			}
		}
		if first >= 0 {
			w.checkSecrets(g, first)
		}
	}
}

// heads is a flow of what a pull request brings.
func (w *workflow) heads(of paths, j *actionlint.Job, s *actionlint.Step) flow {
	return flow{of: of, env: w.variables(j, s), excluded: w.excludes, known: map[*actionlint.String]string{}}
}

// checkCheckout reports whether a step checks out a stranger's code.
func (w *workflow) checkCheckout(g group, i int) bool {
	s := g.steps[i]
	if run, ok := s.Exec.(*actionlint.ExecRun); ok && run.Run != nil && w.on("pull_request_target") {
		if !pullCheckout.MatchString(run.Run.Value) {
			return false
		}
		at := g.spot(i, w.src.offset(run.Run.Pos.Line, run.Run.Pos.Col), 0, "gh pr checkout")
		w.add("GHA-002", finding.Critical, at, w.withSecrets("The script checks out the code of a pull request with gh pr checkout"))
		return true
	}
	action, ok := s.Exec.(*actionlint.ExecAction)
	if !ok || action.Uses == nil || !strings.HasPrefix(strings.ToLower(action.Uses.Value), "actions/checkout@") {
		return false
	}
	ref, repository := input(action, "ref"), input(action, "repository")
	commits := w.heads(headCommits(), g.job, s)
	severity, what, from := finding.Unknown, "", ref
	if ref != nil {
		if what = commits.value(ref); what != "" {
			severity = finding.Critical
		} else if what = pullRef(ref.Value); what != "" {
			severity = finding.Critical
		} else if what = w.heads(headBranches(), g.job, s).value(ref); what != "" {
			severity = finding.High
		}
	}
	if repository != nil {
		if name := w.heads(headRepositories(), g.job, s).value(repository); name != "" {
			severity = finding.Critical
			if what == "" {
				what, from = name, repository
			}
		}
	}
	if what == "" {
		return false
	}
	if !w.on("pull_request_target") {
		// What triggered the run decides whether a stranger's code is there.
		severity = finding.High
	}
	at := g.spot(i, 0, 0, what)
	at.from, at.to = w.src.extent(from)
	w.add("GHA-002", severity, at, w.withSecrets("The code of a pull request is checked out by "+what))
	return true
}

// withSecrets ends a sentence.
func (w *workflow) withSecrets(what string) string {
	on := "workflow_run"
	if w.on("pull_request_target") {
		on = "pull_request_target"
	}
	return what + ", and " + on + " runs the job with the repository's secrets and its token."
}

// pullRefs is the name under which GitHub keeps the commits of pull requests,
// whether it is put together by text or by format().
var pullRefs = regexp.MustCompile(`^\s*(?:\$\{\{\s*format\(\s*')?(?:refs/(?:remotes/)?)?pull/[^\s]*.*/(?:head|merge)\b`)

func pullRef(ref string) string {
	if len(ref) < 1_000 && pullRefs.MatchString(ref) {
		return "refs/pull"
	}
	return ""
}

// input is a value of with, or nil.
func input(a *actionlint.ExecAction, name string) *actionlint.String {
	if in := a.Inputs[name]; in != nil {
		return in.Value
	}
	return nil
}

// named is a value with a name: a variable, an input.
type named struct {
	name  string
	value *actionlint.String
}

// inOrder puts values into the order of their names.
func inOrder(list []named) []named {
	slices.SortFunc(list, func(a, b named) int { return cmp.Compare(a.name, b.name) })
	return list
}

func variablesOf(env *actionlint.Env) []named {
	var out []named
	if env != nil {
		for name, v := range env.Vars {
			out = append(out, named{name, v.Value})
		}
	}
	return inOrder(out)
}

func inputsOf(s *actionlint.Step) []named {
	var out []named
	if a, ok := s.Exec.(*actionlint.ExecAction); ok {
		for name, in := range a.Inputs {
			out = append(out, named{name, in.Value})
		}
	}
	return inOrder(out)
}

// checkSecrets looks for secrets that a job has by name once a stranger's code
// is there: in the environment of all its steps, or of one from the checkout
// on. The checkout itself counts: it leaves its token behind.
func (w *workflow) checkSecrets(g group, first int) {
	of := flow{of: newPaths("secrets.*")}
	all := spot{resource: g.where, key: g.where}
	for _, v := range append(variablesOf(w.top.Env), variablesOf(g.job.Env)...) {
		w.checkSecret(of, v.value, all)
	}
	for i, s := range g.steps[first:] {
		if w.excludes(condition(s.If)) {
			continue
		}
		at := g.spot(first+i, 0, 0, "")
		at.key = strings.TrimSuffix(at.key, "/")
		for _, v := range append(variablesOf(s.Env), inputsOf(s)...) {
			w.checkSecret(of, v.value, at)
		}
		if run, ok := s.Exec.(*actionlint.ExecRun); ok && run.Run != nil {
			w.checkSecret(of, run.Run, at)
		}
	}
}

func (w *workflow) checkSecret(of flow, v *actionlint.String, at spot) {
	found, _ := expressions(v.Value)
	places := w.src.places(v, found)
	for i, e := range found {
		secret := secretOf(of, e.node)
		if secret == "" {
			continue
		}
		at := at
		at.from, at.to = places[i][0], places[i][1]
		at.key += "/" + secret
		w.add("GHA-005", finding.High, at, "The job has "+secret+" within reach of the code of a pull request that it checks out.")
	}
}

// secretOf names the secret that comes out of an expression. The token of the
// job itself is not one: every step has it.
func secretOf(of flow, n actionlint.ExprNode) string {
	if of.out(n) == "" {
		return ""
	}
	secret := "a secret"
	actionlint.VisitExprNode(n, func(n, _ actionlint.ExprNode, entering bool) {
		if parts, _ := contextPath(n); entering && len(parts) == 2 && parts[0] == "secrets" {
			secret = "secrets." + name(strings.ToUpper(parts[1]))
		}
	})
	if secret == "secrets.GITHUB_TOKEN" {
		return ""
	}
	return secret
}

// checkCall looks at a reusable workflow that gets a stranger's commit and
// secrets alike.
func (w *workflow) checkCall(g group, call *actionlint.WorkflowCall) {
	of := w.heads(append(append(headCommits(), headBranches()...), headRepositories()...), g.job, &actionlint.Step{})
	var inputs []named
	for name, in := range call.Inputs {
		inputs = append(inputs, named{name, in.Value})
	}
	what := ""
	for _, in := range inOrder(inputs) {
		if what = cmp.Or(what, of.value(in.value), pullRef(in.value.Value)); what != "" {
			break
		}
	}
	if what == "" {
		return
	}
	at := spot{resource: g.where, key: g.where}
	if call.InheritSecrets {
		at.from, at.to = w.src.extent(cmp.Or(scalar(field(field(w.root, "jobs"), g.job.ID.Value), "secrets"), call.Uses))
		at.key += "/inherit"
		w.add("GHA-005", finding.High, at, "A workflow is called with "+what+" of a pull request and, by inherit, with all secrets.")
		return
	}
	var secrets []named
	for name, s := range call.Secrets {
		secrets = append(secrets, named{name, s.Value})
	}
	for _, s := range inOrder(secrets) {
		w.checkSecret(flow{of: newPaths("secrets.*")}, s.value, at)
	}
}
