package workflow

import (
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
)

// workflowRule is what there is to say about a check of our own.
type workflowRule struct {
	name, title, why string
	fix              string // a sentence without its full stop
	example          string // YAML that is right
	severity         finding.Severity
	links            []string
	cwe              string
}

// workflowRules are the checks of workflows and actions. It does not change.
var workflowRules = map[string]workflowRule{
	"GHA-001": {
		name: "unpinned-action", title: "Action, reusable workflow or image is not pinned", severity: finding.High, cwe: "829",
		why: "A tag or a branch can be moved, by its owner or by whoever took over the account, and the next run executes the new code with the job's token and secrets. " +
			"Only a full commit SHA, or for an image a digest, always means the same code.",
		fix:     "Pin it by its full commit SHA, or an image by its digest, and keep the version in a comment, which update tools maintain",
		example: "- uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
		links:   []string{"https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions"},
	},
	"GHA-002": {
		name: "untrusted-checkout", title: "Code of a pull request is checked out where there are secrets", severity: finding.Critical, cwe: "829",
		why: "A workflow on pull_request_target or workflow_run belongs to the base branch and has its secrets and a token that may write, also when a stranger's pull request triggers it. " +
			"When such a job checks out that pull request, a build script, a test or a configuration file in it runs with all of that.",
		fix:     "Build and test on pull_request, which has no secrets, or leave out ref so that the base branch is checked out",
		example: "on: pull_request\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0\n      - run: make test",
		links: []string{
			"https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/",
			"https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request_target",
		},
	},
	"GHA-003": {
		name: "script-injection", title: "Text of strangers becomes part of a script", severity: finding.High, cwe: "94",
		why: "Expressions are replaced before the script starts, so what they hold is code, not data. " +
			"Whoever can open an issue or a pull request, write a comment or name a branch can make the job run their commands.",
		fix:     "Put the expression into env and use the variable, in quotes, in the script",
		example: "- env:\n    TITLE: ${{ github.event.pull_request.title }}\n  run: echo \"$TITLE\"",
		links: []string{
			"https://docs.github.com/en/actions/concepts/security/script-injections",
			"https://securitylab.github.com/resources/github-actions-untrusted-input/",
		},
	},
	"GHA-004": {
		name: "wide-permissions", title: "The token may do more than it has to", severity: finding.Medium, cwe: "250",
		why:     "Every step of a job, and every action it uses, can use the token. What the token may not do, none of them can be made to do.",
		fix:     "Grant read access at the top of the workflow, and what a job needs beyond it in that job",
		example: "permissions:\n  contents: read\njobs:\n  release:\n    permissions:\n      contents: write",
		links:   []string{"https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions"},
	},
	"GHA-005": {
		name: "secrets-for-forks", title: "Secret within reach of the code of a pull request", severity: finding.High, cwe: "200",
		why:     "The job checks out what a stranger wrote, or hands it on, and has secrets by name: code of the pull request that runs in it can read and send them.",
		fix:     "Move the steps that need the secret to a job that does not touch the code of the pull request",
		example: "jobs:\n  label:\n    runs-on: ubuntu-latest\n    steps:\n      - run: gh pr edit \"$NUMBER\" --add-label triage\n        env:\n          GH_TOKEN: ${{ secrets.LABEL_TOKEN }}\n          NUMBER: ${{ github.event.number }}",
		links:   []string{"https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/"},
	},
	"GHA-006": {
		name: "unsecure-commands", title: "Printed text can set environment variables", severity: finding.High, cwe: "94",
		why:     "With ACTIONS_ALLOW_UNSECURE_COMMANDS the runner obeys set-env and add-path again, which were switched off because any output of a step, such as the title of an issue, can contain them.",
		fix:     "Remove the variable, and write to the files $GITHUB_ENV and $GITHUB_PATH",
		example: "- run: echo \"VERSION=1.2.3\" >> \"$GITHUB_ENV\"",
		links:   []string{"https://github.blog/changelog/2020-10-01-github-actions-deprecating-set-env-and-add-path-commands/"},
	},
}

// describe is the rule as reports have it.
func (r workflowRule) describe(id string) finding.Rule {
	out := finding.Rule{
		ID:          id,
		Name:        r.name,
		Title:       r.title,
		Description: r.why,
		References:  r.links,
		Severity:    r.severity,
		Tags:        []string{"iac", "external/cwe/cwe-" + r.cwe, work.GitHubActions},
		Precision:   "high",
	}
	out.Help = work.Help(out, r.fix, work.Example{Language: "yaml", Code: r.example})
	return out
}

// Rules returns the checks by their ids.
func Rules() map[string]finding.Rule {
	out := map[string]finding.Rule{}
	for id, r := range workflowRules {
		out[id] = r.describe(id)
	}
	return out
}
