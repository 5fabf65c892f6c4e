package github

import (
	"context"
	"fmt"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/scangate/scangate/github/rest"
)

// try makes a request until it succeeds, fails for good, or has cost too much
// time. Its errors are those of explain.
func (c *Client) try(ctx context.Context, send func(context.Context, *github.Client) (*github.Response, error)) error {
	budget := c.limits.waiting
	r := rest.Retry{Tries: c.limits.tries, Backoff: c.limits.backoff, Sleep: c.sleep, Jitter: c.jitter, Final: []error{errNoAnswer}}
	failed, err := r.Try(ctx, &budget, func() (*github.Response, error) { return c.once(ctx, send) })
	switch {
	case err != nil:
		return err
	case failed == nil:
		return nil
	case failed.Limited > 0:
		return &APIError{Status: failed.Resp.StatusCode, limited: true, words: fmt.Sprintf("GitHub limits how often it is asked, for another %s, which is too long to wait: run the job again then", failed.Limited.Round(time.Second))}
	}
	return c.explain(failed.Resp, failed.Err)
}

// once makes a request. It gets a client of go-github's of its own: one that
// lives on answers by itself while it believes a rate limit to last.
func (c *Client) once(ctx context.Context, send func(context.Context, *github.Client) (*github.Response, error)) (*github.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, c.limits.request)
	defer cancel()
	gh := github.NewClient(c.http)
	gh.BaseURL = c.api
	gh.UserAgent = "scangate"
	return send(ctx, gh)
}
