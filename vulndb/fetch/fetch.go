// Package fetch is what all downloads have in common: a transport that waits
// for nobody for ever, errors that pass on nothing of what a server says, and
// when it is worth trying again.
package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// StallTimeout is how long a server may keep silent within an answer.
	StallTimeout = 30 * time.Second

	answerTimeout  = 30 * time.Second // until the header of an answer
	connectTimeout = 15 * time.Second
)

// StatusError is an HTTP status that ends a request.
type StatusError struct {
	What   string // was asked for
	Status int
	After  time.Duration // as the server asked, 0 if it did not
}

// Error names what was asked for and the status.
func (e StatusError) Error() string {
	switch e.Status {
	case http.StatusTooManyRequests:
		return fmt.Sprintf("%s: too many requests (HTTP 429)", e.What)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Sprintf("%s: access denied (HTTP %d)", e.What, e.Status)
	}
	return fmt.Sprintf("%s: HTTP %d", e.What, e.Status)
}

// NetworkError is a request without a whole answer.
type NetworkError struct{ Err error }

// Error is that of the cause.
func (e NetworkError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e NetworkError) Unwrap() error { return e.Err }

// Classify says what went wrong with a request. It passes on no text of the
// server's and no address: those of redirects hold signatures.
func Classify(ctx context.Context, err error) error {
	var address *url.Error
	var certificate *tls.CertificateVerificationError
	var lookup *net.DNSError
	var cut *net.OpError
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for errors.As(err, &address) {
		err = address.Err
	}
	switch {
	case errors.As(err, &certificate):
		return errors.New("its TLS certificate cannot be trusted")
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return errors.New("its name cannot be resolved")
	case errors.As(err, &cut):
		return NetworkError{cut.Err}
	case address != nil:
		return NetworkError{err}
	}
	return NetworkError{errors.New("the connection was cut, or the answer cannot be understood")}
}

// NewTransport is the standard one with limits on how long a server may keep
// silent.
func NewTransport() http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: answerTimeout,
		IdleConnTimeout:       answerTimeout,
	}
}
