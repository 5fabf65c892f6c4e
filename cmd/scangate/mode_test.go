package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestModes: the event says what a job judges. The pull request brings one
// finding, and the repository has two.
func TestModes(t *testing.T) {
	// clone makes one of depth 1 of a commit, as actions/checkout does.
	clone := func(t *testing.T, rev string) {
		t.Helper()
		origin := mustGetwd(t)
		gitDo(t, "config", "uploadpack.allowAnySHA1InWant", "true")
		id := gitOutput(t, "rev-parse", rev)
		t.Chdir(t.TempDir())
		gitDo(t, "init", "-q")
		gitDo(t, "remote", "add", "origin", "file://"+origin)
		gitDo(t, "fetch", "-q", "--depth", "1", "origin", id)
		gitDo(t, "checkout", "-q", "--detach", id)
	}
	merged := func(t *testing.T) (base string) {
		t.Helper()
		gitDo(t, "checkout", "-q", "main")
		base = gitOutput(t, "rev-parse", "HEAD")
		gitDo(t, "checkout", "-q", "--detach")
		gitDo(t, "merge", "-q", "--no-ff", "-m", "merge", "pull")
		return base
	}
	for _, tt := range []struct {
		name   string
		set    func(t *testing.T, y *try) (event string)
		code   int
		part   string
		absent string
	}{
		{"push", func(t *testing.T, y *try) string { return "" }, 1, "iac: 3 findings cross", "notice: since"},
		{"pull request, as GitHub merges it", func(t *testing.T, y *try) string {
			base := merged(t)
			clone(t, "HEAD")
			return `{"pull_request": {"number": 7, "base": {"sha": "` + base + `", "ref": "main"}}}`
		}, 1, "1 finding new, 2 known", "changed here"},
		{"pull request, its branch, with history", func(t *testing.T, y *try) string {
			base := gitOutput(t, "rev-parse", "main")
			return `{"pull_request": {"number": 7, "base": {"sha": "` + base + `", "ref": "main"}}}`
		}, 1, "1 finding new, 2 known", ""},
		{"pull request, its branch, shallow", func(t *testing.T, y *try) string {
			base := gitOutput(t, "rev-parse", "main")
			clone(t, "pull")
			return `{"pull_request": {"number": 7, "base": {"sha": "` + base + `", "ref": "main"}}}`
		}, 1, "1 finding new, 2 known", ""},
		{"pull request that cannot be compared", func(t *testing.T, y *try) string {
			clone(t, "pull")
			gitDo(t, "remote", "set-url", "origin", "https://127.0.0.1:1/x")
			return `{"pull_request": {"number": 7, "base": {"sha": "` + strings.Repeat("1", 40) + `", "ref": "main"}}}`
		}, exitUsage, "what to compare with cannot be found", "VERDICT"},
		{"pull request with since: none", func(t *testing.T, y *try) string {
			y.env["SCANGATE_SINCE"] = "none"
			return `{"pull_request": {"number": 7, "base": {"sha": "x"}}}`
		}, 1, "iac: 3 findings cross", "notice: since"},
		{"pull request with only-new: false", func(t *testing.T, y *try) string {
			y.env["SCANGATE_ONLY_NEW"] = "false"
			return `{"pull_request": {"number": 7, "base": {"sha": "x"}}}`
		}, 1, "iac: 3 findings cross", "notice: since"},
		{"push with only-new: true", func(t *testing.T, y *try) string {
			y.env["SCANGATE_ONLY_NEW"], y.env["GITHUB_EVENT_NAME"] = "true", "push"
			before := merged(t)
			clone(t, "HEAD")
			return `{"before": "` + before + `"}`
		}, 1, "1 finding new, 2 known", "changed here"},
		{"push of a merge, with only-new: true", func(t *testing.T, y *try) string {
			// The branch was there, and the base was merged into it.
			y.env["SCANGATE_ONLY_NEW"], y.env["GITHUB_EVENT_NAME"] = "true", "push"
			before := gitOutput(t, "rev-parse", "pull")
			merged(t)
			return `{"before": "` + before + `"}`
		}, 0, "0 findings new", ""},
		{"push of a new branch with only-new: true", func(t *testing.T, y *try) string {
			y.env["SCANGATE_ONLY_NEW"], y.env["GITHUB_EVENT_NAME"] = "true", "push"
			return `{"before": "` + strings.Repeat("0", 40) + `"}`
		}, 1, "notice: only-new: there is nothing that this event could be compared with", "notice: since"},
		{"push with an event that says nonsense, and only-new: true", func(t *testing.T, y *try) string {
			y.env["SCANGATE_ONLY_NEW"], y.env["GITHUB_EVENT_NAME"] = "true", "push"
			return `{"before": "--upload-pack=x"}`
		}, exitUsage, "the event names no commit", "VERDICT"},
		{"only-new: false and since", func(t *testing.T, y *try) string {
			y.env["SCANGATE_ONLY_NEW"], y.env["SCANGATE_SINCE"] = "false", "main"
			return ""
		}, exitUsage, "only-new: false and since: main contradict each other", "VERDICT"},
		{"only-new: true and since: none", func(t *testing.T, y *try) string {
			y.env["SCANGATE_ONLY_NEW"], y.env["SCANGATE_SINCE"] = "true", "none"
			return ""
		}, exitUsage, "contradict each other", "VERDICT"},
		{"pull request without an event", func(t *testing.T, y *try) string {
			y.env["GITHUB_EVENT_NAME"] = "pull_request"
			return "{"
		}, exitUsage, "GITHUB_EVENT_PATH", "VERDICT"},
		{"merge queue", func(t *testing.T, y *try) string {
			base := merged(t)
			y.env["GITHUB_EVENT_NAME"] = "merge_group"
			return `{"merge_group": {"base_sha": "` + base + `", "base_ref": "refs/heads/main"}}`
		}, 1, "1 finding new, 2 known", ""},
		{"pull_request_target", func(t *testing.T, y *try) string {
			y.env["GITHUB_EVENT_NAME"] = "pull_request_target"
			return `{"pull_request": {"number": 7, "base": {"sha": "` + gitOutput(t, "rev-parse", "main") + `", "ref": "main"}}}`
		}, exitUsage, "pull_request_target runs with the rights of the repository", "VERDICT"},
		{"pull_request_target with ref and sha", func(t *testing.T, y *try) string {
			y.env["GITHUB_EVENT_NAME"] = "pull_request_target"
			y.env["SCANGATE_REF"], y.env["SCANGATE_SHA"] = "refs/pull/7/head", gitOutput(t, "rev-parse", "HEAD")
			return `{"pull_request": {"number": 7, "base": {"sha": "` + gitOutput(t, "rev-parse", "main") + `", "ref": "main"}}}`
		}, 1, "1 finding new, 2 known", ""},
		{"an input that there is not", func(t *testing.T, y *try) string {
			y.env["SCANGATE_INPUTS"] = `{"path": ".", "fail_on": "any"}`
			return ""
		}, exitUsage, "unknown input \"fail_on\"; did you mean \"fail-on\"?", "VERDICT"},
		{"a word that is none", func(t *testing.T, y *try) string { y.env["SCANGATE_ANNOTATIONS"] = "yes"; return "" }, exitUsage, "annotations: \"yes\" is none of", "VERDICT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			y := newPull(t, twoKnown, func() { write(t, "new.tf", "bad three\n") })
			y.env["SCANGATE_SCANNERS"] = "iac"
			event := tt.set(t, y)
			y.env["GITHUB_SHA"] = gitOutput(t, "rev-parse", "HEAD")
			if event != "" {
				if y.env["GITHUB_EVENT_NAME"] == "" {
					y.env["GITHUB_EVENT_NAME"] = "pull_request"
				}
				y.env["GITHUB_EVENT_PATH"] = filepath.Join(t.TempDir(), "event.json")
				write(t, y.env["GITHUB_EVENT_PATH"], event)
			}
			y.run("action").want(tt.code, tt.part)
			if tt.absent != "" && strings.Contains(y.stdout, tt.absent) {
				t.Errorf("%q is said:\n%s", tt.absent, y.stdout)
			}
			if tt.code == 1 && !strings.Contains(y.stdout, "::error ") {
				t.Errorf("no annotation:\n%s", y.stdout)
			}
		})
	}
}

