package githubapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What GitHub takes of an issue or comment, in characters, and of a request,
// in bytes.
const (
	maxTitle   = 256
	maxBody    = 65_536
	maxRequest = 1 << 20
)

// issue is an issue or, with pull, a pull request.
type issue struct {
	number             int
	title, body, login string
	state, reason      string
	labels             []string
	pull               bool
	edits              int
}

// Issue is one for tests to look at.
type Issue struct {
	Number      int
	Title, Body string
	Login       string // who opened it
	State       string // open or closed
	Reason      string // completed, not_planned, reopened or empty
	Labels      []string
	Pull        bool
	Edits       int      // how often it was changed
	Comments    []string // their texts
}

// Issues returns issues and pull requests in the order of their numbers.
func (s *Server) Issues() []Issue {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Issue
	for _, i := range s.issues {
		o := Issue{
			Number: i.number, Title: i.title, Body: i.body, Login: i.login, State: i.state, Reason: i.reason, Labels: slices.Clone(i.labels),
			Pull: i.pull, Edits: i.edits,
		}
		for _, c := range s.comments {
			if c != nil && c.issue == i.number {
				o.Comments = append(o.Comments, c.body)
			}
		}
		out = append(out, o)
	}
	return out
}

// AddIssue does what somebody does on GitHub's pages, and returns the number.
// An empty state is open.
func (s *Server) AddIssue(in Issue) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	state := in.State
	if state == "" {
		state = "open"
	}
	s.issues = append(s.issues, &issue{
		number: len(s.issues) + 1, title: in.Title, body: in.Body, login: in.Login, state: state, labels: slices.Clone(in.Labels), pull: in.Pull,
	})
	return len(s.issues)
}

// SetBody edits an issue as somebody does who may.
func (s *Server) SetBody(number int, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issues[number-1].body = body
}

// user is an account as GitHub shows it.
func user(login string) map[string]any {
	kind := "User"
	if strings.HasSuffix(login, "[bot]") {
		kind = "Bot"
	}
	return map[string]any{"login": login, "id": 1 + len(login), "type": kind}
}

func (s *Server) issueJSON(c *call, i *issue) map[string]any {
	labels := []any{}
	for _, l := range i.labels {
		labels = append(labels, map[string]any{"name": l, "color": "ededed"})
	}
	page := "issues"
	if i.pull {
		page = "pull"
	}
	out := map[string]any{
		"id": 1000 + i.number, "number": i.number, "title": i.title, "body": i.body, "user": user(i.login), "state": i.state, "state_reason": nil, "labels": labels, "locked": false,
		"url": c.url(fmt.Sprintf("/repos/%s/issues/%d", s.options.Repository, i.number)), "html_url": c.url(fmt.Sprintf("/%s/%s/%d", s.options.Repository, page, i.number)),
		"created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
	}
	if i.body == "" {
		out["body"] = nil
	}
	if i.reason != "" {
		out["state_reason"] = i.reason
	}
	if i.pull {
		out["pull_request"] = map[string]any{"url": c.url(fmt.Sprintf("/repos/%s/pulls/%d", s.options.Repository, i.number))}
	}
	return out
}

// listIssues lists issues and pull requests, the newest first unless asked
// otherwise: GET /repos/{owner}/{repo}/issues.
func (s *Server) listIssues(c *call) {
	q := c.r.URL.Query()
	for key, known := range map[string][]string{
		"state": {"open", "closed", "all"}, "sort": {"created", "updated", "comments"}, "direction": {"asc", "desc"},
	} {
		if v := q.Get(key); v != "" && !slices.Contains(known, v) {
			c.invalid("Issue", key, "invalid")
			return
		}
	}
	state := q.Get("state")
	if state == "" {
		state = "open"
	}
	var list []any
	for _, i := range s.issues {
		has := func(label string) bool {
			return slices.ContainsFunc(i.labels, func(l string) bool { return strings.EqualFold(l, strings.TrimSpace(label)) })
		}
		wanted := state == "all" || state == i.state
		if labels := q.Get("labels"); labels != "" {
			for l := range strings.SplitSeq(labels, ",") {
				wanted = wanted && has(l)
			}
		}
		if wanted && (i.pull || !s.options.NoIssues) {
			list = append(list, s.issueJSON(c, i))
		}
	}
	if q.Get("direction") != "asc" {
		slices.Reverse(list)
	}
	c.page(list)
}

