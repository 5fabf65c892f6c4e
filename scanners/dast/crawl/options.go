package crawl

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// What holds where Options say nothing.
const (
	DefaultDepth   = 5
	DefaultPages   = 200
	DefaultTime    = time.Minute
	DefaultTimeout = 10 * time.Second
	DefaultRate    = 10 // requests per second; a caller sets it, as no rate is no limit
	DefaultWorkers = 4
	DefaultAlike   = 10
	DefaultAgent   = "scangate (+https://github.com/scangate/scangate)"
)

const (
	maxDepth   = 100
	maxPages   = 100_000
	maxWorkers = 64
)

// Options are what to crawl and how. The zero value of a field but Target is
// its default.
type Options struct {
	Target *url.URL   // where to begin; its scheme, host and port are the scope
	Seeds  []*url.URL // more places to begin, which are judged like links

	Depth   int           // how many links away from the target; negative: the target and the seeds alone
	Pages   int           // how many addresses to ask for
	Time    time.Duration // for all of it
	Timeout time.Duration // for one request, from the look-up to the end of the body
	MaxBody int64         // bytes of a body, decoded; exchange.MaxBody is the most
	Rate    float64       // requests per second; 0: as fast as the workers are
	Workers int           // requests at the same time
	Alike   int           // how many addresses of one form to ask for, such as /post/{n}

	// Header and Cookies go to the target's origin alone. Their values are
	// secrets: they appear in no page, report or error.
	Header    []exchange.Field
	Cookies   []exchange.Field
	UserAgent string

	IgnoreRobots bool
	OutOfScope   []*regexp.Regexp // addresses to leave alone: a match has to begin with the address

	RootCAs *x509.CertPool // nil: the system's; see CAs

	// Lookup resolves a name; nil: as the system does.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

	dial func(ctx context.Context, network, address string) (net.Conn, error) // for tests
}

// complete returns the options with the defaults filled in, and the target in
// its normal form. An error says what is wrong with them, without a secret.
func (o Options) complete() (Options, error) {
	if o.Target == nil {
		return o, errors.New("no target; give the address of the application")
	}
	if o.Target.User != nil {
		return o, errors.New("the target's address holds credentials; give them as a header from the environment")
	}
	target, why := canonical(o.Target)
	if why != "" {
		return o, errors.New("the target is not an http or https address of a host")
	}
	o.Target = target
	o.Seeds = slices.Clone(o.Seeds)
	if err := CheckHeader(o.Header, o.Cookies); err != nil {
		return o, err
	}
	if o.UserAgent == "" {
		o.UserAgent = DefaultAgent
	}
	if !httpguts.ValidHeaderFieldValue(o.UserAgent) {
		return o, errors.New("the user agent is no value of a header field")
	}
	if math.IsNaN(o.Rate) || math.IsInf(o.Rate, 0) || o.Rate < 0 || o.Rate > 0 && o.Rate < 0.01 {
		return o, errors.New("the rate must be 0, or at least 0.01 requests per second")
	}
	o.Depth = within(o.Depth, DefaultDepth, maxDepth)
	o.Pages = within(max(o.Pages, 0), DefaultPages, maxPages)
	o.Workers = within(max(o.Workers, 0), DefaultWorkers, maxWorkers)
	o.Alike = within(max(o.Alike, 0), DefaultAlike, maxPages)
	o.MaxBody = within(max(o.MaxBody, 0), exchange.MaxBody, exchange.MaxBody)
	o.Time = within(max(o.Time, 0), DefaultTime, 24*time.Hour)
	o.Timeout = within(max(o.Timeout, 0), DefaultTimeout, time.Hour)
	return o, nil
}

// within returns v, or usual where it is zero, and never more than most.
func within[T int | int64 | time.Duration](v, usual, most T) T {
	if v == 0 {
		return usual
	}
	return min(v, most)
}

// ownHeaders are the fields that the crawler has to set itself: with another
// value, a request or its answer would be another one than is recorded.
var ownHeaders = []string{"Host", "Connection", "Content-Length", "Transfer-Encoding", "Accept-Encoding", "Cookie", "Upgrade", "Te", "Trailer", "Expect", "Range"}

// CheckHeader tells what is wrong with header fields and cookies to send,
// without their values.
func CheckHeader(header, cookies []exchange.Field) error {
	for _, f := range header {
		if !httpguts.ValidHeaderFieldName(f.Name) {
			return fmt.Errorf("%.40q is no name of a header field", f.Name)
		}
		if !httpguts.ValidHeaderFieldValue(f.Value) {
			return fmt.Errorf("the value of the header %s cannot be sent; look for line ends in it", f.Name)
		}
		if slices.ContainsFunc(ownHeaders, func(own string) bool { return strings.EqualFold(own, f.Name) }) {
			return fmt.Errorf("the header %s cannot be set", f.Name)
		}
	}
	for _, f := range cookies {
		if !httpguts.ValidHeaderFieldName(f.Name) {
			return fmt.Errorf("%.40q is no name of a cookie", f.Name)
		}
		if !httpguts.ValidHeaderFieldValue(f.Value) || strings.ContainsAny(f.Value, "; \",\\") {
			return fmt.Errorf("the value of the cookie %s cannot be sent; give what stands between = and ;", f.Name)
		}
	}
	return nil
}

// CAs reads certificates in PEM to trust beside those of the system.
func CAs(pem []byte) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")
	}
	return pool, nil
}
