package rule

import (
	"net/http"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func offSiteRedirectRule() *Rule {
	return &Rule{
		ID: 10028, Name: "Off-site Redirect",
		Risk: High, Confidence: MediumConfidence, CWE: 601, WASC: 38,
		Text: "A parameter decides to which other site the response redirects. With a link to this site, which people trust, " +
			"an attacker can send them to a page of their own.",
		Fix:        "Redirect to addresses within the site only, or to those of a list.",
		References: []string{"https://cheatsheetseries.owasp.org/cheatsheets/Unvalidated_Redirects_and_Forwards_Cheat_Sheet.html"},
		check:      checkOffSiteRedirect,
	}
}

// checkOffSiteRedirect reports each parameter, of the query and of a form that
// was sent, that is the redirect's address or its host.
func checkOffSiteRedirect(x *exchange.Exchange, report func(Alert)) {
	if x.Status != http.StatusMovedPermanently && x.Status != http.StatusFound {
		return
	}
	location, _ := x.Header.Get("Location")
	location = strings.TrimSpace(location)
	own := place{strings.ToLower(x.URL.Scheme), bareHost(x.URL.Host)}
	to := follow(own, location)
	authority := authorityOf(location)
	if !to.web() || authority == "" || strings.EqualFold(authority, x.URL.Host) {
		return
	}
	sent := params(x.URL.RawQuery)
	if kind, _ := x.RequestHeader.Get("Content-Type"); strings.Contains(strings.ToLower(kind), "x-www-form-urlencoded") {
		sent = append(sent, params(string(x.RequestBody))...)
	}
	seen := map[string]bool{}
	for _, p := range sent {
		// Servers add the slash that an address without a path lacks.
		v := strings.TrimSuffix(strings.TrimSpace(p.value), "/")
		if v == "" || seen[p.name] || !strings.EqualFold(v, strings.TrimSuffix(location, "/")) && !strings.EqualFold(v, to.host) && !strings.EqualFold(v, authority) {
			continue
		}
		seen[p.name] = true
		report(Alert{Param: cut(p.name), Detail: "the parameter sets the redirect to " + cut(to.host)})
	}
}

// authorityOf is the host and port of an absolute address, or "" of a relative
// one.
func authorityOf(link string) string {
	_, rest, _ := cutScheme(link)
	rest = strings.ReplaceAll(rest, `\`, "/")
	if !strings.HasPrefix(rest, "//") {
		return ""
	}
	rest = strings.TrimLeft(rest, "/")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	return rest[strings.LastIndexByte(rest, '@')+1:]
}
