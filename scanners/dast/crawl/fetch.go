package crawl

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// maxHeader bounds the header of a response, in bytes.
const maxHeader = 256 << 10

// client makes single requests to one origin. It follows nothing.
type client struct {
	options   Options
	origin    string
	transport *http.Transport
	jar       *jar
	pace      *pace
	secrets   secrets
}

func newClient(o Options, g *Guard) *client {
	transport := &http.Transport{
		Proxy:                  nil,           // a proxy of the environment would connect where the guard does not look
		DialContext:            g.DialContext, // one that has been given up ends with CloseIdleConnections
		TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    o.Timeout,
		DisableCompression:     true, // decoded here, within bounds
		MaxResponseHeaderBytes: maxHeader,
		MaxConnsPerHost:        o.Workers,
		MaxIdleConnsPerHost:    o.Workers,
		IdleConnTimeout:        30 * time.Second,
	}
	return &client{
		options: o, origin: origin(o.Target), transport: transport, jar: newJar(o.Target, o.Cookies),
		pace: newPace(o.Rate), secrets: newSecrets(o.Header, o.Cookies),
	}
}

// response is what came of a request.
type response struct {
	page  Page
	base  *url.URL
	links []link
	more  bool // there were more links
	read  bool // the page has been looked through for links
	err   error
}

// look finds the links of the page. A panic over what a server sent must not
// end the program.
func (r *response) look() {
	if r.read || r.err != nil {
		return
	}
	r.read = true
	defer func() {
		if recover() != nil {
			r.err = errUnreadable
		}
	}()
	r.base, r.links, r.more = links(r.page.Exchange)
}

var errUnreadable = errors.New("the answer cannot be read")

// get asks for an address and reads the answer.
func (c *client) get(ctx context.Context, u *url.URL) response {
	if origin(u) != c.origin { // nobody asks for that; it would give the secrets away
		return response{err: errors.New("the address is out of scope")}
	}
	if err := c.pace.wait(ctx); err != nil {
		return response{err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	req, sent := c.request(ctx, u)
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return response{err: err}
	}
	defer resp.Body.Close()
	c.jar.keep(u, resp.Cookies())
	var body []byte
	var cut bool
	if resp.StatusCode != http.StatusSwitchingProtocols {
		body, cut = readBody(resp, c.options.MaxBody)
	}
	x := exchange.New(exchange.Exchange{
		Method: req.Method, URL: u, RequestHeader: sent,
		Status: resp.StatusCode, Header: c.received(resp.Header), Body: c.secrets.bytes(body),
	})
	return response{page: Page{Exchange: x, Cut: cut}}
}

// request returns the request for an address, and its header fields as they may
// be shown.
func (c *client) request(ctx context.Context, u *url.URL) (*http.Request, exchange.Header) {
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	sent := exchange.Header{{Name: "Host", Value: u.Host}}
	for _, f := range []exchange.Field{
		{Name: "User-Agent", Value: c.options.UserAgent},
		{Name: "Accept", Value: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		{Name: "Accept-Encoding", Value: "gzip, deflate"},
	} {
		if !exchange.Header(c.options.Header).Has(f.Name) {
			req.Header.Set(f.Name, f.Value)
			sent = append(sent, f)
		}
	}
	for _, f := range c.options.Header {
		req.Header.Add(f.Name, f.Value)
		sent = append(sent, hidden(f))
	}
	var names []string
	for _, cookie := range c.jar.cookies(u) {
		req.AddCookie(cookie)
		names = append(names, cookie.Name+"="+redacted)
	}
	if len(names) > 0 {
		sent = append(sent, exchange.Field{Name: "Cookie", Value: strings.Join(names, "; ")})
	}
	return req, sent
}

// received lists header fields by name; those of one name are in the order in
// which they were sent. The order of names is lost in net/http.
func (c *client) received(h http.Header) exchange.Header {
	var out exchange.Header
	for name, values := range h {
		for _, v := range values {
			out = append(out, exchange.Field{Name: name, Value: c.secrets.text(v)})
		}
	}
	slices.SortStableFunc(out, func(a, b exchange.Field) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
