package dast

import "strings"

// kindPages lists pages for the kinds of alerts that rulePages leaves out.
func kindPages() []pair {
	const (
		hsts   = "Strict-Transport-Security: "
		cookie = "Set-Cookie: id=x; Path=/; Secure; HttpOnly; SameSite="
	)
	digest := "'sha256-" + strings.Repeat("A", 43) + "='"
	return []pair{
		{rule: "10019", want: "10019-2", bad: "/type-empty\nContent-Type: \n\nx"},
		{rule: "10020", want: "10020-2", bad: "/framed-twice\n-Content-Security-Policy\nX-Frame-Options: DENY\nX-Frame-Options: SAMEORIGIN\n\n<p>x"},
		{rule: "10020", want: "10020-3", bad: "/framed-meta\n-Content-Security-Policy\n\n<meta http-equiv=X-Frame-Options content=DENY>"},
		{rule: "10020", want: "10020-4", bad: "/framed-wrong\n-Content-Security-Policy\nX-Frame-Options: nonsense\n\n<p>x"},
		{rule: "10033", want: "10033-2", bad: "/files-other\n\n<pre><A HREF=\"/\">[To Parent Directory]</A>"},
		{rule: "10035", on: "https", want: "10035-2", bad: "/transport-off\n" + hsts + "max-age=0"},
		{rule: "10035", on: "https", want: "10035-3", bad: "/transport-twice\n" + hsts + "max-age=31536000\n" + hsts + "max-age=31536000"},
		{rule: "10035", on: "https", want: "10035-5", bad: "/transport-ageless\n" + hsts + "includeSubDomains"},
		{rule: "10035", on: "https", want: "10035-6", bad: "/transport-meta\n\n<meta http-equiv=Strict-Transport-Security content=x>"},
		{rule: "10035", on: "https", want: "10035-7", bad: "/transport-quoted\n" + hsts + `"max-age=31536000"`},
		{rule: "10035", on: "https", want: "10035-8", bad: "/transport-curly\n" + hsts + "max-age=“31536000”"},
		{rule: "10038", want: "10038-1 10038-2", bad: "/policy-obsolete\n-Content-Security-Policy\nX-WebKit-CSP: default-src 'self'"},
		{rule: "10038", want: "10038-3", bad: "/policy-report\nContent-Security-Policy-Report-Only: default-src 'self'"},
		{rule: "10044", want: "10044-2", bad: "/moved-links 301\nLocation: /\n\n<a href=/>x</a><a href=/>y</a>"},
		{rule: "10050", want: "10050-2", bad: "/cached-age\nAge: 5"},
		{rule: "10054", want: "10054-2", bad: "/same-site-none\n" + cookie + "None"},
		{rule: "10054", want: "10054-3", bad: "/same-site-wrong\n" + cookie + "Medium"},
		{rule: "10055", want: "10055-1", bad: "/policy-mozilla\nX-Content-Security-Policy: default-src 'self'"},
		{rule: "10055", want: "10055-2", bad: "/policy-webkit\nX-WebKit-CSP: default-src 'self'"},
		{rule: "10055", want: "10055-3", bad: "/policy-notice\n" + policyWith("self")},
		{rule: "10055", want: "10055-4", bad: "/policy-wild\n" + policyWith("*")},
		{rule: "10055", want: "10055-6", bad: "/policy-style\n" + policyWith("'self'; style-src-attr 'unsafe-inline'")},
		{rule: "10055", want: "10055-7", bad: "/policy-hashes\n" + policyWith("'self' 'unsafe-hashes' "+digest)},
		{rule: "10055", want: "10055-8", bad: "/policy-style-hashes\n" + policyWith("'self'; style-src-attr 'unsafe-hashes' "+digest)},
		{rule: "10055", want: "10055-9", bad: "/policy-letters\n" + policyWith("'self' é")},
		{rule: "10055", want: "10055-10", bad: "/policy-eval\n" + policyWith("'self' 'unsafe-eval'")},
		{rule: "10055", want: "10055-11 10055-12", bad: "/policy-meta\n\n<meta http-equiv=Content-Security-Policy content=\"frame-ancestors 'none'\">"},
		{rule: "10055", want: "10055-13", bad: "/policy-open\nContent-Security-Policy: default-src 'none'"},
		{rule: "10063", want: "10063-2", bad: "/camera-old\nFeature-Policy: camera 'none'"},
		{rule: "10115", want: "10115-2", bad: "/polyfill-inline\n\n<script>load(\"https://polyfill.io/x.js\")</script>"},
		{rule: "90002", want: "90002", bad: "/object-field\nX-Object: aced0005"},
		{rule: "90011", want: "90011-1", bad: "/charset-long\n\n<meta http-equiv=Content-Type content=\"text/html; charset=latin1\">"},
		{rule: "90011", want: "90011-4", bad: "/charset-xml\nContent-Type: text/xml; charset=utf-8\n\n<?xml version=\"1.0\" encoding=\"latin1\"?><a/>"},
		{rule: "90022", want: "90022", bad: "/crash-status 500"},
		{rule: "scangate-hsts-preload", on: "https", want: "scangate-hsts-preload-2", bad: "/preload-short\n" + hsts + "max-age=600; includeSubDomains; preload"},
		{rule: "scangate-hsts-strength", on: "https", want: "scangate-hsts-strength-2", bad: "/strength-alone\n" + hsts + "max-age=31536000"},
		{rule: "scangate-referrer-policy", want: "scangate-referrer-policy-2", bad: "/referrer-weak\nReferrer-Policy: unsafe-url\n\n<p>x"},
		{rule: "scangate-referrer-policy", want: "scangate-referrer-policy-3", bad: "/referrer-wrong\nReferrer-Policy: nothing\n\n<p>x"},
	}
}
