package rule

import (
	"net/http"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func insecureFormLoadRule() *Rule {
	return &Rule{
		ID: 10041, Name: "HTTP to HTTPS Insecure Transition in Form Post",
		Risk: Medium, Confidence: MediumConfidence, CWE: 319, WASC: 15,
		Text: "A form that is sent encrypted stands on a page that is not. Who sits on the network can change the page, and with it where the form goes.",
		Fix:  "Serve pages with such forms over https, and redirect http there.",
		check: func(x *exchange.Exchange, report func(Alert)) {
			if !x.HTTPS() {
				checkFormScheme(x, "https", report)
			}
		},
	}
}

func insecureFormPostRule() *Rule {
	return &Rule{
		ID: 10042, Name: "HTTPS to HTTP Insecure Transition in Form Post",
		Risk: Medium, Confidence: MediumConfidence, CWE: 319, WASC: 15,
		Text: "A page that came encrypted has a form that is sent unencrypted. People who fill it in believe that nobody else can read it.",
		Fix:  "Let the form's action begin with https, or be relative.",
		check: func(x *exchange.Exchange, report func(Alert)) {
			if x.HTTPS() {
				checkFormScheme(x, "http", report)
			}
		},
	}
}

// checkFormScheme reports the forms of a page that go to a scheme.
func checkFormScheme(x *exchange.Exchange, scheme string, report func(Alert)) {
	if x.Status != http.StatusOK || !x.HTML() {
		return
	}
	base := pageBase(x)
	for _, e := range x.Elements() {
		if e.Name != "form" {
			continue
		}
		// An empty action is the page itself, whatever base says.
		if action := e.Value("action"); action != "" && follow(base, action).scheme == scheme {
			report(Alert{Evidence: action})
		}
	}
}
