package rule

import (
	"strings"

	"github.com/scangate/scangate/scanners/dast/csp"
	"github.com/scangate/scangate/scanners/dast/exchange"
)

func contentTypeOptions() *Rule {
	return &Rule{
		ID: 10021, Name: "X-Content-Type-Options Header Missing", Risk: Low, Confidence: MediumConfidence, CWE: 693, WASC: 15,
		Text:       "Without X-Content-Type-Options: nosniff a browser may guess the type of a response from its bytes, and run as a script or show as a page what was meant to be data.",
		Fix:        "Send X-Content-Type-Options: nosniff with every response, and a Content-Type that is right.",
		References: []string{headerAlertPage(10021), "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Content-Type-Options"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			if len(x.Body) == 0 || !x.Normal() {
				return
			}
			const param = "x-content-type-options"
			values := x.Header.Values(param)
			if len(values) == 0 {
				report(Alert{Param: param})
			}
			for _, v := range values {
				if !strings.Contains(strings.ToLower(v), "nosniff") {
					report(Alert{Param: param, Evidence: v})
				}
			}
		},
	}
}

func clickjacking() *Rule {
	return &Rule{
		ID: 10020, Name: "Anti-clickjacking Header", Risk: Medium, Confidence: MediumConfidence, CWE: 1021, WASC: 15,
		Text:       "Nothing keeps other sites from showing this page in a frame of theirs, where they can lay it under something else and have people click on it unknowingly.",
		Fix:        "Send a Content-Security-Policy with frame-ancestors 'none' or 'self', or once X-Frame-Options: DENY or SAMEORIGIN.",
		References: []string{headerAlertPage(10020), "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/X-Frame-Options"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			if !x.HTML() || len(x.Body) == 0 || !x.Normal() || hasFrameAncestors(x) {
				return
			}
			const param = "x-frame-options"
			values := x.Header.Values(param)
			switch {
			case len(values) == 0:
				report(Alert{Kind: 1, Name: "Missing Anti-clickjacking Header", Param: param})
			case len(values) > 1:
				report(Alert{Kind: 2, Name: "Multiple X-Frame-Options Header Entries", Param: param})
			}
			for _, e := range headerMetas(x, param) {
				report(Alert{Kind: 3, Name: "X-Frame-Options Defined via META (Non-compliant with Spec)", Param: param, Evidence: e.Tag})
			}
			for _, v := range values {
				if !isFrameOption(v) {
					report(Alert{Kind: 4, Name: "X-Frame-Options Setting Malformed", Param: param, Evidence: v})
				}
			}
		},
	}
}

// isFrameOption reports a value that browsers act upon. One that a proxy has
// joined from several of the same meaning is such a value.
func isFrameOption(v string) bool {
	for item := range strings.SplitSeq(v, ",") {
		switch strings.ToLower(strings.TrimSpace(item)) {
		case "deny", "sameorigin":
		default:
			return false
		}
	}
	return true
}

// hasFrameAncestors reports a policy in the header that says who may frame the
// page. In a meta element browsers pass over it.
func hasFrameAncestors(x *exchange.Exchange) bool {
	const directive = "frame-ancestors"
	for _, v := range x.Header.Values("Content-Security-Policy") {
		if strings.Contains(strings.ToLower(v), directive) && csp.ParseList(v).Has(directive) {
			return true
		}
	}
	return false
}

func contentTypeMissing() *Rule {
	return &Rule{
		ID: 10019, Name: "Content-Type Header Missing", Risk: Informational, Confidence: MediumConfidence, CWE: 345, WASC: 12,
		Text:       "The response does not say what its body is, so that browsers guess, and an attacker who controls part of the body can have it taken for something else.",
		Fix:        "Send a Content-Type that is right with every response that has a body.",
		References: []string{headerAlertPage(10019), "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Type"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			const param = "content-type"
			v, ok := x.Header.Get(param)
			switch {
			case len(x.Body) == 0:
			case !ok:
				report(Alert{Kind: 1, Param: param})
			case strings.TrimSpace(v) == "":
				report(Alert{Kind: 2, Name: "Content-Type Header Empty", Param: param})
			}
		},
	}
}
