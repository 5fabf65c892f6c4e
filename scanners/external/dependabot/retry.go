package dependabot

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/scangate/scangate/github/rest"
)

// try makes a request until it succeeds, fails for good, or has cost too much
// time. budget is what may still be waited for rate limits.
func (s *Scanner) try(ctx context.Context, c *http.Client, p plan, query url.Values, budget *time.Duration) (answer, error) {
	var a answer
	r := rest.Retry{Tries: s.limits.tries, Backoff: s.limits.backoff, Sleep: s.sleep, Jitter: s.jitter}
	failed, err := r.Try(ctx, budget, func() (resp *github.Response, err error) {
		a, resp, err = s.get(ctx, c, p, query)
		return resp, err
	})
	switch {
	case err != nil:
		return answer{}, err
	case failed == nil:
		return a, nil
	case failed.Limited > 0:
		return answer{}, fmt.Errorf("GitHub limits how often it is asked, for another %s, which is too long to wait: scan again then, or use a token of another user or app", failed.Limited.Round(time.Second))
	}
	return answer{}, explain(failed.Resp, failed.Err, s.options.Repository, s.api)
}
