package iac

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/workflow"
)

const (
	sha      = "0123456789abcdef0123456789abcdef01234567"
	checkout = "actions/checkout@" + sha
	flowPath = ".github/workflows/w.yml"
)

// flowFile is a workflow with one job, whose steps are given.
func flowFile(on, steps string) string {
	return "on: " + on + "\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n" + steps
}

// short renders findings as id, severity, line, column and resource.
func short(found []finding.Finding) []string {
	var out []string
	for _, f := range found {
		mark := ""
		if f.Suppressed() {
			mark = " suppressed"
		}
		out = append(out, fmt.Sprintf("%s %s %d:%d %s%s", f.RuleID, f.Severity, f.Location.StartLine, f.Location.StartColumn, f.Resource, mark))
	}
	return out
}

func judgeText(t *testing.T, path, text string) work.Outcome {
	t.Helper()
	out, err := workflow.Judge(t.Context(), work.File{Path: path, Data: []byte(text)}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWorkflowChecks goes through every check: what it finds, and what only
// looks alike.
func TestWorkflowChecks(t *testing.T) {
	step := func(s string) string { return flowFile("push", "      - "+s+"\n") }
	fork := func(rest string) string {
		return flowFile("pull_request_target", "      - uses: "+checkout+"\n        with:\n          "+rest+"\n")
	}
	forkIf := func(cond string) string {
		return flowFile("[pull_request, pull_request_target]", "      - uses: "+checkout+"\n        if: "+cond+"\n        with: {ref: '${{ github.event.pull_request.head.sha }}'}\n")
	}
	script := func(s string) string { return flowFile("pull_request", "      - run: "+s+"\n") }
	perms := func(top, jobs string) string { return "on: push\n" + top + "jobs:\n" + jobs }
	job := func(id, more string) string {
		return "  " + id + ":\n    runs-on: x\n" + more + "    steps: [{run: make}]\n"
	}
	secrets := func(on, ref, rest string) string {
		return flowFile(on, "      - uses: "+checkout+"\n        with: {ref: '"+ref+"'}\n"+rest)
	}
	const head = "${{ github.event.pull_request.head.sha }}"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"001 tag", step("uses: actions/checkout@v4"), []string{"GHA-001 medium 7:15 jobs.a.steps[0]"}},
		{"001 branch of others", step("uses: corp/tool@main"), []string{"GHA-001 high 7:15 jobs.a.steps[0]"}},
		{"001 short sha", step("uses: 'corp/tool/sub@0123456'"), []string{"GHA-001 high 7:16 jobs.a.steps[0]"}},
		{"001 named step", step("{uses: github/codeql-action/init@v3, id: scan}"), []string{"GHA-001 medium 7:16 jobs.a.steps[scan]"}},
		{"001 image", step("uses: docker://alpine:3.20"), []string{"GHA-001 high 7:15 jobs.a.steps[0]"}},
		{"001 image without a tag", step("uses: docker://ghcr.io/corp/tool"), []string{"GHA-001 high 7:15 jobs.a.steps[0]"}},
		{"001 reusable", "on: push\npermissions: {}\njobs:\n  a:\n    uses: corp/x/.github/workflows/y.yml@v1\n", []string{"GHA-001 high 5:11 jobs.a"}},
		{"001 anchor", step("uses: &co actions/checkout@v4") + "      - uses: *co\n", []string{"GHA-001 medium 7:19 jobs.a.steps[0]", "GHA-001 medium 7:19 jobs.a.steps[1]"}},
		{"001 not: sha", step("uses: corp/tool@" + sha + " # v1"), nil},
		{"001 not: upper case", step("uses: corp/tool@" + strings.ToUpper(sha)), nil},
		{"001 not: local", step("uses: ./action"), nil},
		{"001 not: local workflow", "on: push\npermissions: {}\njobs:\n  a:\n    uses: ./.github/workflows/y.yml\n", nil},
		{"001 not: digest", step("uses: docker://alpine@sha256:" + strings.Repeat("0a", 32)), nil},
		{"001 not: no form of uses", step("uses: corp"), nil},
		{"001 not: in a script", step("run: 'echo uses: corp/tool@main'"), nil},

		{"002 sha", fork("ref: " + head), []string{"GHA-002 critical 9:16 jobs.a.steps[0]"}},
		{"002 branch", fork("ref: ${{ github.head_ref }}"), []string{"GHA-002 high 9:16 jobs.a.steps[0]"}},
		{"002 merge", fork("ref: refs/pull/${{ github.event.number }}/merge"), []string{"GHA-002 critical 9:16 jobs.a.steps[0]"}},
		{"002 format", fork("ref: ${{ format('refs/pull/{0}/head', github.event.number) }}"), []string{"GHA-002 critical 9:16 jobs.a.steps[0]"}},
		{"002 repository", fork("repository: ${{ github.event.pull_request.head.repo.full_name }}"), []string{"GHA-002 critical 9:23 jobs.a.steps[0]"}},
		{"002 fallback", fork("ref: ${{ github['event'].pull_request.HEAD.sha || github.sha }}"), []string{"GHA-002 critical 9:16 jobs.a.steps[0]"}},
		{"002 variable", strings.Replace(fork("ref: ${{ env.REF }}"), "jobs:", "env: {REF: '"+head+"'}\njobs:", 1), []string{"GHA-002 critical 10:16 jobs.a.steps[0]"}},
		{"002 workflow_run", flowFile("{workflow_run: {workflows: [x]}}", "      - uses: "+checkout+"\n        with: {ref: '${{ github.event.workflow_run.head_sha }}'}\n"), []string{"GHA-002 high 8:22 jobs.a.steps[0]"}},
		{"002 gh", flowFile("pull_request_target", "      - run: |\n          gh pr checkout \"$N\"\n"), []string{"GHA-002 critical 7:14 jobs.a.steps[0]"}},
		{"002 label", forkIf("contains(github.event.pull_request.labels.*.name, 'safe')"), []string{"GHA-002 critical 9:22 jobs.a.steps[0]"}},
		{"002 actor", forkIf("github.actor == 'dependabot[bot]'"), []string{"GHA-002 critical 9:22 jobs.a.steps[0]"}},
		{"002 either", forkIf("github.event_name == 'push' || github.event.action == 'opened'"), []string{"GHA-002 critical 9:22 jobs.a.steps[0]"}},
		{"002 not: pull_request", flowFile("pull_request", "      - uses: "+checkout+"\n        with: {ref: '"+head+"'}\n"), nil},
		{"002 not: base", fork("ref: ${{ github.event.pull_request.base.sha }}"), nil},
		{"002 not: no ref", fork("persist-credentials: false"), nil},
		{"002 not: another action", flowFile("pull_request_target", "      - uses: corp/x@"+sha+"\n        with: {ref: '"+head+"'}\n"), nil},
		{"002 not: compared", fork("ref: ${{ github.head_ref == 'x' }}"), nil},
		{"002 not: own branch", forkIf("github.event.pull_request.head.repo.full_name == github.repository"), nil},
		{"002 not: no fork", forkIf("${{ !github.event.pull_request.head.repo.fork }}"), nil},
		{"002 not: other event", forkIf("github.event_name == 'pull_request' && success()"), nil},
		{"002 not: merged", forkIf("github.event.pull_request.merged == true"), nil},
		{"002 not: member", forkIf(`contains('["MEMBER"]', github.event.pull_request.author_association)`), nil},
		{"002 not: operator", fork("ref: ${{ github.event_name == 'pull_request' && github.event.pull_request.head.sha || github.sha }}"), nil},
		{"002 not: a comment", flowFile("pull_request_target", "      - run: |\n          # gh pr checkout 1\n          gh pr checkouts\n"), nil},

		{"003 title", script("echo \"${{ github.event.pull_request.title }}\""), []string{"GHA-003 high 7:20 jobs.a.steps[0]"}},
		{"003 block", script("|\n          true\n\n          é😀 ${{ github.head_ref }}"), []string{"GHA-003 high 10:15 jobs.a.steps[0]"}},
		{"003 folded", script(">-\n          true\n          x ${{ github.event.issue.body }}\n\n          y"), []string{"GHA-003 high 9:13 jobs.a.steps[0]"}},
		{"003 two", script("|\n          ${{ github.ref }}\n          ${{ github.head_ref }} ${{ github.head_ref }}"), []string{"GHA-003 high 9:11 jobs.a.steps[0]", "GHA-003 high 9:34 jobs.a.steps[0]"}},
		{"003 format", script("echo ${{ format('{0}', github.event.comment.body) }}"), []string{"GHA-003 high 7:19 jobs.a.steps[0]"}},
		{"003 json", script("echo '${{ toJSON(github.event) }}'"), []string{"GHA-003 high 7:20 jobs.a.steps[0]"}},
		{"003 or", script("echo ${{ github.event.review.body || 'none' }}"), []string{"GHA-003 high 7:19 jobs.a.steps[0]"}},
		{"003 index", script("echo ${{ github.event.commits[0]['message'] }}"), []string{"GHA-003 high 7:19 jobs.a.steps[0]"}},
		{"003 join", script("echo ${{ join(github.event.commits.*.author.name, ',') }}"), []string{"GHA-003 high 7:19 jobs.a.steps[0]"}},
		{"003 parsed", script("echo ${{ fromJSON(github.event.comment.body).a[0] }}"), []string{"GHA-003 high 7:19 jobs.a.steps[0]"}},
		{"003 variable", script("echo ${{ env.T }}") + "        env: {T: '${{ github.event.issue.title }}'}\n", []string{"GHA-003 high 7:19 jobs.a.steps[0]"}},
		{"003 github-script", flowFile("issues", "      - uses: actions/github-script@"+sha+"\n        with:\n          script: |\n            f(`${{ github.event.issue.title }}`)\n"), []string{"GHA-003 high 10:16 jobs.a.steps[0]"}},
		{"003 escaped quotes", script(`"x \"${{ github.head_ref }}\""`), []string{"GHA-003 high 7:19 jobs.a.steps[0]"}},
		{"003 not: contains", script("echo ${{ contains(github.event.pull_request.title, 'x') }}"), nil},
		{"003 not: startsWith", script("echo ${{ !startsWith(github.head_ref, 'x') }}"), nil},
		{"003 not: compared", script("echo ${{ github.event.pull_request.title == 'x' }}"), nil},
		{"003 not: a literal", script("echo ${{ 'github.head_ref }} ${{ github.head_ref' }}"), nil},
		{"003 not: guarded literal", script("echo ${{ github.head_ref && 'a' || 'b' }}"), nil},
		{"003 not: a variable of the shell", script("echo \"$T\"") + "        env: {T: '${{ github.event.issue.title }}'}\n", nil},
		{"003 not: harmless", script("echo ${{ github.event.pull_request.head.sha }} ${{ github.actor }} ${{ github.event.pull_request.head.repo.full_name }}"), nil},
		{"003 not: an array", script("echo ${{ github.event.commits.*.message }} ${{ github.event }}"), nil},
		{"003 not: hashed", script("echo ${{ hashFiles(github.head_ref) }}"), nil},
		{"003 not: no stranger", flowFile("[workflow_dispatch, schedule]", "      - run: echo '${{ toJSON(github) }}'\n"), nil},
		{"003 not: another input", flowFile("issues", "      - uses: corp/x@"+sha+"\n        with: {script: '${{ github.event.issue.title }}'}\n"), nil},

		{"004 write-all", perms("permissions: write-all\n", job("a", "")), []string{"GHA-004 medium 2:14 "}},
		{"004 write-all of a job", perms("permissions: {}\n", job("a", "    permissions: write-all\n")), []string{"GHA-004 medium 6:18 jobs.a"}},
		{"004 none", perms("", job("a", "")), []string{"GHA-004 low 3:3 jobs.a"}},
		{"004 none in one", perms("", job("a", "    permissions: {}\n")+job("b", "")), []string{"GHA-004 low 7:3 jobs.b"}},
		{"004 shared", perms("permissions:\n  contents: write\n  issues: read\n", job("a", "")+job("b", "")), []string{"GHA-004 low 3:13 "}},
		{"004 shared twice", perms("permissions: {issues: write, contents: write}\n", job("a", "")+job("b", "")), []string{"GHA-004 low 2:40 ", "GHA-004 low 2:23 "}},
		{"004 none, also called", "on: [push, workflow_call]\njobs:\n" + job("a", ""), []string{"GHA-004 low 3:3 jobs.a"}},
		{"004 not: read", perms("permissions: read-all\n", job("a", "")), nil},
		{"004 not: empty", perms("permissions: {}\n", job("a", "")), nil},
		{"004 not: every job", perms("", job("a", "    permissions: {contents: write}\n")), nil},
		{"004 not: one job", perms("permissions: {contents: write}\n", job("a", "")), nil},
		{"004 not: one job left", perms("permissions: {contents: write}\n", job("a", "")+job("b", "    permissions: {}\n")), nil},
		{"004 not: only called", "on: workflow_call\njobs:\n" + job("a", ""), nil},

		{"005 step", secrets("pull_request_target", head, "      - run: make\n        env: {K: '${{ secrets.KEY }}'}\n"), []string{"GHA-002 critical 8:22 jobs.a.steps[0]", "GHA-005 high 10:19 jobs.a.steps[1]"}},
		{"005 input", secrets("pull_request_target", head, "      - uses: corp/x@"+sha+"\n        with: {k: '${{ secrets.KEY }}'}\n"), []string{"GHA-002 critical 8:22 jobs.a.steps[0]", "GHA-005 high 10:20 jobs.a.steps[1]"}},
		{"005 script", secrets("pull_request_target", head, "      - run: make K=${{ secrets.key }}\n"), []string{"GHA-002 critical 8:22 jobs.a.steps[0]", "GHA-005 high 9:21 jobs.a.steps[1]"}},
		{"005 all", secrets("pull_request_target", head, "      - run: make\n        env: {K: '${{ toJSON(secrets) }}'}\n"), []string{"GHA-002 critical 8:22 jobs.a.steps[0]", "GHA-005 high 10:19 jobs.a.steps[1]"}},
		{"005 job", strings.Replace(fork("ref: "+head), "    steps:", "    env: {K: '${{ secrets.KEY }}'}\n    steps:", 1), []string{"GHA-005 high 6:15 jobs.a", "GHA-002 critical 10:16 jobs.a.steps[0]"}},
		{"005 token of the checkout", flowFile("pull_request_target", "      - uses: "+checkout+"\n        with: {ref: '"+head+"', token: '${{ secrets.PAT }}'}\n"), []string{"GHA-002 critical 8:22 jobs.a.steps[0]", "GHA-005 high 8:74 jobs.a.steps[0]"}},
		{"005 inherit", "on: pull_request_target\npermissions: {}\njobs:\n  a:\n    uses: ./.github/workflows/y.yml\n    with: {ref: '" + head + "'}\n    secrets: inherit\n", []string{"GHA-005 high 7:14 jobs.a"}},
		{"005 handed on", "on: pull_request_target\npermissions: {}\njobs:\n  a:\n    uses: ./.github/workflows/y.yml\n    with: {ref: '" + head + "'}\n    secrets: {k: '${{ secrets.K }}'}\n", []string{"GHA-005 high 7:19 jobs.a"}},
		{"005 not: before", flowFile("pull_request_target", "      - run: make\n        env: {K: '${{ secrets.KEY }}'}\n      - uses: "+checkout+"\n        with: {ref: '"+head+"'}\n"), []string{"GHA-002 critical 10:22 jobs.a.steps[1]"}},
		{"005 not: the job's token", secrets("pull_request_target", head, "      - run: make\n        env: {K: '${{ secrets.GITHUB_TOKEN }}'}\n"), []string{"GHA-002 critical 8:22 jobs.a.steps[0]"}},
		{"005 not: whether there is one", secrets("pull_request_target", head, "      - run: make\n        env: {K: \"${{ secrets.KEY != '' }}\"}\n"), []string{"GHA-002 critical 8:22 jobs.a.steps[0]"}},
		{"005 not: base", secrets("pull_request_target", "main", "      - run: make\n        env: {K: '${{ secrets.KEY }}'}\n"), nil},
		{"005 not: pull_request", secrets("pull_request", head, "      - run: make\n        env: {K: '${{ secrets.KEY }}'}\n"), nil},
		{"005 not: inherit alone", "on: pull_request_target\npermissions: {}\njobs:\n  a:\n    uses: ./.github/workflows/y.yml\n    secrets: inherit\n", nil},
		{"005 not: other job", secrets("pull_request_target", head, "  b:\n    runs-on: x\n    steps: [{run: make, env: {K: '${{ secrets.K }}'}}]\n"), []string{"GHA-002 critical 8:22 jobs.a.steps[0]"}},

		{"006 step", step("{run: make, env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: true}}"), []string{"GHA-006 high 7:60 jobs.a.steps[0]"}},
		{"006 quoted", step("{run: make, env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: 'TRUE'}}"), []string{"GHA-006 high 7:61 jobs.a.steps[0]"}},
		{"006 number", step("{run: make, env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: 1}}"), []string{"GHA-006 high 7:60 jobs.a.steps[0]"}},
		{"006 lower case", step("{run: make, env: {actions_allow_unsecure_commands: true}}"), []string{"GHA-006 high 7:60 jobs.a.steps[0]"}},
		{"006 job", strings.Replace(step("run: make"), "    steps", "    env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: true}\n    steps", 1), []string{"GHA-006 high 6:44 jobs.a"}},
		{"006 workflow", "env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: true}\n" + step("run: make"), []string{"GHA-006 high 1:40 "}},
		{"006 not: off", step("{run: make, env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: false}}"), nil},
		{"006 not: empty", step("{run: make, env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: ''}}"), nil},
		{"006 not: zero", step("{run: make, env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: 0}}"), nil},
		{"006 not: other name", step("{run: make, env: {ALLOW_UNSECURE_COMMANDS: true}}"), nil},
		{"006 not: an input", step("{uses: ./x, with: {ACTIONS_ALLOW_UNSECURE_COMMANDS: true}}"), nil},
		{"006 not: a comment", step("run: make # ACTIONS_ALLOW_UNSECURE_COMMANDS: true"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := judgeText(t, flowPath, tt.text)
			found, _ := conclude(nil, out.Findings)
			if d := cmp.Diff(tt.want, short(found)); d != "" || len(out.Notes) > 0 {
				t.Errorf("findings (-want +got):\n%snotes %v\n%s", d, out.Notes, tt.text)
			}
		})
	}
}

