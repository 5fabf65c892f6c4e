package source

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	connectTimeout = 15 * time.Second
	answerTimeout  = 60 * time.Second // until the header of an answer
	maxAnswer      = maxConfig + 1    // of everything that is no layer
	maxTries       = 4
	firstPause     = 500 * time.Millisecond
	maxRetryAfter  = 20 * time.Second // a registry that wants more is left alone
)

// transport is what registries are reached through. From the inside out: it
// tries again what may work a little later, refuses plain http, and bounds
// what is read.
func (b *builder) transport() http.RoundTripper {
	inner := b.options.Transport
	if inner == nil {
		inner = newTransport()
	}
	return guarded{inner: patient{inner, b.options.pause}, insecure: b.options.Insecure}
}

func newTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: answerTimeout,
	}
}

// errPlain is the answer to a request, or redirect, over plain http.
var errPlain = errors.New("plain http is refused: it would show credentials to the network, and anyone could change the image")

// unbounded marks the context of requests for layers: who reads them counts.
type unbounded struct{}

// guarded refuses plain http, to which a registry, the address of its token
// service or a redirect can lead, and cuts answers off: what reads tokens and
// error messages reads all there is.
type guarded struct {
	inner    http.RoundTripper
	insecure bool
}

func (g guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !g.insecure && !isLoopback(req.URL.Hostname()) {
		return nil, errPlain
	}
	resp, err := g.inner.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.Body != nil && (req.Context().Value(unbounded{}) == nil || resp.StatusCode != http.StatusOK) {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// patient tries requests again that failed for a while only. They have no
// body; those that have are not tried again.
type patient struct {
	inner http.RoundTripper
	pause func(context.Context, time.Duration) error
}

func (p patient) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 0; ; try++ {
		resp, err := p.inner.RoundTrip(req)
		wait, again := retryAfter(resp, err, try)
		if !again || try == maxTries-1 || req.Body != nil && req.Body != http.NoBody || req.Context().Err() != nil {
			return resp, err
		}
		if resp != nil {
			resp.Body.Close()
		}
		if err := p.pause(req.Context(), wait); err != nil {
			return nil, err
		}
	}
}

// retryAfter tells whether to try again, and when: with jitter, so that jobs
// that failed together do not come back together.
func retryAfter(resp *http.Response, err error, try int) (time.Duration, bool) {
	wait := time.Duration((0.5 + rand.Float64()) * float64(firstPause<<try))
	if err != nil {
		return wait, errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
	default:
		return 0, false
	}
	var asked time.Duration
	value := resp.Header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		asked = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		asked = time.Until(date)
	}
	return max(wait, asked), asked <= maxRetryAfter
}

// sleep waits, or ends with the context.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// explaining puts the errors of a transport into words, before the client adds
// the address to them: those of redirects hold signatures.
type explaining struct {
	inner http.RoundTripper
	repo  name.Repository
}

func (e explaining) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := e.inner.RoundTrip(req)
	if err != nil {
		return nil, explain(e.repo, err)
	}
	return resp, nil
}

// innermost drops the addresses that clients put before an error.
func innermost(err error) error {
	var address *url.Error
	for errors.As(err, &address) {
		err = address.Err
	}
	return err
}

// explain says why a registry cannot be reached, and what to do about it. It
// passes on no text of the registry's and no address.
func explain(repo name.Repository, err error) error {
	var status *transport.Error
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var lookup *net.DNSError
	var cut *net.OpError
	var timeout interface{ Timeout() bool }
	host := repo.RegistryStr()
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return innermost(err)
	case errors.Is(err, errPlain):
		return fmt.Errorf("%s: %w", host, errPlain)
	case errors.As(err, &certificate):
		return fmt.Errorf("the TLS certificate of %s cannot be trusted: add its issuer to the system's certificates, or name them in SSL_CERT_FILE", host)
	case errors.As(err, &status): // after what https said, where http was tried, too
		return statusError(repo, status.StatusCode, "registry")
	case errors.As(err, &record):
		return fmt.Errorf("%s does not speak TLS", host)
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return fmt.Errorf("%s cannot be found: check the name of the registry, and the network", host)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("%s does not answer in time: try again later", host)
	case errors.As(err, &cut):
		return fmt.Errorf("%s cannot be reached: %w", host, cut.Err)
	}
	return fmt.Errorf("the connection to %s was cut, or its answer cannot be understood", host)
}
