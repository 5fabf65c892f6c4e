package github

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEvent(t *testing.T) {
	env := map[string]string{"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": commit, "GITHUB_ACTOR": "dependabot[bot]", "GITHUB_REPOSITORY": "octo/shop"}
	base := Event{Name: "pull_request", Ref: "refs/pull/7/merge", SHA: commit, Actor: "dependabot[bot]"}
	pull := func(fork bool) Event {
		e := base
		e.Number, e.HeadSHA, e.Fork, e.DefaultBranch = 7, head, fork, "trunk"
		return e
	}
	of := func(repo string) string {
		return `{"number": 7, "repository": {"full_name": "octo/shop", "default_branch": "trunk"}, "pull_request": {"number": 7, "head": {"sha": "` + head + `", "repo": ` + repo + `}}}`
	}
	for name, tt := range map[string]struct {
		file string
		want Event
		err  string
	}{
		"same repository":   {of(`{"full_name": "Octo/Shop"}`), pull(false), ""},
		"fork":              {of(`{"full_name": "stranger/shop"}`), pull(true), ""},
		"fork that is gone": {of(`null`), pull(true), ""},
		"push":              {`{"repository": {"default_branch": "trunk"}}`, func() Event { e := base; e.DefaultBranch = "trunk"; return e }(), ""},
		"no JSON":           {`<html>`, base, "not the JSON"},
		"another kind":      {`[]`, base, "not the JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "event.json")
			if err := os.WriteFile(file, []byte(tt.file), 0o644); err != nil {
				t.Fatal(err)
			}
			env["GITHUB_EVENT_PATH"] = file
			got, err := job(t, env).Event()
			if d := cmp.Diff(tt.want, got); d != "" || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Error(d, err)
			}
		})
	}
	env["GITHUB_EVENT_PATH"] = filepath.Join(t.TempDir(), "none")
	if got, err := job(t, env).Event(); err == nil || got != base || strings.Contains(err.Error(), env["GITHUB_EVENT_PATH"]) {
		t.Error(got, err)
	}
	env["GITHUB_EVENT_PATH"] = t.TempDir()
	if _, err := job(t, env).Event(); err == nil {
		t.Error("a directory is read")
	}
	delete(env, "GITHUB_EVENT_PATH")
	if got, err := job(t, env).Event(); err != nil || got != base || !got.Dependabot() || got.MergeQueue() {
		t.Error(got, err)
	}
}

func TestNewTarget(t *testing.T) {
	for _, tt := range []struct {
		ref, sha, want string
	}{
		{"refs/heads/main", commit, ""},
		{"refs/heads/feature/a@b", strings.ToUpper(strings.Repeat("a", 40)), ""},
		{"refs/tags/v1", commit, ""},
		{"refs/pull/7/head", commit, ""},
		{"", commit, "go together"},
		{"refs/heads/main", "", "go together"},
		{"main", commit, "not of the form"},
		{"refs/heads/", commit, "not of the form"},
		{"refs/heads/a b", commit, "not of the form"},
		{"refs/heads/a\n", commit, "not of the form"},
		{"refs/heads/a..b", commit, "not of the form"},
		{"refs/pull/0/merge", commit, "not of the form"},
		{"refs/pull/7", commit, "not of the form"},
		{"refs/heads/main", "1111", "not a full commit id"},
		{"refs/heads/main", strings.Repeat("g", 40), "not a full commit id"},
	} {
		got, err := NewTarget(tt.ref, tt.sha)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q %q: %v", tt.ref, tt.sha, err)
		}
		if err == nil && (got.Ref != tt.ref || got.Commit != strings.ToLower(tt.sha)) {
			t.Errorf("%+v", got)
		}
	}
}
