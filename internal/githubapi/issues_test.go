package githubapi

import (
	"fmt"
	"strings"
	"testing"
)

const home = "/repos/octo/shop"

// TestIssuesAreCheckedAsGitHubDoes: what GitHub refuses is refused, with its
// status.
func TestIssuesAreCheckedAsGitHubDoes(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ä", n) }
	for _, tt := range []struct {
		name, method, path string
		body               any
		options            Options
		want               int
	}{
		{"open", "POST", "/issues", object{"title": "t", "body": "b", "labels": []string{"l"}}, Options{}, 201},
		{"longest", "POST", "/issues", object{"title": long(256), "body": long(65_536)}, Options{}, 201},
		{"no title", "POST", "/issues", object{"body": "b"}, Options{}, 422},
		{"long title", "POST", "/issues", object{"title": long(257)}, Options{}, 422},
		{"long body", "POST", "/issues", object{"title": "t", "body": long(65_537)}, Options{}, 422},
		{"empty label", "POST", "/issues", object{"title": "t", "labels": []string{""}}, Options{}, 422},
		{"no JSON", "POST", "/issues", "t", Options{}, 400},
		{"disabled", "POST", "/issues", object{"title": "t"}, Options{NoIssues: true}, 410},
		{"read-only", "POST", "/issues", object{"title": "t"}, Options{Mode: ReadOnly}, 403},
		{"list", "GET", "/issues?state=all&labels=a,b&sort=updated&direction=asc", nil, Options{}, 200},
		{"list of an unknown state", "GET", "/issues?state=gone", nil, Options{}, 422},
		{"list in an unknown order", "GET", "/issues?sort=size", nil, Options{}, 422},
		{"close", "PATCH", "/issues/1", object{"state": "closed", "state_reason": "not_planned"}, Options{}, 200},
		{"unknown state", "PATCH", "/issues/1", object{"state": "merged"}, Options{}, 422},
		{"unknown reason", "PATCH", "/issues/1", object{"state_reason": "bored"}, Options{}, 422},
		{"no such issue", "PATCH", "/issues/9", object{"state": "closed"}, Options{}, 404},
		{"change while disabled", "PATCH", "/issues/1", object{"state": "closed"}, Options{NoIssues: true}, 410},
		{"comment", "POST", "/issues/1/comments", object{"body": long(65_536)}, Options{}, 201},
		{"long comment", "POST", "/issues/1/comments", object{"body": long(65_537)}, Options{}, 422},
		{"empty comment", "POST", "/issues/1/comments", object{"body": " "}, Options{}, 422},
		{"comment on nothing", "POST", "/issues/9/comments", object{"body": "b"}, Options{}, 404},
		{"comment on an issue while disabled", "POST", "/issues/1/comments", object{"body": "b"}, Options{NoIssues: true}, 410},
		{"comment on a pull request while issues are disabled", "POST", "/issues/2/comments", object{"body": "b"}, Options{NoIssues: true}, 201},
		{"change of a stranger's comment", "PATCH", "/issues/comments/1", object{"body": "b"}, Options{}, 403},
		{"change of an own one", "PATCH", "/issues/comments/2", object{"body": "b"}, Options{}, 200},
		{"deletion of an own one", "DELETE", "/issues/comments/2", nil, Options{}, 204},
		{"deletion of none", "DELETE", "/issues/comments/7", nil, Options{}, 404},
		{"comments", "GET", "/issues/1/comments", nil, Options{}, 200},
		{"comments of nothing", "GET", "/issues/0/comments", nil, Options{}, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeer(t, tt.options)
			p.AddIssue(Issue{Title: "a", Login: "octocat"})
			p.AddIssue(Issue{Title: "b", Login: "octocat", Pull: true})
			p.AddComment(1, "octocat", "c")
			p.AddComment(1, "github-actions[bot]", "c")
			if got, _, out := p.ask(tt.method, home+tt.path, tt.body); got != tt.want {
				t.Errorf("status %d, want %d: %v", got, tt.want, out)
			}
		})
	}
}

// TestIssuesOfALabel: lists are those of the state and labels asked for, page by
// page.
func TestIssuesOfALabel(t *testing.T) {
	p := newPeer(t, Options{})
	for n := range 150 {
		is := Issue{Title: fmt.Sprint(n), Login: "octocat", Labels: []string{"Bug"}, State: "open"}
		if n%2 == 1 {
			is.State = "closed"
		}
		p.AddIssue(is)
	}
	p.AddIssue(Issue{Title: "other", Login: "octocat"})
	for query, want := range map[string]int{"labels=bug&state=all&per_page=100": 100, "labels=bug&state=all&per_page=100&page=2": 50, "labels=bug&per_page=100": 75, "labels=bug,x": 0} {
		status, _, out := p.ask("GET", home+"/issues?"+query, nil)
		if list, ok := out.([]any); status != 200 || !ok || len(list) != want {
			t.Errorf("%s: status %d, %d of them, want %d", query, status, len(list), want)
		}
	}
}

// TestViewer: GraphQL tells whom the token belongs to, on an Enterprise Server
// beside REST.
func TestViewer(t *testing.T) {
	for path, o := range map[string]Options{"/graphql": {}, "/api/graphql": {Enterprise: true}} {
		p := newPeer(t, o)
		status, _, out := p.ask("POST", path, object{"query": "query { viewer { login } }"})
		if status != 200 || !strings.Contains(fmt.Sprint(out), "github-actions[bot]") {
			t.Errorf("%s: %d %v", path, status, out)
		}
		if _, _, out := p.ask("POST", path, object{"query": "mutation { x }"}); !strings.Contains(fmt.Sprint(out), "errors") {
			t.Errorf("%s: %v", path, out)
		}
	}
}