// TestActions looks at action.yml.
func TestActions(t *testing.T) {
	composite := "name: a\nruns:\n  using: composite\n  steps:\n"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"uses", composite + "    - uses: corp/x@v1\n", []string{"GHA-001 high 5:13 runs.steps[0]"}},
		{"alias", composite + "    - &s {uses: corp/x@v1, id: x}\n    - *s\n", []string{"GHA-001 high 5:17 runs.steps[x]", "GHA-001 high 5:17 runs.steps[x]"}},
		{"run", composite + "    - run: true\n    - run: |\n        echo ${{ github.head_ref }}\n      id: say\n", []string{"GHA-003 high 7:14 runs.steps[say]"}},
		{"variable", composite + "    - run: echo ${{ env.T }}\n      env: {T: '${{ github.head_ref }}'}\n", []string{"GHA-003 high 5:17 runs.steps[0]"}},
		{"github-script", composite + "    - uses: actions/github-script@v7\n      with: {script: 'x(${{ github.event.comment.body }})'}\n", []string{"GHA-001 medium 5:13 runs.steps[0]", "GHA-003 high 6:25 runs.steps[0]"}},
		{"image", "runs:\n  using: docker\n  image: docker://alpine:3\n", []string{"GHA-001 high 3:10 runs.image"}},
		{"commands", composite + "    - run: x\n      env: {ACTIONS_ALLOW_UNSECURE_COMMANDS: true}\n", []string{"GHA-006 high 6:46 runs.steps[0]"}},
		{"not: inputs", composite + "    - run: echo ${{ inputs.x }}\n", nil},
		{"not: sha", composite + "    - uses: corp/x@" + sha + "\n", nil},
		{"not: local", composite + "    - uses: ./x\n", nil},
		{"not: permissions", composite + "    - run: make\n", nil},
		{"not: Dockerfile", "runs:\n  using: docker\n  image: Dockerfile\n", nil},
		{"not: node", "runs:\n  using: node20\n  main: x.js\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := judgeText(t, "x/action.yaml", tt.text)
			if d := cmp.Diff(tt.want, short(out.Findings)); d != "" || len(out.Notes) > 0 {
				t.Errorf("findings (-want +got):\n%snotes %v", d, out.Notes)
			}
		})
	}
}

