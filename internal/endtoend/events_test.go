package endtoend

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/internal/githubapi"
)

// workflow runs the action of its own repository, with a program that is there.
const workflow = `name: own
on: [push, pull_request, merge_group, schedule]
permissions: {contents: read, security-events: write}
jobs:
  scan:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with: {fetch-depth: 2, persist-credentials: false}
      - id: scan
        uses: ./
        with:
          scanners: secret
          binary-path: BINARY
          WITH: "VALUE"
`

// What a scan of a repository without and with a leak says, and the outputs of
// one that was uploaded.
var (
	clean    = map[string]string{"conclusion": "passed", "critical": "0", "high": "0", "medium": "0", "low": "0", "sarif-file": "scangate.sarif"}
	leaky    = map[string]string{"conclusion": "failed", "critical": "1", "high": "0", "medium": "0", "low": "0", "sarif-file": "scangate.sarif"}
	uploaded = map[string]string{"upload-status": "uploaded", "sarif-id": "00000000-0000-4000-8000-000000000001"}
)

// status is that of an upload that did not come to its end.
func status(word string) map[string]string { return map[string]string{"upload-status": word} }

// leakNote is the annotation of the leak.
var leakNote = []note{{"error", "new.txt", "1", "critical: aws-access-token (secret)"}}

// TestAction runs the workflow on every kind of event, and with every way in
// which GitHub can refuse an upload.
func TestAction(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options githubapi.Options
		clean   bool
		pull    string // the repository of a pull request's branch
		input   [2]string
		actor   string
		event   string
		exit    string // of the program; empty: 0
		outputs [2]map[string]string
		ref     string // that code scanning has got results for, if any
		refused bool   // after it was taken
		notes   []note // annotations of the step
		checked bool   // the leak is an annotation of a check run
		logs    []string
	}{
		{name: "push, clean", clean: true, outputs: [2]map[string]string{clean, uploaded}, ref: "refs/heads/main", logs: []string{"0 results of 1 scanner uploaded", "findings are shown by code scanning"}},
		{name: "push", exit: "1", outputs: [2]map[string]string{leaky, uploaded}, ref: "refs/heads/main", logs: []string{"1 result of 1 scanner uploaded", "VERDICT: FAILED"}},
		{name: "push, annotated", input: [2]string{"annotations", "true"}, exit: "1", outputs: [2]map[string]string{leaky, uploaded}, ref: "refs/heads/main", notes: leakNote},
		{name: "pull request", pull: "octo/shop", exit: "1", outputs: [2]map[string]string{leaky, uploaded}, ref: "refs/pull/7/merge", logs: []string{"1 finding new, 0 known"}},
		{name: "pull request, clean", clean: true, pull: "octo/shop", outputs: [2]map[string]string{clean, uploaded}, ref: "refs/pull/7/merge", logs: []string{"0 findings new"}},
		{name: "pull request from a fork", options: githubapi.Options{Mode: githubapi.ReadOnly}, pull: "stranger/shop", exit: "1", outputs: [2]map[string]string{leaky, status("skipped-fork")}, notes: leakNote,
			logs: []string{"findings are shown as annotations"}},
		{name: "merge queue", event: "merge_group", exit: "1", outputs: [2]map[string]string{leaky, status("skipped-merge-queue")}, notes: leakNote, logs: []string{"1 finding new"}},
		{name: "Dependabot", options: githubapi.Options{Mode: githubapi.ReadOnly}, clean: true, pull: "octo/shop", actor: "dependabot[bot]", outputs: [2]map[string]string{clean, status("skipped-fork")}},
		{name: "schedule", event: "schedule", exit: "1", outputs: [2]map[string]string{leaky, uploaded}, ref: "refs/heads/main"},
		{name: "no licence", options: githubapi.Options{Mode: githubapi.NoLicence}, exit: "1", outputs: [2]map[string]string{leaky, status("skipped-disabled")}, notes: leakNote,
			logs: []string{"Code Security must be enabled", "findings are shown as annotations"}},
		{name: "no licence, but checks", options: githubapi.Options{Mode: githubapi.NoLicence, Checks: true}, exit: "1", outputs: [2]map[string]string{leaky, status("skipped-disabled")}, checked: true,
			logs: []string{"findings are shown as annotations of a check and in the job summary"}},
		{name: "no licence, asked for", options: githubapi.Options{Mode: githubapi.NoLicence}, clean: true, input: [2]string{"upload", "true"}, exit: "3", outputs: [2]map[string]string{clean, status("skipped-disabled")}},
		{name: "413", options: githubapi.Options{Mode: githubapi.TooLarge}, exit: "1", outputs: [2]map[string]string{leaky, status("failed")}, notes: leakNote, logs: []string{"too large"}},
		{name: "502, then success", options: githubapi.Options{Mode: githubapi.BadGateway}, clean: true, outputs: [2]map[string]string{clean, uploaded}, ref: "refs/heads/main"},
		{name: "processing failed", options: githubapi.Options{Mode: githubapi.ProcessingFailed}, clean: true, outputs: [2]map[string]string{clean, {"upload-status": "failed", "sarif-id": uploaded["sarif-id"]}}, ref: "refs/heads/main", refused: true, logs: []string{"GitHub says:"}},
		{name: "a wrong input", clean: true, input: [2]string{"upload", "perhaps"}, exit: "2", logs: []string{"upload: \"perhaps\" is none of auto, true and false"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t, tt.options)
			j.ownAction(tt.clean, tt.pull, tt.event, tt.input)
			if tt.actor != "" {
				j.args = append(j.args, "--actor", tt.actor)
			}
			r := j.run("own.yml")

			if exit := strings.TrimPrefix(r.exit(), "0"); exit != tt.exit || r.passed != (tt.exit == "") {
				t.Errorf("the scan ended with %q, want %q; the job passed: %v", exit, tt.exit, r.passed)
			}
			want := map[string]string{}
			maps.Copy(want, tt.outputs[0])
			maps.Copy(want, tt.outputs[1])
			if d := cmp.Diff(want, r.outputs("own/scan")); d != "" {
				t.Errorf("outputs: %s", d)
			}
			if d := cmp.Diff(tt.notes, r.notes()); d != "" {
				t.Errorf("annotations: %s", d)
			}
			j.gotUpload(tt.ref, want["critical"] == "1", tt.refused)
			j.gotChecks(tt.checked)
			r.has(t, tt.logs...)
		})
	}
}

