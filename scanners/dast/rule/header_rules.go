package rule

import (
	"strconv"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// headerRules judge what stands in the fields of a response, or does not.
func headerRules() []*Rule {
	return []*Rule{
		contentTypeOptions(), clickjacking(), contentTypeMissing(),
		strictTransport(),
		permissionsPolicy(), siteIsolation(), corsWildcard(),
		serverVersion(), poweredBy(), aspNetVersion(), backendServer(), debugToken(), chromeLogger(),
		cacheControl(), fromCache(),
	}
}

// ownRules are those that ZAP has not: what guides to hardening ask of a web
// server.
func ownRules() []*Rule {
	return []*Rule{referrerPolicy(), transportStrength(), transportPreload()}
}

// headerAlertPage is where ZAP explains a rule.
func headerAlertPage(id int) string {
	return "https://www.zaproxy.org/docs/alerts/" + strconv.Itoa(id) + "/"
}

// headerMetas lists the meta elements that stand for a header field.
func headerMetas(x *exchange.Exchange, field string) (out []exchange.Element) {
	for _, e := range x.Elements() {
		if e.Name == "meta" && strings.EqualFold(e.Value("http-equiv"), field) {
			out = append(out, e)
		}
	}
	return out
}

// headerItems are the values of a field that holds lists, one by one and in
// lower case.
func headerItems(x *exchange.Exchange, field string) (out []string) {
	for _, v := range x.Header.Values(field) {
		for item := range strings.SplitSeq(v, ",") {
			if item = strings.ToLower(strings.TrimSpace(item)); item != "" {
				out = append(out, item)
			}
		}
	}
	return out
}
