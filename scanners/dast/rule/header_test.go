package rule

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

// headerPage makes an exchange from a short text: the address, or the method
// and it; the status; header fields in lines; an empty line; the body.
func headerPage(t testing.TB, s string) *exchange.Exchange {
	t.Helper()
	head, body, _ := strings.Cut(s, "\n\n")
	lines := strings.Split(head, "\n")
	first := strings.Fields(lines[0])
	if len(first) == 2 {
		first = append([]string{"GET"}, first...)
	}
	u, err := url.Parse(first[1])
	if err != nil {
		t.Fatal(err)
	}
	x := exchange.Exchange{Method: first[0], URL: u, Body: []byte(body)}
	if _, err := fmt.Sscan(first[2], &x.Status); err != nil {
		t.Fatal(err)
	}
	for _, l := range lines[1:] {
		name, value, _ := strings.Cut(l, ": ")
		x.Header = append(x.Header, exchange.Field{Name: name, Value: value})
	}
	return exchange.New(x)
}

// headerCase is an exchange and what a rule says of it, as "ref param
// evidence" in lines.
type headerCase struct {
	page string
	want []string
}

func headerCheck(t *testing.T, key string, cases []headerCase) {
	t.Helper()
	var r *Rule
	for _, each := range All() {
		if each.Key() == key {
			r = each
		}
	}
	if r == nil {
		t.Fatalf("no rule %s", key)
	}
	for _, c := range cases {
		var got []string
		for _, a := range r.Judge(headerPage(t, c.page)) {
			got = append(got, fmt.Sprintf("%s|%s|%s|%s", a.Ref(), a.Risk, a.Param, a.Evidence))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s on\n%s\n%s", key, c.page, d)
		}
	}
}

const (
	htmlPage = "http://a.example/ 200\nContent-Type: text/html; charset=utf-8"
	tlsPage  = "https://a.example/ 200\nContent-Type: text/html"
	theBody  = "\n\n<p>hello"
)

func TestContentTypeOptions(t *testing.T) {
	headerCheck(t, "10021", []headerCase{
		{htmlPage + theBody, []string{"10021|Low|x-content-type-options|"}},
		{"http://a.example/data 200\nContent-Type: application/octet-stream\nX-Content-Type-Options: sniff" + theBody, []string{"10021|Low|x-content-type-options|sniff"}},
		{htmlPage + "\nX-Content-Type-Options: " + theBody, []string{"10021|Low|x-content-type-options|"}},
		{htmlPage + "\nx-CONTENT-type-options: NoSniff" + theBody, nil},
		{htmlPage, nil}, // no body
		{"http://a.example/ 404" + theBody, nil},
		{"http://a.example/ 302\nLocation: /b" + theBody, nil},
	})
}

func TestClickjacking(t *testing.T) {
	meta := `<META http-equiv=" X-Frame-Options" content=DENY>`
	headerCheck(t, "10020", []headerCase{
		{htmlPage + theBody, []string{"10020-1|Medium|x-frame-options|"}},
		{htmlPage + "\nX-Frame-Options: DENY\nx-frame-options: SAMEORIGIN" + theBody, []string{"10020-2|Medium|x-frame-options|"}},
		{htmlPage + "\nX-Frame-Options: DENY\n\n" + meta, []string{"10020-3|Medium|x-frame-options|" + meta}},
		{htmlPage + "\nX-Frame-Options: ALLOW-FROM https://sameorigin.example" + theBody, []string{"10020-4|Medium|x-frame-options|ALLOW-FROM https://sameorigin.example"}},
		{htmlPage + "\nX-Frame-Options: " + theBody, []string{"10020-4|Medium|x-frame-options|"}},
		{htmlPage + "\nX-Frame-Options: nonsense\nX-Frame-Options: deny" + theBody, []string{"10020-2|Medium|x-frame-options|", "10020-4|Medium|x-frame-options|nonsense"}},
		{htmlPage + "\nContent-Security-Policy: default-src 'self', img-src frame-ancestors" + theBody, []string{"10020-1|Medium|x-frame-options|"}},
		{htmlPage + "\nContent-Security-Policy-Report-Only: frame-ancestors 'none'" + theBody, []string{"10020-1|Medium|x-frame-options|"}},
		{htmlPage + "\n\n<meta http-equiv=content-security-policy content=\"frame-ancestors 'none'\">", []string{"10020-1|Medium|x-frame-options|"}},

		{htmlPage + "\nX-Frame-Options: Deny" + theBody, nil},
		{htmlPage + "\nX-Frame-Options: SAMEORIGIN, SAMEORIGIN" + theBody, nil},
		{htmlPage + "\nX-Frame-Options: DENY\n\n<!-- " + meta + " -->", nil},
		{htmlPage + "\ncontent-security-policy: img-src 'self', Frame-Ancestors 'none'" + theBody, nil},
		{htmlPage, nil},
		{"http://a.example/ 200\nContent-Type: application/json\n\n{}", nil},
		{"http://a.example/ 500\nContent-Type: text/html" + theBody, nil},
	})
}