// TestWorkflowMarks looks at comments that ask to pass over findings.
func TestWorkflowMarks(t *testing.T) {
	use := "      - uses: corp/x@v1"
	tests := []struct {
		name, steps string
		want        []bool
		reason      string
	}{
		{"on the line", use + " # scangate:ignore GHA-001 we own it\n", []bool{true}, "we own it"},
		{"above", "      # scangate:ignore GHA-001 ours\n" + use + "\n", []bool{true}, "ours"},
		{"above, several", "      # scangate:ignore GHA-003, GHA-001 known\n      # scangate:ignore GHA-002 x\n" + use + "\n", []bool{true}, "known"},
		{"behind another comment", use + " # v1 # scangate:ignore GHA-001 x\n", []bool{true}, "x"},
		{"in a script", "      - run: |\n          # scangate:ignore GHA-003 trusted\n          echo ${{ github.head_ref }}\n", []bool{true}, "trusted"},
		{"in github-script", "      - uses: actions/github-script@" + sha + "\n        with:\n          script: |\n            x('${{ github.head_ref }}') // scangate:ignore GHA-003 y\n", []bool{true}, "y"},
		{"no reason", use + " # scangate:ignore GHA-001\n", []bool{false}, ""},
		{"another id", use + " # scangate:ignore GHA-002 x\n", []bool{false}, ""},
		{"no id", use + " # scangate:ignore\n", []bool{false}, ""},
		{"part of an id", use + " # scangate:ignore GHA-0011\n", []bool{false}, ""},
		{"no comment", "      - name: x#scangate:ignore GHA-001\n        uses: corp/x@v1\n", []bool{false}, ""},
		{"two lines above", "      # scangate:ignore GHA-001 x\n\n" + use + "\n", []bool{false}, ""},
		{"the line of another", use + " # scangate:ignore GHA-001 a\n" + use + "\n", []bool{true, false}, "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := judgeText(t, flowPath, flowFile("pull_request", tt.steps))
			var got []bool
			for _, f := range out.Findings {
				got = append(got, f.Suppressed())
			}
			if !slices.Equal(got, tt.want) {
				t.Fatalf("suppressed %v, want %v", got, tt.want)
			}
			if want := (finding.Suppression{Source: "scangate:ignore", Reason: tt.reason, Inline: true}); tt.want[0] && out.Findings[0].Suppressions[0] != want {
				t.Errorf("%+v, want %+v", out.Findings[0].Suppressions[0], want)
			}
		})
	}
}

