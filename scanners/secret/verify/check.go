package verify

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// check is one row of the table: a request, and what its answers mean.
type check struct {
	provider string   // the key of Options.Endpoints
	rules    []string // of Gitleaks
	// form is what the whole secret must look like to be sent. Its group,
	// where it has one, is the part that is sent.
	form    string
	pattern *regexp.Regexp // form, compiled

	method, base, path string // {secret} in path is replaced
	header             map[string]string
	auth               func(*http.Request, string)
	body, media        string
	xml                bool // what it answers; JSON otherwise

	// complete finds the rest of a credential that comes in parts. Without any
	// it says what is missing.
	complete func(secret, around string) (_ []credential, missing string)
	// sign finishes a request that must be signed, in place of auth.
	sign func(*http.Request, string, credential, time.Time)

	answers []answer // the first that fits counts
}

// credential is what is sent, or signed with.
type credential struct{ value, key, session string }

// answer is something a provider may say.
type answer struct {
	status int
	says   matcher
	result Result
	reason string // replaces the usual words; "" for most
}

const placeholder = "{secret}"

// request puts a credential into the request of a check.
func (c *check) request(ctx context.Context, base string, cred credential, now time.Time) (*http.Request, error) {
	address := base + strings.ReplaceAll(c.path, placeholder, escapePath(cred.value))
	req, err := http.NewRequestWithContext(ctx, c.method, address, strings.NewReader(c.body))
	if err != nil {
		return nil, err
	}
	if c.body == "" {
		req.Body, req.GetBody, req.ContentLength = http.NoBody, nil, 0
	} else {
		req.Header.Set("Content-Type", c.media)
	}
	req.Header.Set("User-Agent", "scangate")
	req.Header.Set("Accept", "application/json")
	for name, value := range c.header {
		req.Header.Set(name, value)
	}
	switch {
	case c.sign != nil:
		c.sign(req, c.body, cred, now)
	case c.auth != nil:
		c.auth(req, cred.value)
	}
	return req, nil
}

// escapePath keeps a secret within its place in a path. The forms allow
// nothing that would leave it; this is the second lock.
func escapePath(s string) string {
	parts := strings.Split(s, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

func bearer(req *http.Request, secret string) { req.Header.Set("Authorization", "Bearer "+secret) }

// field sends the secret as a header of its own.
func field(name string) func(*http.Request, string) {
	return func(req *http.Request, secret string) { req.Header.Set(name, secret) }
}

// asUser sends the secret as a user without a password.
func asUser(req *http.Request, secret string) { req.SetBasicAuth(secret, "") }

// asPassword sends the secret as the password of a user.
func asPassword(user string) func(*http.Request, string) {
	return func(req *http.Request, secret string) { req.SetBasicAuth(user, secret) }
}
