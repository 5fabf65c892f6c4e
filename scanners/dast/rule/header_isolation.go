package rule

import (
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func permissionsPolicy() *Rule {
	return &Rule{
		ID: 10063, Name: "Permissions Policy Header Not Set", Risk: Low, Confidence: MediumConfidence, CWE: 693, WASC: 15,
		Text:       "The response does not restrict which features of the browser, such as camera, microphone and position, the page and what it embeds may use.",
		Fix:        "Send a Permissions-Policy that switches off what the application does not need. Feature-Policy was its name before and is passed over by browsers.",
		References: []string{headerAlertPage(10063), "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Permissions-Policy"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			if !x.HTML() && !x.JavaScript() || x.Redirect() {
				return
			}
			if v, ok := x.Header.Get("Feature-Policy"); ok {
				report(Alert{Kind: 2, Name: "Deprecated Feature Policy Header Set", Evidence: v})
			} else if !x.Header.Has("Permissions-Policy") {
				report(Alert{Kind: 1})
			}
		},
	}
}

func siteIsolation() *Rule {
	return &Rule{
		ID: 90004, Name: "Insufficient Site Isolation Against Spectre Vulnerability", Risk: Low, Confidence: MediumConfidence, CWE: 693, WASC: 14,
		Text:       "The response may be loaded into the process of another site, where flaws of the processor such as Spectre let that site read it.",
		Fix:        "Send Cross-Origin-Resource-Policy: same-origin (cross-origin for what is meant to be shared), and with pages Cross-Origin-Embedder-Policy: require-corp and Cross-Origin-Opener-Policy: same-origin.",
		References: []string{headerAlertPage(90004), "https://web.dev/articles/coop-coep"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			if x.Status/100 != 2 {
				return
			}
			// What is shared by CORS on purpose needs no resource policy.
			if !sharedByCORS(x) {
				isolation(x, 1, "Cross-Origin-Resource-Policy", report, "same-origin", "cross-origin")
			}
			if isDocument(x) {
				isolation(x, 2, "Cross-Origin-Embedder-Policy", report, "require-corp", "credentialless")
				isolation(x, 3, "Cross-Origin-Opener-Policy", report, "same-origin")
			}
		},
	}
}

func isolation(x *exchange.Exchange, kind int, field string, report func(Alert), good ...string) {
	values := x.Header.Values(field)
	alert := Alert{Kind: kind, Name: field + " Header Missing or Invalid", Param: field}
	if len(values) == 0 {
		report(alert)
		return
	}
	for _, v := range values {
		word, _, _ := strings.Cut(v, ";") // parameters, such as report-to
		if !slices.Contains(good, strings.ToLower(strings.TrimSpace(word))) {
			alert.Evidence = strings.TrimSpace(word)
			report(alert)
			return
		}
	}
}

func sharedByCORS(x *exchange.Exchange) bool {
	const prefix = "access-control-allow-"
	return slices.ContainsFunc(x.Header, func(f exchange.Field) bool {
		return len(f.Name) >= len(prefix) && strings.EqualFold(f.Name[:len(prefix)], prefix)
	})
}

func isDocument(x *exchange.Exchange) bool {
	v, _ := x.Header.Get("Content-Type")
	v = strings.ToLower(v)
	return strings.Contains(v, "text/html") || strings.Contains(v, "application/xml")
}

func corsWildcard() *Rule {
	return &Rule{
		ID: 10098, Name: "Cross-Domain Misconfiguration", Risk: Medium, Confidence: MediumConfidence, CWE: 264, WASC: 14,
		Text:       "Every site may read this response from a visitor's browser. That is harmless for what is public anyhow, and a leak for what is guarded by the visitor's network or address alone.",
		Fix:        "Name the origins that may read the response in Access-Control-Allow-Origin, or leave the header out.",
		References: []string{headerAlertPage(10098), "https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			for _, v := range x.Header.Values("Access-Control-Allow-Origin") {
				if strings.TrimSpace(v) == "*" {
					report(Alert{Evidence: "Access-Control-Allow-Origin: *"})
					return
				}
			}
		},
	}
}