// ownAction puts the action and the workflow into the repository, and makes the
// next run one of a change.
func (j *job) ownAction(clean bool, pull, event string, input [2]string) {
	j.t.Helper()
	for _, name := range []string{"action.yml", ".github/action/install.sh", ".github/checksums.txt"} {
		j.write(name, read(j.t, name))
	}
	if input[0] == "" {
		input = [2]string{"upload", "auto"}
	}
	j.write(".github/workflows/own.yml", strings.NewReplacer("BINARY", must(j.t, program), "WITH", input[0], "VALUE", input[1]).Replace(workflow))
	j.commit("scan")
	content := leak
	if clean {
		content = "something\n"
	}
	switch {
	case pull != "":
		j.merge("new.txt", content)
		j.pullRequest(pull)
	case event == "merge_group":
		j.merge("new.txt", content)
		j.git("checkout", "-q", "-b", "gh-readonly-queue/main/pr-7-x")
		j.event, j.payload = event, map[string]any{"merge_group": map[string]any{"base_sha": j.git("rev-parse", "HEAD^1"), "base_ref": "refs/heads/main"}}
	default:
		j.write("new.txt", content)
		j.commit("change")
		if event != "" {
			j.event = event
		}
	}
}

// gotUpload fails unless code scanning got what it should have: the results of
// one scanner, on a ref, of the commit that is checked out.
func (j *job) gotUpload(ref string, leaky, refused bool) {
	j.t.Helper()
	var want, got []githubapi.Upload
	if ref != "" {
		want = []githubapi.Upload{{Ref: ref, Commit: j.git("rev-parse", "HEAD"), Status: map[bool]string{false: "complete", true: "failed"}[refused]}}
	}
	for _, u := range j.hub.Uploads() {
		got = append(got, githubapi.Upload{Ref: u.Ref, Commit: u.Commit, Status: u.Status})
	}
	if d := cmp.Diff(want, got); d != "" {
		j.t.Errorf("uploads: %s", d)
	}
	if ref == "" || refused {
		return
	}
	n := map[bool]int{true: 1}[leaky]
	analyses := []githubapi.Analysis{{Ref: ref, Commit: want[0].Commit, Tool: "scangate", Category: "scangate/secret", Results: n}}
	if d := cmp.Diff(analyses, j.hub.Analyses()); d != "" {
		j.t.Errorf("analyses: %s", d)
	}
	alerts := []githubapi.Alert{{Number: 1, Rule: "aws-access-token", Path: "new.txt", Category: "scangate/secret", Ref: ref, State: "open", Line: 1}}[:n]
	if d := cmp.Diff(alerts, append([]githubapi.Alert{}, j.hub.Alerts(ref)...)); d != "" {
		j.t.Errorf("alerts: %s", d)
	}
}

// gotChecks fails unless the leak is, or is not, an annotation of a check run.
func (j *job) gotChecks(want bool) {
	j.t.Helper()
	var notes []note
	for _, c := range j.hub.Checks() {
		if c.Commit != j.git("rev-parse", "HEAD") || c.Conclusion != "failure" {
			j.t.Errorf("check run %s of %s: %s", c.Name, c.Commit, c.Conclusion)
		}
		for _, a := range c.Annotations {
			level := map[string]string{"failure": "error"}[a.Level]
			notes = append(notes, note{level, a.Path, "1", a.Title})
			if a.StartLine != 1 || a.EndLine != 1 {
				j.t.Errorf("lines %d to %d", a.StartLine, a.EndLine)
			}
		}
	}
	if d := cmp.Diff(leakNote[:map[bool]int{true: 1}[want]], append([]note{}, notes...)); d != "" {
		j.t.Errorf("annotations of check runs: %s", d)
	}
}
