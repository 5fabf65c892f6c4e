package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxIssueTitle is what GitHub takes, in characters.
const maxIssueTitle = 256

// Issue is what an issue should be.
type Issue struct {
	Key   string // tells it from others that are written by us
	Title string
	// Label is by which it is found; GitHub makes it if there is none.
	Label string
	Body  string // markdown, at most MaxBody bytes
	Open  bool   // else it is closed, if there is one
	Last  string // the comment that closes it
}

// Kept is what an issue is.
type Kept struct {
	Number int // 0: there is none
	Open   bool
	Change string // "", "opened", "updated", "closed", "reopened"
}

// FindIssue returns the body of the issue of a key and label, without its
// marker, and whether there is one. One that is closed counts, too.
func (c *Client) FindIssue(ctx context.Context, key, label string) (body string, found bool, err error) {
	login, err := c.viewer(ctx)
	if err != nil {
		return "", false, err
	}
	list, err := c.ownIssues(ctx, key, label, login)
	if err != nil || len(list) == 0 {
		return "", false, err
	}
	_, body, _ = strings.Cut(strings.ReplaceAll(list[0].Body, "\r\n", "\n"), "\n")
	return body, true, nil
}

// KeepIssue opens, changes, closes or reopens the issue of a key, so that it is
// as it should be, and does nothing if it is. It is the oldest one with the
// label that the token's own account has opened and whose first line is the
// hidden marker. If two runs have opened one each, the younger one is closed.
func (c *Client) KeepIssue(ctx context.Context, want Issue) (Kept, error) {
	body, err := mark(want.Key, want.Body)
	switch {
	case err != nil:
		return Kept{}, err
	case strings.TrimSpace(want.Title) == "" || utf8.RuneCountInString(want.Title) > maxIssueTitle:
		return Kept{}, fmt.Errorf("the title of an issue has from 1 to %d characters", maxIssueTitle)
	}
	if err := CheckLabel(want.Label); err != nil {
		return Kept{}, err
	}
	login, err := c.viewer(ctx)
	if err != nil {
		return Kept{}, err
	}
	list, err := c.ownIssues(ctx, want.Key, want.Label, login)
	if err != nil {
		return Kept{}, err
	}
	opened := false
	if len(list) == 0 {
		if !want.Open {
			return Kept{}, nil
		}
		made, err := c.send(ctx, http.MethodPost, "/issues", map[string]any{"title": want.Title, "body": body, "labels": []string{want.Label}})
		if err != nil {
			return Kept{}, err
		}
		if list, err = c.ownIssues(ctx, want.Key, want.Label, login); err != nil {
			return Kept{}, err
		}
		// The list may not have it yet.
		if len(list) == 0 {
			list = []ownIssue{{Number: made.Number, State: "open", Body: body}}
		}
		opened = list[0].Number == made.Number
	}
	for _, twin := range list[1:] {
		if twin.State != "open" {
			continue
		}
		if _, err := c.send(ctx, http.MethodPatch, twin.path(), map[string]any{"state": "closed", "state_reason": "not_planned"}); err != nil {
			return Kept{}, err
		}
	}
	kept, err := c.change(ctx, &list[0], want, body)
	if opened && kept.Change == "" {
		kept.Change = "opened"
	}
	return kept, err
}

// change makes an issue as it should be.
func (c *Client) change(ctx context.Context, is *ownIssue, want Issue, body string) (Kept, error) {
	kept := Kept{Number: is.Number, Open: want.Open}
	in := map[string]any{}
	if !same(is.Body, body) {
		in["body"] = body
		kept.Change = "updated"
	}
	switch open := is.State == "open"; {
	case open == want.Open:
		// A title that somebody has changed stays.
	case want.Open:
		in["state"] = "open"
		kept.Change = "reopened"
	default:
		in["state"], in["state_reason"] = "closed", "completed"
		kept.Change = "closed"
		if want.Last != "" {
			if _, err := c.send(ctx, http.MethodPost, is.path()+"/comments", map[string]string{"body": want.Last}); err != nil {
				return kept, err
			}
		}
	}
	if len(in) == 0 {
		return kept, nil
	}
	_, err := c.send(ctx, http.MethodPatch, is.path(), in)
	return kept, err
}

type ownIssue struct {
	Number int       `json:"number"`
	State  string    `json:"state"`
	Body   string    `json:"body"`
	User   author    `json:"user"`
	Pull   *struct{} `json:"pull_request"` // GitHub's lists of issues have these, too
}

func (i *ownIssue) path() string { return fmt.Sprintf("/issues/%d", i.Number) }

// ownIssues are those of a key and label that a login has opened, the oldest
// first.
func (c *Client) ownIssues(ctx context.Context, key, label, login string) (out []ownIssue, err error) {
	q := url.Values{"state": {"all"}, "labels": {label}, "sort": {"created"}, "direction": {"asc"}}
	more, err := pages(ctx, c, "/issues", q, c.limits.pages, func(list []ownIssue) bool {
		for _, in := range list {
			if in.Number > 0 && in.Pull == nil && in.User.is(login) && marked(in.Body, key) {
				out = append(out, in)
			}
		}
		return true
	})
	if err == nil && more && len(out) == 0 {
		err = fmt.Errorf("the label %s has more issues than are read: choose another one", label)
	}
	return out, err
}

// CheckLabel says what is wrong with the name of a label.
func CheckLabel(label string) error {
	if strings.TrimSpace(label) == "" || utf8.RuneCountInString(label) > 50 || strings.ContainsAny(label, ",\r\n") {
		return errors.New("a label has from 1 to 50 characters, and no comma")
	}
	return nil
}
