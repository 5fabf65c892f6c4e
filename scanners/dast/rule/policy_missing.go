package rule

import (
	"github.com/scangate/scangate/scanners/dast/csp"
	"github.com/scangate/scangate/scanners/dast/exchange"
)

// policyRules judge content security policies.
func policyRules() []*Rule { return []*Rule{policyMissing(), policyQuality()} }

const (
	policyField   = "Content-Security-Policy"
	policyMozilla = "X-Content-Security-Policy"
	policyWebKit  = "X-WebKit-CSP"
	policyReport  = "Content-Security-Policy-Report-Only"
	policyGuide   = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP"
	policySpec    = "https://www.w3.org/TR/CSP3/"
)

// policiesInHeader are those that the header field holds, which may be there
// more than once and hold several each.
func policiesInHeader(x *exchange.Exchange) (out csp.List) {
	for _, v := range x.Header.Values(policyField) {
		out = append(out, csp.ParseList(v)...)
	}
	return out
}

// policiesInPage are those of its meta elements.
func policiesInPage(x *exchange.Exchange) (out csp.List) {
	for _, e := range headerMetas(x, policyField) {
		if content := e.Value("content"); content != "" {
			out = append(out, csp.Parse(content))
		}
	}
	return out
}

func policyMissing() *Rule {
	return &Rule{
		ID: 10038, Name: "Content Security Policy (CSP) Header Not Set", Risk: Medium, Confidence: HighConfidence, CWE: 693, WASC: 15,
		Text:       "The page does not tell browsers where its scripts, styles and other parts may come from, so that nothing stops what an attacker manages to inject.",
		Fix:        "Send a Content-Security-Policy. Begin with default-src 'self' in Content-Security-Policy-Report-Only, see what it reports, and enforce it then.",
		References: []string{headerAlertPage(10038), policyGuide, policySpec},
		check: func(x *exchange.Exchange, report func(Alert)) {
			if !x.HTML() || x.Redirect() {
				return
			}
			if !x.Header.Has(policyField) && len(policiesInPage(x)) == 0 {
				report(Alert{Kind: 1})
				for _, field := range []string{policyMozilla, policyWebKit} {
					if v, ok := x.Header.Get(field); ok {
						report(Alert{Kind: 2, Name: "Obsolete Content Security Policy (CSP) Header Found", Risk: Informational, Evidence: field + ": " + v})
						break
					}
				}
			}
			if v, ok := x.Header.Get(policyReport); ok {
				report(Alert{Kind: 3, Name: "Content Security Policy (CSP) Report-Only Header Found", Risk: Informational, Evidence: policyReport + ": " + v})
			}
		},
	}
}
