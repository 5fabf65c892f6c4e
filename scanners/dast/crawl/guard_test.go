package crawl

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
)

func TestReach(t *testing.T) {
	for want, addrs := range map[reach][]string{
		public:   {"93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "8.8.8.8"},
		loopback: {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"},
		private:  {"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "198.18.0.1", "fc00::1", "fd12::1", "fec0::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"},
		nowhere: {"169.254.169.254", "169.254.170.2", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "ff02::1",
			"0.0.0.0", "::", "0.1.2.3", "255.255.255.255", "240.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::127.0.0.1", "2001::1"},
	} {
		for _, a := range addrs {
			if got := reachOf(netip.MustParseAddr(a)); got != want {
				t.Errorf("%s: %d, want %d", a, got, want)
			}
		}
	}
}

// TestGuard looks a name up twice: when the scan begins, and when it connects.
func TestGuard(t *testing.T) {
	list := func(s ...string) []netip.Addr {
		var out []netip.Addr
		for _, a := range s {
			out = append(out, netip.MustParseAddr(a))
		}
		return out
	}
	for name, test := range map[string]struct {
		first, then []netip.Addr
		want        string // connected to; empty: refused
		start       bool   // refused at once
	}{
		"stays":                {list("8.8.8.8"), list("8.8.8.8"), "8.8.8.8:80", false},
		"moves in public":      {list("8.8.8.8"), list("9.9.9.9"), "9.9.9.9:80", false},
		"to loopback":          {list("8.8.8.8"), list("127.0.0.1"), "", false},
		"to private":           {list("8.8.8.8"), list("10.1.1.1"), "", false},
		"to metadata":          {list("8.8.8.8"), list("169.254.169.254"), "", false},
		"private to metadata":  {list("10.0.0.1"), list("100.100.100.200"), "", false},
		"private to loopback":  {list("10.0.0.1"), list("::1"), "", false},
		"private to public":    {list("10.0.0.1"), list("8.8.8.8"), "", false},
		"mapped":               {list("8.8.8.8"), list("::ffff:127.0.0.1"), "", false},
		"one of two":           {list("8.8.8.8"), list("127.0.0.1", "8.8.4.4"), "8.8.4.4:80", false},
		"loopback":             {list("127.0.0.1"), list("127.0.0.1"), "127.0.0.1:80", false},
		"at metadata at once":  {list("169.254.169.254"), nil, "", true},
		"unspecified at once":  {list("0.0.0.0"), nil, "", true},
		"nothing any more":     {list("8.8.8.8"), nil, "", false},
		"metadata beside good": {list("169.254.169.254", "8.8.8.8"), list("169.254.169.254"), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			g, err := NewGuard(context.Background(), "app.test", func(context.Context, string) ([]netip.Addr, error) {
				if n++; n == 1 {
					return test.first, nil
				}
				return test.then, nil
			})
			if (err != nil) != test.start {
				t.Fatalf("at the start: %v", err)
			}
			if err != nil {
				return
			}
			var dialled string
			g.dial = func(_ context.Context, _, address string) (net.Conn, error) {
				dialled = address
				a, _ := net.Pipe()
				return a, nil
			}
			_, err = g.DialContext(context.Background(), "tcp", "app.test:80")
			if dialled != test.want || (err != nil) != (test.want == "") {
				t.Errorf("connected to %q (%v), want %q", dialled, err, test.want)
			}
		})
	}
}

func TestGuardErrors(t *testing.T) {
	ctx := context.Background()
	if _, err := NewGuard(ctx, "nowhere.test", func(context.Context, string) ([]netip.Addr, error) { return nil, nil }); err == nil {
		t.Error("a name without an address is none")
	}
	if _, err := NewGuard(ctx, "169.254.169.254", nil); err == nil {
		t.Error("an address needs no look-up to be refused")
	}
	g, err := NewGuard(ctx, "127.0.0.1", nil)
	if err != nil {
		t.Fatal(err)
	}
	var refused *RefusedAddress
	if _, err := g.DialContext(ctx, "tcp", "10.0.0.1:80"); !errors.As(err, &refused) {
		t.Errorf("another kind of address: %v", err)
	}
	if _, err := g.DialContext(ctx, "tcp", "no port"); err == nil {
		t.Error("no port is no address")
	}
}
