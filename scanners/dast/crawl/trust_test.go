package crawl

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func TestTLS(t *testing.T) {
	s := startSite(t, map[string]string{"/": "<a href=/x>", "/x": ""}, (*httptest.Server).StartTLS)
	r := fails(t, s.options(), "certificate", "authority")
	if r.Fetched != 0 {
		t.Errorf("%+v", r)
	}
	pool, err := CAs(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	if err != nil {
		t.Fatal(err)
	}
	o := s.options()
	o.RootCAs = pool
	if got, _ := crawl(t, o); cmp.Diff([]string{"/", "/x"}, got) != "" {
		t.Errorf("%v", got)
	}
	o.Target = must(strings.Replace(s.URL, "127.0.0.1", "localhost", 1))
	fails(t, o, "another name")
	if _, err := CAs([]byte("nonsense")); err == nil {
		t.Error("no certificate is none")
	}
	plain := newSite(t, map[string]string{"/": ""})
	fails(t, Options{Target: must(strings.Replace(plain.URL, "http:", "https:", 1))}, "does not speak TLS")
	fails(t, Options{Target: must(strings.Replace(s.URL, "https:", "http:", 1))}, "4xx")
}

// TestNoProxy: a proxy would connect where the guard does not look.
func TestNoProxy(t *testing.T) {
	if c := newClient(Options{Target: must("http://app.test/")}, nil); c.transport.Proxy != nil {
		t.Error("a proxy of the environment is used")
	}
}

// TestSecretsStay sends credentials, has the server repeat them wherever it
// can, and looks for them in all that is handed on.
func TestSecretsStay(t *testing.T) {
	token, session, password := fmt.Sprint("token", 123456789), fmt.Sprint("session", 987654321), fmt.Sprint("password", 55555)
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+password))
	s := newSite(t, nil)
	s.handle("/{$}", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Token") != token || r.Header.Get("Authorization") != basic || r.Header.Get("Cookie") != "sid="+session {
			t.Errorf("sent: %v", r.Header)
		}
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("X-Echo", r.Header.Get("Cookie"))
		fmt.Fprintf(w, `%v %s <a href="/next?t=%s"><a href="/%s"><a href=/away><a href="/in/code?%%%02x%s">`, r.Header, password, token, session, token[0], token[1:])
	})
	s.handle("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/?back="+token, http.StatusFound) })
	o := s.options()
	o.Header = []exchange.Field{{Name: "X-Token", Value: token}, {Name: "Authorization", Value: basic}}
	o.Cookies = fields("sid", session)
	var all strings.Builder
	r, err := Run(context.Background(), o, func(p Page) {
		fmt.Fprintf(&all, "%s %v %v %s\n", p.URL, p.RequestHeader, p.Header, p.Body)
		if v, _ := p.RequestHeader.Get("Cookie"); v != "sid=[redacted]" {
			t.Errorf("Cookie: %s", v)
		}
		if v, _ := p.RequestHeader.Get("Authorization"); v != "Basic [redacted]" {
			t.Errorf("Authorization: %s", v)
		}
	})
	fmt.Fprintf(&all, "%+v %v", r, err)
	for _, secret := range []string{token, session, password, strings.TrimPrefix(basic, "Basic ")} {
		if strings.Contains(all.String(), secret) {
			t.Errorf("a secret is handed on: %s", all.String())
		}
	}
	if r.Fetched != 2 || r.Skipped[Secret] != 4 {
		t.Errorf("%+v", r)
	}
}

