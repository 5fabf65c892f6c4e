package crawl

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
)

// explain says in a sentence why a request failed, and what to do. What the
// server sent is not quoted.
func explain(err error) string {
	var refused *RefusedAddress
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var verification *tls.CertificateVerificationError
	var timeout net.Error
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no host of that name; check the address"
	case errors.As(err, &dns):
		return "its name cannot be looked up; check the network's name server"
	case errors.As(err, &authority):
		return "its certificate is signed by an authority that is not trusted; give that authority's certificate with ca: under scanners: dast, or the server's own where it signed itself"
	case errors.As(err, &name):
		return "its certificate is for another name; use the name that it is for as the target"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not valid yet; renew it"
	case errors.As(err, &verification), errors.As(err, &invalid):
		return "its certificate cannot be verified; correct it, or give its authority's certificate with ca: under scanners: dast"
	case errors.As(err, &record), strings.Contains(err.Error(), "HTTP response to HTTPS client"):
		return "it does not speak TLS; is its address http:// rather than https://?"
	case strings.Contains(err.Error(), "tls: certificate required"), strings.Contains(err.Error(), "tls: bad certificate"):
		return "it wants a certificate of its clients, which cannot be given; let the scan in without"
	case strings.Contains(err.Error(), "tls: "):
		return "it does not agree on TLS 1.2 or 1.3"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection is refused; is the application running, and on that port?"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to it from here; check the address and the network"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "it does not answer in time; is it up, and reachable from here?"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it closes the connection without an answer; look at its log, and at whether it wants https://"
	}
	return "it does not answer in HTTP that can be read"
}

// unreachable is the error for a target that does not answer.
func (c *crawler) unreachable(err error) error {
	return fmt.Errorf("cannot reach %s: %s", c.client.origin, explain(err))
}

// fruitless says why a crawl without a single page that was served well is no
// scan, and what to do.
func (c *crawler) fruitless() error {
	target := shown(c.options.Target)
	switch {
	case c.report.Fetched == 0 && c.robots.refuses:
		return fmt.Errorf("%s: robots.txt cannot be had from the server, which means that nothing may be crawled (RFC 9309); mend it, or ignore robots.txt", target)
	case c.report.Fetched == 0 && c.report.Skipped[Robots] > 0:
		return fmt.Errorf("%s: robots.txt forbids to crawl it; allow %s there, or ignore robots.txt", target, agentToken)
	case c.report.Fetched == 0 && c.firstErr != nil:
		return c.unreachable(c.firstErr)
	case c.report.Fetched == 0 && len(c.report.Cut) > 0:
		return fmt.Errorf("%s: no page came before the time was up; give it more", target)
	case c.report.Fetched == 0:
		return fmt.Errorf("%s: there was nothing to ask for; it is out of scope by the rules file", target)
	case c.leaves != "":
		return fmt.Errorf("%s redirects to %s, which is another origin; make that the target if it is the application", target, c.leaves)
	}
	classes := map[int]int{}
	for status, n := range c.report.Status {
		classes[status/100] += n
	}
	switch {
	case c.report.Status[401]+c.report.Status[403] > 0 && classes[5] == 0:
		return fmt.Errorf("%s: no page is served without signing in; give a header or cookies for that", target)
	case classes[5] > 0:
		return fmt.Errorf("%s: the server answers with errors alone (status 5xx); look at its log", target)
	case classes[4] > 0:
		return fmt.Errorf("%s: no page is there (status 4xx); check the address", target)
	}
	return fmt.Errorf("%s: no page was served, only redirects; check the address", target)
}
