package rule

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func bannerRule() *Rule {
	return &Rule{
		ID: 10009, Name: "In Page Banner Information Leak",
		Risk: Low, Confidence: HighConfidence, CWE: 497, WASC: 13,
		Text:       "An error page names the server software and its version, which tells an attacker what to try.",
		Fix:        "Use error pages of your own, or turn the signature off: ServerSignature in Apache, server_tokens in nginx, ErrorReportValve in Tomcat.",
		References: []string{"https://owasp.org/www-project-web-security-testing-guide/stable/4-Web_Application_Security_Testing/08-Testing_for_Error_Handling/"},
		check:      checkBanner,
	}
}

// productVersion is a product with a version of at least two parts.
var productVersion = regexp.MustCompile(`^[A-Za-z_][A-Za-z_ -]*(?:/|://|\(| )[vV]?\d+\.\d[\w.+-]*`)

var bannerFinder = newFinder(func() []signature {
	out := literals(
		"Apache/", "Apache Tomcat/", "Apache Coyote/", "Apache-Coyote/", "nginx/", "openresty/", "Tengine/", "lighttpd/", "LiteSpeed/", "Caddy/",
		"Microsoft-IIS/", "Jetty(", "Jetty://", "Undertow/", "WildFly ", "JBoss Web/", "JBossWeb/", "GlassFish Server", "Payara Server", "WebLogic Server ", "Resin/",
		"IBM_HTTP_Server/", "Oracle-HTTP-Server/", "Oracle HTTP Server/", "gunicorn/", "Werkzeug/", "uvicorn/", "waitress/", "CherryPy/", "CherryPy ", "TornadoServer/",
		"aiohttp/", "Python/", "WEBrick/", "Phusion Passenger ", "Phusion_Passenger/", "OpenSSL/", "mod_ssl/", "mod_perl/", "mod_wsgi/", "PHP/5", "PHP/7", "PHP/8",
		"squid/", "Varnish/", "Zope/", "Twisted/", "TwistedWeb/", "ColdFusion ", "Cherokee/", "HAProxy/", "Domino/",
	)
	for i := range out {
		out[i].re = productVersion
	}
	return out
}()...)

func checkBanner(x *exchange.Exchange, report func(Alert)) {
	if !x.ClientError() && !x.ServerError() || x.Image() {
		return
	}
	bannerFinder.each(x.Body, func(_ *signature, at int, text []byte) bool {
		if at > 0 && isWord(x.Body[at-1]) {
			return true
		}
		report(Alert{Evidence: shown(text)})
		return false
	})
}

func directoryRule() *Rule {
	return &Rule{
		ID: 10033, Name: "Directory Browsing",
		Risk: Medium, Confidence: MediumConfidence, CWE: 548, WASC: 16,
		Text:       "The server lists the files of a directory. Backups, sources and scripts that nothing links to can be found there.",
		Fix:        "Turn directory listings off: Options -Indexes in Apache, autoindex off in nginx, directoryBrowse enabled=false in IIS.",
		References: []string{"https://cwe.mitre.org/data/definitions/548.html"},
		check:      checkDirectory,
	}
}

// iisParent is the first line of a listing by IIS.
var iisParent = []byte("[To Parent Directory]</A>")

// checkDirectory knows the listings of Apache, whose title nginx and others
// copied, and of IIS.
func checkDirectory(x *exchange.Exchange, report func(Alert)) {
	for _, e := range x.Elements() {
		if e.Name != "title" {
			continue
		}
		if foldPrefix(e.Text, "index of /") && !strings.ContainsAny(e.Text, "\r\n") {
			report(Alert{Kind: 1, Name: "Directory Browsing - Apache 2", Evidence: wholeElement(x, e)})
			return
		}
		break
	}
	if at := bytes.Index(x.Body, iisParent); at >= 0 && x.HTML() {
		report(Alert{Kind: 2, Name: "Directory Browsing - Microsoft IIS", Evidence: string(iisParent)})
	}
}

func bigRedirectRule() *Rule {
	return &Rule{
		ID: 10044, Name: "Big Redirect Detected (Potential Sensitive Information Leak)",
		Risk: Low, Confidence: MediumConfidence, CWE: 201, WASC: 13,
		Text: "A redirect carries a page. Browsers do not show it, others can read it: often it is the page that people who are not " +
			"logged in should not see.",
		Fix:   "Stop after sending the redirect, so that its body stays empty or a line.",
		check: checkBigRedirect,
	}
}

// redirectSlack is what a server's own "moved here" page takes beside the
// address, in bytes: ZAP's number.
const redirectSlack = 300

// hrefFinder counts links without a parser: the body may be of any type.
var hrefFinder = newFinder(literals("href")...)

func checkBigRedirect(x *exchange.Exchange, report func(Alert)) {
	location, ok := x.Header.Get("Location")
	if !x.Redirect() || x.Status == http.StatusNotModified || !ok || location == "" {
		return
	}
	if predicted := len(location) + redirectSlack; len(x.Body) > predicted {
		report(Alert{Kind: 1, Detail: fmt.Sprintf("expected at most %d bytes after a location of %d, found %d", predicted, len(location), len(x.Body))})
		return
	}
	count := 0
	hrefFinder.each(x.Body, func(*signature, int, []byte) bool { count++; return true })
	if count > 1 {
		report(Alert{
			Kind: 2, Name: "Multiple HREFs Redirect Detected (Potential Sensitive Information Leak)",
			Detail: fmt.Sprintf("%d links in the body of a redirect", count),
		})
	}
}