func TestCookies(t *testing.T) {
	s := newSite(t, nil)
	s.handle("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		http.SetCookie(w, &http.Cookie{Name: "own", Value: "1", Path: "/"})
		http.SetCookie(w, &http.Cookie{Name: "given", Value: "replaced", Path: "/"})
		http.SetCookie(w, &http.Cookie{Name: "big", Value: strings.Repeat("x", maxCookie)})
		http.SetCookie(w, &http.Cookie{Name: "other", Value: "x", Domain: "evil.test"})
		for i := range 100 {
			http.SetCookie(w, &http.Cookie{Name: fmt.Sprint("c", i), Value: "x", Path: "/hidden"})
		}
		io.WriteString(w, "<a href=/show><a href=/hidden/>")
	})
	var show, hidden []string
	names := func(r *http.Request) (out []string) {
		for _, c := range r.Cookies() {
			out = append(out, c.Name+"="+c.Value)
		}
		return out
	}
	s.handle("/show", func(_ http.ResponseWriter, r *http.Request) { show = names(r) })
	s.handle("/hidden/", func(_ http.ResponseWriter, r *http.Request) { hidden = names(r) })
	o := s.options()
	o.Cookies = fields("given", "first")
	crawl(t, o)
	if d := cmp.Diff([]string{"given=replaced", "own=1"}, sorted(show)); d != "" {
		t.Error(d)
	}
	if len(hidden) > maxCookies+1 || len(hidden) < 10 {
		t.Errorf("%d cookies", len(hidden))
	}
}

func TestRequests(t *testing.T) {
	s := newSite(t, nil)
	s.handle("/{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header()["X-B"] = []string{"2", "1"}
		w.Header().Set("X-A", "3")
		fmt.Fprint(w, r.Header.Get("User-Agent"), " ", r.Host)
	})
	o := s.options()
	var got []string
	visit := func(p Page) {
		got = append(got, string(p.Body))
		agent, _ := p.RequestHeader.Get("User-Agent")
		host, _ := p.RequestHeader.Get("Host")
		if p.Method != "GET" || agent+" "+host != string(p.Body) && agent != redacted {
			t.Errorf("%s %v", p.Method, p.RequestHeader)
		}
		var own []string
		for _, f := range p.Header {
			if strings.HasPrefix(f.Name, "X-") {
				own = append(own, f.Name+f.Value)
			}
		}
		if d := cmp.Diff([]string{"X-A3", "X-B2", "X-B1"}, own); d != "" {
			t.Error(d)
		}
	}
	for _, change := range []func(){func() {}, func() { o.UserAgent = "mine" }, func() { o.Header = fields("user-agent", "theirs") }} {
		change()
		if _, err := Run(context.Background(), o, visit); err != nil {
			t.Fatal(err)
		}
	}
	host := must(s.URL).Host
	if d := cmp.Diff([]string{DefaultAgent + " " + host, "mine " + host, "theirs " + host}, got); d != "" {
		t.Error(d)
	}
}

// counted is a connection that is counted until it is closed.
type counted struct {
	net.Conn
	close func()
}

func (c counted) Close() error {
	c.close()
	return c.Conn.Close()
}

// TestNothingStays counts connections, attempts to connect and goroutines after
// crawls of all outcomes.
func TestNothingStays(t *testing.T) {
	s := newSite(t, map[string]string{"/": "<a href=/never>", "/x": ""})
	s.handle("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	before := runtime.NumGoroutine()
	var open atomic.Int32
	o := s.options()
	o.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		open.Add(1)
		return counted{conn, sync.OnceFunc(func() { open.Add(-1) })}, nil
	}
	silent := o
	silent.Time = 30 * time.Millisecond
	silent.dial = func(ctx context.Context, _, _ string) (net.Conn, error) { // nobody is there
		open.Add(1)
		defer open.Add(-1)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for range 3 {
		brief := o
		brief.Timeout = 30 * time.Millisecond
		crawl(t, brief)
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
		Run(ctx, o, func(Page) {})
		cancel()
		Run(context.Background(), silent, func(Page) {})
	}
	for range 50 {
		if open.Load() == 0 && runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	var stacks [64 << 10]byte
	t.Errorf("%d connections, %d goroutines, %d before:\n%s", open.Load(), runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks[:], true)])
}
