package rule

import (
	"regexp"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func cacheControl() *Rule {
	return &Rule{
		ID: 10015, Name: "Re-examine Cache-control Directives", Risk: Informational, Confidence: LowConfidence, CWE: 525, WASC: 13,
		Text:       "Browsers and proxies may keep this response. That is wanted for what everybody may see, and wrong for what belongs to one person.",
		Fix:        "Send Cache-Control: no-cache, no-store, must-revalidate with what is personal or secret.",
		References: []string{headerAlertPage(10015), "https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html#web-content-caching"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			if !x.HTTPS() || len(x.Body) == 0 || strings.EqualFold(x.Method, "POST") || !x.Normal() ||
				x.Image() || x.JavaScript() || x.CSS() || !x.Text() {
				return
			}
			value := strings.Join(x.Header.Values("Cache-Control"), ", ")
			low := strings.ToLower(value)
			for _, directive := range []string{"no-store", "no-cache", "must-revalidate"} {
				if !strings.Contains(low, directive) {
					report(Alert{Param: "cache-control", Evidence: value})
					return
				}
			}
		},
	}
}

// cacheHit finds the word in "HIT from proxy.example" and in "TCP_MEM_HIT:90".
var cacheHit = regexp.MustCompile(`(?i)(?:^|[^a-z])hit(?:[^a-z]|$)`)

var cacheAge = regexp.MustCompile(`^\s*[0-9]+\s*$`)

func fromCache() *Rule {
	return &Rule{
		ID: 10050, Name: "Retrieved from Cache", Risk: Informational, Confidence: MediumConfidence, CWE: 525,
		Text:       "A cache that many share answered instead of the server. If the response is personal, the next one to ask gets it, too.",
		Fix:        "Make sure that nothing personal is in it, or send Cache-Control: private, no-store.",
		References: []string{headerAlertPage(10050), "https://www.rfc-editor.org/rfc/rfc9111"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			for _, v := range x.Header.Values("X-Cache") {
				if cacheHit.MatchString(v) {
					report(Alert{Kind: 1, Evidence: v})
					return
				}
			}
			for _, v := range x.Header.Values("Age") {
				if cacheAge.MatchString(v) {
					report(Alert{Kind: 2, Evidence: "Age: " + strings.TrimSpace(v)})
					return
				}
			}
		},
	}
}
