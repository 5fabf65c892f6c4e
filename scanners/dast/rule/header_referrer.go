package rule

import (
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func referrerPolicy() *Rule {
	return &Rule{
		Own: "scangate-referrer-policy", Name: "Referrer-Policy Not Set", Risk: Low, Confidence: MediumConfidence, CWE: 200, WASC: 13,
		Text:       "Other sites may learn the full address of this page, with whatever stands in its query, from the Referer header of links and of what is embedded. Browsers of today send the origin only unless told otherwise; older ones do not.",
		Fix:        "Send Referrer-Policy: strict-origin-when-cross-origin, same-origin or no-referrer.",
		References: []string{"https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Referrer-Policy", "https://www.w3.org/TR/referrer-policy/"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			if !x.HTML() || len(x.Body) == 0 || !x.Normal() {
				return
			}
			values := headerItems(x, "Referrer-Policy")
			for _, e := range x.Elements() { // an element that comes later wins
				if e.Name == "meta" && strings.EqualFold(e.Value("name"), "referrer") {
					values = append(values, strings.ToLower(e.Value("content")))
				}
			}
			const param = "referrer-policy"
			switch policy, weak := effectiveReferrer(values); {
			case len(values) == 0:
				report(Alert{Kind: 1, Risk: Informational, Param: param})
			case policy == "":
				report(Alert{Kind: 3, Name: "Referrer-Policy Unknown To Browsers", Risk: Informational, Param: param, Evidence: strings.Join(values, ", ")})
			case weak:
				report(Alert{Kind: 2, Name: "Weak Referrer-Policy", Param: param, Evidence: policy})
			}
		},
	}
}

// effectiveReferrer is the last of the values that browsers know, and whether
// it gives full addresses away. Meta elements know some by older names.
func effectiveReferrer(values []string) (policy string, weak bool) {
	for _, v := range values {
		switch v {
		case "unsafe-url", "no-referrer-when-downgrade", "always":
			policy, weak = v, true
		case "no-referrer", "origin", "same-origin", "strict-origin", "strict-origin-when-cross-origin", "origin-when-cross-origin",
			"never", "default", "origin-when-crossorigin":
			policy, weak = v, false
		}
	}
	return policy, weak
}
