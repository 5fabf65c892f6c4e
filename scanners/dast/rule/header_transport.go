package rule

import (
	"regexp"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

const (
	transportField = "Strict-Transport-Security"
	yearInSeconds  = 365 * 24 * 60 * 60
)

var (
	maxAgeZero   = regexp.MustCompile(`(?i)\b(max-age\s*=\s*['"]*\s*0+['"]*)\s*(?:$|[^0-9'"])`)
	maxAgeDigits = regexp.MustCompile(`(?i)\bmax-age\s*=\s*['"]*\s*([0-9]+)`)
	maxAgeQuoted = regexp.MustCompile(`(?i)['"]\s*max-age`)
)

func strictTransport() *Rule {
	return &Rule{
		ID: 10035, Name: "Strict-Transport-Security Header", Risk: Low, Confidence: HighConfidence, CWE: 319, WASC: 15,
		Text:       "Browsers are not told, or not in a way that they understand, to use this host over HTTPS only. Whoever controls the network can turn a first request over plain HTTP to a site of their own.",
		Fix:        "Send Strict-Transport-Security: max-age=31536000; includeSubDomains once with every response over HTTPS.",
		References: []string{headerAlertPage(10035), "https://www.rfc-editor.org/rfc/rfc6797"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			if !x.HTTPS() {
				return
			}
			values := x.Header.Values(transportField)
			switch {
			case len(values) == 0 && !staysSecure(x):
				report(Alert{Kind: 1, Name: "Strict-Transport-Security Header Not Set"})
			case len(values) == 1:
				judgeTransport(values[0], report)
			case len(values) > 1:
				report(Alert{Kind: 3, Name: "Strict-Transport-Security Multiple Header Entries (Non-compliant with Spec)"})
			}
			if metas := headerMetas(x, transportField); len(metas) > 0 {
				report(Alert{Kind: 6, Name: "Strict-Transport-Security Defined via META (Non-compliant with Spec)", Evidence: metas[0].Value("http-equiv")})
			}
		},
	}
}

// judgeTransport reports the first thing that is wrong with a field.
func judgeTransport(v string, report func(Alert)) {
	zero := maxAgeZero.FindStringSubmatch(v)
	switch {
	case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r > '~' }):
		report(Alert{Kind: 8, Name: "Strict-Transport-Security Malformed Content (Non-compliant with Spec)", Evidence: transportField})
	case zero != nil:
		report(Alert{Kind: 2, Name: "Strict-Transport-Security Disabled", Evidence: zero[1]})
	case !maxAgeDigits.MatchString(v):
		report(Alert{Kind: 5, Name: "Strict-Transport-Security Missing Max-Age (Non-compliant with Spec)", Evidence: v})
	case maxAgeQuoted.MatchString(v):
		report(Alert{Kind: 7, Name: "Strict-Transport-Security Max-Age Malformed (Non-compliant with Spec)", Evidence: v})
	}
}

// staysSecure reports a redirect that leads to the same origin, whose answer
// is judged in its turn.
func staysSecure(x *exchange.Exchange) bool {
	location, ok := x.Header.Get("Location")
	if !ok || !x.Redirect() {
		return false
	}
	to, err := x.URL.Parse(strings.TrimSpace(location))
	return err == nil && strings.EqualFold(to.Scheme, x.URL.Scheme) &&
		strings.EqualFold(to.Hostname(), x.URL.Hostname()) && securePort(to.Port()) == securePort(x.URL.Port())
}

func securePort(port string) string {
	if port == "" {
		return "443"
	}
	return port
}

// transport is a Strict-Transport-Security field that browsers understand.
type transport struct {
	maxAge              int // in seconds, at most some years
	subdomains, preload bool
	value               string
}

// readTransport reads the field that browsers act upon, which is the first.
// One that switches the protection off is not reported as present.
func readTransport(x *exchange.Exchange) (transport, bool) {
	v, ok := x.Header.Get(transportField)
	m := maxAgeDigits.FindStringSubmatch(v)
	if !ok || !x.HTTPS() || m == nil || maxAgeZero.MatchString(v) || maxAgeQuoted.MatchString(v) {
		return transport{}, false
	}
	t := transport{value: v}
	for _, digit := range m[1] {
		t.maxAge = min(t.maxAge*10+int(digit-'0'), 10*yearInSeconds)
	}
	for directive := range strings.SplitSeq(v, ";") {
		switch strings.ToLower(strings.TrimSpace(directive)) {
		case "includesubdomains":
			t.subdomains = true
		case "preload":
			t.preload = true
		}
	}
	return t, true
}

func transportStrength() *Rule {
	return &Rule{
		Own: "scangate-hsts-strength", Name: "Weak Strict-Transport-Security", Risk: Low, Confidence: HighConfidence, CWE: 319, WASC: 15,
		Text:       "The host asks for HTTPS, but for less than a year, or without its subdomains: a subdomain reached over plain HTTP can set cookies for the whole domain.",
		Fix:        "Send Strict-Transport-Security: max-age=31536000; includeSubDomains.",
		References: []string{"https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Strict_Transport_Security_Cheat_Sheet.html", "https://www.rfc-editor.org/rfc/rfc6797"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			t, ok := readTransport(x)
			if !ok || t.preload { // what preloading asks for is more, and a rule of its own
				return
			}
			if t.maxAge < yearInSeconds {
				report(Alert{Kind: 1, Name: "Strict-Transport-Security For Less Than A Year", Evidence: t.value})
			}
			if !t.subdomains {
				report(Alert{Kind: 2, Name: "Strict-Transport-Security Without Subdomains", Risk: Informational, Evidence: t.value})
			}
		},
	}
}

func transportPreload() *Rule {
	return &Rule{
		Own: "scangate-hsts-preload", Name: "Strict-Transport-Security Cannot Be Preloaded", Risk: Low, Confidence: HighConfidence, CWE: 319, WASC: 15,
		Text:       "The host asks to be put on the list of HTTPS-only hosts that browsers are shipped with, but the list takes only those whose max-age is a year or more and which include their subdomains.",
		Fix:        "Send Strict-Transport-Security: max-age=31536000; includeSubDomains; preload, or leave preload out.",
		References: []string{"https://hstspreload.org/"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			t, ok := readTransport(x)
			if !ok || !t.preload {
				return
			}
			if !t.subdomains {
				report(Alert{Kind: 1, Name: "Strict-Transport-Security Preload Without Subdomains", Evidence: t.value})
			}
			if t.maxAge < yearInSeconds {
				report(Alert{Kind: 2, Name: "Strict-Transport-Security Preload For Less Than A Year", Evidence: t.value})
			}
		},
	}
}
