package main

import (
	"bytes"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/githubapi"
)

// saved writes results of vulnerabilities with these ids, and returns the name.
func saved(t *testing.T, name string, ids ...string) string {
	t.Helper()
	run := finding.Run{Scanner: "dependency", Status: finding.Completed, Looked: finding.Looked{Files: 1}}
	for _, id := range ids {
		f := finding.Finding{
			RuleID: id, Severity: finding.High, Message: id + " is in it", Location: finding.Location{Path: "go.mod", StartLine: 3}, Key: id,
			Package: &finding.Package{Ecosystem: "go", Name: "p", Version: "1"}, Published: "2020-01-01",
		}
		f.Fingerprint = finding.FingerprintOf("dependency", f)
		run.Findings = append(run.Findings, f)
		run.Rules = append(run.Rules, finding.Rule{ID: id, Title: id, Severity: finding.High})
	}
	res := finding.Results{Commit: testCommit, Runs: []finding.Run{run}, Database: finding.DatabaseOf(time.Now().Add(-time.Hour), "sha256:00")}
	writeResults(t, name, res)
	return name
}

func writeResults(t *testing.T, name string, res finding.Results) {
	t.Helper()
	var b bytes.Buffer
	if err := finding.Encode(&b, res); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestIssue: nights of a repository, from the first finding to none.
func TestIssue(t *testing.T) {
	y := newTry(t, "dependency=clean")
	hub := inJob(t, y, githubapi.Options{})
	issue := func(want string, ids ...string) {
		t.Helper()
		y.run("issue", "--results", saved(t, "r.json", ids...)).want(exitPassed, want)
	}
	is := func() githubapi.Issue { all := hub.Issues(); return all[len(all)-1] }
	issue("nothing has come up, and there is no issue")
	issue("issue 1 opened", "CVE-A")
	if got := is(); got.Title != "scangate: what has come up" || got.Labels[0] != "scangate" || !strings.Contains(got.Body, "New vulnerabilities (1)") || !strings.Contains(got.Body, "`CVE-A`") {
		t.Errorf("%+v", got)
	}
	issue("issue 1 stays as it is", "CVE-A")
	issue("issue 1 updated", "CVE-A", "CVE-B")
	if got := is(); !strings.Contains(got.Body, "New vulnerabilities (2)") {
		t.Errorf("%+v", got)
	}
	// An edit costs what it remembers, and nothing else.
	hub.SetBody(1, "<!-- scangate:issue -->\nall is well\n<!-- scangate:state 1 0 2999-01-01 0 AAAA -->")
	issue("issue 1 updated", "CVE-A", "CVE-B")
	if got := is(); !strings.Contains(got.Body, "New vulnerabilities (2)") {
		t.Errorf("%+v", got)
	}
	issue("issue 1 closed")
	if got := is(); got.State != "closed" || len(got.Comments) != 1 || !strings.Contains(got.Comments[0], "Nothing of what this issue was about is left") {
		t.Errorf("%+v", got)
	}
	issue("issue 1 stays as it is")
	issue("issue 1 reopened", "CVE-C")
	y.run("issue", "--results", "r.json", "--label", "web", "--title", "Web", "--repository", "octo/shop").want(exitPassed, "issue 2 opened")
}

// TestIssueDryRun: nothing is asked for, and what was there before is not new.
func TestIssueDryRun(t *testing.T) {
	y := newTry(t, "dependency=clean")
	before, res := saved(t, "before.json", "CVE-A"), saved(t, "r.json", "CVE-A", "CVE-B")
	y.run("issue", "--dry-run", "--results", res, "--previous", before).want(exitPassed, "New vulnerabilities (1)")
	if strings.Contains(y.stdout, "`CVE-A`") || !strings.Contains(y.stdout, "`CVE-B`") || !strings.Contains(y.stdout, "1 more finding") {
		t.Error(y.stdout)
	}
	// Findings of several files, and an ignore that ends.
	soon := time.Now().AddDate(0, 0, 3).UTC().Format(time.DateOnly)
	if err := os.WriteFile(".scangate.yaml", []byte("version: 1\nignore:\n  - {id: CVE-B, reason: r, expires: "+soon+"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("issue", "--dry-run", "--results", before, "--results", saved(t, "more.json", "CVE-B")).want(exitPassed, "holds until "+soon)
	if strings.Contains(y.stdout, "`CVE-B`") {
		t.Error(y.stdout)
	}
	old := finding.Results{Runs: []finding.Run{{Scanner: "dependency", Status: finding.Failed, Reason: "it broke"}}, Database: finding.DatabaseOf(time.Now().Add(-72*time.Hour), "sha256:00")}
	writeResults(t, "old.json", old)
	y.run("issue", "--dry-run", "--results", "old.json").want(exitPassed, "- dependency: failed: it broke")
	y.want(exitPassed, "over 2 days old")
	if err := os.WriteFile(".scangate.yaml", []byte("version: 1\ndb: {max-age: 96h}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("issue", "--dry-run", "--results", "old.json").want(exitPassed, "it broke")
	if strings.Contains(y.stdout, "database") {
		t.Error(y.stdout)
	}
}

// TestIssueExitCodes: mistakes are 2, and an issue that could not be brought up
// to date is 3.
func TestIssueExitCodes(t *testing.T) {
	for _, tt := range []struct {
		name string
		mode githubapi.Mode
		env  map[string]string
		args []string
		code int
		say  string
	}{
		{name: "read-only", mode: githubapi.ReadOnly, code: 3, say: "the token needs issues: write"},
		{name: "archived", mode: githubapi.Archived, code: 3, say: "archived"},
		{name: "not found", mode: githubapi.NotFound, code: 3, say: "the token needs issues: write"},
		{name: "bad token", mode: githubapi.BadToken, code: 3, say: "has expired"},
		{name: "not GitHub", mode: githubapi.NotAPI, code: 3, say: "is not GitHub's API"},
		{name: "the job's token", env: map[string]string{"SCANGATE_TOKEN": ""}, code: 2, say: "GITHUB_TOKEN"},
		{name: "no repository", env: map[string]string{"GITHUB_REPOSITORY": ""}, code: 2, say: "--repository"},
		{name: "repository", args: []string{"--repository", "../x"}, code: 2, say: "owner/name"},
		{name: "label", args: []string{"--label", "a,b"}, code: 2, say: "no comma"},
		{name: "title", args: []string{"--title", strings.Repeat("x", 257)}, code: 2, say: "256"},
		{name: "flag", args: []string{"--dry"}, code: 2, say: "dry-run"},
		{name: "no results", args: []string{"--results", "nowhere.json"}, code: 2, say: "nowhere.json"},
		{name: "no earlier results", args: []string{"--previous", "nowhere.json"}, code: 2, say: "nowhere.json"},
		{name: "part of a scan", args: []string{"--results", "part.json"}, code: 2, say: "a whole one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			y := newTry(t, "dependency=clean")
			inJob(t, y, githubapi.Options{Mode: tt.mode})
			maps.Copy(y.env, tt.env)
			writeResults(t, "part.json", finding.Results{Runs: []finding.Run{{Scanner: "secret", Status: finding.Completed, Part: "staged changes"}}})
			y.run(append([]string{"issue", "--results", saved(t, "r.json", "CVE-A")}, tt.args...)...).want(tt.code, tt.say)
			if strings.Contains(y.stdout+y.stderr, "t0k3n") {
				t.Error("the token is shown")
			}
		})
	}
}

// TestNightlyScanWithoutInputs: the reusable workflow passes on what its caller
// has left empty.
func TestNightlyScanWithoutInputs(t *testing.T) {
	y := newTry(t, "secret=high")
	inJob(t, y, githubapi.Options{})
	y.run("scan", "--results", "n.json", "--output", "markdown=n.md", "--scanners", "", "--config", "", "--fail-on", "").want(exitFailed, "VERDICT: FAILED")
	y.run("issue", "--results", "n.json", "--label", "scangate", "--title", "t", "--config", "", "--fail-on", "").want(exitPassed, "issue 1 opened")
	y.run("issue", "--results", "n.json", "--fail-on", "none").want(exitPassed, "issue 1")
}