func TestContentTypeMissing(t *testing.T) {
	headerCheck(t, "10019", []headerCase{
		{"http://a.example/ 200" + theBody, []string{"10019-1|Informational|content-type|"}},
		{"http://a.example/ 404" + theBody, []string{"10019-1|Informational|content-type|"}},
		{"http://a.example/ 200\ncontent-type:  " + theBody, []string{"10019-2|Informational|content-type|"}},
		{"http://a.example/ 200", nil},
		{htmlPage + theBody, nil},
	})
}

func TestStrictTransport(t *testing.T) {
	field := func(v string) string { return "https://a.example/ 200\nStrict-Transport-Security: " + v }
	meta := `<meta http-equiv="strict-transport-security" content="max-age=9">`
	headerCheck(t, "10035", []headerCase{
		{"https://a.example/ 200", []string{"10035-1|Low||"}},
		{"https://a.example/ 404", []string{"10035-1|Low||"}},
		{"https://a.example/ 301\nLocation: https://b.example/", []string{"10035-1|Low||"}},
		{"https://a.example/ 301\nLocation: https://a.example:8443/", []string{"10035-1|Low||"}},
		{"https://a.example/ 301\nLocation: http://a.example/", []string{"10035-1|Low||"}},
		{"https://a.example/ 304", []string{"10035-1|Low||"}},
		{"https://a.example/ 302\nLocation: //b.example/", []string{"10035-1|Low||"}},
		{field("max-age=0; includeSubDomains"), []string{"10035-2|Low||max-age=0"}},
		{field(`Max-Age = "0"`), []string{`10035-2|Low||Max-Age = "0"`}},
		{field("max-age=1") + "\nstrict-transport-security: max-age=2", []string{"10035-3|Low||"}},
		{field("includeSubDomains"), []string{"10035-5|Low||includeSubDomains"}},
		{field("max-age=soon"), []string{"10035-5|Low||max-age=soon"}},
		{field(""), []string{"10035-5|Low||"}},
		{"https://a.example/ 200\nContent-Type: text/html\n\n" + meta, []string{"10035-1|Low||", "10035-6|Low||strict-transport-security"}},
		{field(`"max-age=31536000"`), []string{`10035-7|Low||"max-age=31536000"`}},
		{field("max-age=“31536000”"), []string{"10035-8|Low||Strict-Transport-Security"}},

		{field("max-age=31536000; includeSubDomains"), nil},
		{field(`max-age="31536000"`), nil},
		{field("max-age=01"), nil},
		{"https://a.example/ 301\nLocation: /elsewhere", nil},
		{"https://a.example/x 302\nLocation: https://A.example:443/y", nil},
		{"http://a.example/ 200\nStrict-Transport-Security: max-age=0", nil}, // browsers pass over it
		{"http://a.example/ 200\nContent-Type: text/html\n\n" + meta, nil},
	})
}

