package rule

import (
	"net/netip"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// cookieRules judge the cookies that a response asks to be kept.
func cookieRules() []*Rule {
	return []*Rule{cookieHTTPOnly(), cookieSecure(), cookieSameSite(), cookieScope()}
}

// cookieRule makes a rule of a judgement of one cookie. Those that are being
// deleted are left alone.
func cookieRule(r *Rule, judge func(x *exchange.Exchange, c exchange.Cookie) (Alert, bool)) *Rule {
	r.References = append([]string{headerAlertPage(r.ID)}, r.References...)
	r.check = func(x *exchange.Exchange, report func(Alert)) {
		for _, c := range x.Cookies() {
			if c.Expired(x.Date()) {
				continue
			}
			if a, bad := judge(x, c); bad {
				a.Param, a.Evidence = c.Name, c.Shown()
				report(a)
			}
		}
	}
	return r
}

const cookieGuide = "https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie"

func cookieHTTPOnly() *Rule {
	return cookieRule(&Rule{
		ID: 10010, Name: "Cookie No HttpOnly Flag", Risk: Low, Confidence: MediumConfidence, CWE: 1004, WASC: 13,
		Text:       "Scripts can read the cookie, so that one injected script is enough to steal it.",
		Fix:        "Set HttpOnly on every cookie that the page's own scripts do not need.",
		References: []string{cookieGuide, "https://owasp.org/www-community/HttpOnly"},
	}, func(_ *exchange.Exchange, c exchange.Cookie) (Alert, bool) {
		_, ok := c.Attr("httponly")
		return Alert{}, !ok
	})
}

func cookieSecure() *Rule {
	return cookieRule(&Rule{
		ID: 10011, Name: "Cookie Without Secure Flag", Risk: Low, Confidence: MediumConfidence, CWE: 614, WASC: 13,
		Text:       "The cookie was set over HTTPS but is sent over plain HTTP, too, where everybody on the way can read it.",
		Fix:        "Set Secure on every cookie of a site that is served over HTTPS.",
		References: []string{cookieGuide},
	}, func(x *exchange.Exchange, c exchange.Cookie) (Alert, bool) {
		_, ok := c.Attr("secure")
		return Alert{}, x.HTTPS() && !ok
	})
}

func cookieSameSite() *Rule {
	return cookieRule(&Rule{
		ID: 10054, Name: "Cookie without SameSite Attribute", Risk: Low, Confidence: MediumConfidence, CWE: 1275, WASC: 13,
		Text:       "The cookie goes along with requests that other sites cause, which is what forged requests live on.",
		Fix:        "Set SameSite=Lax or SameSite=Strict.",
		References: []string{cookieGuide},
	}, func(_ *exchange.Exchange, c exchange.Cookie) (Alert, bool) {
		v, ok := c.Attr("samesite")
		switch v = strings.ToLower(v); {
		case !ok:
			return Alert{Kind: 1}, true
		case v == "none":
			return Alert{Kind: 2, Name: "Cookie with SameSite Attribute None"}, true
		case v != "lax" && v != "strict":
			return Alert{Kind: 3, Name: "Cookie with Invalid SameSite Attribute"}, true
		}
		return Alert{}, false
	})
}

// cookieScope reports all such cookies of a response at once, and no parameter,
// as ZAP does.
func cookieScope() *Rule {
	return &Rule{
		ID: 90033, Name: "Loosely Scoped Cookie", Risk: Informational, Confidence: LowConfidence, CWE: 565, WASC: 15,
		Text:       "The cookie is for the whole parent domain: every host in it gets the cookie and can replace it.",
		Fix:        "Leave Domain out, so that the cookie stays with the host that set it, unless other hosts need it.",
		References: []string{headerAlertPage(90033), cookieGuide},
		check: func(x *exchange.Exchange, report func(Alert)) {
			var loose []string
			first := ""
			for _, c := range x.Cookies() {
				domain, _ := c.Attr("domain")
				if c.Expired(x.Date()) || !isParent(domain, x.URL.Hostname()) {
					continue
				}
				if loose = append(loose, cut(c.Name)); len(loose) == 1 {
					first = c.Shown()
				} else if len(loose) == maxNamed {
					break
				}
			}
			if len(loose) > 0 {
				report(Alert{Evidence: first, Detail: "cookies: " + strings.Join(loose, ", ")})
			}
		},
	}
}

// maxNamed bounds how many things of one kind an alert names.
const maxNamed = 10

// isParent reports whether a host is in a domain without being its name.
func isParent(domain, host string) bool {
	domain = strings.ToLower(strings.Trim(domain, "."))
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(host); err == nil || domain == "" {
		return false
	}
	return strings.HasSuffix(host, "."+domain)
}
