package tlsprobe

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestOffers connects to servers that offer different things.
func TestOffers(t *testing.T) {
	root := issue(nil, newKey(), ca("root"))
	curve, plain := issue(root, newKey(), nil), issue(root, rsaKey(), nil)
	tests := []struct {
		name string
		conf *tls.Config
		want []string
		most int // connections
	}{
		{"good", &tls.Config{Certificates: []tls.Certificate{chain(curve)}, MinVersion: tls.VersionTLS12}, nil, 5},
		{"1.3 only", &tls.Config{Certificates: []tls.Certificate{chain(curve)}, MinVersion: tls.VersionTLS13}, nil, 4},
		{"1.2 only", &tls.Config{Certificates: []tls.Certificate{chain(curve)}, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12},
			[]string{"tls-no-version-13 info: The server refuses TLS 1.3. []"}, 5},
		{"all", &tls.Config{Certificates: []tls.Certificate{chain(curve)}, MinVersion: tls.VersionTLS10},
			[]string{"tls-old-version medium: The server accepts TLS 1.0 and TLS 1.1. [TLS 1.0, TLS 1.1]"}, 5},
		{"old", &tls.Config{Certificates: []tls.Certificate{chain(curve)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
			[]string{
				"tls-old-version medium: The server accepts TLS 1.0 and TLS 1.1. [TLS 1.0, TLS 1.1]",
				"tls-no-current-version high: The server refuses TLS 1.2 and TLS 1.3. []",
			}, 5},
		{"1.1 among others", &tls.Config{Certificates: []tls.Certificate{chain(plain)}, MinVersion: tls.VersionTLS11, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256}},
			[]string{
				"tls-old-version medium: The server accepts TLS 1.1. [TLS 1.1]",
				"tls-weak-cipher medium: In TLS 1.2 the server accepts 1 weak cipher suite. [TLS_RSA_WITH_AES_128_CBC_SHA]",
			}, 6},
		{"weak suites", &tls.Config{Certificates: []tls.Certificate{chain(plain)}, MinVersion: tls.VersionTLS12, CipherSuites: weakSuites()},
			[]string{"tls-weak-cipher medium: In TLS 1.2 the server accepts 10 weak cipher suites. [" + strings.Join([]string{
				"TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA",
				"TLS_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384",
				"TLS_ECDHE_RSA_WITH_RC4_128_SHA", "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
			}, ", ") + "]"}, 15},
		{"client's certificate wanted", &tls.Config{Certificates: []tls.Certificate{chain(curve)}, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequireAnyClientCert},
			[]string{"tls-no-version-13 info: The server refuses TLS 1.3. []"}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, count := serve(t, tt.conf)
			d.Roots = pool(root)
			r, err := Probe(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, words(r.Alerts(now))); diff != "" {
				t.Error(diff)
			}
			if n := count(); n > tt.most {
				t.Errorf("%d connections, want %d at most", n, tt.most)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	tests := []struct {
		name   string
		handle func(net.Conn)
		want   string
	}{
		{"plain HTTP", func(c net.Conn) { c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, "it does not answer in TLS"},
		{"closes", func(net.Conn) {}, ""},
		{"silent", func(c net.Conn) { io.Copy(io.Discard, c) }, "i/o timeout"},
		{"endless", func(c net.Conn) {
			for {
				if _, err := c.Write(make([]byte, 16<<10)); err != nil {
					return
				}
			}
		}, "it does not answer in TLS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := listen(t, tt.handle)
			d.Timeout = 50 * time.Millisecond
			r, err := Probe(t.Context(), d)
			if err == nil || !strings.HasPrefix(err.Error(), "no TLS connection to "+d.Address+": ") || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, %v", r, err)
			}
		})
	}
	t.Run("nobody", func(t *testing.T) {
		l := must(net.Listen("tcp", "127.0.0.1:0"))
		l.Close()
		_, err := Probe(t.Context(), Door{Address: l.Addr().String(), Pause: time.Millisecond})
		if err == nil || !strings.HasSuffix(err.Error(), ": connection refused") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d := listen(t, func(net.Conn) { cancel(); <-ctx.Done() })
		began := time.Now()
		if _, err := Probe(ctx, d); !errors.Is(err, context.Canceled) || time.Since(began) > 30*time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}

// TestDial asserts that the caller's way to connect is the only one, and that
// a failure of the network is no refusal.
func TestDial(t *testing.T) {
	root := issue(nil, newKey(), ca("root"))
	d, _ := serve(t, &tls.Config{Certificates: []tls.Certificate{chain(issue(root, newKey(), nil))}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	real := d.Address
	d.Address, d.Roots = "app.example:443", pool(root)
	calls := 0
	d.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if network != "tcp" || address != "app.example:443" {
			t.Errorf("it dials %s %s", network, address)
		}
		if calls++; calls <= 2 { // 1.3 and 1.2
			return nil, errors.New("the network is down")
		}
		return (&net.Dialer{}).DialContext(ctx, network, real)
	}
	r, err := Probe(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"tls-old-version medium: The server accepts TLS 1.0 and TLS 1.1. [TLS 1.0, TLS 1.1]"}
	if diff := cmp.Diff(want, words(r.Alerts(now))); diff != "" {
		t.Error(diff)
	}
}

// TestPace asserts that connections are not made all at once.
func TestPace(t *testing.T) {
	d, count := serve(t, &tls.Config{Certificates: []tls.Certificate{chain(issue(nil, newKey(), nil))}})
	d.Pause = 10 * time.Millisecond
	began := time.Now()
	if _, err := Probe(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if least := time.Duration(count()-1) * d.Pause; time.Since(began) < least {
		t.Errorf("%d connections within %v", count(), time.Since(began))
	}
}
