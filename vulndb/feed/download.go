package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb/fetch"
)

const (
	maxRedirects = 5
	maxETag      = 1 << 10
)

// CheckAddress reports, with an example, what is wrong with the address of a
// mirror.
func CheckAddress(address string) error {
	_, err := parseAddress(address)
	return err
}

func parseAddress(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("want an address such as https://mirror.example.com/kev.json")
	case u.User != nil:
		return nil, errors.New("want an address without a name and password: they do not belong into a file that is committed")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("want https://: http:// is for this machine only")
	}
	return u, nil
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// redirectError is a redirect that is not followed.
type redirectError struct{ error }

// mayRedirect says whether a request for the feed at first may go on to next.
func (k *Kind) mayRedirect(first, next *url.URL) error {
	host := next.Hostname()
	local := isLoopback(first.Hostname()) && isLoopback(host)
	switch {
	case next.Scheme != "https" && !(local && next.Scheme == "http"):
		return redirectError{errors.New("it redirects to an address that is not https://")}
	case !local && !strings.EqualFold(host, first.Hostname()) && !slices.Contains(k.hosts, strings.ToLower(host)):
		return redirectError{fmt.Errorf("it redirects to %s, which is another host: name the address there", text.OneLine(host, 100))}
	}
	return nil
}

// answer is what a source said.
type answer struct {
	same bool // it has nothing else than what is known
	data []byte
	etag string
}

// request asks the source once. It is told what is known by its etag.
func (u *updater) request(ctx context.Context, etag string) (answer, error) {
	stall := u.options.stall
	if stall == 0 {
		stall = fetch.StallTimeout
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(2*stall, func() { // it may have to connect first
		cancel(fetch.NetworkError{Err: fmt.Errorf("no data for %s", stall)})
	})
	defer watchdog.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.address.String(), nil)
	if err != nil {
		return answer{}, errors.New("its address cannot be used")
	}
	req.Header.Set("User-Agent", "scangate")
	req.Header.Set("Accept-Encoding", "identity")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	client := http.Client{Transport: u.transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return redirectError{errors.New("it redirects again and again")}
		}
		return u.kind.mayRedirect(u.address, next.URL)
	}}
	resp, err := client.Do(req)
	var redirect redirectError
	switch {
	case errors.As(err, &redirect):
		return answer{}, redirect.error
	case err != nil:
		return answer{}, fetch.Classify(ctx, err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotModified && etag != "":
		return answer{same: true}, nil
	case resp.StatusCode != http.StatusOK:
		return answer{}, fetch.StatusError{What: "feed", Status: resp.StatusCode, After: fetch.RetryAfter(resp.Header, u.now())}
	}
	body := io.LimitReader(resp.Body, u.kind.maxWire+1)
	data, err := io.ReadAll(watched{body, func() { watchdog.Reset(stall) }})
	switch {
	case err != nil, ctx.Err() != nil:
		// A server that hears of the end may still finish its answer.
		return answer{}, fetch.Classify(ctx, err)
	case int64(len(data)) > u.kind.maxWire:
		return answer{}, fmt.Errorf("it is over the limit of %d MiB", u.kind.maxWire>>20)
	}
	if etag = resp.Header.Get("ETag"); len(etag) > maxETag {
		etag = ""
	}
	return answer{data: data, etag: etag}, nil
}

// watched tells of every byte that arrives.
type watched struct {
	r    io.Reader
	tell func()
}

func (w watched) Read(p []byte) (int, error) {
	w.tell()
	return w.r.Read(p)
}
