package dependabot

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/github/rest"
)

func TestRefusals(t *testing.T) {
	echo := `{"message":"` + secret + ` %s","errors":[{"message":"` + secret + `"}]}`
	for _, c := range []struct {
		name   string
		status int
		said   string
		header string
		want   string
	}{
		{"bad token", 401, "Bad credentials", "", "does not accept the token (status 401)"},
		{"no permission", 403, "Resource not accessible by integration", "", "the token may not read the Dependabot alerts of octo/shop (status 403): it needs `vulnerability-alerts: read`"},
		{"disabled", 403, "Dependabot alerts are disabled for this repository.", "", "octo/shop has Dependabot alerts disabled (status 403): enable them"},
		{"archived", 403, "Dependabot alerts are not available for archived repositories.", "", "octo/shop is archived"},
		{"single sign-on", 403, "Resource protected by organization SAML enforcement.", "required; url=https://x", "not authorised for the single sign-on"},
		{"not found", 404, "Not Found", "", "has no Dependabot alerts of octo/shop for this token (status 404): check the repository's name"},
		{"invalid", 422, "Invalid cursor", "", "refuses the request (status 422)"},
		{"teapot", 418, "", "", "answers with status 418"},
		{"nothing to say", 204, "", "", "its answer holds no alerts"},
		{"accepted", 202, "", "", "answers with status 202"},
		{"unchanged", 304, "", "", "answers with status 304"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, sample(1))
			body := fmt.Sprintf(echo, c.said)
			if c.status == 204 || c.status == 304 {
				body = ""
			}
			h.before = fail(always, c.status, body, "X-GitHub-SSO", c.header, "X-Echo", secret)
			s, waits := h.scanner(t)
			_, err := scan(t, s, tree(t, nil))
			if err == nil || !strings.Contains(err.Error(), c.want) || len(h.requests()) != 1 || len(*waits) != 0 {
				t.Errorf("after %d requests: %v", len(h.requests()), err)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	for _, c := range []struct {
		name string
		body string
		want string
	}{
		{"empty", "", "is no list of alerts"},
		{"null", "null", "is no list of alerts"},
		{"an object", `{"message":"` + secret + `"}`, "is no list of alerts"},
		{"HTML", "<html>" + secret, "is no list of alerts"},
		{"cut", list(sample(1))[:300], "broken JSON"},
		{"not closed", strings.TrimSuffix(list(sample(1)), "]"), "broken JSON"},
		{"more behind it", "[]" + secret, "broken JSON"},
		{"two lists", "[][]", "broken JSON"},
		{"deep", "[" + strings.Repeat("[", 200_000), "broken JSON"},
		{"very many", "[0" + strings.Repeat(",0", 500_000) + "]", "more than 1000 alerts where 100 were asked for"},
		{"huge", "[" + strings.Repeat(" ", 4<<20) + "]", "its answer is over the size limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t)
			h.before = fail(always, 200, c.body)
			s, waits := h.scanner(t)
			s.limits.body = 2 << 20
			_, err := scan(t, s, tree(t, nil))
			if err == nil || !strings.Contains(err.Error(), c.want) || len(h.requests()) != 1 || len(*waits) != 0 {
				t.Errorf("after %d requests: %v", len(h.requests()), err)
			}
		})
	}
}

// Bodies of errors are read by go-github itself, to their end.
func TestEndlessBodies(t *testing.T) {
	for _, status := range []int{200, 403, 500} {
		h := newHub(t)
		sent := make(chan int, 10)
		h.before = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(status)
			total := 0
			for {
				n, err := w.Write([]byte(strings.Repeat("[", 64<<10)))
				if total += n; err != nil {
					sent <- total
					return true
				}
			}
		}
		s, _ := h.scanner(t)
		s.limits.body = 1 << 20
		s.limits.tries = 1
		if _, err := scan(t, s, tree(t, nil)); err == nil {
			t.Errorf("%d: no error", status)
		}
		if n := <-sent; n > 64<<20 {
			t.Errorf("%d: %d bytes were taken", status, n)
		}
	}
}

// A small answer that unpacks into a large one is a large one.
func TestPackedBody(t *testing.T) {
	h := newHub(t)
	h.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("it does not take gzip")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprint(z, "["+strings.Repeat(" ", 8<<20)+"]")
		z.Close()
		return true
	}
	s, _ := h.scanner(t)
	s.limits.body = 2 << 20
	if _, err := scan(t, s, tree(t, nil)); !errors.Is(err, rest.ErrTooLarge) {
		t.Error(err)
	}
}

