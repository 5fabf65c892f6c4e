package vulndb

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
)

// chain counts how often credentials are asked for.
type chain struct {
	asked int
	auth  authn.Authenticator
}

func (c *chain) Resolve(authn.Resource) (authn.Authenticator, error) {
	c.asked++
	return c.auth, nil
}

// TestTokens: a registry over TLS that wants a token, as public ones do of
// the anonymous, too.
func TestTokens(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m := newMirror(t)
	m.push(t, dbLayer(published(t, now)))
	const token = "not-a-secret"
	var credentials []string
	var server *httptest.Server
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			user, _, _ := r.BasicAuth()
			credentials = append(credentials, user)
			if user == "expired" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			fmt.Fprintf(w, `{"token":%q}`, token)
		case r.Header.Get("Authorization") != "Bearer "+token:
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="test"`, server.URL))
			w.WriteHeader(http.StatusUnauthorized)
		default:
			m.ServeHTTP(w, r)
		}
	}))
	defer server.Close()
	o := options()
	o.Repositories = []string{strings.TrimPrefix(server.URL, "https://") + "/aquasec/trivy-db"}
	o.Transport = server.Client().Transport

	if out, err := Update(t.Context(), t.TempDir(), o); err != nil || !out.Updated || len(credentials) == 0 || credentials[0] != "" {
		t.Errorf("anonymous: %+v, %v, %q", out, err, credentials)
	}
	for user, want := range map[string]string{"me": "", "expired": "access denied (HTTP 401)"} {
		o.Keychain = &chain{auth: &authn.Basic{Username: user, Password: "x"}}
		_, err := Update(t.Context(), t.TempDir(), o)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", user, err)
		}
	}
	o.Keychain, o.Transport = nil, &http.Transport{TLSClientConfig: &tls.Config{ServerName: "elsewhere.invalid"}}
	server.Config.ErrorLog = nil
	if _, err := Update(t.Context(), t.TempDir(), o); err == nil {
		t.Error("a certificate that nobody vouches for is taken")
	}
}

// TestPublicMirrorsAreAnonymous: no keychain is asked for them.
func TestPublicMirrorsAreAnonymous(t *testing.T) {
	for _, repo := range append(append(DefaultRepositories(), Java().Repositories()...), "ghcr.io/aquasecurity/trivy-java-db", "ghcr.io/aquasecurity/trivy-db", "public.ecr.aws/aquasecurity/trivy-db:latest", "ghcr.io/mine/trivy-db") {
		ref, err := vulnerabilities.parseRepository(repo)
		if err != nil {
			t.Fatal(err)
		}
		c := &chain{auth: authn.Anonymous}
		u := &updater{options: UpdateOptions{Keychain: c}, transport: nowhere{}}
		if _, err := u.connect(t.Context(), ref); err == nil {
			t.Errorf("%s: no error", repo)
		}
		if mine := strings.Contains(repo, "mine"); (c.asked > 0) != mine {
			t.Errorf("%s: the keychain was asked %d times", repo, c.asked)
		}
	}
}

// nowhere is a network without anybody in it.
type nowhere struct{}

func (nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, &url.Error{Op: "Get", URL: r.URL.String() + "?signature=abc", Err: errors.New("unreachable")}
}

func TestDefaultTag(t *testing.T) {
	for repo, want := range map[string]string{
		"ghcr.io/aquasecurity/trivy-db":                 "ghcr.io/aquasecurity/trivy-db:2",
		"ghcr.io/aquasecurity/trivy-db:3":               "ghcr.io/aquasecurity/trivy-db:3",
		"localhost:5000/db":                             "localhost:5000/db:2",
		"ghcr.io/a/b@sha256:" + strings.Repeat("0", 64): "ghcr.io/a/b@sha256:" + strings.Repeat("0", 64),
		"https://ghcr.io/x":                             "",
		"":                                              "",
		"a b":                                           "",
	} {
		var ref name.Reference
		ref, err := vulnerabilities.parseRepository(repo)
		if (err == nil) != (want != "") || err == nil && ref.Name() != want {
			t.Errorf("%q: %v, %v", repo, ref, err)
		}
	}
}

func TestNoAddressInErrors(t *testing.T) {
	o := options()
	o.Repositories, o.Transport = nil, nowhere{}
	_, err := Update(t.Context(), t.TempDir(), o)
	if err == nil || strings.Contains(err.Error(), "signature") || strings.Count(err.Error(), "unreachable") != 3 {
		t.Errorf("%v", err)
	}
	for _, repo := range DefaultRepositories() {
		if !strings.Contains(err.Error(), repo) {
			t.Errorf("%s is not named: %v", repo, err)
		}
	}
}

// TestEndlessAnswers: what is no layer is read up to a limit.
func TestEndlessAnswers(t *testing.T) {
	m := newMirror(t)
	m.push(t, dbLayer(published(t, time.Now())))
	var sent atomic.Int64
	m.fault = func(w http.ResponseWriter, _ *http.Request, kind string, _ int) bool {
		if kind != "GET manifests" {
			return false
		}
		for block := make([]byte, 1<<20); ; {
			n, err := w.Write(block)
			if sent.Add(int64(n)) > 1<<30 || err != nil {
				return true
			}
		}
	}
	if _, err := Update(t.Context(), t.TempDir(), options(m)); err == nil || sent.Load() > 100<<20 {
		t.Errorf("%v after %d bytes", err, sent.Load())
	}
}

func TestStoreThatIsALink(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	precious := filepath.Join(elsewhere, "v-precious")
	if err := os.Mkdir(precious, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, store(dir)); err != nil {
		t.Fatal(err)
	}
	m := newMirror(t)
	m.push(t, dbLayer(published(t, time.Now())))
	if _, err := Update(t.Context(), dir, options(m)); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
}

func TestCurrentThatLeadsElsewhere(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	m := newMirror(t)
	m.push(t, dbLayer(published(t, now)))
	for _, text := range []string{`{"version":"../../x"}`, `{"version":"v-1/../../x"}`, `{}`, `{`, "", strings.Repeat(" ", maxStateSize+1)} {
		dir := t.TempDir()
		if err := makeStore(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(store(dir), "current.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "current.json is corrupt") {
			t.Errorf("%.40q: %v", text, err)
		}
		if _, err := Update(t.Context(), dir, options(m)); err != nil || !builtAt(t, dir).Equal(now) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}
