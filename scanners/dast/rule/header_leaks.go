package rule

import (
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// headerLeak reports the fields of a name, one alert each.
func headerLeak(r *Rule, evidence func(exchange.Field) string, names ...string) *Rule {
	r.References = append([]string{headerAlertPage(r.ID)}, r.References...)
	r.check = func(x *exchange.Exchange, report func(Alert)) {
		for _, name := range names {
			for _, f := range x.Header {
				if strings.EqualFold(f.Name, name) {
					report(Alert{Evidence: evidence(f)})
				}
			}
		}
	}
	return r
}

func fieldValue(f exchange.Field) string { return f.Value }
func fieldName(f exchange.Field) string  { return f.Name }

const lessToGoBy = "https://owasp.org/www-project-web-security-testing-guide/latest/4-Web_Application_Security_Testing/01-Information_Gathering/02-Fingerprint_Web_Server"

func serverVersion() *Rule {
	return &Rule{
		ID: 10036, Name: "HTTP Server Response Header", Risk: Low, Confidence: HighConfidence, CWE: 497, WASC: 13,
		Text:       "The Server header names the version of the server program, which tells an attacker the known flaws that are worth trying.",
		Fix:        "Have the server leave the version out: ServerTokens Prod (Apache), server_tokens off (nginx), or the like.",
		References: []string{headerAlertPage(10036), lessToGoBy},
		check: func(x *exchange.Exchange, report func(Alert)) {
			for _, v := range x.Header.Values("Server") {
				if strings.ContainsAny(v, "0123456789") {
					report(Alert{Kind: 2, Name: `Server Leaks Version Information via "Server" HTTP Response Header Field`, Evidence: v})
				}
			}
		},
	}
}

func poweredBy() *Rule {
	return &Rule{
		ID: 10037, Name: `Server Leaks Information via "X-Powered-By" HTTP Response Header Field(s)`, Risk: Low, Confidence: MediumConfidence, CWE: 497, WASC: 13,
		Text:       "The X-Powered-By header names what the application is written with, which tells an attacker the known flaws that are worth trying.",
		Fix:        "Have the framework or server leave X-Powered-By out.",
		References: []string{headerAlertPage(10037), lessToGoBy},
		check: func(x *exchange.Exchange, report func(Alert)) {
			var lines []string
			for _, f := range x.Header {
				if strings.EqualFold(f.Name, "X-Powered-By") && len(lines) < maxNamed {
					lines = append(lines, cut(f.Name+": "+f.Value))
				}
			}
			switch {
			case len(lines) == 1:
				report(Alert{Evidence: lines[0]})
			case len(lines) > 1:
				report(Alert{Evidence: lines[0], Detail: "also: " + strings.Join(lines[1:], ", ")})
			}
		},
	}
}

func aspNetVersion() *Rule {
	return headerLeak(&Rule{
		ID: 10061, Name: "X-AspNet-Version Response Header", Risk: Low, Confidence: HighConfidence, CWE: 933, WASC: 14,
		Text:       "A header names the version of ASP.NET, which tells an attacker the known flaws that are worth trying.",
		Fix:        `Set enableVersionHeader="false" on httpRuntime in web.config, and MvcHandler.DisableMvcResponseHeader.`,
		References: []string{lessToGoBy},
	}, fieldValue, "X-AspNet-Version", "X-AspNetMvc-Version")
}

func backendServer() *Rule {
	return headerLeak(&Rule{
		ID: 10039, Name: "X-Backend-Server Header Information Leak", Risk: Low, Confidence: MediumConfidence, CWE: 497, WASC: 13,
		Text:       "The X-Backend-Server header names a machine behind the load balancer, which shows how the inner network is built.",
		Fix:        "Have the load balancer or server leave X-Backend-Server out.",
		References: []string{lessToGoBy},
	}, fieldValue, "X-Backend-Server")
}

func debugToken() *Rule {
	return &Rule{
		ID: 10056, Name: "X-Debug-Token Information Leak", Risk: Low, Confidence: HighConfidence, CWE: 489, WASC: 13,
		Text:       "The header shows that Symfony's profiler runs with the application. Its pages hold configuration, queries and what users sent.",
		Fix:        "Do not load the profiler in production, or guard it and its headers.",
		References: []string{headerAlertPage(10056), "https://symfony.com/doc/current/profiler.html"},
		check: func(x *exchange.Exchange, report func(Alert)) {
			for _, name := range []string{"X-Debug-Token-Link", "X-Debug-Token"} {
				if v, ok := x.Header.Get(name); ok {
					report(Alert{Evidence: v})
					return // the link has the token in it
				}
			}
		},
	}
}

// chromeLogger quotes no value: it is a log, with whatever was logged.
func chromeLogger() *Rule {
	return headerLeak(&Rule{
		ID: 10052, Name: "X-ChromeLogger-Data (XCOLD) Header Information Leak", Risk: Medium, Confidence: HighConfidence, CWE: 532, WASC: 13,
		Text:       "The server sends its log to the visitor's browser, for a developer's extension to show. Paths, queries and addresses of the inner network are common in it.",
		Fix:        "Switch ChromeLogger or ChromePhp off in production.",
		References: []string{"https://craig.is/writing/chrome-logger"},
	}, fieldName, "X-ChromeLogger-Data", "X-ChromePhp-Data")
}
