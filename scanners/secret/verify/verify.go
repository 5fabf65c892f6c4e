// Package verify asks providers whether a secret that was found still works:
// one small request that changes nothing, to an address fixed per provider.
// It is for those who ask for it; nothing in here runs by itself.
//
// What is asked of whom is a table (table.go), and so is what an answer means:
// an answer that the table does not know leaves the question open, because a
// proxy's block page, an outage and a changed API all look like a refusal. The
// scanned content chooses which check is made and never where it goes: a
// secret must have its provider's form from end to end before it is sent.
//
// No secret, and nothing of what a provider answers, is ever part of a result,
// reason or error: reasons are fixed words, statuses and names of hosts.
package verify

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/text"
)

// Result is what is known about a secret.
type Result int

const (
	Unknown  Result = iota // it could not be told; the reason says why
	Active                 // its provider accepts it
	Inactive               // its provider rejects it
)

func (r Result) String() string {
	switch r {
	case Active:
		return "active"
	case Inactive:
		return "inactive"
	}
	return "unknown"
}

// Outcome is the answer to one question.
type Outcome struct {
	Result   Result
	Reason   string // one line, without the secret
	Endpoint string // what was asked, or would have been; empty where nothing can be
}

// Options has working defaults for everything.
type Options struct {
	// Transport replaces the way to the network. It must not follow redirects.
	Transport http.RoundTripper
	// Endpoints sends a provider's questions elsewhere: to a server of one's
	// own (a GitHub Enterprise, a GitLab) or to a stand-in. Provider to base
	// address, https only. It must never come from what is scanned.
	Endpoints map[string]string
	// Timeout of one request, with its answer. Default 10 seconds.
	Timeout time.Duration
	Limit   Limit
}

// Limit keeps a run polite.
type Limit struct {
	InFlight int           // requests at a time, default 4
	Every    time.Duration // least time between requests to one provider, default 250 ms
	Total    int           // requests in all, default 200
}

// Verifier checks secrets. It remembers what it was told, by hash, so that one
// secret is asked about once. Its methods may be called concurrently.
type Verifier struct {
	checks    map[string][]*check // by rule
	base      map[string]string   // by provider
	transport http.RoundTripper
	timeout   time.Duration
	gate      *gate
	once      once
	now       func() time.Time
}

// New makes a Verifier. Its errors are about Options.Endpoints.
func New(o Options) (*Verifier, error) {
	v := &Verifier{checks: map[string][]*check{}, base: map[string]string{}, transport: o.Transport, timeout: o.Timeout, now: time.Now}
	if v.transport == nil {
		v.transport = newTransport()
	}
	if v.timeout <= 0 {
		v.timeout = 10 * time.Second
	}
	v.gate = newGate(o.Limit)
	for _, c := range table() {
		c.pattern = regexp.MustCompile(`\A(?:` + c.form + `)\z`)
		v.base[c.provider] = c.base
		for _, rule := range c.rules {
			v.checks[rule] = append(v.checks[rule], &c)
		}
	}
	for provider, base := range o.Endpoints {
		if _, ok := v.base[provider]; !ok {
			return nil, fmt.Errorf("no provider is called %q%s", provider, text.Suggest(provider, providers()))
		}
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, fmt.Errorf("the endpoint of %s must be an https address without user, query and fragment", provider)
		}
		v.base[provider] = strings.TrimSuffix(base, "/")
	}
	return v, nil
}

// Supports reports whether there is a check for what a rule finds. Rules are
// those of Gitleaks' default configuration, by id.
func (v *Verifier) Supports(rule string) bool { return len(v.checks[rule]) > 0 }

// Check asks about a secret that a rule found. around is the text in which it
// stands, some lines to either side; credentials that come in pairs, such as
// those of AWS, are looked for in its first 64 KiB. What cannot be told, whatever the cause,
// is an Unknown with its reason.
func (v *Verifier) Check(ctx context.Context, rule, secret, around string) Outcome {
	checks := v.checks[rule]
	if len(checks) == 0 {
		reason := "there is no check for secrets of this rule"
		if why, ok := withoutCheck()[rule]; ok {
			reason = why
		}
		return Outcome{Reason: reason}
	}
	for _, c := range checks {
		m := c.pattern.FindStringSubmatch(secret)
		if m == nil {
			continue
		}
		creds, missing := []credential{{value: m[len(m)-1]}}, ""
		if c.complete != nil {
			creds, missing = c.complete(m[len(m)-1], around)
		}
		o := Outcome{Reason: missing}
		for _, cred := range creds {
			o = v.once.do(ctx, fingerprint(c, cred), func() Outcome { return v.ask(ctx, c, cred) })
			if o.Result != Unknown || ctx.Err() != nil {
				break
			}
		}
		o.Endpoint = v.endpoint(c)
		return o
	}
	return Outcome{Reason: "it has not the form of a secret that can be checked"}
}

// endpoint is the address of a check, for people.
func (v *Verifier) endpoint(c *check) string { return v.base[c.provider] + c.path }

// Endpoints lists the addresses that are asked when Options names no others,
// sorted. {secret} stands for a secret that is part of an address.
func Endpoints() []string {
	var all []string
	for _, c := range table() {
		all = append(all, c.base+c.path)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// providers lists the keys of Options.Endpoints.
func providers() []string {
	var all []string
	for _, c := range table() {
		all = append(all, c.provider)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