func TestSlowBody(t *testing.T) {
	h := newHub(t)
	h.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		fmt.Fprint(w, "[")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return true
	}
	s, waits := h.scanner(t)
	s.limits.request, s.limits.tries = 30*time.Millisecond, 2
	_, err := scan(t, s, tree(t, nil))
	if err == nil || !strings.HasSuffix(err.Error(), "did not answer in time") || len(*waits) != 1 {
		t.Errorf("after waits %v: %v", *waits, err)
	}
}

func TestConnections(t *testing.T) {
	h := newHub(t, sample(1))
	h.before = func(n int, w http.ResponseWriter, _ *http.Request) bool {
		if n > 2 {
			return false
		}
		panic(http.ErrAbortHandler)
	}
	s, waits := h.scanner(t)
	if got, err := scan(t, s, tree(t, nil)); err != nil || len(got.Findings) != 1 || len(*waits) != 2 {
		t.Errorf("broken off twice: %v, %v", *waits, err)
	}
	h.Close()
	if _, err := scan(t, s, tree(t, nil)); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("gone: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was asked, with the authorization %q", r.Header.Get("Authorization"))
	}))
	defer other.Close()
	for _, c := range []struct {
		name, to string
		status   int
		want     string // empty: it is followed
	}{
		{"renamed", "/repositories/17/dependabot/alerts", 301, ""},
		{"temporary", "/repositories/17/dependabot/alerts", 307, ""},
		{"another port", other.URL + "/repositories/17/dependabot/alerts?x=" + secret, 302, "it redirects to another host"},
		{"another host", "https://evil.example/" + secret, 308, "it redirects to another host"},
		{"another scheme", "https://SELF/x", 301, "it redirects to another host"},
		{"a password", "http://user:" + secret + "@SELF/x", 301, "it redirects to another host"},
		{"a file", "file:///etc/passwd", 301, "it redirects to another host"},
		{"round and round", "/repos/octo/shop/dependabot/alerts", 301, "it redirects again and again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, sample(1))
			h.before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/repositories/17/dependabot/alerts" {
					h.list(w, r)
					return true
				}
				w.Header().Set("Location", strings.ReplaceAll(c.to, "SELF", r.Host))
				w.WriteHeader(c.status)
				return true
			}
			s, waits := h.scanner(t)
			got, err := scan(t, s, tree(t, nil))
			if len(*waits) != 0 {
				t.Errorf("tried again: %v", *waits)
			}
			if c.want == "" {
				if err != nil || len(got.Findings) != 1 {
					t.Errorf("%d findings, %v", len(got.Findings), err)
				}
			} else if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	h := newHub(t, sample(1))
	secure := httptest.NewUnstartedServer(h)
	secure.Config.ErrorLog = discard()
	secure.StartTLS()
	defer secure.Close()
	o := Options{Repository: "octo/shop", Token: secret, APIURL: secure.URL}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scan(t, s, tree(t, nil)); err == nil || !strings.Contains(err.Error(), "certificate that is not trusted") || len(h.requests()) != 0 {
		t.Errorf("untrusted: %v", err)
	}
	o.Client = secure.Client()
	if s, err = New(o); err != nil {
		t.Fatal(err)
	}
	if got, err := scan(t, s, tree(t, nil)); err != nil || len(got.Findings) != 1 {
		t.Errorf("trusted: %v", err)
	}
	if o.Client.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := newHub(t, sample(1))
	h.before = func(n int, w http.ResponseWriter, r *http.Request) bool {
		cancel()
		<-r.Context().Done()
		return true
	}
	s, _ := h.scanner(t)
	if _, err := s.Scan(ctx, target(t), work(t, s)); !errors.Is(err, context.Canceled) {
		t.Errorf("while it asks: %v", err)
	}
	h.before = fail(always, 429, "", "Retry-After", "200")
	ctx, cancel = context.WithCancel(t.Context())
	s.sleep = func(ctx context.Context, d time.Duration) error {
		cancel()
		return rest.Sleep(ctx, d)
	}
	if _, err := s.Scan(ctx, target(t), work(t, s)); !errors.Is(err, context.Canceled) {
		t.Errorf("while it waits: %v", err)
	}
	if err := rest.Sleep(t.Context(), time.Millisecond); err != nil {
		t.Error(err)
	}
}
