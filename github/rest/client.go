// Package rest is what all that asks GitHub's REST API has in common: a client
// that stays with one host and reads no more than it should, and when and how
// often it is worth asking again.
package rest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxRedirects bounds the redirects of a request. A repository that was
// renamed gives one.
const maxRedirects = 5

// What ends a request for good.
var (
	ErrTooLarge      = errors.New("its answer is over the size limit")
	ErrOtherHost     = errors.New("it redirects to another host, which does not get the token: check GITHUB_API_URL")
	ErrManyRedirects = errors.New("it redirects again and again")
)

// Bounds are those of a client.
type Bounds struct {
	Body   int64         // bytes of an answer
	Header time.Duration // until the header of an answer
}

// NewClient makes a client that stays with the host of api, and whose answers are
// bounded, those of errors too: go-github reads them whole. base, which may be
// nil, has the transport to use.
func NewClient(base *http.Client, api *url.URL, b Bounds) *http.Client {
	c := http.Client{}
	if base != nil {
		c = *base
	}
	if c.Transport == nil {
		c.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:    15 * time.Second,
			ResponseHeaderTimeout:  b.Header,
			IdleConnTimeout:        30 * time.Second,
			MaxResponseHeaderBytes: 1 << 20,
			ForceAttemptHTTP2:      true,
		}
	}
	c.Transport = bounded{c.Transport, b.Body}
	c.Jar = nil
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		switch {
		case !SameHost(req.URL, api):
			return ErrOtherHost
		case len(via) > maxRedirects:
			return ErrManyRedirects
		}
		return nil
	}
	return &c
}

// SameHost reports whether an address is at the API's host, without a login.
func SameHost(u, api *url.URL) bool {
	return u.Scheme == api.Scheme && strings.EqualFold(u.Host, api.Host) && u.User == nil
}

// bounded bounds the bodies of answers.
type bounded struct {
	next  http.RoundTripper
	limit int64
}

func (b bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := b.next.RoundTrip(req)
	if err == nil {
		resp.Body = &boundedBody{resp.Body, b.limit}
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
		return 0, ErrTooLarge
	}
	return n, err
}
