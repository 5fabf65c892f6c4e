package github

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// failing breaks off connections when it is told to.
type failing struct {
	next http.RoundTripper
	now  func() bool
}

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.now() {
		return nil, errors.New("broken with " + token)
	}
	return f.next.RoundTrip(r)
}

func TestAccessIsChecked(t *testing.T) {
	good := Access{APIURL: "https://ghe.example.com/api/v3/", Repository: "octo/shop", Token: token}
	for name, tt := range map[string]struct {
		change func(*Access)
		want   string
	}{
		"nothing wrong":       {func(*Access) {}, ""},
		"github.com":          {func(a *Access) { a.APIURL = "" }, ""},
		"data residency":      {func(a *Access) { a.APIURL = "https://api.octo.ghe.com" }, ""},
		"this machine":        {func(a *Access) { a.APIURL = "http://127.0.0.1:9" }, ""},
		"this machine, too":   {func(a *Access) { a.APIURL = "http://[::1]:9" }, ""},
		"no repository":       {func(a *Access) { a.Repository = "" }, "no access"},
		"no token":            {func(a *Access) { a.Token = " " }, "no access"},
		"in the clear":        {func(a *Access) { a.APIURL = "http://ghe.example.com" }, "not https"},
		"like this machine":   {func(a *Access) { a.APIURL = "http://localhost.example.com" }, "not https"},
		"a password":          {func(a *Access) { a.APIURL = "https://u:p@ghe.example.com" }, "is not one"},
		"no address":          {func(a *Access) { a.APIURL = "ghe.example.com" }, "is not one"},
		"a file":              {func(a *Access) { a.APIURL = "file:///etc" }, "is not one"},
		"climbing":            {func(a *Access) { a.Repository = "octo/.." }, "owner/name"},
		"three parts":         {func(a *Access) { a.Repository = "octo/shop/x" }, "owner/name"},
		"a line in the token": {func(a *Access) { a.Token = token + "\nX-Evil: 1" }, "characters that no token has"},
	} {
		t.Run(name, func(t *testing.T) {
			a := good
			tt.change(&a)
			_, err := NewClient(a)
			if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), token)) {
				t.Error(err)
			}
			if errors.Is(err, ErrNoAccess) != (tt.want == "no access") {
				t.Errorf("%v is taken for the wrong kind", err)
			}
		})
	}
}

// TestTheTokenStaysWithItsHost: neither a redirect nor an answer gets it out.
func TestTheTokenStaysWithItsHost(t *testing.T) {
	leaked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { leaked++ }))
	defer other.Close()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("to") {
		case "other":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "again":
			http.Redirect(w, r, r.URL.String(), http.StatusTemporaryRedirect)
		case "moved":
			http.Redirect(w, r, "/repositories/1?to=end", http.StatusMovedPermanently)
		case "end":
			io.WriteString(w, `{"token": "`+r.Header.Get("Authorization")+`"}`)
		case "echo":
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `{"message": "no\n::error::`+r.Header.Get("Authorization")+` ##[error]x"}`)
		}
	}))
	defer s.Close()
	c := newClient(t, s.URL)
	for to, want := range map[string]string{"other": "another host", "again": "again and again", "echo": "no ::error::Bearer *** ## [error]x"} {
		var out any
		_, err := c.get(context.Background(), "/x?to="+to, &out)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), token) {
			t.Errorf("%s: %v", to, err)
		}
	}
	var out struct{ Token string }
	if _, err := c.get(context.Background(), "/x?to=moved", &out); err != nil || out.Token != "Bearer "+token {
		t.Errorf("a renamed repository: %v", err)
	}
	if leaked > 0 {
		t.Error("another host was asked")
	}
}

func TestAnswersAreBounded(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("fail") != "" {
			w.WriteHeader(http.StatusForbidden)
		}
		io.WriteString(w, `"`+strings.Repeat("x", 1<<20)+`"`)
	}))
	defer s.Close()
	c := newClient(t, s.URL)
	c.limits.body = 1 << 16
	c.http = c.transport(nil)
	for _, path := range []string{"/x", "/x?fail=1"} {
		var out string
		if _, err := c.get(context.Background(), path, &out); err == nil || len(err.Error()) > 2000 {
			t.Errorf("%s: %.200v", path, err)
		}
	}
}

// TestConnections: what breaks is tried again, and never quoted.
func TestConnections(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "{}") }))
	defer s.Close()
	for breaks, works := range map[int]bool{0: true, 3: true, 4: false} {
		c := newClient(t, s.URL)
		waited := []time.Duration{}
		c.sleep = func(_ context.Context, d time.Duration) error { waited = append(waited, d); return nil }
		n := 0
		c.http.Transport.(*guarded).next = failing{http.DefaultTransport, func() bool { n++; return n <= breaks }}
		var out any
		_, err := c.get(context.Background(), "/x", &out)
		if (err == nil) != works || err != nil && (strings.Contains(err.Error(), token) || !strings.Contains(err.Error(), "broke off")) {
			t.Errorf("%d breaks: %v", breaks, err)
		}
		for i, d := range waited {
			if d != time.Second<<i {
				t.Errorf("%d breaks: waited %v", breaks, waited)
			}
		}
	}
}
