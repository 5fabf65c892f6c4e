package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// MaxBody bounds what is written into a comment or an issue, in bytes, without
// the marker. GitHub takes 65,536 characters.
const MaxBody = 60_000

// keyForm is that of what tells apart what is written by us: it stands in an
// HTML comment, which "--" would end.
var keyForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// mark puts the hidden marker of a key in front of a body.
func mark(key, body string) (string, error) {
	switch {
	case !keyForm.MatchString(key) || len(key) > 100:
		return "", fmt.Errorf("the key %.120q is not of the form a-b-c", key)
	case len(body) > MaxBody:
		return "", fmt.Errorf("the text is over %d bytes", MaxBody)
	}
	return marker(key) + "\n" + body, nil
}

func marker(key string) string { return "<!-- scangate:" + key + " -->" }

// marked reports whether a body has the marker of a key as its first line:
// elsewhere it may be a quotation.
func marked(body, key string) bool {
	first, _, _ := strings.Cut(body, "\n")
	return strings.TrimSpace(first) == marker(key)
}

// same reports whether GitHub's copy of a body is this one: it may have changed
// the ends of lines.
func same(theirs, ours string) bool { return plain(theirs) == plain(ours) }

func plain(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// UpsertComment makes body, in markdown, the one comment of a key on an issue
// or pull request. A comment is taken for that one if its first line is a
// hidden marker and the token's own account has written it: whoever copies the
// marker gets nothing. If two runs have made one each, the older one stays.
func (c *Client) UpsertComment(ctx context.Context, number int, key, body string) error {
	body, err := mark(key, body)
	if err != nil {
		return err
	}
	login, err := c.viewer(ctx)
	if err != nil {
		return err
	}
	list, err := c.ownComments(ctx, number, key, login)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		if _, err := c.send(ctx, http.MethodPost, fmt.Sprintf("/issues/%d/comments", number), map[string]string{"body": body}); err != nil {
			return err
		}
		// Another run may have made one meanwhile, or the first of two tries
		// may have succeeded without an answer.
		if list, err = c.ownComments(ctx, number, key, login); err != nil || len(list) < 2 {
			return err
		}
	}
	for _, twin := range list[1:] {
		if _, err := c.send(ctx, http.MethodDelete, fmt.Sprintf("/issues/comments/%d", twin.ID), nil); err != nil && !gone(err) {
			return err
		}
	}
	if same(list[0].Body, body) {
		return nil
	}
	_, err = c.send(ctx, http.MethodPatch, fmt.Sprintf("/issues/comments/%d", list[0].ID), map[string]string{"body": body})
	return err
}

type ownComment struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
	User author `json:"user"`
}

// ownComments are those of a key that a login has written, the oldest first.
func (c *Client) ownComments(ctx context.Context, number int, key, login string) (out []ownComment, err error) {
	more, err := pages(ctx, c, fmt.Sprintf("/issues/%d/comments", number), map[string][]string{}, c.limits.pages, func(list []ownComment) bool {
		for _, in := range list {
			if in.ID > 0 && in.User.is(login) && marked(in.Body, key) {
				out = append(out, in)
			}
		}
		return true
	})
	if err == nil && more && len(out) == 0 {
		// Without that, each run would add one more.
		err = fmt.Errorf("%d has more comments than are read", number)
	}
	return out, err
}

// gone reports whether GitHub no longer has something.
func gone(err error) bool {
	var api *APIError
	return errors.As(err, &api) && (api.Status == http.StatusNotFound || api.Status == http.StatusGone)
}

// Refused reports whether an error is that the token may not do what it was to
// do, which no second try changes.
func Refused(err error) bool {
	var api *APIError
	return errors.As(err, &api) && (api.Status == http.StatusForbidden || api.Status == http.StatusNotFound) && !api.limited
}