func TestTransportOfOurOwn(t *testing.T) {
	field := func(v string) string { return "https://a.example/ 200\nStrict-Transport-Security: " + v }
	headerCheck(t, "scangate-hsts-strength", []headerCase{
		{field("max-age=31535999; includeSubDomains"), []string{"scangate-hsts-strength-1|Low||max-age=31535999; includeSubDomains"}},
		{field("max-age=600"), []string{"scangate-hsts-strength-1|Low||max-age=600", "scangate-hsts-strength-2|Informational||max-age=600"}},
		{field("max-age=99999999999999999999"), []string{"scangate-hsts-strength-2|Informational||max-age=99999999999999999999"}},
		{field(`"max-age=600"`), nil}, // no browser understands it, which 10035-7 says
		{field("max-age=31536000 ; INCLUDESUBDOMAINS"), nil},
		{field("max-age=0"), nil}, // ZAP's rule says so
		{"https://a.example/ 200", nil},
		{"http://a.example/ 200\nStrict-Transport-Security: max-age=1", nil},
		{field("max-age=1; preload"), nil}, // for the next rule
	})
	headerCheck(t, "scangate-hsts-preload", []headerCase{
		{field("max-age=31536000; preload"), []string{"scangate-hsts-preload-1|Low||max-age=31536000; preload"}},
		{field("max-age=600; includeSubDomains; preload"), []string{"scangate-hsts-preload-2|Low||max-age=600; includeSubDomains; preload"}},
		{field("max-age=63072000; includeSubDomains; Preload"), nil},
		{field("max-age=600"), nil},
		{"http://a.example/ 200\nStrict-Transport-Security: max-age=1; preload", nil},
	})
}

func TestReferrerPolicy(t *testing.T) {
	field := func(v string) string { return htmlPage + "\nReferrer-Policy: " + v + theBody }
	headerCheck(t, "scangate-referrer-policy", []headerCase{
		{htmlPage + theBody, []string{"scangate-referrer-policy-1|Informational|referrer-policy|"}},
		{field(""), []string{"scangate-referrer-policy-1|Informational|referrer-policy|"}},
		{field("unsafe-url"), []string{"scangate-referrer-policy-2|Low|referrer-policy|unsafe-url"}},
		{field("no-referrer, No-Referrer-When-Downgrade"), []string{"scangate-referrer-policy-2|Low|referrer-policy|no-referrer-when-downgrade"}},
		{field("nothing"), []string{"scangate-referrer-policy-3|Informational|referrer-policy|nothing"}},
		{htmlPage + "\nReferrer-Policy: no-referrer\n\n<meta name=referrer content=unsafe-url>", []string{"scangate-referrer-policy-2|Low|referrer-policy|unsafe-url"}},
		{field("same-origin"), nil},
		{field("unsafe-url, strict-origin-when-cross-origin"), nil},
		{field("no-referrer, some-policy-of-tomorrow"), nil},
		{htmlPage + "\n\n<meta name=Referrer content=Origin>", nil},
		{"http://a.example/ 302\nContent-Type: text/html\nLocation: /" + theBody, nil},
		{"http://a.example/ 200\nContent-Type: image/png\n\nPNG", nil},
	})
}

func TestPermissionsPolicy(t *testing.T) {
	headerCheck(t, "10063", []headerCase{
		{htmlPage, []string{"10063-1|Low||"}},
		{"http://a.example/app.js 200\nContent-Type: text/plain", []string{"10063-1|Low||"}},
		{"http://a.example/ 500\nContent-Type: text/html", []string{"10063-1|Low||"}},
		{htmlPage + "\nFeature-Policy: camera 'none'\nPermissions-Policy: camera=()", []string{"10063-2|Low||camera 'none'"}},
		{htmlPage + "\npermissions-policy: camera=()", nil},
		{"http://a.example/ 301\nContent-Type: text/html", nil},
		{"http://a.example/ 200\nContent-Type: text/css", nil},
	})
}

