package rest

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/google/go-github/v60/github"
)

// secondaryWait is what GitHub asks for where it limits and does not say for
// how long.
const secondaryWait = time.Minute

// Retry says how often a request is made.
type Retry struct {
	Tries   int           // when it is the server that fails
	Backoff time.Duration // before the second try; it doubles with each
	Sleep   func(context.Context, time.Duration) error
	Jitter  func() float64 // from 0 to 1
	Final   []error        // what no other try mends, besides what this package knows
}

// Failed is why a request is not made again.
type Failed struct {
	Resp *github.Response // nil: there was none
	Err  error
	// Limited is for how long GitHub still wants to be left alone, if that is
	// too long to wait; 0: it is not that.
	Limited time.Duration
}

// Try makes a request until it succeeds, fails for good, or has cost too much
// time. budget is what may still be waited for rate limits. It returns nil, or
// why it has failed; nobody has to be told when that is the end of ctx.
func (r Retry) Try(ctx context.Context, budget *time.Duration, send func() (*github.Response, error)) (*Failed, error) {
	for failures, limited := 0, 0; ; {
		resp, err := send()
		if err == nil {
			return nil, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var wait time.Duration
		if d, ok := rateLimited(resp, err, limited); ok {
			// A server that names no time, or one in the past, is not asked
			// in a tight loop.
			wait = max(d, r.Backoff)
			if wait > *budget {
				return &Failed{resp, err, wait}, nil
			}
			*budget -= wait
			limited++
		} else {
			failures++
			if !r.passing(resp, err) || failures >= r.Tries {
				return &Failed{Resp: resp, Err: err}, nil
			}
			wait = r.Backoff << (failures - 1)
			wait += time.Duration(r.Jitter() * float64(wait) / 2)
		}
		if err := r.Sleep(ctx, wait); err != nil {
			return nil, err
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
func (r Retry) passing(resp *github.Response, err error) bool {
	final := slices.Concat([]error{ErrTooLarge, ErrOtherHost, ErrManyRedirects}, r.Final)
	switch {
	case certificate(err), slices.ContainsFunc(final, func(known error) bool { return errors.Is(err, known) }):
		return false
	case resp == nil || resp.Response == nil:
		return true
	case resp.StatusCode == http.StatusOK: // its body broke off
		return true
	}
	return resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented
}

// Sleep waits unless ctx ends.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Jitter is a random number from 0 to 1.
func Jitter() float64 { return rand.Float64() }
