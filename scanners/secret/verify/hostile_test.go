package verify

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// echo is what a hostile provider does with what it was sent.
func echo(r *http.Request) string {
	return fmt.Sprintf("%s %v", r.URL, r.Header)
}

// TestHostileServers: whatever the other side does, the outcome is an Unknown
// in words of ours, soon, and nothing goes anywhere else.
func TestHostileServers(t *testing.T) {
	for name, c := range map[string]struct {
		answer   http.HandlerFunc
		reason   string
		requests int
	}{
		"redirect to the metadata of a cloud": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/?"+url.QueryEscape(echo(r)), http.StatusFound)
		}, "sends elsewhere (status 302)", 1},
		"redirect to itself": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		}, "sends elsewhere (status 307)", 1},
		"body with the secret": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Echo", echo(r))
			fmt.Fprintf(w, `{"message":%q,"login":{"x":1}}`, echo(r))
		}, "neither yes nor no (status 200)", 1},
		"endless body": {func(w http.ResponseWriter, r *http.Request) {
			for chunk := []byte(strings.Repeat(`{"login":"x"}`, 100)); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, "longer than 64 KiB", 1},
		"one byte at a time": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, " ")
				w.(http.Flusher).Flush()
				time.Sleep(2 * time.Millisecond)
			}
		}, "did not answer within", 1},
		"silence": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "did not answer within", 1},
		"huge header": {func(w http.ResponseWriter, r *http.Request) {
			for i := range 64 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 8<<10))
			}
			fmt.Fprint(w, `{"login":"x"}`)
		}, "connection to api.github.com failed", 1},
		"deep": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, `{"login":"x","a":%s%s}`, strings.Repeat("[", 20000), strings.Repeat("]", 20000))
		}, "neither yes nor no", 1},
		"breaks off": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"login":"x"}`)
		}, "connection to api.github.com failed", 1},
		"two documents":             {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"login":"x"}{"login":"x"}`) }, "neither yes nor no", 1},
		"not valid UTF-8 in a name": {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "{\"login\xff\":\"x\"}") }, "neither yes nor no", 1},
		"fault": {func(w http.ResponseWriter, r *http.Request) { http.Error(w, echo(r), http.StatusBadGateway) },
			"fault of its own (status 502)", 2},
		"too many": {func(w http.ResponseWriter, r *http.Request) { http.Error(w, echo(r), http.StatusTooManyRequests) },
			"asked to slow down", 1},
		"too many, as 403": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "60")
			http.Error(w, echo(r), http.StatusForbidden)
		}, "asked to slow down", 1},
		"panic": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "connection to api.github.com failed", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStandIn(t, c.answer)
			o := Options{}
			if strings.HasPrefix(c.reason, "did not answer") {
				o.Timeout = 200 * time.Millisecond
			}
			v := s.verifier(t, o)
			secret := gitHubPAT(50)
			begun := time.Now()
			got := v.Check(t.Context(), "github-pat", secret, "")
			if got.Result != Unknown || !strings.Contains(got.Reason, c.reason) {
				t.Errorf("outcome %+v, want %q", got, c.reason)
			}
			noLeak(t, got, secret)
			if took := time.Since(begun); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
			if n := s.requests(); n != c.requests {
				t.Errorf("%d requests, want %d", n, c.requests)
			}
			for _, address := range s.dialed {
				if address != "api.github.com:443" {
					t.Errorf("dialled %s", address)
				}
			}
		})
	}
}

// TestFailuresBelow: the errors of a transport quote what they like.
func TestFailuresBelow(t *testing.T) {
	secret := random(60, 10, digits) + ":A" + random(61, 34, alnum)
	loud := "https://api.telegram.org/bot" + secret + "/getMe"
	for name, c := range map[string]struct {
		err    error
		reason string
	}{
		"plain":   {errors.New("dial " + loud), "connection to api.telegram.org failed"},
		"wrapped": {&url.Error{Op: "Get", URL: loud, Err: fmt.Errorf("tls: %w", errors.New(loud))}, "connection to api.telegram.org failed"},
		"name":    {&url.Error{Op: "Get", URL: loud, Err: &net.DNSError{Err: loud, Name: loud}}, "could not be resolved"},
		"timeout": {&url.Error{Op: "Get", URL: loud, Err: context.DeadlineExceeded}, "did not answer within"},
		"slow":    {&net.DNSError{Err: loud, IsTimeout: true}, "did not answer within"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := New(Options{Transport: failing{c.err}})
			if err != nil {
				t.Fatal(err)
			}
			o := v.Check(t.Context(), "telegram-bot-api-token", secret, "")
			if o.Result != Unknown || !strings.Contains(o.Reason, c.reason) || o.Endpoint != "https://api.telegram.org/bot{secret}/getMe" {
				t.Errorf("outcome %+v", o)
			}
			noLeak(t, o, secret)
		})
	}
}

