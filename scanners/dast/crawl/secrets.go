package crawl

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"html"
	"net/url"
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// redacted stands where a secret stood.
const redacted = "[redacted]"

// minSecret is how long a value has to be to be looked for in what a server
// sends, in bytes: shorter ones are found where they do not belong.
const minSecret = 8

// secrets are the values that must not leave the crawler, and how they look
// once a page repeats them. The longest come first.
type secrets []string

// Redact returns a function that takes the values of header fields and cookies
// out of a text.
func Redact(header, cookies []exchange.Field) func(string) string {
	return newSecrets(header, cookies).text
}

func newSecrets(header, cookies []exchange.Field) secrets {
	var plain []string
	for _, f := range header {
		plain = append(plain, f.Value)
		if scheme, rest, ok := strings.Cut(f.Value, " "); ok {
			rest = strings.TrimSpace(rest)
			plain = append(plain, rest)
			if strings.EqualFold(scheme, "basic") {
				if both, err := base64.StdEncoding.DecodeString(rest); err == nil {
					_, password, _ := strings.Cut(string(both), ":")
					plain = append(plain, string(both), password)
				}
			}
		}
	}
	for _, f := range cookies {
		plain = append(plain, f.Value)
	}
	var out secrets
	for _, s := range plain {
		if len(s) >= minSecret {
			// In a page, in an address, and in JSON as some write it.
			out = append(out, s, html.EscapeString(s), url.QueryEscape(s), url.PathEscape(s), strings.ReplaceAll(s, "/", `\/`))
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(out)
}

// in tells whether text holds a secret.
func (s secrets) in(text string) bool {
	return slices.ContainsFunc(s, func(secret string) bool { return strings.Contains(text, secret) })
}

// text returns a text without the secrets.
func (s secrets) text(t string) string {
	for _, secret := range s {
		t = strings.ReplaceAll(t, secret, redacted)
	}
	return t
}

// bytes is text for a body.
func (s secrets) bytes(b []byte) []byte {
	for _, secret := range s {
		if bytes.Contains(b, []byte(secret)) {
			b = bytes.ReplaceAll(b, []byte(secret), []byte(redacted))
		}
	}
	return b
}

// hidden is the value of a secret field as it is shown. The scheme of
// credentials stays: Basic over plain HTTP is a finding.
func hidden(f exchange.Field) exchange.Field {
	scheme, _, ok := strings.Cut(f.Value, " ")
	known := slices.ContainsFunc([]string{"basic", "bearer", "digest", "negotiate", "ntlm"}, func(s string) bool { return strings.EqualFold(s, scheme) })
	if ok && known && strings.HasSuffix(strings.ToLower(f.Name), "authorization") {
		return exchange.Field{Name: f.Name, Value: scheme + " " + redacted}
	}
	return exchange.Field{Name: f.Name, Value: redacted}
}
