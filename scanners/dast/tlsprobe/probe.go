// Package tlsprobe looks at the front door of an application: which versions
// and cipher suites of TLS it takes, what its certificate is like, and whether
// it answers TRACE and CONNECT. It makes a few connections, one after the
// other, and sends nothing that could change anything.
package tlsprobe

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/scangate/scangate/text"
)

// Door is what to look at.
type Door struct {
	Address    string // host:port, as it is dialled
	ServerName string // the host's name or IP address, which the certificate must have
	// Dial connects to Address and to nothing else; it is where scope is kept.
	Dial  func(ctx context.Context, network, address string) (net.Conn, error)
	Roots *x509.CertPool // whom certificates must come from; nil: whom the system trusts

	Pause   time.Duration // between connections; 0: a tenth of a second
	Timeout time.Duration // of each connection; 0: five seconds
}

const (
	defaultPause   = 100 * time.Millisecond
	defaultTimeout = 5 * time.Second
	// maxConnections bounds those of one Probe.
	maxConnections = 20
)

// Result is what a TLS server offers.
type Result struct {
	Accepted []uint16 // versions, the lowest first
	Refused  []uint16 // the others, except those of which it is not known
	Weak     []uint16 // cipher suites it takes that it should not, in the order of their numbers
	WeakIn   uint16   // the version in which they were tried, 0: they were not

	Chain   []*x509.Certificate // what the server sends, its own first
	Stapled bool                // with an OCSP response

	name  string
	roots *x509.CertPool
}

// versions are those that are tried, the best first: the certificate is that
// which visitors get.
var versions = []uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS11, tls.VersionTLS10}

// Probe connects until it knows what a server offers. It fails if there is no
// server, or one that does not speak TLS. An error is one line.
func Probe(ctx context.Context, d Door) (Result, error) {
	p := &prober{door: d.complete()}
	r := Result{name: p.door.ServerName, roots: p.door.Roots}
	var last error
	for _, v := range versions {
		state, err := p.shake(ctx, v, allSuites())
		switch {
		case state.Version == v:
			r.Accepted = append(r.Accepted, v)
			if len(r.Chain) == 0 {
				r.Chain, r.Stapled = state.PeerCertificates, len(state.OCSPResponse) > 0
			}
		case refusal(err):
			r.Refused = append(r.Refused, v)
		}
		last = cmp.Or(err, last)
		if ctx.Err() != nil {
			break
		}
	}
	if len(r.Accepted) == 0 {
		return r, fmt.Errorf("no TLS connection to %s: %w", text.OneLine(p.door.Address, 100), shortly(last))
	}
	slices.Sort(r.Accepted)
	slices.Sort(r.Refused)
	p.suites(ctx, &r)
	if err := ctx.Err(); err != nil {
		return r, fmt.Errorf("the look at TLS of %s was stopped: %w", text.OneLine(p.door.Address, 100), err)
	}
	return r, nil
}

// suites offers weak suites only, and takes away the one that is chosen, until
// none is.
func (p *prober) suites(ctx context.Context, r *Result) {
	for _, v := range r.Accepted {
		if v <= tls.VersionTLS12 {
			r.WeakIn = v
		}
	}
	if r.WeakIn == 0 {
		return // 1.3 has no weak ones
	}
	offer := weakSuites()
	for len(offer) > 0 {
		state, _ := p.shake(ctx, r.WeakIn, offer)
		at := slices.Index(offer, state.CipherSuite)
		if at < 0 {
			break
		}
		r.Weak = append(r.Weak, state.CipherSuite)
		offer = slices.Delete(offer, at, at+1)
	}
	slices.Sort(r.Weak)
}

func weakSuites() []uint16 {
	var out []uint16
	for _, s := range tls.InsecureCipherSuites() {
		out = append(out, s.ID)
	}
	return out
}

func allSuites() []uint16 {
	var out []uint16
	for _, s := range tls.CipherSuites() {
		out = append(out, s.ID)
	}
	return append(out, weakSuites()...)
}

func (d Door) complete() Door {
	d.Pause = cmp.Or(d.Pause, defaultPause)
	d.Timeout = cmp.Or(d.Timeout, defaultTimeout)
	if d.Dial == nil {
		d.Dial = (&net.Dialer{}).DialContext
	}
	return d
}

// prober counts the connections.
type prober struct {
	door  Door
	count int
}

var errEnough = errors.New("the server was asked often enough")

// dial connects, after a pause. The connection ends at its deadline.
func (p *prober) dial(ctx context.Context) (net.Conn, error) {
	if p.count == maxConnections {
		return nil, errEnough
	}
	if p.count++; p.count > 1 {
		select {
		case <-time.After(p.door.Pause):
		case <-ctx.Done():
		}
	}
	ctx, cancel := context.WithTimeout(ctx, p.door.Timeout)
	defer cancel()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	conn, err := p.door.Dial(ctx, "tcp", p.door.Address)
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(p.door.Timeout))
	return conn, nil
}

// shake shakes hands in one version. What the server has said is in the state
// even if it broke off later, as those do that want a client's certificate.
// Certificates are looked at afterwards; nothing is sent but the handshake.
func (p *prober) shake(ctx context.Context, version uint16, suites []uint16) (tls.ConnectionState, error) {
	conn, err := p.dial(ctx)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	c := tls.Client(conn, &tls.Config{
		ServerName: p.door.ServerName, InsecureSkipVerify: true,
		MinVersion: version, MaxVersion: version, CipherSuites: suites,
	})
	err = c.HandshakeContext(ctx)
	state := c.ConnectionState()
	if err == nil {
		c.Close()
	} else if state.CipherSuite == 0 {
		state.Version = 0 // it has not answered in this version
	}
	return state, err
}

// refusal tells an answer from a failure of the network.
func refusal(err error) bool {
	var alert tls.AlertError
	switch {
	case err == nil:
		return false
	case errors.As(err, &alert), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return true
	}
	var op *net.OpError // alerts of the other side come as one, from "remote error"
	if errors.As(err, &op) {
		return op.Op == "remote error"
	}
	return strings.HasPrefix(err.Error(), "tls: ")
}

// shortly is an error's cause, on one line.
func shortly(err error) error {
	var record tls.RecordHeaderError
	switch {
	case err == nil:
		return errors.New("nothing was tried")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &record):
		return errors.New("it does not answer in TLS")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("connection refused")
	}
	return errors.New(text.OneLine(err.Error(), 200))
}
