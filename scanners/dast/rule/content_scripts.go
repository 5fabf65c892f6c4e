package rule

import (
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func foreignScriptRule() *Rule {
	return &Rule{
		ID: 10017, Name: "Cross-Domain JavaScript Source File Inclusion",
		Risk: Low, Confidence: MediumConfidence, CWE: 829, WASC: 15,
		Text:  "The page runs a script from another host. Whoever controls that host controls the page.",
		Fix:   "Serve scripts from the own host, or pin those of others with an integrity attribute.",
		check: checkForeignScript,
	}
}

func checkForeignScript(x *exchange.Exchange, report func(Alert)) {
	base, known := place{}, false
	for _, e := range x.Elements() {
		if e.Name != "script" {
			continue
		}
		src := e.Value("src")
		if src == "" || e.Value("integrity") != "" {
			continue
		}
		if !known {
			base, known = pageBase(x), true
		}
		if otherHost(x, base, src) {
			report(Alert{Param: src[:min(len(src), maxParam)], Evidence: wholeElement(x, e)})
		}
	}
}

func integrityRule() *Rule {
	return &Rule{
		ID: 90003, Name: "Sub Resource Integrity Attribute Missing",
		Risk: Medium, Confidence: HighConfidence, CWE: 345, WASC: 15,
		Text:       "A script or style sheet from another host has no integrity attribute: if that host is broken into, the page runs what the intruder puts there.",
		Fix:        "Add an integrity attribute with the hash of the file, and crossorigin, or serve the file from the own host.",
		References: []string{"https://developer.mozilla.org/en-US/docs/Web/Security/Subresource_Integrity"},
		check:      checkIntegrity,
	}
}

func checkIntegrity(x *exchange.Exchange, report func(Alert)) {
	base, known := place{}, false
	for _, e := range x.Elements() {
		link := ""
		switch e.Name {
		case "script":
			link = e.Value("src")
		case "link":
			rel, ok := e.Attr("rel")
			if !ok || strings.TrimSpace(rel) == "" || relHas(rel, "stylesheet") || relHas(rel, "preload") || relHas(rel, "modulepreload") {
				link = e.Value("href")
			}
		}
		if link == "" || e.Value("integrity") != "" {
			continue
		}
		if !known {
			base, known = pageBase(x), true
		}
		if otherHost(x, base, link) {
			report(Alert{Evidence: wholeElement(x, e)})
		}
	}
}

func polyfillRule() *Rule {
	return &Rule{
		ID: 10115, Name: "Script Served From Malicious Domain (polyfill)",
		Risk: High, Confidence: HighConfidence, CWE: 829, WASC: 15,
		Text: "The page uses a script from polyfill.io or another domain of the same owner. In 2024 that owner sent malware to " +
			"visitors of the sites that embed these scripts.",
		Fix:        "Remove the script, or take it from a source that the project behind it names.",
		References: []string{"https://sansec.io/research/polyfill-supply-chain-attack"},
		check:      checkPolyfill,
	}
}

// polyfillDomains belong to the owner of polyfill.io.
var polyfillDomains = []string{
	"polyfill.io", "bootcdn.net", "bootcss.com", "staticfile.net", "staticfile.org",
	"unionadjs.com", "xhsbpza.com", "union.macoms.la", "newcrbpc.com",
}

var polyfillFinder = newFinder(literals(polyfillDomains...)...)

// checkPolyfill reports scripts that are loaded from the domains (kind 1), or,
// if there are none, the first inline script that names one (kind 2).
func checkPolyfill(x *exchange.Exchange, report func(Alert)) {
	loaded, named := false, ""
	base, known := place{}, false
	for _, e := range x.Elements() {
		if e.Name != "script" {
			continue
		}
		if src := e.Value("src"); src != "" {
			if !known {
				base, known = pageBase(x), true
			}
			if p := follow(base, src); p.web() && polyfillHost(p.host) {
				loaded = true
				report(Alert{Kind: 1, Param: src[:min(len(src), maxParam)], Evidence: wholeElement(x, e)})
			}
		}
		if named == "" && e.Text != "" {
			named = namedPolyfill([]byte(e.Text))
		}
	}
	if !loaded && named != "" {
		report(Alert{Kind: 2, Confidence: LowConfidence, Evidence: named})
	}
}

func polyfillHost(host string) bool {
	for _, d := range polyfillDomains {
		if host == d || strings.HasSuffix(host, "."+d) {
			return true
		}
	}
	return false
}

// namedPolyfill returns the first of the domains in a script, which must not
// be part of a longer name.
func namedPolyfill(script []byte) (domain string) {
	polyfillFinder.each(script, func(s *signature, at int, text []byte) bool {
		if at > 0 && (isWord(script[at-1]) || script[at-1] == '-') {
			return true
		}
		if end := at + len(text); end < len(script) {
			c := script[end]
			if isWord(c) || c == '-' || c == '.' && end+1 < len(script) && isWord(script[end+1]) {
				return true
			}
		}
		domain = s.text
		return false
	})
	return domain
}