func TestSiteIsolation(t *testing.T) {
	isolated := "\nCross-Origin-Resource-Policy: same-origin\nCross-Origin-Embedder-Policy: require-corp; report-to=\"x\"\nCross-Origin-Opener-Policy: same-origin"
	headerCheck(t, "90004", []headerCase{
		{htmlPage, []string{"90004-1|Low|Cross-Origin-Resource-Policy|", "90004-2|Low|Cross-Origin-Embedder-Policy|", "90004-3|Low|Cross-Origin-Opener-Policy|"}},
		{"http://a.example/ 200\nContent-Type: image/png", []string{"90004-1|Low|Cross-Origin-Resource-Policy|"}},
		{"http://a.example/ 206\nCross-Origin-Resource-Policy: same-site", []string{"90004-1|Low|Cross-Origin-Resource-Policy|same-site"}},
		{"http://a.example/ 200\nContent-Type: application/xml\nAccess-Control-Allow-Methods: GET", []string{"90004-2|Low|Cross-Origin-Embedder-Policy|", "90004-3|Low|Cross-Origin-Opener-Policy|"}},
		{htmlPage + strings.Replace(isolated, "require-corp", "unsafe-none", 1), []string{`90004-2|Low|Cross-Origin-Embedder-Policy|unsafe-none`}},
		{htmlPage + isolated + "-allow-popups", []string{"90004-3|Low|Cross-Origin-Opener-Policy|same-origin-allow-popups"}},
		{htmlPage + isolated + "\nCross-Origin-Opener-Policy: unsafe-none", []string{"90004-3|Low|Cross-Origin-Opener-Policy|unsafe-none"}},
		{htmlPage + isolated, nil},
		{htmlPage + strings.ToUpper(isolated), nil},
		{htmlPage + strings.Replace(isolated, "require-corp", "credentialless", 1), nil},
		{"http://a.example/ 200\nContent-Type: image/png\nCross-Origin-Resource-Policy: cross-origin", nil},
		{"http://a.example/ 200\nContent-Type: image/png\naccess-control-allow-origin: https://b.example", nil},
		{"http://a.example/ 404\nContent-Type: text/html", nil},
	})
}

func TestCORSWildcard(t *testing.T) {
	headerCheck(t, "10098", []headerCase{
		{"http://a.example/ 200\naccess-control-allow-origin: *", []string{"10098|Medium||Access-Control-Allow-Origin: *"}},
		{"http://a.example/ 500\nAccess-Control-Allow-Origin:  * ", []string{"10098|Medium||Access-Control-Allow-Origin: *"}},
		{"http://a.example/ 200\nAccess-Control-Allow-Origin: https://*.example", nil},
		{"http://a.example/ 200\nAccess-Control-Allow-Origin: null", nil},
	})
}

