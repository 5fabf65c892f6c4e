package tlsprobe

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/text"
)

const (
	day    = 24 * time.Hour
	soon   = 30 * day
	sooner = 7 * day

	minRSA   = 2048 // bits
	minCurve = 224
)

// Alerts judges what was seen, as of a time. They come in the order of Checks.
func (r Result) Alerts(now time.Time) []Alert {
	out := r.offers()
	if len(r.Chain) == 0 {
		return out
	}
	out = append(out, r.validity(now)...)
	out = append(out, r.trust(now)...)
	for _, c := range r.Chain {
		if why := weakKey(c); why != "" {
			out = append(out, alert("tls-weak-key", Medium, "The key of "+subject(c)+" is "+why+".", why))
		}
	}
	for _, c := range r.Chain {
		if weakSignature(c) {
			out = append(out, alert("tls-weak-signature", Medium, "The certificate of "+subject(c)+" is signed with "+c.SignatureAlgorithm.String()+".", c.SignatureAlgorithm.String()))
		}
	}
	if len(r.Chain[0].OCSPServer) > 0 && !r.Stapled {
		out = append(out, alert("tls-no-stapling", Informational, "The server sends no OCSP response with its certificate."))
	}
	return out
}

// offers judges versions and suites.
func (r Result) offers() []Alert {
	var out []Alert
	var old []string
	for _, v := range r.Accepted {
		if v < tls.VersionTLS12 {
			old = append(old, tls.VersionName(v))
		}
	}
	if len(old) > 0 {
		out = append(out, alert("tls-old-version", Medium, "The server accepts "+strings.Join(old, " and ")+".", old...))
	}
	no12, no13 := slices.Contains(r.Refused, tls.VersionTLS12), slices.Contains(r.Refused, tls.VersionTLS13)
	switch {
	case no12 && no13:
		out = append(out, alert("tls-no-current-version", High, "The server refuses TLS 1.2 and TLS 1.3."))
	case no13:
		out = append(out, alert("tls-no-version-13", Informational, "The server refuses TLS 1.3."))
	}
	if len(r.Weak) > 0 {
		var names []string
		for _, s := range r.Weak {
			names = append(names, tls.CipherSuiteName(s))
		}
		detail := fmt.Sprintf("In %s the server accepts %s.", tls.VersionName(r.WeakIn), text.Count(len(names), "weak cipher suite"))
		out = append(out, alert("tls-weak-cipher", Medium, detail, names...))
	}
	return out
}

// validity judges the time in which the server's own certificate is valid.
func (r Result) validity(now time.Time) []Alert {
	c := r.Chain[0]
	date := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 MST") }
	end, left := date(c.NotAfter), c.NotAfter.Sub(now)
	switch {
	case now.Before(c.NotBefore):
		return []Alert{alert("tls-expired", High, "The certificate is valid from "+date(c.NotBefore)+".", date(c.NotBefore))}
	case left < 0:
		return []Alert{alert("tls-expired", High, "The certificate expired on "+end+", "+text.Age(-left)+" ago.", end)}
	case left < sooner:
		return []Alert{alert("tls-expires-soon", Medium, "The certificate expires on "+end+", in "+text.Age(left)+".", end)}
	case left < soon:
		return []Alert{alert("tls-expires-soon", Low, "The certificate expires on "+end+", in "+text.Age(left)+".", end)}
	}
	return nil
}

// trust judges whom the certificate is from, and for whom.
func (r Result) trust(now time.Time) []Alert {
	var out []Alert
	c := r.Chain[0]
	opts := x509.VerifyOptions{Roots: r.roots, Intermediates: x509.NewCertPool(), CurrentTime: now}
	if now.After(c.NotAfter) || now.Before(c.NotBefore) {
		opts.CurrentTime = c.NotAfter.Add(-time.Second) // that has an alert of its own
	}
	for _, more := range r.Chain[1:min(len(r.Chain), 20)] {
		opts.Intermediates.AddCert(more)
	}
	_, err := c.Verify(opts)
	switch {
	case err == nil, slices.ContainsFunc(r.Chain, weakSignature):
		// Weak signatures have an alert of their own, and verify nothing.
	case selfSigned(c):
		out = append(out, alert("tls-self-signed", Medium, "The certificate of "+subject(c)+" is signed by itself, and not among those that are trusted."))
	default:
		out = append(out, alert("tls-untrusted", Medium, "The certificate of "+subject(c)+" cannot be verified: "+because(err)+"."))
	}
	if err := c.VerifyHostname(r.name); err != nil {
		var names []string
		for _, n := range c.DNSNames {
			names = append(names, text.OneLine(n, 100))
		}
		for _, ip := range c.IPAddresses {
			names = append(names, ip.String())
		}
		list := "no name"
		if n := len(names); n > 5 {
			list = strings.Join(names[:5], ", ") + fmt.Sprintf(" and %d more", n-5)
		} else if n > 0 {
			list = strings.Join(names, ", ")
		}
		out = append(out, alert("tls-wrong-name", Medium, fmt.Sprintf("The certificate is for %s, and not for %s.", list, text.OneLine(r.name, 100))))
	}
	return out
}

// because words why a chain does not verify.
func because(err error) string {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "a certificate between it and the authority is not valid at this time"
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return "it is not meant for servers"
	case errors.As(err, &unknown):
		return "the authority that has signed it is not trusted, or an intermediate certificate is missing"
	}
	return strings.TrimPrefix(text.OneLine(err.Error(), 150), "x509: ")
}

// selfSigned tells whether a certificate is its own issuer.
func selfSigned(c *x509.Certificate) bool {
	return string(c.RawIssuer) == string(c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// weakSignature tells of a hash function that is broken. A root's signature
// of itself proves nothing, and may be any.
func weakSignature(c *x509.Certificate) bool {
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return !c.IsCA || string(c.RawIssuer) != string(c.RawSubject)
	}
	return false
}

// weakKey words what is weak about a key, or is empty.
func weakKey(c *x509.Certificate) string {
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSA {
			return fmt.Sprintf("RSA with %d bits", n)
		}
	case *ecdsa.PublicKey:
		if n := k.Curve.Params().BitSize; n < minCurve {
			return fmt.Sprintf("an elliptic curve with %d bits", n)
		}
	}
	if c.PublicKeyAlgorithm == x509.DSA {
		return "DSA, which TLS no longer has"
	}
	return ""
}

// subject names a certificate for people.
func subject(c *x509.Certificate) string {
	name := c.Subject.CommonName
	if name == "" && len(c.DNSNames) > 0 {
		name = c.DNSNames[0]
	}
	if name = text.OneLine(name, 100); name == "" {
		return "the server"
	}
	return name
}
