package openapi

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"golang.org/x/net/http/httpguts"

	"github.com/scangate/scangate/scanners/dast/exchange"
	"github.com/scangate/scangate/text"
)

// maxURL bounds an address, in bytes: servers refuse longer ones.
const maxURL = 8000

// callers are fields that belong to the caller or to the connection.
var callers = []string{
	"authorization", "cookie", "cookie2", "host", "accept", "accept-encoding", "content-type", "content-length", "content-encoding",
	"connection", "date", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "via", "user-agent", "origin", "referer",
	"forwarded", "http2-settings", "max-forwards", "range", "if-range",
}

var callersPrefixes = []string{"proxy-", "sec-", "x-forwarded-", ":"}

// overriding names make some servers take a GET for something else.
var overriding = []string{"x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url", "_method", "x-original-method"}

// placeholder is a parameter in a path.
var placeholder = regexp.MustCompile(`\{[^{}/]*\}`)

// request makes the request of an operation.
func (o *operation) request(k known, target *url.URL) (Request, error) {
	r := Request{Method: o.method, Operation: o.id, Template: text.OneLine(o.template, 500), Line: o.line}
	if strings.ContainsAny(o.template, "?#") {
		return r, errors.New("its path has a query or a fragment")
	}
	if !strings.HasPrefix(o.template, "/") {
		return r, errors.New("its path does not begin with /")
	}
	values := map[string]string{}
	var query []string
	for _, ref := range k.parameters {
		p := ref.Value
		if p == nil || !p.Required || p.In == openapi3.ParameterInCookie {
			continue
		}
		if err := o.fill(&r, p, values, &query); err != nil {
			return r, err
		}
	}
	path, err := expand(o.template, values)
	if err != nil {
		return r, err
	}
	base, err := basePath(k.servers, target)
	if err != nil {
		return r, err
	}
	whole, err := url.PathUnescape(base + path)
	if err != nil {
		return r, errors.New("its path is not a path of an address")
	}
	if slices.ContainsFunc(strings.Split(strings.ReplaceAll(whole, `\`, "/"), "/"), func(s string) bool { return s == "." || s == ".." }) {
		return r, errors.New("its path has . or .. in it")
	}
	r.URL = &url.URL{Scheme: target.Scheme, Host: target.Host, Path: whole, RawPath: base + path, RawQuery: strings.Join(query, "&")}
	if len(r.URL.String()) > maxURL {
		return r, fmt.Errorf("its address is over %s", text.Count(maxURL, "byte"))
	}
	return r, nil
}

// fill gives a required parameter its value.
func (o *operation) fill(r *Request, p *openapi3.Parameter, values map[string]string, query *[]string) error {
	name := strings.ToLower(p.Name)
	if slices.Contains(overriding, name) {
		return fmt.Errorf("its parameter %s may make the server do something else", name)
	}
	if p.In == openapi3.ParameterInHeader && mine(name) {
		return nil
	}
	v, err := parameterValue(p)
	if err != nil {
		return fmt.Errorf("there is no value for its required %s parameter %s: %w", text.OneLine(p.In, 20), text.OneLine(p.Name, 60), err)
	}
	switch p.In {
	case openapi3.ParameterInPath:
		values[p.Name] = v.path(p)
	case openapi3.ParameterInQuery:
		*query = append(*query, v.query(p)...)
	case openapi3.ParameterInHeader:
		s := v.plain()
		if !httpguts.ValidHeaderFieldName(p.Name) || !httpguts.ValidHeaderFieldValue(s) {
			return fmt.Errorf("its required header %s cannot be sent", text.OneLine(p.Name, 60))
		}
		r.Header = append(r.Header, exchange.Field{Name: p.Name, Value: s})
	}
	return nil
}

// mine tells whether a field is the caller's business.
func mine(name string) bool {
	return slices.Contains(callers, name) || slices.ContainsFunc(callersPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// expand puts values, which are escaped, in the place of parameters.
func expand(template string, values map[string]string) (string, error) {
	var out strings.Builder
	rest := template
	for _, m := range placeholder.FindAllStringIndex(template, -1) {
		name := template[m[0]+1 : m[1]-1]
		v, ok := values[name]
		if !ok {
			return "", fmt.Errorf("its path's parameter %s is not described", text.OneLine(name, 60))
		}
		if v == "" {
			return "", fmt.Errorf("there is no value for its path's parameter %s", text.OneLine(name, 60))
		}
		out.WriteString(escapePath(template[len(template)-len(rest) : m[0]]))
		out.WriteString(v)
		rest = template[m[1]:]
	}
	out.WriteString(escapePath(rest))
	return out.String(), nil
}

// escapePath escapes what cannot be in a path, and leaves what is escaped.
func escapePath(s string) string {
	const digits = "0123456789abcdefABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("/-._~!$&'()*+,;=:@", c) >= 0
		escaped := c == '%' && i+2 < len(s) && strings.IndexByte(digits, s[i+1]) >= 0 && strings.IndexByte(digits, s[i+2]) >= 0
		if plain || escaped {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// basePath is what stands before the paths of the operations, escaped and
// without a slash at its end.
func basePath(servers openapi3.Servers, target *url.URL) (string, error) {
	clean := func(u *url.URL) string { return strings.TrimRight(escapePath(u.EscapedPath()), "/") }
	var first *url.URL
	for _, s := range servers {
		if s == nil {
			continue
		}
		address := s.URL
		for name, v := range s.Variables {
			if v != nil {
				address = strings.ReplaceAll(address, "{"+name+"}", v.Default)
			}
		}
		u, err := url.Parse(address)
		if err != nil || u.Opaque != "" || len(address) > maxURL {
			continue
		}
		if u.Scheme == target.Scheme && strings.EqualFold(u.Host, target.Host) {
			return slash(clean(u)), nil
		}
		if first == nil {
			first = u
		}
	}
	if own := clean(target); own != "" {
		return slash(own), nil
	}
	if first == nil {
		return "", nil
	}
	if strings.ContainsAny(first.Path, "{}") {
		return "", errors.New("its server's address has a variable without a default")
	}
	return slash(clean(first)), nil
}

// slash puts a slash before a path that has none.
func slash(path string) string {
	if path == "" || path[0] == '/' {
		return path
	}
	return "/" + path
}