type failing struct{ err error }

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func TestCertificates(t *testing.T) {
	s := newStandIn(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"login":"x"}`) })
	for name, spoil := range map[string]func(*http.Transport){
		"of nobody known": func(tr *http.Transport) { tr.TLSClientConfig.RootCAs = x509.NewCertPool() },
		"of another host": func(tr *http.Transport) { tr.TLSClientConfig.ServerName = "" }, // so that api.github.com is expected
	} {
		t.Run(name, func(t *testing.T) {
			tr := s.transport()
			spoil(tr)
			secret := gitHubPAT(62)
			o := s.verifier(t, Options{Transport: tr}).Check(t.Context(), "github-pat", secret, "")
			if o.Result != Unknown || o.Reason != "the certificate of api.github.com is not trusted" || s.requests() != 0 {
				t.Errorf("outcome %+v, %d requests", o, s.requests())
			}
			noLeak(t, o, secret)
		})
	}
}

// TestNoHTTPS: a server that speaks without TLS learns nothing.
func TestNoHTTPS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	heard := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		b := make([]byte, 4096)
		n, _ := conn.Read(b)
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n{\"login\":\"x\"}")
		conn.Close()
		heard <- string(b[:n])
	}()
	tr := newTransport().(*http.Transport)
	tr.Proxy = nil
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, l.Addr().String())
	}
	v, err := New(Options{Transport: tr})
	if err != nil {
		t.Fatal(err)
	}
	secret := gitHubPAT(63)
	o := v.Check(t.Context(), "github-pat", secret, "")
	if o.Result != Unknown || o.Reason != "the connection to api.github.com failed" {
		t.Errorf("outcome %+v", o)
	}
	if strings.Contains(<-heard, secret[4:]) {
		t.Error("the secret was sent in the clear")
	}
}

// TestASecondTry: one, after a fault, and what it says counts.
func TestASecondTry(t *testing.T) {
	n := 0
	s := newStandIn(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, `{"login":"x"}`)
	})
	if o := s.verifier(t, Options{}).Check(t.Context(), "github-pat", gitHubPAT(64), ""); o.Result != Active || s.requests() != 2 {
		t.Errorf("outcome %+v after %d requests", o, s.requests())
	}
}

// TestOnlyWholeSecretsAreSent: rules may change, and configurations of the
// scanned repository may give a rule's name to anything.
func TestOnlyWholeSecretsAreSent(t *testing.T) {
	s := newStandIn(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"login":"x"}`) })
	v := s.verifier(t, Options{})
	hook := "/services/T" + random(65, 8, upper) + "/B" + random(66, 8, upper) + "/" + random(67, 24, alnum)
	for rule, secrets := range map[string][]string{
		"github-pat":             {"", gitHubPAT(1) + "\r\nHost: evil.invalid", gitHubPAT(1) + "\n", " " + gitHubPAT(1), gitHubPAT(1)[:39], "ghp_" + strings.Repeat("é", 36), strings.Repeat("x", 1<<20)},
		"slack-webhook-url":      {"https://hooks.slack.com.evil.invalid" + hook, "https://hooksxslack.com" + hook, "http://hooks.slack.com" + hook, "hooks.slack.com" + hook + "?x", "hooks.slack.com/triggers/T1/1/" + random(68, 32, alnum), "hooks.slack.com/services/../../api/x"},
		"telegram-bot-api-token": {"1/../../x:A" + random(69, 34, alnum), random(70, 10, digits) + ":A" + random(71, 33, alnum) + "/", "bot@evil.invalid:A" + random(71, 34, alnum)},
		"openai-api-key":         {"sk-" + "admin-" + random(72, 140, alnum)},
		"aws-access-token":       {"ABIA" + random(73, 16, upper), "akia" + random(73, 16, lower)},
	} {
		for _, secret := range secrets {
			o := v.Check(t.Context(), rule, secret, "")
			if o != (Outcome{Reason: "it has not the form of a secret that can be checked"}) {
				t.Errorf("%s %.60q: %+v", rule, secret, o)
			}
		}
	}
	if len(s.dialed) != 0 {
		t.Errorf("dialled %v", s.dialed)
	}
}

func TestEscapePath(t *testing.T) {
	if got, want := escapePath("a/../b?c#d%2F:e f"), "a/../b%3Fc%23d%252F:e%20f"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
