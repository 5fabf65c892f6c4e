package crawl

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// reach is how far away an address is.
type reach int

const (
	nowhere reach = iota // addresses that are never talked to
	public
	private
	loopback
)

// never are the addresses that no application has, or that hand out a
// machine's credentials to whoever runs on it: the metadata services of cloud
// providers that are not link-local.
var never = prefixes("0.0.0.0/8", "192.0.0.0/24", "168.63.129.16/32", "100.100.100.200/32", "240.0.0.0/4",
	"fd00:ec2::/32", "fd20:ce::254/128", "2001::/32", "::/96", "100::/64")

// inside are the ranges of a site: RFC 1918 and 4193 are known to netip.
var inside = prefixes("100.64.0.0/10", "198.18.0.0/15", "fec0::/10", "64:ff9b:1::/48")

// translators are the ranges that hold an IPv4 address, and at which byte.
var translators = []struct {
	prefix netip.Prefix
	at     int
}{{netip.MustParsePrefix("64:ff9b::/96"), 12}, {netip.MustParsePrefix("2002::/16"), 2}}

func prefixes(of ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range of {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func holds(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

func reachOf(a netip.Addr) reach {
	a = a.Unmap()
	for _, t := range translators {
		if t.prefix.Contains(a) {
			b := a.As16()
			a = netip.AddrFrom4([4]byte(b[t.at : t.at+4]))
		}
	}
	switch {
	case a.Zone() != "":
		return nowhere
	case a.IsLoopback():
		return loopback
	case !a.IsGlobalUnicast() || holds(never, a): // link-local, multicast, unspecified
		return nowhere
	case a.IsPrivate() || holds(inside, a):
		return private
	}
	return public
}

// RefusedAddress is an address that a name leads to and that is not talked to.
type RefusedAddress struct{ Addr netip.Addr }

func (e *RefusedAddress) Error() string {
	if reachOf(e.Addr) == nowhere {
		return fmt.Sprintf("the name leads to %s, which is never scanned", e.Addr)
	}
	return fmt.Sprintf("the name leads to %s now, and led elsewhere when the scan began", e.Addr)
}

// Guard connects to one host, wherever its name leads by then, but never to
// another kind of address than it led to at the start: public, private or
// loopback. A server can so not turn the scanner against the network that it
// runs in by changing its name's address.
type Guard struct {
	lookup  func(ctx context.Context, host string) ([]netip.Addr, error)
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	allowed [loopback + 1]bool
}

// NewGuard resolves the host, and fails when there is no such host, or when it
// is at an address that is never talked to. A nil lookup is the system's.
func NewGuard(ctx context.Context, host string, lookup func(ctx context.Context, host string) ([]netip.Addr, error)) (*Guard, error) {
	g := &Guard{lookup: lookup, dial: (&net.Dialer{Timeout: 10 * time.Second}).DialContext}
	if g.lookup == nil {
		g.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	addrs, err := g.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var refused error
	for _, a := range addrs {
		r := reachOf(a)
		if r == nowhere {
			refused = &RefusedAddress{a}
			continue
		}
		g.allowed[r] = true
	}
	if g.allowed == [loopback + 1]bool{} {
		return nil, refused
	}
	return g, nil
}

func (g *Guard) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, err := g.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	return addrs, nil
}

// DialContext looks the host up and connects to the first of its addresses
// that answers. It is what a transport or a TLS check should dial with.
func (g *Guard) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	addrs, err := g.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var failed, refused error
	for _, a := range addrs {
		if !g.allowed[reachOf(a)] {
			refused = &RefusedAddress{a}
			continue
		}
		conn, err := g.connect(ctx, network, netip.AddrPortFrom(a.Unmap(), uint16(n)), len(addrs) > 1)
		if err == nil {
			return conn, nil
		}
		failed = errors.Join(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	if failed != nil {
		return nil, failed
	}
	return nil, refused
}

// connect tries one address. Where there are others, it does not wait long: one
// family of addresses may lead nowhere.
func (g *Guard) connect(ctx context.Context, network string, to netip.AddrPort, others bool) (net.Conn, error) {
	if others {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
	}
	return g.dial(ctx, network, to.String())
}
