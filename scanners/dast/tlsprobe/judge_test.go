package tlsprobe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestCertificates connects to servers with different certificates.
func TestCertificates(t *testing.T) {
	root := issue(nil, newKey(), ca("root"))
	old := issue(nil, rsaKey(), func(c *x509.Certificate) {
		ca("old root")(c)
		c.SignatureAlgorithm = x509.SHA1WithRSA
	})
	between := issue(root, newKey(), ca("between"))
	stale := issue(root, newKey(), func(c *x509.Certificate) {
		ca("stale")(c)
		c.NotAfter = now.Add(-day)
	})
	expires := func(in time.Duration) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotAfter = now.Add(in) }
	}
	tests := []struct {
		name  string
		chain []*authority
		root  *authority
		as    string
		want  []string
	}{
		{"good", []*authority{issue(root, newKey(), nil)}, root, "app.example", nil},
		{"good, by way of another", []*authority{issue(between, newKey(), nil), between}, root, "app.example", nil},
		{"one between is missing", []*authority{issue(between, newKey(), nil)}, root, "app.example",
			[]string{"tls-untrusted medium: The certificate of app.example cannot be verified: the authority that has signed it is not trusted, or an intermediate certificate is missing. []"}},
		{"one between has expired", []*authority{issue(stale, newKey(), nil), stale}, root, "app.example",
			[]string{"tls-untrusted medium: The certificate of app.example cannot be verified: a certificate between it and the authority is not valid at this time. []"}},
		{"someone else's", []*authority{issue(root, newKey(), nil)}, between, "app.example",
			[]string{"tls-untrusted medium: The certificate of app.example cannot be verified: the authority that has signed it is not trusted, or an intermediate certificate is missing. []"}},
		{"self-signed", []*authority{issue(nil, newKey(), nil)}, root, "app.example",
			[]string{"tls-self-signed medium: The certificate of app.example is signed by itself, and not among those that are trusted. []"}},
		{"for clients", []*authority{issue(root, newKey(), func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })}, root, "app.example",
			[]string{"tls-untrusted medium: The certificate of app.example cannot be verified: it is not meant for servers. []"}},
		{"other name", []*authority{issue(root, newKey(), nil)}, root, "www.app.example",
			[]string{"tls-wrong-name medium: The certificate is for app.example, and not for www.app.example. []"}},
		{"wildcard", []*authority{issue(root, newKey(), func(c *x509.Certificate) { c.DNSNames = []string{"*.app.example"} })}, root, "www.app.example", nil},
		{"address", []*authority{issue(root, newKey(), func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv6loopback} })}, root, "::1", nil},
		{"other address", []*authority{issue(root, newKey(), func(c *x509.Certificate) { c.IPAddresses = []net.IP{{127, 0, 0, 1}} })}, root, "::1",
			[]string{"tls-wrong-name medium: The certificate is for app.example, 127.0.0.1, and not for ::1. []"}},
		{"common name only", []*authority{issue(root, newKey(), func(c *x509.Certificate) { c.DNSNames = nil })}, root, "app.example",
			[]string{"tls-wrong-name medium: The certificate is for no name, and not for app.example. []"}},
		{"expired", []*authority{issue(root, newKey(), expires(-50*time.Hour))}, root, "app.example",
			[]string{"tls-expired high: The certificate expired on 2026-05-30 10:00 UTC, 2 days ago. [2026-05-30 10:00 UTC]"}},
		{"expired and self-signed", []*authority{issue(nil, newKey(), expires(-time.Second))}, root, "app.example",
			[]string{
				"tls-expired high: The certificate expired on 2026-06-01 11:59 UTC, 0 minutes ago. [2026-06-01 11:59 UTC]",
				"tls-self-signed medium: The certificate of app.example is signed by itself, and not among those that are trusted. []",
			}},
		{"not yet valid", []*authority{issue(root, newKey(), func(c *x509.Certificate) { c.NotBefore = now.Add(time.Hour) })}, root, "app.example",
			[]string{"tls-expired high: The certificate is valid from 2026-06-01 13:00 UTC. [2026-06-01 13:00 UTC]"}},
		{"under 7 days", []*authority{issue(root, newKey(), expires(7*day-time.Second))}, root, "app.example",
			[]string{"tls-expires-soon medium: The certificate expires on 2026-06-08 11:59 UTC, in 6 days. [2026-06-08 11:59 UTC]"}},
		{"7 days", []*authority{issue(root, newKey(), expires(7*day))}, root, "app.example",
			[]string{"tls-expires-soon low: The certificate expires on 2026-06-08 12:00 UTC, in 7 days. [2026-06-08 12:00 UTC]"}},
		{"under 30 days", []*authority{issue(root, newKey(), expires(30*day-time.Second))}, root, "app.example",
			[]string{"tls-expires-soon low: The certificate expires on 2026-07-01 11:59 UTC, in 29 days. [2026-07-01 11:59 UTC]"}},
		{"30 days", []*authority{issue(root, newKey(), expires(30*day))}, root, "app.example", nil},
		{"short key", []*authority{issue(root, must(rsa.GenerateKey(rand.Reader, 1024)), nil)}, root, "app.example",
			[]string{"tls-weak-key medium: The key of app.example is RSA with 1024 bits. [RSA with 1024 bits]"}},
		{"SHA-1", []*authority{issue(old, rsaKey(), func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA })}, old, "app.example",
			[]string{"tls-weak-signature medium: The certificate of app.example is signed with SHA1-RSA. [SHA1-RSA]"}},
		{"SHA-1 of the root only", []*authority{issue(old, rsaKey(), nil), old}, old, "app.example", nil},
		{"no stapling", []*authority{issue(root, newKey(), func(c *x509.Certificate) { c.OCSPServer = []string{"http://ocsp.example"} })}, root, "app.example",
			[]string{"tls-no-stapling info: The server sends no OCSP response with its certificate. []"}},
		{"control characters", []*authority{issue(nil, newKey(), func(c *x509.Certificate) {
			c.Subject.CommonName, c.DNSNames = "a\x1b[31m\nb", []string{"a.example", "b.example", "c.example", "d.example", "e.example", "f.example"}
		})}, root, "app.example",
			[]string{
				"tls-self-signed medium: The certificate of a[31m b is signed by itself, and not among those that are trusted. []",
				"tls-wrong-name medium: The certificate is for a.example, b.example, c.example, d.example, e.example and 1 more, and not for app.example. []",
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, _ := serve(t, &tls.Config{Certificates: []tls.Certificate{chain(tt.chain...)}, MinVersion: tls.VersionTLS12})
			d.Roots, d.ServerName = pool(tt.root), tt.as
			r, err := Probe(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, words(r.Alerts(now))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestStapled asserts that a server with a stapled response is left in peace.
func TestStapled(t *testing.T) {
	root := issue(nil, newKey(), ca("root"))
	c := chain(issue(root, newKey(), func(c *x509.Certificate) { c.OCSPServer = []string{"http://ocsp.example"} }))
	c.OCSPStaple = []byte("a response")
	for _, max := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		d, _ := serve(t, &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12, MaxVersion: max})
		d.Roots = pool(root)
		r, err := Probe(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Stapled {
			t.Errorf("%s: %q", tls.VersionName(max), words(r.Alerts(now)))
		}
	}
}

// TestWeakKey has the keys that Go's servers refuse to use.
func TestWeakKey(t *testing.T) {
	short := &elliptic.CurveParams{Name: "P-192", BitSize: 192, P: big.NewInt(1), N: big.NewInt(1), B: big.NewInt(1), Gx: big.NewInt(1), Gy: big.NewInt(1)}
	tests := []struct {
		key  any
		want string
	}{
		{&ecdsa.PublicKey{Curve: short}, "an elliptic curve with 192 bits"},
		{&ecdsa.PublicKey{Curve: elliptic.P224()}, ""},
		{&ecdsa.PublicKey{Curve: elliptic.P256()}, ""},
		{rsaKey().Public(), ""},
		{nil, ""},
	}
	for _, tt := range tests {
		if got := weakKey(&x509.Certificate{PublicKey: tt.key}); got != tt.want {
			t.Errorf("%v: got %q", tt.key, got)
		}
	}
}

// TestChecks asserts that the table is whole.
func TestChecks(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Checks() {
		if seen[c.ID] || c.ID == "" || c.Title == "" || c.Text == "" || c.Fix == "" || len(c.References) == 0 || c.CWE == 0 || c.Risk < Informational || c.Risk > High {
			t.Errorf("%+v", c)
		}
		seen[c.ID] = true
	}
}
