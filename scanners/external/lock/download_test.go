package lock

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// A server that says how much comes and sends less, and one that takes its time.
func TestInstallBadServers(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	base := handle(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			w.Header().Set("Content-Length", "900000000000")
		} else {
			w.Header().Set("Content-Length", fmt.Sprint(len(program)))
		}
		w.Write(program[:4])
		if r.URL.Path == "/slow" {
			w.(http.Flusher).Flush()
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
	}))
	i := installer(t)
	if _, _, err := i.Install(context.Background(), plain(base+"/cut", program)); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("cut short: %v", err)
	}
	if _, _, err := i.Install(context.Background(), plain(base+"/long", program)); err == nil || !strings.Contains(err.Error(), "limit of 1 MiB") {
		t.Errorf("said to be long: %v", err)
	}
	i.Timeout = 50 * time.Millisecond
	if _, _, err := i.Install(context.Background(), plain(base+"/slow", program)); err == nil || !strings.Contains(err.Error(), "longer than 50ms") {
		t.Errorf("slow: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := i.Install(ctx, plain(base+"/slow", program)); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	i.nothing(t)
}

func TestRedirects(t *testing.T) {
	inside := serve(t, map[string][]byte{"/tool": program})
	targets := map[string]string{
		"/ok": "https://cdn.example.com/tool", "/file": "file:///etc/passwd", "/plain": "http://cdn.example.com/tool",
		"/loopback": inside + "/tool", "/loopback-tls": "https://127.0.0.1/tool", "/localhost": "https://localhost/tool",
		"/named-loopback": "https://sneaky.example.com/tool", "/private": "https://intranet.example.com/tool",
		"/metadata": "https://169.254.169.254/latest", "/mapped": "https://[::ffff:127.0.0.1]/tool", "/login": "https://a:b@cdn.example.com/tool",
		"/round": "https://start.example.com/round", "/shared": "https://100.64.1.1/tool",
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := targets[r.URL.Path]; to != "" {
			http.Redirect(w, r, to+"?signature=secret", http.StatusFound)
			return
		}
		w.Write(program)
	})
	names := map[string]string{
		"start.example.com": "203.0.113.1", "cdn.example.com": "203.0.113.2", "sneaky.example.com": "127.0.0.1",
		"intranet.example.com": "10.1.2.3", "localhost": "127.0.0.1", "odd.example.com": "169.254.169.254",
	}
	tests := []struct{ from, want string }{
		{"https://start.example.com/ok", ""},
		{"https://start.example.com/tool", ""},
		{"https://intranet.example.com/tool", ""},    // the lock may name a mirror inside
		{"https://intranet.example.com/private", ""}, // which may stay there
		{"https://start.example.com/file", "not https"},
		{"https://start.example.com/plain", "not https"},
		{"https://start.example.com/loopback", "not https"},
		{"https://start.example.com/loopback-tls", "an address of this machine or network"},
		{"https://start.example.com/localhost", "an address of this machine or network"},
		{"https://start.example.com/named-loopback", "an address of this machine or network"},
		{"https://start.example.com/mapped", "an address of this machine or network"},
		{"https://start.example.com/private", "an address of this machine or network"},
		{"https://start.example.com/shared", "an address of this machine or network"},
		{"https://start.example.com/metadata", "an address of this machine or network"},
		{"https://intranet.example.com/loopback-tls", "an address of this machine or network"},
		{"https://odd.example.com/tool", "an address of this machine or network"},
		{"https://start.example.com/login", "a login"},
		{"https://start.example.com/round", "more than 5 redirects"},
		{"https://unknown.example.com/tool", "unknown.example.com is not known here"},
	}
	for _, tt := range tests {
		t.Run(strings.TrimPrefix(tt.from, "https://"), func(t *testing.T) {
			i := installer(t).faraway(t, names, h)
			_, _, err := i.Install(context.Background(), plain(tt.from, program))
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret")):
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if tt.want != "" {
				i.nothing(t)
			}
		})
	}
	// A start on this machine may be redirected within it.
	base := handle(t, http.RedirectHandler(inside+"/tool", http.StatusFound))
	if _, _, err := installer(t).Install(context.Background(), plain(base+"/x", program)); err != nil {
		t.Error(err)
	}
}

// A proxy may be inside the network, and resolves names itself; addresses that
// are given as such are judged all the same.
func TestProxy(t *testing.T) {
	asked := ""
	base := handle(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Method + " " + r.Host
		http.Error(w, "no", http.StatusBadGateway)
	}))
	i := installer(t)
	i.network.proxy = func(*http.Request) (*url.URL, error) { return url.Parse(base) }
	_, _, err := i.Install(context.Background(), plain("https://start.example.com/tool", program))
	if err == nil || asked != "CONNECT start.example.com:443" {
		t.Errorf("asked for %q, %v", asked, err)
	}
	i.nothing(t)
	g := &guard{start: &url.URL{Scheme: "https", Host: "start.example.com"}, reached: map[reach]bool{}}
	req := &http.Request{URL: &url.URL{Scheme: "https", Host: "10.0.0.1"}, Header: http.Header{}}
	if err := g.redirect(req, []*http.Request{{}}); !errors.Is(err, errInside) {
		t.Error(err)
	}
}