// TestWorkflowKeys sees that what identifies a finding stays when lines and
// steps come before it, and when a version changes.
func TestWorkflowKeys(t *testing.T) {
	keys := func(steps string) []string {
		found, _ := conclude(nil, judgeText(t, flowPath, flowFile("push", steps)).Findings)
		var out []string
		for _, f := range found {
			out = append(out, f.Key)
		}
		return out
	}
	want := []string{"jobs.a/corp/x", "jobs.a/corp/x#2", "jobs.a/say/github.event.head_commit.message"}
	say := "      - id: say\n        run: echo ${{ github.event.head_commit.message }}\n"
	before := keys("      - uses: corp/x@v1\n      - uses: corp/x@v1\n" + say)
	after := keys("\n      # new\n      - run: new\n      - uses: corp/x@v2\n      - uses: corp/x@v1\n" + say)
	if d := cmp.Diff(want, before); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, after); d != "" {
		t.Error(d)
	}
}

// TestWorkflowFinding looks at one finding and its rule in full, through the
// whole of the scanner.
func TestWorkflowFinding(t *testing.T) {
	report := scanDir(t, write(t, map[string]string{flowPath: flowFile("push", "      - uses: corp/x/y@v1\n")}), 2, time.Minute, Options{})
	want := []finding.Finding{{
		RuleID: "GHA-001", Severity: finding.High, SeveritySource: "scangate",
		Message:   "The action corp/x is not pinned by a full commit SHA but by v1, so that what runs can be replaced.",
		Fix:       "Pin it by its full commit SHA, or an image by its digest, and keep the version in a comment, which update tools maintain",
		Location:  finding.Location{Path: flowPath, StartLine: 7, StartColumn: 15, EndLine: 7, EndColumn: 26},
		Framework: "github-actions", Resource: "jobs.a.steps[0]", Key: "jobs.a/corp/x/y",
	}}
	if d := cmp.Diff(want, report.Findings); d != "" {
		t.Errorf("finding (-want +got):\n%s", d)
	}
	if len(report.Rules) != 1 || report.Rules[0].ID != "GHA-001" || !strings.Contains(report.Rules[0].Help, "```yaml\n- uses: ") ||
		!cmp.Equal(report.Rules[0].Tags, []string{"iac", "external/cwe/cwe-829", "github-actions"}) {
		t.Errorf("rules %+v", report.Rules)
	}
	if report.Looked.Files != 1 || len(report.Notes) > 0 {
		t.Errorf("looked at %+v, notes %v", report.Looked, report.Notes)
	}
}

// TestWorkflowsOnly sees that workflows alone do not start the engine: its
// checks take tens of megabytes to compile.
func TestWorkflowsOnly(t *testing.T) {
	dir := write(t, map[string]string{flowPath: flowFile("push", "      - uses: corp/x@v1\n"), "action.yml": "runs: {using: composite, steps: []}\n"})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	report := scanDir(t, dir, 1, time.Minute, Options{})
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 || len(report.Findings) != 1 {
		t.Errorf("%d bytes for %d findings", used, len(report.Findings))
	}
}
