package github

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/google/go-github/v60/github"
)

// send posts, changes or deletes something of the repository, "/issues", and
// takes nothing for done but an answer that names it. It tries again where that can
// help, so that what was to be made once may be there twice afterwards: who
// makes something looks for twins.
func (c *Client) send(ctx context.Context, method, path string, body any) (made, error) {
	var out made
	err := c.sendTo(ctx, method, c.path("%s", path), body, &out)
	if err == nil && out.ID == 0 && method != http.MethodDelete {
		err = c.explain(nil, errNoAnswer)
	}
	return out, err
}

// made is what every answer to a change begins with.
type made struct {
	ID     int64 `json:"id"`
	Number int   `json:"number"` // of an issue
}

// sendTo is send to any path of the API.
func (c *Client) sendTo(ctx context.Context, method, path string, body, out any) error {
	return c.try(ctx, func(ctx context.Context, gh *github.Client) (*github.Response, error) {
		req, err := gh.NewRequest(method, path, body)
		if err != nil {
			return nil, err
		}
		resp, err := gh.BareDo(ctx, req)
		if err != nil {
			return resp, err
		}
		defer resp.Body.Close()
		if method == http.MethodDelete && resp.StatusCode == http.StatusNoContent {
			return resp, nil
		}
		if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
			return resp, errNoAnswer
		}
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			return resp, decodeError(err)
		}
		return resp, nil
	})
}

// author is who wrote something.
type author struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

// viewer returns the login that the token belongs to. REST tells it to people
// only, GraphQL to the apps behind jobs' tokens, too.
func (c *Client) viewer(ctx context.Context) (string, error) {
	// On an Enterprise Server, GraphQL is beside REST: /api/v3, /api/graphql.
	path := "graphql"
	if c.api.Path != "/" {
		path = "../graphql"
	}
	var out struct {
		Data struct {
			Viewer author `json:"viewer"`
		} `json:"data"`
	}
	if err := c.sendTo(ctx, http.MethodPost, path, map[string]string{"query": "query { viewer { login } }"}, &out); err != nil {
		return "", fmt.Errorf("whom the token belongs to is not known: %w", err)
	}
	if out.Data.Viewer.Login == "" {
		return "", &APIError{words: "GitHub does not say whom the token belongs to: what it wrote before cannot be told from what others wrote"}
	}
	return out.Data.Viewer.Login, nil
}

// is reports whether an author is the one of a login. Of an app, GraphQL may
// leave out the suffix that REST has.
func (a author) is(login string) bool {
	return a.Login == login || a.Type == "Bot" && a.Login == login+"[bot]"
}
