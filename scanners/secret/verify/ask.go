package verify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	connectTimeout = 10 * time.Second
	maxHeader      = 64 << 10 // bytes of an answer's header
)

// newTransport honours the proxy of the environment (HTTPS_PROXY, NO_PROXY),
// without which many networks have no way out: it sees the name of the host,
// and TLS keeps the rest from it. Each request has a connection of its own, as
// one that is used again makes net/http repeat requests unasked, and none is
// left open behind. Nothing is uncompressed.
func newTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// ask makes the request, and once more after a server's error.
func (v *Verifier) ask(ctx context.Context, c *check, cred credential) Outcome {
	var out Outcome
	for try := 1; ; try++ {
		if out.Reason = v.gate.enter(ctx, c.provider); out.Reason != "" {
			return out
		}
		var again bool
		out.Result, out.Reason, again = v.try(ctx, c, cred)
		v.gate.leave()
		if !again || try == 2 {
			return out
		}
	}
}

// try makes one request. What goes wrong is told in words of ours: the errors
// of net/http and below quote addresses, and some addresses hold the secret.
func (v *Verifier) try(ctx context.Context, c *check, cred credential) (_ Result, reason string, again bool) {
	base := v.base[c.provider]
	host := hostOf(base)
	limited, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	req, err := c.request(limited, base, cred, v.now())
	if err != nil {
		return Unknown, "it does not fit into a request", false
	}
	// The transport alone, without a client: no redirects, cookies or passwords of a .netrc.
	resp, err := v.transport.RoundTrip(req)
	if err != nil {
		return v.failed(ctx, c, host, err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil && len(content) <= maxBody {
		return v.failed(ctx, c, host, err)
	}
	v.gate.reached(c.provider, true)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusForbidden && resp.Header.Get("Retry-After") != "": // GitHub does the latter
		reason = host + " asked to slow down, and is asked nothing more"
		v.gate.close(c.provider, reason)
		return Unknown, reason, false
	case resp.StatusCode >= 500:
		return Unknown, fmt.Sprintf("%s has a fault of its own (status %d)", host, resp.StatusCode), true
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return Unknown, fmt.Sprintf("%s sends elsewhere (status %d), which is not followed", host, resp.StatusCode), false
	case len(content) > maxBody:
		return Unknown, fmt.Sprintf("the answer of %s (status %d) is longer than %d KiB", host, resp.StatusCode, maxBody>>10), false
	}
	result, reason := c.judge(resp.StatusCode, content, host)
	return result, reason, false
}

// judge looks an answer up.
func (c *check) judge(status int, content []byte, host string) (Result, string) {
	b := parse(content, c.xml)
	for _, a := range c.answers {
		if a.status != status || !a.says(b) {
			continue
		}
		switch {
		case a.reason != "":
			return a.result, host + ": " + a.reason
		case a.result == Active:
			return Active, host + " accepts it"
		default:
			return a.result, host + " rejects it"
		}
	}
	return Unknown, fmt.Sprintf("%s gave an answer that says neither yes nor no (status %d)", host, status)
}

// failed tells why there was no answer.
func (v *Verifier) failed(ctx context.Context, c *check, host string, err error) (Result, string, bool) {
	if ctx.Err() != nil {
		return Unknown, cancelled, false // the provider is not to blame
	}
	v.gate.reached(c.provider, false)
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout():
		return Unknown, fmt.Sprintf("%s did not answer within %s", host, v.timeout), false
	case errors.As(err, &dns):
		return Unknown, "the name " + host + " could not be resolved", false
	case errors.As(err, &cert):
		return Unknown, "the certificate of " + host + " is not trusted", false
	}
	return Unknown, "the connection to " + host + " failed", false
}

// hostOf names the host of a base address.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "the provider"
	}
	return u.Host
}
