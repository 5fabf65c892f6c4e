package start

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"

	"github.com/scangate/scangate/text"
)

const (
	// oneTry is how long one request may take.
	oneTry = 2 * time.Second
	// The pauses between requests grow: a small program is there at once, and
	// a large one has no use for many.
	firstPause = 10 * time.Millisecond
	lastPause  = 500 * time.Millisecond
)

// taken tells whether something listens at an address.
func taken(ctx context.Context, u *url.URL) bool {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	d := net.Dialer{Timeout: time.Second}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// await waits until the program answers.
func (r *Running) await(ctx context.Context, u *url.URL, within time.Duration) error {
	client, done := prober()
	defer done()
	over := time.NewTimer(within)
	defer over.Stop()
	seen := "nothing was asked yet"
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		wait := time.NewTimer(pause)
		select {
		case <-r.ended:
			wait.Stop()
			if err := ctx.Err(); err != nil { // it was ended because of that
				return fmt.Errorf("%s was stopped before it answered: %w", r.name, err)
			}
			return fmt.Errorf("%w; it must stay in the foreground until the scan is over", r.Death())
		case <-ctx.Done():
			wait.Stop()
			return fmt.Errorf("%s was stopped before it answered: %w", r.name, ctx.Err())
		case <-over.C:
			wait.Stop()
			return fmt.Errorf("%s did not answer at %s within %s, last seen: %s%s; give it more time, or check the address", r.name, u.Host, within, seen, r.log.lastWords())
		case <-wait.C:
		}
		status, err := ask(ctx, client, u)
		if err == nil && status < 500 {
			select {
			case <-r.ended: // someone else has answered
			default:
				return nil
			}
		}
		if err != nil {
			seen = reason(err)
		} else {
			seen = fmt.Sprintf("status %d", status)
		}
	}
}

// prober is a client that goes to the address and nowhere else. Certificates
// are not verified: nothing is sent but the address, and whether the program
// is up is all that is asked.
func prober() (*http.Client, func()) {
	t := &http.Transport{
		TLSClientConfig:        &tls.Config{InsecureSkipVerify: true},
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return &http.Client{
		Transport:     t,
		Timeout:       oneTry,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, t.CloseIdleConnections
}

// ask asks once for the address, and returns the status.
func ask(ctx context.Context, client *http.Client, u *url.URL) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("User-Agent", "scangate")
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}

// reason words why there was no answer.
func reason(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &dns):
		return "the host's name is not known"
	case os.IsTimeout(err), errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", oneTry)
	}
	return text.OneLine(cause(err), 100)
}