// issueInput is what may be said of an issue.
type issueInput struct {
	Title  *string   `json:"title"`
	Body   *string   `json:"body"`
	Labels *[]string `json:"labels"`
	State  *string   `json:"state"`
	Reason *string   `json:"state_reason"`
}

// postIssue opens one: POST /repos/{owner}/{repo}/issues.
func (s *Server) postIssue(c *call) {
	in, ok := s.readIssue(c)
	switch {
	case !ok:
	case in.Title == nil || strings.TrimSpace(*in.Title) == "":
		c.invalid("Issue", "title", "missing_field")
	default:
		i := &issue{number: len(s.issues) + 1, login: s.options.Login, state: "open"}
		in.State, in.Reason = nil, nil // GitHub passes over them here
		in.apply(i)
		s.issues = append(s.issues, i)
		c.answer(http.StatusCreated, s.issueJSON(c, i))
	}
}

// patchIssue changes one: PATCH /repos/{owner}/{repo}/issues/{number}.
func (s *Server) patchIssue(c *call) {
	i := s.issueOf(c)
	if i == nil {
		return
	}
	if in, ok := s.readIssue(c); ok {
		in.apply(i)
		i.edits++
		c.answer(http.StatusOK, s.issueJSON(c, i))
	}
}

// readIssue reads and checks a request, or answers with what is wrong.
func (s *Server) readIssue(c *call) (in issueInput, ok bool) {
	if s.options.NoIssues {
		c.fail(http.StatusGone, "Issues has been disabled in this repository.")
		return in, false
	}
	if !c.read(&in) {
		return in, false
	}
	switch {
	case in.Title != nil && utf8.RuneCountInString(*in.Title) > maxTitle:
		c.invalidWords("Issue", "title", "title is too long (maximum is 256 characters)")
	case in.Body != nil && utf8.RuneCountInString(*in.Body) > maxBody:
		c.invalidWords("Issue", "body", "body is too long (maximum is 65536 characters)")
	case in.State != nil && !slices.Contains([]string{"open", "closed"}, *in.State):
		c.invalid("Issue", "state", "invalid")
	case in.Reason != nil && !slices.Contains([]string{"completed", "not_planned", "duplicate", "reopened"}, *in.Reason):
		c.invalid("Issue", "state_reason", "invalid")
	case in.Labels != nil && slices.ContainsFunc(*in.Labels, func(l string) bool { return l == "" || utf8.RuneCountInString(l) > 50 }):
		c.invalid("Label", "name", "invalid")
	default:
		return in, true
	}
	return in, false
}

func (in *issueInput) apply(i *issue) {
	set := func(to *string, v *string) {
		if v != nil {
			*to = *v
		}
	}
	set(&i.title, in.Title)
	set(&i.body, in.Body)
	if in.State != nil && *in.State != i.state {
		i.state, i.reason = *in.State, "completed"
		if *in.State == "open" {
			i.reason = "reopened"
		}
		set(&i.reason, in.Reason)
	}
	if in.Labels != nil {
		i.labels = slices.Clone(*in.Labels)
	}
}

// issueOf finds the issue that a request is about, or answers that there is
// none.
func (s *Server) issueOf(c *call) *issue {
	n, err := strconv.Atoi(c.r.PathValue("number"))
	if err != nil || n < 1 || n > len(s.issues) {
		c.fail(http.StatusNotFound, "Not Found")
		return nil
	}
	return s.issues[n-1]
}

// read decodes a request's body, or answers that it cannot be.
func (c *call) read(v any) bool {
	data, err := io.ReadAll(io.LimitReader(c.r.Body, maxRequest+1))
	switch {
	case err != nil || len(data) > maxRequest:
		c.fail(http.StatusRequestEntityTooLarge, "Payload too large")
	case json.Unmarshal(data, v) != nil:
		c.fail(http.StatusBadRequest, "Problems parsing JSON")
	default:
		return true
	}
	return false
}

// invalid answers as GitHub words what is wrong with a field.
func (c *call) invalid(resource, field, code string) {
	c.validation(map[string]any{"resource": resource, "field": field, "code": code})
}

func (c *call) invalidWords(resource, field, words string) {
	c.validation(map[string]any{"resource": resource, "field": field, "code": "custom", "message": words})
}

func (c *call) validation(problem map[string]any) {
	c.answer(http.StatusUnprocessableEntity, map[string]any{
		"message": "Validation Failed", "errors": []any{problem}, "documentation_url": "https://docs.github.com/rest", "status": "422",
	})
}