func TestHeaderLeaks(t *testing.T) {
	headerCheck(t, "10036", []headerCase{
		{"http://a.example/ 200\nserver: Apache/2.4.41 (Unix)", []string{"10036-2|Low||Apache/2.4.41 (Unix)"}},
		{"http://a.example/ 302\nServer: nginx\nServer: IIS 10", []string{"10036-2|Low||IIS 10"}},
		{"http://a.example/ 200\nServer: nginx", nil},
		{"http://a.example/ 200", nil},
	})
	headerCheck(t, "10037", []headerCase{
		{"http://a.example/ 200\nX-Powered-By: Express", []string{"10037|Low||X-Powered-By: Express"}},
		{"http://a.example/ 500\nx-powered-by: PHP/8\nX-Powered-By: ASP.NET", []string{"10037|Low||x-powered-by: PHP/8"}},
		{"http://a.example/ 200\nX-Powered: by", nil},
		{"http://a.example/ 200", nil},
	})
	headerCheck(t, "10061", []headerCase{
		{"http://a.example/ 200\nX-AspNet-Version: 4.0.30319", []string{"10061|Low||4.0.30319"}},
		{"http://a.example/ 200\nx-aspnetmvc-version: 5.2", []string{"10061|Low||5.2"}},
		{"http://a.example/ 200\nX-AspNet: 1", nil},
		{"http://a.example/ 200", nil},
	})
	headerCheck(t, "10039", []headerCase{
		{"http://a.example/ 200\nX-Backend-Server: web7", []string{"10039|Low||web7"}},
		{"http://a.example/ 404\nx-backend-server: ", []string{"10039|Low||"}},
		{"http://a.example/ 200\nX-Backend: web7", nil},
		{"http://a.example/ 200", nil},
	})
	headerCheck(t, "10056", []headerCase{
		{"http://a.example/ 200\nX-Debug-Token: abc\nx-debug-token-link: /_profiler/abc", []string{"10056|Low||/_profiler/abc"}},
		{"http://a.example/ 200\nx-debug-token: abc", []string{"10056|Low||abc"}},
		{"http://a.example/ 200\nX-Debug: abc", nil},
		{"http://a.example/ 200", nil},
	})
	headerCheck(t, "10052", []headerCase{
		{"http://a.example/ 200\nX-ChromeLogger-Data: eyJ9", []string{"10052|Medium||X-ChromeLogger-Data"}},
		{"http://a.example/ 200\nX-ChromePhp-Data: eyJ9", []string{"10052|Medium||X-ChromePhp-Data"}},
		{"http://a.example/ 200\nX-ChromeLogger: eyJ9", nil},
		{"http://a.example/ 200", nil},
	})
}

func TestCacheControl(t *testing.T) {
	headerCheck(t, "10015", []headerCase{
		{tlsPage + theBody, []string{"10015|Informational|cache-control|"}},
		{tlsPage + "\nCache-Control: no-store, no-cache" + theBody, []string{"10015|Informational|cache-control|no-store, no-cache"}},
		{"https://a.example/ 200\nContent-Type: application/json\ncache-control: public\n\n{}", []string{"10015|Informational|cache-control|public"}},
		{tlsPage + "\nCache-Control: no-store\ncache-control: No-Cache, must-revalidate" + theBody, nil},
		{"POST https://a.example/ 200\nContent-Type: text/html" + theBody, nil},
		{htmlPage + theBody, nil},
		{tlsPage, nil},
		{"https://a.example/x.js 200\nContent-Type: text/plain\n\nx", nil},
		{"https://a.example/ 200\nContent-Type: text/css\n\nx", nil},
		{"https://a.example/ 200\nContent-Type: image/svg+xml\n\nx", nil},
		{"https://a.example/ 200\nContent-Type: application/pdf\n\nx", nil},
		{"https://a.example/ 404\nContent-Type: text/html" + theBody, nil},
	})
}

func TestRetrievedFromCache(t *testing.T) {
	headerCheck(t, "10050", []headerCase{
		{"http://a.example/ 200\nX-Cache: HIT from proxy.example", []string{"10050-1|Informational||HIT from proxy.example"}},
		{"http://a.example/ 200\nX-Cache: MISS\nx-cache: Hit from cloudfront\nAge: 3", []string{"10050-1|Informational||Hit from cloudfront"}},
		{"http://a.example/ 200\nX-Cache: TCP_MEM_HIT:90", []string{"10050-1|Informational||TCP_MEM_HIT:90"}},
		{"http://a.example/ 200\nage: 0", []string{"10050-2|Informational||Age: 0"}},
		{"http://a.example/ 200\nX-Cache: MISS\nAge: 24000", []string{"10050-2|Informational||Age: 24000"}},
		{"http://a.example/ 200\nX-Cache: MISS from white.example", nil},
		{"http://a.example/ 200\nAge: -1", nil},
		{"http://a.example/ 200\nAge: old", nil},
		{"http://a.example/ 200", nil},
	})
}
