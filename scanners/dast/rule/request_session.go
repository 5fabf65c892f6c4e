package rule

import (
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func sessionInURLRule() *Rule {
	return &Rule{
		ID: 3, Name: "Session ID in URL Rewrite",
		Risk: Medium, Confidence: HighConfidence, CWE: 598, WASC: 13,
		Text:  "The id of a session stands in an address. Addresses are kept in histories and logs, are sent to other sites and passed on by people; whoever has the id is logged in.",
		Fix:   "Keep session ids in cookies alone, and turn the rewriting of addresses off.",
		check: checkSessionInURL,
	}
}

// minSession is the length from which a value can be a session id, in bytes:
// shorter ones are numbers of pages and the like.
const minSession = 9

// sessionNames are the parameters in which servers and languages put the id.
var sessionNames = map[string]bool{
	"asp.net_sessionid": true, "aspsessionid": true, "siteserver": true, "cfid": true, "cftoken": true, "jsessionid": true,
	"phpsessid": true, "phpsessionid": true, "sessid": true, "sessionid": true, "session_id": true, "session-id": true,
	"sid": true, "viewstate": true, "zenid": true, "connect.sid": true, "ci_session": true, "laravel_session": true,
}

// checkSessionInURL reports session ids among the parameters (kind 1) or else
// behind a semicolon of the path (kind 2), and then the first link to another
// host (kind 3), which learns of the id.
func checkSessionInURL(x *exchange.Exchange, report func(Alert)) {
	found := false
	for _, p := range params(x.URL.RawQuery) {
		if len(p.value) >= minSession && sessionNames[strings.ToLower(p.name)] {
			found = true
			report(Alert{Kind: 1, Param: p.name, Evidence: beginning(p.value)})
		}
	}
	if name, value, ok := pathSession(x.URL.EscapedPath()); ok && !found {
		found = true
		report(Alert{Kind: 2, Evidence: name + "=" + beginning(value)})
	}
	if !found || !x.HTML() {
		return
	}
	base := pageBase(x)
	for _, e := range x.Elements() {
		link := ""
		switch e.Name {
		case "a", "area", "link":
			link = e.Value("href")
		case "img", "script", "iframe", "frame":
			link = e.Value("src")
		}
		if link != "" && otherHost(x, base, link) {
			report(Alert{
				Kind: 3, Name: "Referer Exposes Session ID", Confidence: MediumConfidence,
				Evidence: cut(link),
			})
			return
		}
	}
}

// pathSession finds the jsessionid of "/page;jsessionid=0123456789".
func pathSession(path string) (name, value string, ok bool) {
	for part := range strings.SplitSeq(path, ";") {
		name, value, _ = strings.Cut(part, "=")
		value, _, _ = strings.Cut(value, "/")
		if strings.EqualFold(name, "jsessionid") && len(value) >= minSession {
			return name, value, true
		}
	}
	return "", "", false
}

// beginning shows enough of a secret to recognise it, and no more.
func beginning(secret string) string {
	return strings.ToValidUTF8(secret[:min(len(secret), 3)], "") + "…"
}
