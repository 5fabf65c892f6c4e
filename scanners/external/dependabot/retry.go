package dependabot

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/go-github/v60/github"
)

// secondaryWait is what GitHub asks for where it limits and does not say for
// how long.
const secondaryWait = time.Minute

// try makes a request until it succeeds, fails for good, or has cost too much
// time. budget is what may still be waited for rate limits.
func (s *Scanner) try(ctx context.Context, c *http.Client, p plan, query url.Values, budget *time.Duration) (answer, error) {
	limited := 0
	for failures := 0; ; {
		a, resp, err := s.get(ctx, c, p, query)
		if err == nil {
			return a, nil
		}
		if ctx.Err() != nil {
			return answer{}, ctx.Err()
		}
		var wait time.Duration
		if d, ok := rateLimited(resp, err, limited); ok {
			// A server that names no time, or one in the past, is not asked
			// in a tight loop.
			wait = max(d, s.limits.backoff)
			if wait > *budget {
				return answer{}, fmt.Errorf("GitHub limits how often it is asked, for another %s, which is too long to wait: scan again then, or use a token of another user or app", wait.Round(time.Second))
			}
			*budget -= wait
			limited++
		} else {
			failures++
			if !passing(resp, err) || failures >= s.limits.tries {
				return answer{}, explain(resp, err, s.options.Repository, s.api)
			}
			wait = s.limits.backoff << (failures - 1)
			wait += time.Duration(s.jitter() * float64(wait) / 2)
		}
		if err := s.sleep(ctx, wait); err != nil {
			return answer{}, err
		}
	}
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
	case errors.Is(err, errTooLarge), errors.Is(err, errOtherHost), errors.Is(err, errManyRedirects), certificate(err):
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