// TestAnnotationsOfTheAction: paths are those of the repository, and there are
// none where nobody wants them.
func TestAnnotationsOfTheAction(t *testing.T) {
	y := newPull(t, map[string]string{"app/a.tf": "bad one\n"}, func() {})
	y.env["SCANGATE_PATH"], y.env["SCANGATE_SCANNERS"] = "app", "iac"
	y.run("action").want(1, "findings are shown as annotations and in the job summary")
	for _, part := range []string{"file=app/a.tf", "line=1", "title=high%3A BAD (iac)", fmt.Sprintf("::%s", "bad one")} {
		if !strings.Contains(y.stdout, part) {
			t.Errorf("no %q in\n%s", part, y.stdout)
		}
	}
	y.env["SCANGATE_ANNOTATIONS"] = "false"
	y.run("action").want(1, "findings are shown in the job summary")
	if strings.Contains(y.stdout, "::error") {
		t.Errorf("there are annotations:\n%s", y.stdout)
	}
}

// TestNumbersOfTheAction: later steps can go by how many findings count, of a
// pull request by those that are new.
func TestNumbersOfTheAction(t *testing.T) {
	y := newPull(t, twoKnown, func() { write(t, "new.tf", "bad three\n") })
	y.env["SCANGATE_SCANNERS"], y.env["GITHUB_OUTPUT"] = "iac", filepath.Join(t.TempDir(), "output")
	for since, high := range map[string]string{"none": "3", "main": "1"} {
		write(t, y.env["GITHUB_OUTPUT"], "")
		y.env["SCANGATE_SINCE"] = since
		y.run("action").want(1, "VERDICT: FAILED")
		out := y.outputs()
		if out["high"] != high || out["critical"] != "0" || out["db-age-hours"] != "" || out["conclusion"] != "failed" {
			t.Errorf("since %s: %v", since, out)
		}
	}
}
