package github

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
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

// maxRedirects bounds the redirects of a request. A repository that was
// renamed gives one.
const maxRedirects = 5

var (
	errTooLarge      = errors.New("its answer is over the size limit")
	errOtherHost     = errors.New("it redirects to another host, which does not get the token: check GITHUB_API_URL")
	errManyRedirects = errors.New("it redirects again and again")
)

// transport makes a client that stays with one host, and whose answers are
// bounded, those of errors too: go-github reads them whole.
func (c *Client) transport(base *http.Client) *http.Client {
	h := http.Client{}
	if base != nil {
		h = *base
	}
	if h.Transport == nil {
		h.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:    15 * time.Second,
			ResponseHeaderTimeout:  90 * time.Second, // an upload is answered when it has been read
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 1 << 20,
			ForceAttemptHTTP2:      true,
		}
	}
	h.Transport = &guarded{h.Transport, c.api, c.token, c.limits.body}
	h.Jar = nil
	h.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch {
		case !sameHost(req.URL, c.api):
			return errOtherHost
		case len(via) > maxRedirects:
			return errManyRedirects
		}
		return nil
	}
	return &h
}

func sameHost(u, api *url.URL) bool {
	return u.Scheme == api.Scheme && strings.EqualFold(u.Host, api.Host) && u.User == nil
}

// guarded gives the token to the API's host only, and bounds bodies.
type guarded struct {
	next  http.RoundTripper
	api   *url.URL
	token string
	limit int64
}

// RoundTrip is http.RoundTripper's.
func (g *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	if !sameHost(req.URL, g.api) {
		return nil, errOtherHost
	}
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+g.token)
	resp, err := g.next.RoundTrip(req)
	if err == nil {
		resp.Body = &boundedBody{resp.Body, g.limit}
	}
	return resp, err
}

type boundedBody struct {
	io.ReadCloser
	left int64
}

// Read fails where a body goes on beyond the limit, so that a part of it is
// not taken for the whole.
func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
