package csp

import (
	"regexp"
	"strings"
)

// Kind is the kind of a source expression.
type Kind int

const (
	Invalid Kind = iota
	None         // 'none'
	Keyword      // 'self', 'unsafe-inline'
	Nonce        // 'nonce-…'
	Hash         // 'sha256-…'
	Scheme       // https:
	Host         // https://*.example.com:443/path
)

// Source is a source expression.
type Source struct {
	Kind Kind
	Text string // as written; keywords in lower case
	// Of a Scheme or Host, in lower case: the scheme without its colon, the
	// name, the port, each of which may be missing.
	Scheme, Host, Port string
}

// The grammar of section 2.3.1. Browsers take the underscore in names, too.
var (
	schemeSource = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:$`)
	hostSource   = regexp.MustCompile(`^(?:([A-Za-z][A-Za-z0-9+.-]*)://)?(\*|(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?)(?::([0-9]{1,5}|\*))?(/[^\s;,]*)?$`)
	nonceSource  = regexp.MustCompile(`(?i)^'nonce-([A-Za-z0-9+/_-]+={0,2})'$`)
	hashSource   = regexp.MustCompile(`(?i)^'(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})'$`)
)

func parseSource(s string) Source {
	low := strings.ToLower(s)
	switch {
	case low == "'none'":
		return Source{Kind: None, Text: low}
	case strings.HasPrefix(s, "'"):
		switch {
		case keyword(low):
			return Source{Kind: Keyword, Text: low}
		case nonceSource.MatchString(s):
			return Source{Kind: Nonce, Text: s}
		case hashSource.MatchString(s):
			return Source{Kind: Hash, Text: s}
		}
	case schemeSource.MatchString(s):
		return Source{Kind: Scheme, Text: s, Scheme: strings.TrimSuffix(low, ":")}
	default:
		if m := hostSource.FindStringSubmatch(s); m != nil {
			return Source{Kind: Host, Text: s, Scheme: strings.ToLower(m[1]), Host: strings.ToLower(m[2]), Port: m[3]}
		}
	}
	return Source{Text: s}
}

func keyword(s string) bool {
	switch s {
	case "'self'", "'unsafe-inline'", "'unsafe-eval'", "'strict-dynamic'", "'unsafe-hashes'", "'report-sample'",
		"'unsafe-allow-redirects'", "'wasm-unsafe-eval'", "'trusted-types-eval'", "'inline-speculation-rules'",
		"'report-sha256'", "'report-sha384'", "'report-sha512'", "'unsafe-webtransport-hashes'":
		return true
	}
	return false
}

// AnyHost reports whether the expression allows every host, be it of one
// scheme of the network only.
func (s Source) AnyHost() bool {
	switch s.Kind {
	case Scheme:
		return network(s.Scheme)
	case Host:
		return s.Host == "*" && (s.Scheme == "" || network(s.Scheme)) && usualPort(s.Port)
	}
	return false
}

func network(scheme string) bool {
	switch scheme {
	case "http", "https", "ws", "wss":
		return true
	}
	return false
}

func usualPort(port string) bool {
	switch port {
	case "", "*", "80", "443":
		return true
	}
	return false
}
