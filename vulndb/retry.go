package vulndb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	maxTries       = 3  // in a row without a byte gained
	maxTriesInAll  = 10 // of one mirror
	firstPause     = 500 * time.Millisecond
	maxRetryAfter  = 10 * time.Second // a mirror that wants more has lost its turn
	stallTimeout   = 30 * time.Second // without a byte
	answerTimeout  = 30 * time.Second // until the header of an answer
	connectTimeout = 15 * time.Second
)

// statusError is an HTTP status that ends a request.
type statusError struct {
	what   string
	status int
	after  time.Duration // as the registry asked, 0 if it did not
}

func (e statusError) Error() string {
	switch e.status {
	case http.StatusTooManyRequests:
		return fmt.Sprintf("%s: too many requests (HTTP 429)", e.what)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Sprintf("%s: access denied (HTTP %d)", e.what, e.status)
	}
	return fmt.Sprintf("%s: HTTP %d", e.what, e.status)
}

// networkError is a request without a whole answer.
type networkError struct{ error }

func (e networkError) Unwrap() error { return e.error }

// connectError classifies what went wrong. It passes on no text of the
// registry's and no address: those of redirects hold signatures.
func connectError(ctx context.Context, err error) error {
	var status *transport.Error
	var address *url.Error
	var certificate *tls.CertificateVerificationError
	var lookup *net.DNSError
	var cut *net.OpError
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &status):
		return statusError{"registry", status.StatusCode, 0}
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
		return networkError{cut.Err}
	case address != nil:
		return networkError{err}
	}
	return networkError{errors.New("the connection was cut, or the answer cannot be understood")}
}

// temporary reports whether the same request may work a little later.
func temporary(err error) bool {
	var status statusError
	if errors.As(err, &status) {
		return status.status == http.StatusTooManyRequests || status.status == http.StatusRequestTimeout || status.status >= 500
	}
	var network networkError
	return errors.As(err, &network)
}

// retryAfter reads the header, which has seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(time.Duration(seconds)*time.Second, 0)
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}

// pauseBefore is how long to wait before the next try, of which n failed: with
// jitter, so that jobs that failed together do not come back together.
func pauseBefore(err error, n int) (time.Duration, bool) {
	pause := time.Duration((0.5 + rand.Float64()) * float64(firstPause<<min(n, 4)))
	var status statusError
	if errors.As(err, &status) && status.after > 0 {
		return max(pause, status.after), status.after <= maxRetryAfter
	}
	return pause, true
}

// persist calls try until it works, cannot work, or has been called often
// enough. Tries that gained something do not count against it.
func (u *updater) persist(ctx context.Context, try func() (gained bool, err error)) error {
	failed := 0
	for range maxTriesInAll {
		gained, err := try()
		if err == nil || !temporary(err) || ctx.Err() != nil {
			return err
		}
		if failed++; gained {
			failed = 1
		}
		pause, worth := pauseBefore(err, failed-1)
		if failed >= maxTries || !worth {
			return err
		}
		if err := u.pause(ctx, pause); err != nil {
			return err
		}
	}
	return errors.New("the connection was cut again and again")
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
