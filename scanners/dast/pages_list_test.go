package dast

import "strings"

// sessionValue is long enough to be the id of a session. In the path of an
// address it is left out of findings.
const sessionValue = "abcdefghijkl"

// policyWith is the hardened policy with another directive for scripts.
func policyWith(scripts string) string {
	return strings.Replace("Content-Security-Policy: "+hardened["Content-Security-Policy"], "script-src 'self'", "script-src "+scripts, 1)
}

// rulePages lists a bad and a good page for every rule. A good page is as near
// to the bad one as the rule allows. Numbers of cards and hashes are put
// together here, so that no scanner for secrets takes this file for a leak.
func rulePages() []pair {
	card := "4" + strings.Repeat("1", 14)
	hash := "$2" + "y$10$" + strings.Repeat("abcdefgh", 7)[:53]
	const cookie = "Set-Cookie: id=x; Path=/"
	return []pair{
		{"2", "", "2", "/address\n\n<p>10.0.0.1", "/address-good\n\n<p>8.8.8.8, version 10.2.3.4"},
		{
			"3", "", "3-1 3-3", "/basket?sid=" + sessionValue + "\n\n<a href=https://other.example/>x</a>",
			"/basket-good?size=" + sessionValue + "\n\n<a href=https://other.example/>x</a>",
		},
		{"3", "", "3-2", "/cart;jsessionid=" + sessionValue + "\n\n<p>x", "/cart-good;color=" + sessionValue + "\n\n<p>x"},
		{"10009", "", "10009", "/banner 404\n\n<center>nginx/1.24.0</center>", "/banner-good 404\n\n<center>nginx</center>"},
		{"10010", "", "10010", "/script-cookie\n" + cookie + "; Secure; SameSite=Lax", "/script-cookie-good\n" + cookie + "; Secure; SameSite=Lax; HttpOnly"},
		{"10011", "https", "10011", "/plain-cookie\n" + cookie + "; SameSite=Lax; HttpOnly", "/plain-cookie-good\n" + cookie + "; SameSite=Lax; HttpOnly; Secure"},
		{
			"10015", "https", "10015", "/kept\nCache-Control: no-store\n\n<p>x",
			"/kept-good\nCache-Control: no-store\nCache-Control: no-cache, must-revalidate\n\n<p>x",
		},
		{
			"10017", "", "10017", "/script\n\n<script src=https://cdn.example/x.js></script>",
			"/script-good\n\n<script src=https://cdn.example/x.js integrity=sha256-x></script>",
		},
		{"10019", "", "10019-1", "/type\n-Content-Type\n\nx", "/type-good\nContent-Type: text/plain\n\nx"},
		{
			"10020", "", "10020-1", "/framed\n-X-Frame-Options\nContent-Security-Policy: default-src 'none'; form-action 'none'\n\n<p>x",
			"/framed-good\n-X-Frame-Options\n\n<p>x",
		},
		{"10021", "", "10021", "/sniffed\n-X-Content-Type-Options\n\n<p>x", "/sniffed-good\nX-Content-Type-Options: NoSniff\n\n<p>x"},
		{"10023", "", "10023", "/debug 503\n\n<p>Internal Server Error", "/debug-good 503\n\n<p>Something went wrong"},
		{"10024", "", "10024", "/find?apikey=x\n\n<p>x", "/find-good?page=x\n\n<p>x"},
		{"10028", "", "10028", "/leave?to=https://other.example/ 302\nLocation: https://other.example/", "/leave-good?to=/ 302\nLocation: /"},
		{"10033", "", "10033-1", "/files\n\n<title>Index of /icons</title>", "/files-good\n\n<title>Index of names</title>"},
		{
			"10035", "https", "10035-1", "/transport\n-Strict-Transport-Security\n\n<p>x",
			"/transport-good 301\n-Strict-Transport-Security\nLocation: /",
		},
		{"10036", "", "10036-2", "/server\nServer: nginx/1.24.0", "/server-good\nServer: nginx"},
		{"10037", "", "10037", "/powered\nX-Powered-By: PHP/8", "/powered-good\nX-Powered: PHP/8"},
		{"10038", "", "10038-1", "/policy\n-Content-Security-Policy\n\n<p>x", "/policy-good 302\n-Content-Security-Policy\nLocation: /"},
		{"10039", "", "10039", "/backend\nX-Backend-Server: web7", "/backend-good\nX-Backend: web7"},
		{
			"10040", "https", "10040", "/mixed\n\n<img src=http://other.example/x.png>",
			"/mixed-good\n\n<img src=//other.example/x.png><a href=http://other.example/>x</a>",
		},
		{"10041", "http", "10041", "/sign-in\n\n<form action=https://other.example/x>", "/sign-in-good\n\n<form action=http://other.example/x>"},
		{"10042", "https", "10042", "/sign-in\n\n<form action=http://other.example/x>", "/sign-in-good\n\n<form action=https://other.example/x>"},
		{
			"10044", "", "10044-1", "/moved 302\nLocation: /\n\n" + strings.Repeat("x", 302),
			"/moved-good 302\nLocation: /\n\n" + strings.Repeat("x", 301),
		},
		{"10050", "", "10050-1", "/cached\nX-Cache: HIT from proxy.example", "/cached-good\nX-Cache: MISS from proxy.example"},
		{"10052", "", "10052", "/logger\nX-ChromeLogger-Data: eyJ9", "/logger-good\nX-ChromeLogger: eyJ9"},
		{"10054", "", "10054-1", "/same-site\n" + cookie + "; Secure; HttpOnly", "/same-site-good\n" + cookie + "; Secure; HttpOnly; SameSite=Strict"},
		{"10055", "", "10055-5", "/inline\n" + policyWith("'self' 'unsafe-inline'"), "/inline-good\n" + policyWith("'self' https://cdn.example")},
		{"10056", "", "10056", "/profiler\nX-Debug-Token: abc", "/profiler-good\nX-Debug: abc"},
		{"10061", "", "10061", "/framework\nX-AspNet-Version: 4.0.30319", "/framework-good\nX-AspNet: 4.0.30319"},
		{"10062", "", "10062", "/card\n\n<p>" + card + "1", "/card-good\n\n<p>" + card + "2"},
		{"10063", "", "10063-1", "/camera\n-Permissions-Policy", "/camera-good\nPermissions-Policy: geolocation=()"},
		{"10097", "", "10097-7", "/hash\n\n<p>" + hash, "/hash-good\n\n<p>" + hash[:len(hash)-1]},
		{"10098", "", "10098", "/shared\nAccess-Control-Allow-Origin: *", "/shared-good\nAccess-Control-Allow-Origin: https://other.example"},
		{"10099", "", "10099", "/source\n\n<p><?php echo 1", "/source-good\n\n<p>&lt;?php echo 1"},
		{"10105", "http", "10105-2", "/login 401\nWWW-Authenticate: Basic realm=\"x\"", "/login-good 401\nWWW-Authenticate: Bearer realm=\"Basic\""},
		{
			"10108", "", "10108", "/window\n\n<a href=https://other.example/ target=_blank rel=opener>x</a>",
			"/window-good\n\n<a href=https://other.example/ target=_blank>x</a>",
		},
		{
			"10115", "", "10115-1", "/polyfill\n\n<script src=https://cdn.polyfill.io/x.js integrity=sha256-x></script>",
			"/polyfill-good\n\n<script src=https://notpolyfill.io/x.js integrity=sha256-x></script>",
		},
		{"10202", "", "10202", "/form\n\n<form method=post><input name=q>", "/form-good\n\n<form method=post><input name=csrf_token>"},
		{"90002", "", "90002", "/object\n\n<p>rO0ABXNy", "/object-good\n\n<p>QrO0ABXNy"},
		{
			"90003", "", "90003", "/style\n\n<link rel=stylesheet href=https://cdn.example/x.css>",
			"/style-good\n\n<link rel=stylesheet href=https://cdn.example/x.css integrity=sha256-x>",
		},
		{
			"90004", "", "90004-1 90004-2 90004-3", "/isolation\n-Cross-Origin-Resource-Policy\n-Cross-Origin-Embedder-Policy\n-Cross-Origin-Opener-Policy",
			"/isolation-good\nCross-Origin-Resource-Policy: cross-origin\nCross-Origin-Embedder-Policy: credentialless",
		},
		{"90011", "", "90011-2", "/charset\n\n<meta charset=latin1>", "/charset-good\n\n<meta charset=utf8>"},
		{"90022", "", "90022", "/crash\n\n<p>panic: runtime error: index out of range", "/crash-good 404\n\n<p>panic: runtime error: index out of range"},
		{
			"90033", "", "90033", "/domain\n" + cookie + "; Secure; HttpOnly; SameSite=Lax; Domain=example.com",
			"/domain-good\n" + cookie + "; Secure; HttpOnly; SameSite=Lax; Domain=" + galleryHost,
		},
		{
			"scangate-hsts-preload", "https", "scangate-hsts-preload-1", "/preload\nStrict-Transport-Security: max-age=31536000; preload",
			"/preload-good\nStrict-Transport-Security: max-age=31536000; includeSubDomains; preload",
		},
		{
			"scangate-hsts-strength", "https", "scangate-hsts-strength-1", "/strength\nStrict-Transport-Security: max-age=31535999; includeSubDomains",
			"/strength-good\nStrict-Transport-Security: max-age=31536000; includeSubDomains",
		},
		{
			"scangate-referrer-policy", "", "scangate-referrer-policy-1", "/referrer\n-Referrer-Policy\n\n<p>x",
			"/referrer-good\n-Referrer-Policy\n\n<meta name=referrer content=same-origin>",
		},
	}
}
