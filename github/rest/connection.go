package rest

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// Connection words why there is no answer. The error itself is not to be shown:
// it holds addresses, which may hold passwords, as those of a proxy do.
func Connection(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "did not answer in time"
	case certificate(err):
		return "shows a certificate that is not trusted: make its authority known to this system (SSL_CERT_FILE)"
	case errors.As(err, &dns):
		return "is not a known host name: check GITHUB_API_URL and the network"
	case errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect"):
		return "cannot be reached: check GITHUB_API_URL and the network"
	}
	return "broke off the connection"
}

func certificate(err error) bool {
	var c *tls.CertificateVerificationError
	return errors.As(err, &c)
}
