package rule

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/scanners/dast/exchange"
)

// judged is an exchange and what a rule is to say of it, each alert on a line:
// "ref risk/confidence [param] evidence".
type judged struct {
	name string
	x    exchange.Exchange
	want []string
}

// part changes an exchange that a test makes.
type part func(*exchange.Exchange)

// get is a page of status 200 and type text/html.
func get(address, body string, parts ...part) exchange.Exchange {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	x := exchange.Exchange{Method: "GET", URL: u, Status: 200, Body: []byte(body)}
	x.Header = exchange.Header{{Name: "Content-Type", Value: "text/html"}}
	for _, p := range parts {
		p(&x)
	}
	return x
}

func status(n int) part { return func(x *exchange.Exchange) { x.Status = n } }

func kind(contentType string) part {
	return func(x *exchange.Exchange) { x.Header[0].Value = contentType }
}

func sends(name, value string) part {
	return func(x *exchange.Exchange) {
		x.Header = append(x.Header, exchange.Field{Name: name, Value: value})
	}
}

func asks(name, value string) part {
	return func(x *exchange.Exchange) {
		x.RequestHeader = append(x.RequestHeader, exchange.Field{Name: name, Value: value})
	}
}

func posts(contentType, body string) part {
	return func(x *exchange.Exchange) {
		x.Method, x.RequestBody = "POST", []byte(body)
		x.RequestHeader = append(x.RequestHeader, exchange.Field{Name: "Content-Type", Value: contentType})
	}
}

func lines(alerts []Alert) []string {
	var out []string
	for _, a := range alerts {
		out = append(out, fmt.Sprintf("%s %s/%s [%s] %s", a.Ref(), a.Risk, a.Confidence, a.Param, a.Evidence))
	}
	return out
}

func mine() []*Rule {
	return append(append(contentRules(), disclosureRules()...), requestRules()...)
}

func ruleOf(t *testing.T, id int) *Rule {
	t.Helper()
	for _, r := range mine() {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no rule %d", id)
	return nil
}

func judge(t *testing.T, id int, tests []judged) {
	t.Helper()
	r := ruleOf(t, id)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Helper()
			if diff := cmp.Diff(test.want, lines(r.Judge(exchange.New(test.x)))); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// TestRuleFacts holds what people know of the rules from ZAP.
func TestRuleFacts(t *testing.T) {
	const want = `10040 Secure Pages Include Mixed Content|Medium|Medium|311|4
10041 HTTP to HTTPS Insecure Transition in Form Post|Medium|Medium|319|15
10042 HTTPS to HTTP Insecure Transition in Form Post|Medium|Medium|319|15
10202 Absence of Anti-CSRF Tokens|Medium|Low|352|9
10017 Cross-Domain JavaScript Source File Inclusion|Low|Medium|829|15
90003 Sub Resource Integrity Attribute Missing|Medium|High|345|15
10115 Script Served From Malicious Domain (polyfill)|High|High|829|15
10108 Reverse Tabnabbing|Medium|Medium|1022|0
90011 Charset Mismatch|Informational|Low|436|15
90022 Application Error Disclosure|Medium|Medium|550|13
10023 Information Disclosure - Debug Error Messages|Low|Medium|1295|13
10009 In Page Banner Information Leak|Low|High|497|13
10033 Directory Browsing|Medium|Medium|548|16
2 Private IP Disclosure|Low|Medium|497|13
10062 PII Disclosure|High|High|359|13
10097 Hash Disclosure|High|High|497|13
10099 Source Code Disclosure|Medium|Medium|540|13
10044 Big Redirect Detected (Potential Sensitive Information Leak)|Low|Medium|201|13
3 Session ID in URL Rewrite|Medium|High|598|13
10024 Information Disclosure - Sensitive Information in URL|Informational|Medium|598|13
10028 Off-site Redirect|High|Medium|601|38
10105 Weak Authentication Method|High|Medium|326|4
90002 Java Serialization Object|Medium|Medium|502|0`
	var got []string
	for _, r := range mine() {
		got = append(got, fmt.Sprintf("%d %s|%s|%s|%d|%d", r.ID, r.Name, r.Risk, r.Confidence, r.CWE, r.WASC))
		if !strings.HasSuffix(r.Text, ".") || !strings.HasSuffix(r.Fix, ".") || len(r.References) == 0 || r.check == nil {
			t.Errorf("rule %d is not complete", r.ID)
		}
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
