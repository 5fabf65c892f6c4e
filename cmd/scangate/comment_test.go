package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/github"
	"github.com/scangate/scangate/internal/githubapi"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
)

// TestComment: the comment is there where it was asked for and may be, and
// never decides anything.
func TestComment(t *testing.T) {
	event := func(repo string) string {
		return `{"pull_request": {"number": 1, "head": {"sha": "x", "repo": {"full_name": "` + repo + `"}}}}`
	}
	for _, tt := range []struct {
		name  string
		mode  githubapi.Mode
		env   map[string]string
		event string
		there int
		say   string
	}{
		{name: "pull request", event: event("octo/shop"), there: 1},
		{name: "not asked for", env: map[string]string{"SCANGATE_COMMENT": ""}, event: event("octo/shop")},
		{name: "push", env: map[string]string{"GITHUB_EVENT_NAME": "push"}, event: event("octo/shop")},
		{name: "fork", event: event("stranger/shop"), say: "from a fork may only read"},
		{name: "read-only", mode: githubapi.ReadOnly, event: event("octo/shop"), say: "it needs pull-requests: write"},
		{name: "no access", mode: githubapi.NoAccess, event: event("octo/shop"), say: "it needs pull-requests: write"},
		{name: "gone", mode: githubapi.BadToken, event: event("octo/shop"), say: "has expired"},
		{name: "no token", env: map[string]string{"SCANGATE_TOKEN": ""}, event: event("octo/shop"), say: "the input token is empty"},
		{name: "no number", event: `{}`, say: "does not say which one"},
		{name: "broken event", event: `{`, say: "GITHUB_EVENT_PATH"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for spec, code := range map[string]int{"secret=clean": exitPassed, "secret=high": exitFailed} {
				y := newTry(t, spec)
				hub := inJob(t, y, githubapi.Options{Mode: tt.mode})
				hub.AddIssue(githubapi.Issue{Pull: true})
				maps.Copy(y.env, map[string]string{
					"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/1/merge", "SCANGATE_COMMENT": "true", "SCANGATE_UPLOAD": "false", "SCANGATE_SINCE": "none",
					"GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "42", "GITHUB_EVENT_PATH": filepath.Join(t.TempDir(), "event.json"),
				})
				maps.Copy(y.env, tt.env)
				if err := os.WriteFile(y.env["GITHUB_EVENT_PATH"], []byte(tt.event), 0o644); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					y.run("action").want(code, tt.say)
				}
				list := hub.Comments(1)
				if len(list) != tt.there {
					t.Fatalf("%s: %d comments", spec, len(list))
				}
				if (tt.say != "") != strings.Contains(y.stderr, "notice: no comment") {
					t.Errorf("%s: %s", spec, y.stderr)
				}
				for _, c := range list {
					if !strings.Contains(c.Body, "## ") || !strings.Contains(c.Body, "(https://github.com/octo/shop/actions/runs/42)") {
						t.Errorf("%s: %s", spec, c.Body)
					}
				}
			}
		})
	}
	y := newTry(t, "secret=clean")
	inJob(t, y, githubapi.Options{})
	y.env["SCANGATE_COMMENT"] = "perhaps"
	y.run("action").want(exitUsage, "comment:")
}

// TestCommentIsCut: a comment is within GitHub's limit, ends on a whole row, and
// its numbers are those of what it shows.
func TestCommentIsCut(t *testing.T) {
	for _, notes := range []int{0, 2000} {
		run := finding.Run{Scanner: "iac", Status: finding.Completed, Since: &finding.RunSince{}}
		for i := range 3000 {
			f := finding.Finding{RuleID: fmt.Sprintf("R-%d", i), Severity: finding.High, Message: strings.Repeat("m", 90), Fingerprint: fmt.Sprint(i)}
			if i%2 == 1 {
				f.Base = "main.tf:1"
			}
			run.Findings = append(run.Findings, f)
		}
		res := finding.Results{Runs: []finding.Run{run}, Since: &finding.Since{}}
		for i := range notes {
			res.Runs = append(res.Runs, finding.Run{Scanner: "image", Target: fmt.Sprint(i), Status: finding.Failed, Reason: strings.Repeat("r", 100)})
		}
		var b bytes.Buffer
		if err := report.Comment(&b, report.Report{Results: res, Verdict: policy.DefaultPolicy().Judge(res)}, github.MaxBody, "https://x/1"); err != nil {
			t.Fatal(err)
		}
		got := b.String()
		if len(got) > github.MaxBody || !strings.HasSuffix(got, "\nThe whole of it is in the [job summary](https://x/1).\n") {
			t.Errorf("%d bytes, ending in %q", len(got), got[len(got)-100:])
		}
		shown := strings.Count(got, "| `R-")
		if notes > 0 {
			if shown > 0 || !strings.Contains(got, "\nIt is cut here. Findings: 3000.\n") {
				t.Errorf("%d findings are shown, ending in %q", shown, got[len(got)-200:])
			}
			continue
		}
		missing := fmt.Sprintf("\n%d findings did not fit here", 1500-shown)
		if shown == 0 || !strings.Contains(got, "### Findings (1500)") || !strings.Contains(strings.ReplaceAll(got, ",", ""), missing) {
			t.Errorf("%d are shown, and there is no %q", shown, missing)
		}
		if strings.Count(got, "<details>") != strings.Count(got, "</details>") {
			t.Error("what is folded away does not end")
		}
	}
}
