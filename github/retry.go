package github

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/google/go-github/v60/github"
)

// secondaryWait is what GitHub asks for where it limits and does not say for
// how long.
const secondaryWait = time.Minute

// try makes a request until it succeeds, fails for good, or has cost too much
// time. Its errors are those of explain.
func (c *Client) try(ctx context.Context, send func(context.Context, *github.Client) (*github.Response, error)) error {
	budget := c.limits.waiting
	for failures, limited := 0, 0; ; {
		resp, err := c.once(ctx, send)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var wait time.Duration
		if d, ok := rateLimited(resp, err, limited); ok {
			// A server that names no time, or one in the past, is not asked
			// in a tight loop.
			wait = max(d, c.limits.backoff)
			if wait > budget {
				return &APIError{Status: resp.StatusCode, limited: true, words: fmt.Sprintf("GitHub limits how often it is asked, for another %s, which is too long to wait: run the job again then", wait.Round(time.Second))}
			}
			budget -= wait
			limited++
		} else {
			failures++
			if !passing(resp, err) || failures >= c.limits.tries {
				return c.explain(resp, err)
			}
			wait = c.limits.backoff << (failures - 1)
			wait += time.Duration(c.jitter() * float64(wait) / 2)
		}
		if err := c.sleep(ctx, wait); err != nil {
			return err
		}
	}
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

// rateLimited reports whether GitHub refuses for the number of requests, and
// how long it wants to be left alone. limited is how often it did before.
func rateLimited(resp *github.Response, err error, limited int) (time.Duration, bool) {
	var primary *github.RateLimitError
	var secondary *github.AbuseRateLimitError
	is := errors.As(err, &primary) || errors.As(err, &secondary)
	if resp == nil || resp.Response == nil || !is && resp.StatusCode != http.StatusTooManyRequests &&
		(resp.StatusCode != http.StatusForbidden || resp.Header.Get("Retry-After") == "") {
		return 0, false
	}
	if after := resp.Header.Get("Retry-After"); after != "" {
		if n, err := strconv.Atoi(after); err == nil && n >= 0 && n < 1e6 {
			return time.Duration(n) * time.Second, true
		}
		if t, err := http.ParseTime(after); err == nil {
			return time.Until(t), true
		}
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		if n, err := strconv.ParseInt(resp.Header.Get("X-RateLimit-Reset"), 10, 64); err == nil && n > 0 {
			// Times of GitHub are whole seconds, and clocks differ.
			return time.Until(time.Unix(n, 0)) + time.Second, true
		}
	}
	return secondaryWait << min(limited, 10), true
}

// passing reports whether the same request may succeed a little later.
func passing(resp *github.Response, err error) bool {
	switch {
	case errors.Is(err, errTooLarge), errors.Is(err, errOtherHost), errors.Is(err, errManyRedirects), errors.Is(err, errNoAnswer), certificate(err):
		return false
	case resp == nil || resp.Response == nil:
		return true
	case resp.StatusCode == http.StatusOK: // its body broke off
		return true
	}
	return resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented
}

// sleep waits unless ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func jitter() float64 { return rand.Float64() }
