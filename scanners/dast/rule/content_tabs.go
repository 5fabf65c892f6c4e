package rule

import (
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func tabnabbingRule() *Rule {
	return &Rule{
		ID: 10108, Name: "Reverse Tabnabbing",
		Risk: Medium, Confidence: MediumConfidence, CWE: 1022,
		Text:       "A link opens a page of another host in a new window and lets it keep a handle of this one: it can send the user elsewhere, such as to a copy of the login page.",
		Fix:        "Remove opener from the link's rel attribute, or write noopener.",
		References: []string{"https://owasp.org/www-community/attacks/Reverse_Tabnabbing"},
		check:      checkTabnabbing,
	}
}

// checkTabnabbing reports the first such link of a page. Targets that open no
// window cannot hand over one.
func checkTabnabbing(x *exchange.Exchange, report func(Alert)) {
	base, known := place{}, false
	for _, e := range x.Elements() {
		if e.Name != "a" && e.Name != "area" {
			continue
		}
		target, ok := e.Attr("target")
		if !ok {
			continue
		}
		switch strings.ToLower(target) {
		case "", "_self", "_parent", "_top":
			continue
		}
		// noreferrer implies noopener: HTML, "get an element's noopener".
		rel, _ := e.Attr("rel")
		if !relHas(rel, "opener") || relHas(rel, "noopener") || relHas(rel, "noreferrer") {
			continue
		}
		if !known {
			base, known = pageBase(x), true
		}
		if otherHost(x, base, e.Value("href")) {
			report(Alert{Evidence: shown([]byte(e.Tag))})
			return
		}
	}
}
