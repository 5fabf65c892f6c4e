package crawl

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"github.com/scangate/scangate/text"
)

// maxAddress bounds an address, in bytes. Browsers and servers take longer
// ones, but those that are meant for people end well before.
const maxAddress = 2048

// resolve reads a reference as a browser would, and returns the address in its
// normal form, or why there is none.
func resolve(base *url.URL, ref string) (*url.URL, Reason) {
	ref = strings.TrimFunc(ref, func(r rune) bool { return r <= ' ' })
	ref, _, _ = strings.Cut(ref, "#")
	if scheme := schemeOf(ref); scheme != "" && scheme != "http" && scheme != "https" {
		return nil, OtherScheme
	}
	if len(ref) > maxAddress {
		return nil, LongAddress
	}
	ref = unbroken(ref)
	path, query, asks := strings.Cut(ref, "?")
	ref = strings.ReplaceAll(path, `\`, "/") // as browsers do: \\host is a host
	if asks {
		ref += "?" + query
	}
	u, err := url.Parse(ref)
	if err != nil || u.Opaque != "" || u.Scheme != "" && u.Host == "" {
		return nil, Malformed
	}
	return canonical(base.ResolveReference(u))
}

// unbroken leaves out what browsers leave out of an address, wherever it is.
func unbroken(ref string) string {
	if !strings.ContainsAny(ref, "\t\n\r") {
		return ref
	}
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, ref)
}

// schemeOf returns the scheme that a reference begins with, in lower case.
func schemeOf(ref string) string {
	for i := range len(ref) {
		switch c := ref[i] | 0x20; {
		case 'a' <= c && c <= 'z':
		case i > 0 && (ref[i] >= '0' && ref[i] <= '9' || strings.IndexByte("+-.\t\n\r", ref[i]) >= 0):
		case i > 0 && ref[i] == ':':
			return strings.ToLower(unbroken(ref[:i]))
		default:
			return ""
		}
	}
	return ""
}

// ParseTarget reads the address of an application that somebody has named, and
// returns its normal form. Errors quote nothing of it that may be a secret.
func ParseTarget(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.ContainsAny(address, " \t\r\n") {
		return nil, errors.New("an entry is no http:// or https:// address, such as http://localhost:8080")
	}
	host := text.OneLine(u.Hostname(), 100)
	if u.User != nil {
		return nil, fmt.Errorf("the address of %s holds a name or password: leave it out, and where a header is taken give that from the environment", host)
	}
	out, why := normal(u)
	switch {
	case why == OtherScheme:
		return nil, fmt.Errorf("the address of %s is no http:// or https:// address, such as http://localhost:8080", host)
	case why != "":
		return nil, errors.New("an entry is no http:// or https:// address of a host, such as http://localhost:8080")
	case len(address) > maxAddress:
		return nil, fmt.Errorf("the address of %s is over %s", host, text.Count(maxAddress, "byte"))
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(address, "#"):
		return nil, fmt.Errorf("the address of %s has a query or a fragment: name the page without it", host)
	}
	return out, nil
}

// Normal returns the normal form of an absolute address, as ParseTarget does.
// It is nil for what is no http or https address of a host.
func Normal(u *url.URL) *url.URL {
	out, _ := normal(u)
	return out
}

// canonical is normal for addresses that are to be asked for.
func canonical(u *url.URL) (*url.URL, Reason) {
	out, why := normal(u)
	if why == "" && len(out.String()) > maxAddress {
		return nil, LongAddress
	}
	return out, why
}

// normal returns the normal form of an absolute address: without fragment,
// credentials, default port and dot segments, percent-encoded where that is
// needed and nowhere else. The order of parameters may mean something and is
// kept.
func normal(u *url.URL) (*url.URL, Reason) {
	scheme := strings.ToLower(u.Scheme)
	if scheme != "http" && scheme != "https" {
		return nil, OtherScheme
	}
	host := canonicalHost(u.Hostname())
	if host == "" || u.Opaque != "" {
		return nil, Malformed
	}
	if port := u.Port(); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return nil, Malformed
		}
		if !(scheme == "http" && n == 80 || scheme == "https" && n == 443) {
			host += ":" + strconv.FormatUint(n, 10)
		}
	}
	path := withoutDots(escape(u.EscapedPath(), "/:@!$&'()*+,;="))
	out := &url.URL{Scheme: scheme, Host: host, RawPath: path, RawQuery: escape(u.RawQuery, "/:@!$&'()*+,;=?[]|")}
	out.Path, _ = url.PathUnescape(path) // escape leaves nothing that could fail
	return out, ""
}

// canonicalHost returns a host in lower case and ASCII, in brackets where it
// is an IPv6 address, or nothing where it is no host.
func canonicalHost(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		switch {
		case a.Zone() != "": // a link-local address of one interface
			return ""
		case a.Is6():
			return "[" + a.String() + "]"
		}
		return a.String()
	}
	host = strings.ToLower(host)
	for i := range len(host) {
		if host[i] >= 0x80 {
			ascii, err := idna.Lookup.ToASCII(host)
			if err != nil {
				return ""
			}
			host = ascii
			break
		}
	}
	if len(host) > 254 || strings.ContainsFunc(host, func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '.' || r == '-' || r == '_')
	}) {
		return ""
	}
	return host
}

// origin is the scope that an address in its normal form is in.
func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// shown is an address for people: parameters may hold secrets and are left out.
func shown(u *url.URL) string { return origin(u) + u.EscapedPath() }

// escape percent-encodes all but letters, digits, -._~ and the characters of
// also. What is encoded without need is decoded, so that an address has one
// spelling.
func escape(s, also string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		plain := unreserved(c) || strings.IndexByte(also, c) >= 0
		if c == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				c, i = byte(n), i+2
				plain = unreserved(c)
			}
		}
		if plain {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// withoutDots resolves dot segments: RFC 3986, section 5.2.4.
func withoutDots(path string) string {
	var out []string
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, s := range segments {
		last := i == len(segments)-1
		switch s {
		case ".", "..":
			if s == ".." && len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/")
}
