package rule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPolicyMissing(t *testing.T) {
	headerCheck(t, "10038", []headerCase{
		{htmlPage, []string{"10038-1|Medium||"}},
		{"http://a.example/ 404\nContent-Type: text/html", []string{"10038-1|Medium||"}},
		{htmlPage + "\nx-webkit-csp: default-src 'self'", []string{"10038-1|Medium||", "10038-2|Informational||X-WebKit-CSP: default-src 'self'"}},
		{htmlPage + "\nX-Content-Security-Policy: allow 'self'\nX-WebKit-CSP: x", []string{"10038-1|Medium||", "10038-2|Informational||X-Content-Security-Policy: allow 'self'"}},
		{htmlPage + "\nContent-Security-Policy-Report-Only: img-src *", []string{"10038-1|Medium||", "10038-3|Informational||Content-Security-Policy-Report-Only: img-src *"}},
		{htmlPage + "\nContent-Security-Policy: a\nContent-Security-Policy-Report-Only: b", []string{"10038-3|Informational||Content-Security-Policy-Report-Only: b"}},
		{htmlPage + "\n\n<meta http-equiv=Content-Security-Policy content=''>", []string{"10038-1|Medium||"}},
		{htmlPage + "\ncontent-security-policy: default-src 'self'", nil},
		{htmlPage + "\n\n<meta http-equiv=content-security-policy content=\"default-src 'self'\">", nil},
		{"http://a.example/ 301\nContent-Type: text/html", nil},
		{"http://a.example/ 200\nContent-Type: application/json", nil},
	})
}

// policyRefs tells which kinds of alerts a page with these policies gets.
func policyRefs(t *testing.T, page string) (out []string) {
	t.Helper()
	for _, a := range policyQuality().Judge(headerPage(t, page)) {
		out = append(out, strings.TrimPrefix(a.Ref(), "10055-")+" "+a.Risk.String())
	}
	return out
}

const goodPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; frame-ancestors 'none'; form-action 'self'"

func TestPolicyQuality(t *testing.T) {
	policy := func(s string) string { return htmlPage + "\nContent-Security-Policy: " + s }
	rest := "; frame-ancestors 'none'; form-action 'self'"
	for page, want := range map[string][]string{
		policy(goodPolicy): nil,
		policy("default-src 'self'; script-src 'self' 'unsafe-inline' 'nonce-aaaabbbbccccdddd'; style-src 'self' data:" + rest): nil,
		policy("default-src 'self'; script-src 'strict-dynamic' 'nonce-aaaabbbb' https: 'unsafe-inline'" + rest):                nil,
		htmlPage: nil, // the rule for what is missing says so
		"http://a.example/ 200\nContent-Type: text/plain\nContent-Security-Policy: default-src *": nil,
		strings.Replace(policy("default-src *"+rest), "text/html", "application/json", 1):         nil,
		policy("default-src *" + rest):                                                                                {"4 Medium"},
		policy("default-src 'self'; connect-src 'self' wss:" + rest):                                                  {"4 Medium"},
		policy("default-src 'self'; img-src https:" + rest):                                                           {"4 Medium"},
		policy("default-src 'self'; frame-ancestors *; form-action 'self'"):                                           {"4 Medium"},
		policy("script-src 'self'; style-src 'self'" + rest):                                                          {"4 Medium"},
		policy("default-src 'self'; script-src 'self' 'unsafe-inline'" + rest):                                        {"5 Medium"},
		policy("default-src 'self'; script-src-attr 'unsafe-inline'" + rest):                                          {"5 Medium"},
		policy("default-src 'self'; style-src 'self' 'unsafe-inline'" + rest):                                         {"6 Medium"},
		policy("default-src 'self' 'unsafe-inline'" + rest):                                                           {"5 Medium", "6 Medium"},
		policy("default-src 'self'; script-src 'unsafe-hashes' 'sha256-" + strings.Repeat("A", 43) + "='" + rest):     {"7 Medium"},
		policy("default-src 'self'; style-src-attr 'unsafe-hashes' 'sha256-" + strings.Repeat("A", 43) + "='" + rest): {"8 Medium"},
		policy("default-src 'self'; script-src “self”" + rest):                                                        {"9 Medium"},
		policy("default-src 'self'; script-src 'self' 'unsafe-eval'" + rest):                                          {"10 Medium"},
		policy("default-src 'self'"):                                                                                  {"13 Medium"},
		policy("default-src 'self'; form-action 'self'"):                                                              {"13 Medium"},
		policy(""): {"4 Medium", "5 Medium", "6 Medium", "10 Medium", "13 Medium"},
		policy("default-src 'self'; script-scr 'self'" + rest):                 {"3 Low"},
		policy("default-src 'self'; report-uri /r; report-to r" + rest):        {"3 Informational"},
		policy(goodPolicy) + "\nX-Content-Security-Policy: a\nX-WebKit-CSP: b": {"1 Low", "2 Low"},
		// Two policies allow what neither of them forbids.
		policy("default-src *"+rest) + "\nContent-Security-Policy: " + goodPolicy: nil,
		policy("default-src * 'unsafe-inline', default-src 'self'" + rest):        nil,
		policy("default-src *; img-src 'self', script-src 'self'" + rest):         {"4 Medium"},
		// In the page.
		htmlPage + "\n\n<meta http-equiv=Content-Security-Policy content=\"default-src 'self'; form-action 'self'; sandbox\">":                {"11 Medium", "13 Medium"},
		policy(goodPolicy) + "\n\n<meta http-equiv=Content-Security-Policy content=\"img-src *\">":                                            {"12 Informational"},
		policy(goodPolicy) + "\n\n<meta http-equiv=Content-Security-Policy content=\"frame-ancestors *\"><meta http-equiv=refresh content=3>": {"12 Informational", "11 Medium"},
		policy(goodPolicy) + "\n\n<!--<meta http-equiv=Content-Security-Policy content=\"img-src *\">-->":                                     nil,
	} {
		if d := cmp.Diff(want, policyRefs(t, page)); d != "" {
			t.Errorf("%s\n%s", page, d)
		}
	}
}

func TestPolicyAlertsNameDirectives(t *testing.T) {
	got := policyQuality().Judge(headerPage(t, htmlPage+"\ncontent-security-policy: default-src 'self'; img-src *; worker-src https:; form-action *"))
	want := []Alert{
		{Rule: 10055, Kind: 4, Name: "CSP: Wildcard Directive", Risk: Medium, Confidence: HighConfidence, Param: "Content-Security-Policy",
			Evidence: "default-src 'self'; img-src *; worker-src https:; form-action *", Detail: "not defined, or open to every host: img-src, worker-src, form-action"},
		{Rule: 10055, Kind: 13, Name: "CSP: Failure to Define Directive with No Fallback", Risk: Medium, Confidence: HighConfidence, Param: "Content-Security-Policy",
			Evidence: "default-src 'self'; img-src *; worker-src https:; form-action *", Detail: "not defined: frame-ancestors"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
