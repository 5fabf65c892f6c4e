package githubapi

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// comment is one on an issue or pull request.
type comment struct {
	id, issue   int
	body, login string
	edits       int
}

// Comment is one for tests to look at.
type Comment struct {
	ID, Issue   int
	Body, Login string
	Edits       int // how often it was changed
}

// Comments returns those of an issue or pull request, the oldest first.
func (s *Server) Comments(number int) []Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Comment
	for _, c := range s.comments {
		if c != nil && c.issue == number {
			out = append(out, Comment{c.id, c.issue, c.body, c.login, c.edits})
		}
	}
	return out
}

// AddComment does what somebody does on GitHub's pages, and returns the id.
func (s *Server) AddComment(number int, login, body string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addComment(number, login, body).id
}

func (s *Server) addComment(number int, login, body string) *comment {
	c := &comment{id: len(s.comments) + 1, issue: number, body: body, login: login}
	s.comments = append(s.comments, c)
	return c
}

func (s *Server) commentJSON(c *call, m *comment) map[string]any {
	return map[string]any{
		"id": m.id, "body": m.body, "user": user(m.login), "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
		"url":      c.url(fmt.Sprintf("/repos/%s/issues/comments/%d", s.options.Repository, m.id)),
		"html_url": c.url(fmt.Sprintf("/%s/issues/%d#issuecomment-%d", s.options.Repository, m.issue, m.id)),
	}
}

// listComments lists those of one issue, the oldest first:
// GET /repos/{owner}/{repo}/issues/{number}/comments.
func (s *Server) listComments(c *call) {
	i := s.issueOf(c)
	if i == nil {
		return
	}
	var list []any
	for _, m := range s.comments {
		if m != nil && m.issue == i.number {
			list = append(list, s.commentJSON(c, m))
		}
	}
	c.page(list)
}

// postComment adds one: POST /repos/{owner}/{repo}/issues/{number}/comments.
func (s *Server) postComment(c *call) {
	i := s.issueOf(c)
	if i == nil {
		return
	}
	if s.options.NoIssues && !i.pull {
		c.fail(http.StatusGone, "Issues has been disabled in this repository.")
		return
	}
	if body, ok := c.readComment(); ok {
		c.answer(http.StatusCreated, s.commentJSON(c, s.addComment(i.number, s.options.Login, body)))
	}
}

// patchComment changes one: PATCH /repos/{owner}/{repo}/issues/comments/{id}.
func (s *Server) patchComment(c *call) {
	m := s.commentOf(c)
	if m == nil {
		return
	}
	if body, ok := c.readComment(); ok {
		m.body = body
		m.edits++
		c.answer(http.StatusOK, s.commentJSON(c, m))
	}
}

// deleteComment removes one:
// DELETE /repos/{owner}/{repo}/issues/comments/{id}.
func (s *Server) deleteComment(c *call) {
	if m := s.commentOf(c); m != nil {
		s.comments[m.id-1] = nil
		c.w.WriteHeader(http.StatusNoContent)
	}
}

// commentOf finds the comment that a request is about, or answers that there
// is none, or that it is somebody else's: a job's token may write comments of
// others, which no test here should need.
func (s *Server) commentOf(c *call) *comment {
	id, err := strconv.Atoi(c.r.PathValue("id"))
	if err != nil || id < 1 || id > len(s.comments) || s.comments[id-1] == nil {
		c.fail(http.StatusNotFound, "Not Found")
		return nil
	}
	if s.comments[id-1].login != s.options.Login {
		c.fail(http.StatusForbidden, "Must have admin rights to Repository.")
		return nil
	}
	return s.comments[id-1]
}

func (c *call) readComment() (string, bool) {
	var in struct {
		Body *string `json:"body"`
	}
	switch {
	case !c.read(&in):
	case in.Body == nil || strings.TrimSpace(*in.Body) == "":
		c.invalid("IssueComment", "body", "missing_field")
	case utf8.RuneCountInString(*in.Body) > maxBody:
		c.invalidWords("IssueComment", "body", "body is too long (maximum is 65536 characters)")
	default:
		return *in.Body, true
	}
	return "", false
}
