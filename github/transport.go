package github

import (
	"net/http"
	"net/url"
	"time"

	"github.com/scangate/scangate/github/rest"
)

// limits bound what GitHub, or what poses as it, can make a job do.
type limits struct {
	body    int64         // bytes of an answer
	request time.Duration // from sending a request to the end of its answer
	tries   int           // of one request, when it is the server that fails
	waiting time.Duration // for rate limits to pass, for one request
	backoff time.Duration // before the second try; it doubles with each
	process time.Duration // for uploads to be processed
	poll    time.Duration // before the first question after that
	pages   int           // of a list
	gzip    int           // bytes of a packed upload
}

func defaultLimits() limits {
	return limits{
		body: 64 << 20, request: 2 * time.Minute, tries: 4, waiting: 2 * time.Minute, backoff: time.Second,
		process: 3 * time.Minute, poll: 100 * time.Millisecond, pages: 50, gzip: 10 << 20,
	}
}

// transport makes a client that stays with one host, and gives the token to no
// other one.
func (c *Client) transport(base *http.Client) *http.Client {
	// An upload is answered when it has been read.
	h := rest.NewClient(base, c.api, rest.Bounds{Body: c.limits.body, Header: 90 * time.Second})
	h.Transport = &guarded{h.Transport, c.api, c.token}
	return h
}

// guarded gives the token to the API's host only.
type guarded struct {
	next  http.RoundTripper
	api   *url.URL
	token string
}

// RoundTrip is http.RoundTripper's.
func (g *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	if !rest.SameHost(req.URL, g.api) {
		return nil, rest.ErrOtherHost
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+g.token)
	return g.next.RoundTrip(req)
}
