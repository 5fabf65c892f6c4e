package tlsprobe

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"
)

// now is when the tests take place, so that a date is a date.
var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newKey() crypto.Signer { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

// rsaKey makes a key; large ones take their time and are made once.
var rsaKey = sync.OnceValue(func() crypto.Signer { return must(rsa.GenerateKey(rand.Reader, 2048)) })

// authority is a certificate with its key.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// issue makes a certificate; no issuer: it is signed by itself.
func issue(by *authority, key crypto.Signer, change func(*x509.Certificate)) *authority {
	c := &x509.Certificate{
		SerialNumber: must(rand.Int(rand.Reader, big.NewInt(1<<60))),
		Subject:      pkix.Name{CommonName: "app.example"},
		DNSNames:     []string{"app.example"},
		NotBefore:    now.Add(-365 * day), NotAfter: now.Add(90 * day),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	if change != nil {
		change(c)
	}
	parent := &authority{c, key}
	if by != nil {
		parent = by
	}
	der := must(x509.CreateCertificate(rand.Reader, c, parent.cert, key.Public(), parent.key))
	return &authority{must(x509.ParseCertificate(der)), key}
}

// ca changes a certificate into an authority's.
func ca(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.IsCA, c.Subject.CommonName, c.DNSNames = true, name, nil
		c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageCertSign, nil
	}
}

// chain is what a server sends.
func chain(list ...*authority) tls.Certificate {
	t := tls.Certificate{PrivateKey: list[0].key}
	for _, a := range list {
		t.Certificate = append(t.Certificate, a.cert.Raw)
	}
	return t
}

func pool(a *authority) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// serve starts a TLS server that says nothing but its handshake, and returns
// how to get to it, and how often somebody did.
func serve(t *testing.T, conf *tls.Config) (Door, func() int) {
	t.Helper()
	var mu sync.Mutex
	count := 0
	d := listen(t, func(c net.Conn) {
		mu.Lock()
		count++
		mu.Unlock()
		s := tls.Server(c, conf)
		if s.Handshake() == nil {
			s.Read(make([]byte, 1))
		}
	})
	return d, func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

// listen starts a server.
func listen(t *testing.T, handle func(net.Conn)) Door {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				c.SetDeadline(time.Now().Add(10 * time.Second))
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return Door{Address: l.Addr().String(), ServerName: "app.example", Pause: time.Millisecond, Timeout: 5 * time.Second}
}

// words are alerts in short.
func words(alerts []Alert) []string {
	var out []string
	for _, a := range alerts {
		known := slices.ContainsFunc(Checks(), func(c Check) bool { return c.ID == a.ID && c.Title == a.Title && a.Title != "" && a.Risk <= c.Risk })
		if !known {
			out = append(out, "not of the table: ")
		}
		out = append(out, a.ID+" "+[...]string{"", "info", "low", "medium", "high"}[a.Risk]+": "+a.Detail+" ["+a.Evidence+"]")
	}
	return out
}
