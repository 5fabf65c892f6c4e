package verify

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	digits = "0123456789"
	hexes  = "0123456789abcdef"
	lower  = "abcdefghijklmnopqrstuvwxyz"
	upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alnum  = digits + lower + upper
)

// random is made anew from a seed: nothing that looks like a secret stands in a file.
func random(seed uint64, n int, from string) string {
	r := rand.New(rand.NewPCG(seed, 4))
	b := make([]byte, n)
	for i := range b {
		b[i] = from[r.IntN(len(from))]
	}
	return string(b)
}

func gitHubPAT(seed uint64) string { return "ghp_" + random(seed, 36, alnum) }

// standIn is a provider on this machine. Whatever name is dialled, it answers;
// so requests carry the hosts that they are really for.
type standIn struct {
	*httptest.Server
	mu     sync.Mutex
	dialed []string
	seen   []*http.Request
}

func newStandIn(t *testing.T, h http.HandlerFunc) *standIn {
	t.Helper()
	s := &standIn{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r)
		s.mu.Unlock()
		h(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that are meant to fail
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *standIn) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen)
}

// transport is the real one, but for where it dials and whom it trusts.
func (s *standIn) transport() *http.Transport {
	tr := newTransport().(*http.Transport)
	tr.Proxy = nil
	tr.TLSClientConfig.RootCAs = x509.NewCertPool()
	tr.TLSClientConfig.RootCAs.AddCert(s.Certificate())
	tr.TLSClientConfig.ServerName = "example.com" // httptest's certificate
	tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		s.mu.Lock()
		s.dialed = append(s.dialed, address)
		s.mu.Unlock()
		return (&net.Dialer{}).DialContext(ctx, network, s.Listener.Addr().String())
	}
	return tr
}

// verifier asks the stand-in, without pauses.
func (s *standIn) verifier(t *testing.T, o Options) *Verifier {
	t.Helper()
	if o.Transport == nil {
		o.Transport = s.transport()
	}
	if o.Limit.Every == 0 {
		o.Limit.Every = time.Nanosecond
	}
	v, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// noLeak fails where eight characters in a row of a secret are in what Check
// returned. Marks such as ghp_ are no secret, and so short of eight.
func noLeak(t *testing.T, o Outcome, secrets ...string) {
	t.Helper()
	said := fmt.Sprintf("%+v %#v %s %s", o, o, o.Result, o.Reason)
	for _, secret := range secrets {
		secret = strings.TrimPrefix(secret, "https://hooks.slack.com/services/")
		for i := 0; i+8 <= len(secret); i++ {
			if part := secret[i : i+8]; strings.Contains(said, part) {
				t.Fatalf("the outcome has a part of the secret: %s", said)
			}
		}
	}
	if strings.ContainsAny(o.Reason, "\n\r\t") || len(o.Reason) > 200 || o.Result == Unknown && o.Reason == "" {
		t.Errorf("reason %q", o.Reason)
	}
}
