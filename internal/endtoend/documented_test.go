package endtoend

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/internal/githubapi"
)

// documented is a workflow that a page of the documentation shows, as users copy
// it, with a commit.
func documented(t *testing.T, page, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(read(t, page), "<!-- workflow: "+name+" -->\n```yaml\n")
	content, _, closed := strings.Cut(rest, "```\n")
	if !ok || !closed || !strings.Contains(content, "<full commit SHA>") {
		t.Fatalf("%s does not show %s with the place for a commit", page, name)
	}
	return strings.ReplaceAll(content, "<full commit SHA>", commit)
}

// newUser makes a repository with a workflow that the documentation shows, and a
// release for it.
func newUser(t *testing.T, name string) (*job, *release) {
	t.Helper()
	j := newJob(t, githubapi.Options{})
	j.write(".github/workflows/"+name, documented(t, "docs/workflows.md", name))
	j.commit("scangate")
	return j, newRelease(t, j)
}

// The workflow release.yml is left out: it builds and pushes an image, for which
// there is no Docker here.

// TestPush: what is on the default branch.
func TestPush(t *testing.T) {
	t.Parallel()
	j, rel := newUser(t, "push.yml")
	j.write("new.txt", leak)
	j.commit("leak")
	r := j.run("push.yml")
	if r.passed || r.exit() != "1" {
		t.Errorf("the job passed: %v, %s", r.passed, r.exit())
	}
	want := map[string]string{"upload-status": "uploaded", "sarif-id": uploaded["sarif-id"]}
	maps.Copy(want, leaky)
	if d := cmp.Diff(want, r.outputs("scangate/scan")); d != "" {
		t.Errorf("outputs: %s", d)
	}
	head := j.git("rev-parse", "HEAD")
	if d := cmp.Diff([]githubapi.Analysis{
		{Ref: "refs/heads/main", Commit: head, Tool: "scangate", Category: "scangate/secret", Results: 1},
		{Ref: "refs/heads/main", Commit: head, Tool: "scangate", Category: "scangate/iac"},
	}, j.hub.Analyses()); d != "" {
		t.Errorf("analyses: %s", d)
	}
	if notes := r.notes(); len(notes) > 0 {
		t.Errorf("annotations: %v", notes)
	}
	if s := r.summaries("scangate/scan"); len(s) != 1 || !strings.HasPrefix(s[0], "## ❌ scangate: failed\n") {
		t.Errorf("summaries: %q", s)
	}
	r.has(t, "scangate: downloading "+rel.url)
}

// TestPullRequestComment: one comment, which is changed in place when the pull
// request is.
func TestPullRequestComment(t *testing.T) {
	t.Parallel()
	j, rel := newUser(t, "pull-request.yml")
	for range 7 {
		j.hub.AddIssue(githubapi.Issue{Title: "a change", Login: "octocat", Pull: true})
	}
	j.merge("new.txt", leak)
	j.pullRequest("octo/shop")
	r := j.run("pull-request.yml")
	if r.passed || r.exit() != "1" {
		t.Errorf("the job passed: %v, %s", r.passed, r.exit())
	}
	first := j.hub.Comments(7)
	if len(first) != 1 || first[0].Login != "github-actions[bot]" || first[0].Edits != 0 || !strings.Contains(first[0].Body, "scangate: failed") || !strings.Contains(first[0].Body, "new.txt") {
		t.Fatalf("comments: %+v", first)
	}
	if alerts := j.hub.Alerts("refs/pull/7/merge"); len(alerts) != 1 || alerts[0].Path != "new.txt" || alerts[0].State != "open" {
		t.Errorf("alerts: %+v", alerts)
	}

	j.merge("new.txt", "something\n")
	j.pullRequest("octo/shop")
	r = j.run("pull-request.yml")
	if !r.passed {
		t.Errorf("the job failed: %s", r.exit())
	}
	then := j.hub.Comments(7)
	if len(then) != 1 || then[0].ID != first[0].ID || then[0].Edits != 1 || !strings.Contains(then[0].Body, "scangate: passed") || strings.Contains(then[0].Body, "new.txt") {
		t.Errorf("comments: %+v", then)
	}
	if alerts := j.hub.Alerts("refs/pull/7/merge"); len(alerts) != 1 || alerts[0].State != "fixed" {
		t.Errorf("alerts: %+v", alerts)
	}
	r.has(t, "from the tool cache, verified")
	if n := rel.asked.Load(); n != 1 {
		t.Errorf("the program was downloaded %d times", n)
	}
}

// TestMonorepo: each directory is a job, and none replaces what another one has
// uploaded.
func TestMonorepo(t *testing.T) {
	t.Parallel()
	j, _ := newUser(t, "monorepo.yml")
	dirs := []string{"services/billing", "services/shop", "web"}
	for _, dir := range dirs {
		j.write(dir+"/new.txt", map[bool]string{false: leak, true: "something\n"}[dir == "web"])
	}
	j.commit("code")
	r := j.run("monorepo.yml")
	if r.passed {
		t.Error("the run passed")
	}
	var want []githubapi.Analysis
	for _, dir := range dirs {
		job := r.jobOf(t, "directory", dir)
		n, conclusion := 1, "failed"
		if dir == "web" {
			n, conclusion = 0, "passed"
		}
		if out := r.outputs(job); out["conclusion"] != conclusion || out["critical"] != fmt.Sprint(n) || out["upload-status"] != "uploaded" {
			t.Errorf("%s: outputs %v", dir, out)
		}
		want = append(want, githubapi.Analysis{Ref: "refs/heads/main", Commit: j.git("rev-parse", "HEAD"), Tool: "scangate", Category: "scangate/" + dir + "/secret", Results: n})
	}
	got := j.hub.Analyses()
	slices.SortFunc(got, func(a, b githubapi.Analysis) int { return strings.Compare(a.Category, b.Category) })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("analyses: %s", d)
	}
	var alerts []string
	for _, a := range j.hub.Alerts("refs/heads/main") {
		alerts = append(alerts, a.Path+" "+a.Category+" "+a.State)
	}
	slices.Sort(alerts)
	if d := cmp.Diff([]string{"services/billing/new.txt scangate/services/billing/secret open", "services/shop/new.txt scangate/services/shop/secret open"}, alerts); d != "" {
		t.Errorf("alerts: %s", d)
	}
}
