package rule

import (
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func mixedContentRule() *Rule {
	return &Rule{
		ID: 10040, Name: "Secure Pages Include Mixed Content",
		Risk: Medium, Confidence: MediumConfidence, CWE: 311, WASC: 4,
		Text: "A page that came encrypted loads or submits parts of itself unencrypted. Who sits on the network can read and " +
			"change those parts, and with a script the whole page.",
		Fix:        "Load everything on the page over https, from other sites, too. The CSP directive upgrade-insecure-requests helps while moving.",
		References: []string{"https://cheatsheetseries.owasp.org/cheatsheets/Transport_Layer_Security_Cheat_Sheet.html"},
		check:      checkMixedContent,
	}
}

// mixedAttrs are the attributes that make a browser fetch or send something.
var mixedAttrs = map[string]bool{
	"src": true, "background": true, "classid": true, "codebase": true, "data": true,
	"icon": true, "usemap": true, "action": true, "formaction": true,
}

// checkMixedContent reports a page once, however much it mixes: with Medium
// risk if a script is among it.
func checkMixedContent(x *exchange.Exchange, report func(Alert)) {
	if !x.HTTPS() || !x.HTML() {
		return
	}
	plainBase := pageBase(x).scheme == "http"
	first, detail, script := "", "", false
	for _, e := range x.Elements() {
		for _, a := range e.Attrs {
			v := strings.TrimSpace(a.Value)
			if !foldPrefix(v, "http:") && !(plainBase && v != "" && follow(place{scheme: "http", host: "base"}, v).scheme == "http") || !mixedAttrs[a.Name] {
				continue
			}
			if first == "" {
				first, detail = v, "tag="+e.Name+", attribute="+a.Name
			}
			script = script || e.Name == "script" && a.Name == "src"
		}
	}
	switch {
	case first == "":
	case script:
		report(Alert{Name: "Secure Pages Include Mixed Content (Including Scripts)", Evidence: first, Detail: detail})
	default:
		report(Alert{Risk: Low, Evidence: first, Detail: detail})
	}
}

// foldPrefix reports whether s begins with prefix, which is in lower case.
func foldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
