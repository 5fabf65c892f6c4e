package rule

import (
	"fmt"
	"net/http"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func applicationErrorRule() *Rule {
	return &Rule{
		ID: 90022, Name: "Application Error Disclosure",
		Risk: Medium, Confidence: MediumConfidence, CWE: 550, WASC: 13,
		Text: "The response is an error of the program behind the site. Such messages name files, queries, libraries and versions, " +
			"and show that some input is not handled. On a page of documentation it is a false alarm.",
		Fix:   "Catch errors, show people a plain page with a number to quote, and keep the details in the server's log.",
		check: checkApplicationError,
	}
}

// checkApplicationError goes by the status first, as ZAP does: what a page of
// status 500 says does not raise the risk.
func checkApplicationError(x *exchange.Exchange, report func(Alert)) {
	if x.JavaScript() || x.CSS() || x.Image() || x.Status == http.StatusNotFound {
		return
	}
	if x.Status == http.StatusInternalServerError {
		report(Alert{Risk: Low, Evidence: fmt.Sprintf("HTTP/1.1 %d %s", x.Status, http.StatusText(x.Status))})
		return
	}
	if s, text := errorFinder.first(x.Body); s != nil && !binaryBody(x.Body) {
		report(Alert{Evidence: shown([]byte(text))})
	}
}

func debugMessageRule() *Rule {
	return &Rule{
		ID: 10023, Name: "Information Disclosure - Debug Error Messages",
		Risk: Low, Confidence: MediumConfidence, CWE: 1295, WASC: 13,
		Text:  "The response has a message that web servers and frameworks print for developers.",
		Fix:   "Turn off debug mode and verbose errors in production.",
		check: checkDebugMessage,
	}
}

func checkDebugMessage(x *exchange.Exchange, report func(Alert)) {
	if !x.Text() || x.JavaScript() {
		return
	}
	if s, text := debugFinder.first(x.Body); s != nil {
		report(Alert{Evidence: shown([]byte(text))})
	}
}
