package lock

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/scangate/scangate/text"
)

const (
	maxRedirects  = 5
	headerTimeout = 30 * time.Second
)

// network is how servers are reached; its zero value is the real one.
type network struct {
	roots  *x509.CertPool
	proxy  func(*http.Request) (*url.URL, error)
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
}

func (n network) complete() network {
	if n.proxy == nil {
		n.proxy = http.ProxyFromEnvironment
	}
	if n.lookup == nil {
		n.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if n.dial == nil {
		n.dial = (&net.Dialer{Timeout: 15 * time.Second}).DialContext
	}
	return n
}

// download writes what the address leads to, which must be at most limit
// bytes. Errors name the host alone: a redirect may hold credentials.
func (n network) download(ctx context.Context, address string, header http.Header, limit int64, to io.Writer) error {
	if err := checkURL(address); err != nil {
		return fmt.Errorf("%s %w", text.OneLine(address, 300), err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("not the address of a file")
	}
	err = n.get(ctx, u, header, limit, to)
	if err == nil {
		return nil
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("cannot download from %s: %w", text.OneLine(u.Host, 100), err)
}

func (n network) get(ctx context.Context, u *url.URL, header http.Header, limit int64, to io.Writer) error {
	g := &guard{network: n.complete(), start: u, reached: map[reach]bool{}, proxies: map[string]bool{}}
	g.literal(u.Hostname(), false)
	transport := &http.Transport{
		Proxy: g.proxyFor, DialContext: g.dialOne, TLSClientConfig: &tls.Config{RootCAs: n.roots, MinVersion: tls.VersionTLS12},
		DisableCompression: true, DisableKeepAlives: true, ForceAttemptHTTP2: true,
		ResponseHeaderTimeout: headerTimeout, TLSHandshakeTimeout: headerTimeout, MaxResponseHeaderBytes: 256 << 10,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: g.redirect}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return errors.New("not the address of a file")
	}
	req.Header.Set("User-Agent", "scangate")
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("it answers with status %d", resp.StatusCode)
	case resp.ContentLength > limit:
		return tooLarge(limit)
	}
	got, err := io.Copy(to, io.LimitReader(resp.Body, limit+1))
	if err == nil && got > limit {
		err = tooLarge(limit)
	}
	return err
}

func tooLarge(limit int64) error { return fmt.Errorf("more than the limit of %d MiB", limit>>20) }

// reach is how far away an address is.
type reach int

const (
	public reach = iota
	private
	loopback
	nowhere // addresses that no server of files has
)

func reachOf(a netip.Addr) reach {
	a = a.Unmap()
	shared := netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64}), 10)
	translated := netip.PrefixFrom(netip.AddrFrom16([16]byte{0, 0x64, 0xff, 0x9b}), 96)
	switch {
	case a.IsLoopback():
		return loopback
	case !a.IsGlobalUnicast() || a.Is4() && (a.As4()[0] == 0 || a.As4()[0] >= 240):
		return nowhere
	case a.IsPrivate(), shared.Contains(a), translated.Contains(a):
		return private
	}
	return public
}

// guard watches over one download: where it may be redirected to depends on
// where it began.
type guard struct {
	network
	start *url.URL

	mu         sync.Mutex
	redirected bool
	reached    map[reach]bool // before any redirect
	proxies    map[string]bool
}

// allow tells whether an address may be talked to.
func (g *guard) allow(r reach, redirected bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case r == nowhere:
		return false
	case !redirected && !g.redirected:
		g.reached[r] = true
		return true
	}
	return r == public || g.reached[r]
}

// literal is allow for a host that is given as an address; names are judged
// when they are looked up.
func (g *guard) literal(host string, redirected bool) bool {
	if isLoopback(host) {
		return g.allow(loopback, redirected)
	}
	a, err := netip.ParseAddr(host)
	return err != nil || g.allow(reachOf(a), redirected)
}

func (g *guard) redirect(req *http.Request, via []*http.Request) error {
	u := req.URL
	switch {
	case len(via) >= maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	case u.Scheme != "https" && !(u.Scheme == "http" && g.start.Scheme == "http" && isLoopback(u.Hostname())):
		return errors.New("it redirects to an address that is not https")
	case u.User != nil:
		return errors.New("it redirects to an address with a login")
	case !g.literal(u.Hostname(), true):
		return errInside
	}
	// What is meant for one server is not for the next.
	req.Header.Del("Authorization")
	req.Header.Del("Referer")
	g.mu.Lock()
	g.redirected = true
	g.mu.Unlock()
	return nil
}

var errInside = errors.New("it leads to an address of this machine or network")

// proxyFor remembers the proxy, which may be inside the network.
func (g *guard) proxyFor(req *http.Request) (*url.URL, error) {
	u, err := g.proxy(req)
	if u != nil && err == nil {
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
			if strings.HasPrefix(u.Scheme, "socks5") {
				port = "1080"
			}
		}
		g.mu.Lock()
		g.proxies[net.JoinHostPort(u.Hostname(), port)] = true
		g.mu.Unlock()
	}
	return u, err
}

// dialOne connects to the first address of a host that answers. The address
// that was judged is the one that is dialled: a second look-up may differ.
func (g *guard) dialOne(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	proxy := g.proxies[address]
	g.mu.Unlock()
	if proxy {
		return g.dial(ctx, network, address)
	}
	addrs := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, a)
	} else if addrs, err = g.lookup(ctx, host); err != nil {
		return nil, fmt.Errorf("%s is not known here: check the name and the network", text.OneLine(host, 100))
	}
	err = fmt.Errorf("%s has no address", text.OneLine(host, 100))
	for _, a := range addrs {
		if !g.allow(reachOf(a), false) {
			err = errInside
			continue
		}
		var conn net.Conn
		if conn, err = g.dial(ctx, network, net.JoinHostPort(a.String(), port)); err == nil {
			return conn, nil
		}
	}
	return nil, err
}
