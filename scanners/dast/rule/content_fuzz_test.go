package rule

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/scanners/dast/exchange"
)

// FuzzRules judges whatever a server may send: no rule may fail, differ from
// one time to the next, or show what it must not.
func FuzzRules(f *testing.F) {
	visa := cardNumbers()["visa"]
	for _, seed := range []struct {
		address, contentType, location, body string
		status                               int
	}{
		{"https://a.example/?sid=0123456789", "text/html; charset=utf-8", "", "<base href=//b><script src='\\\\c/x'></script><a href=//d target=w rel=opener><form method=post action=http:><input form= name=[_csrf]>", 200},
		{"http://a.example/x;jsessionid=0123456789?u=%zz&email=a@b.cd&n=" + visa, "text/html", "//b.example", "<title>Index of /x</title>10.0.0.1. ip-10-0-0-1 " + visa + " 4111 1111-1111", 302},
		{"//", "application/xml", "\\", "<?xml version='1.0' encoding=\"x\"?><?php $2a$10$ {SSHA}", 404},
		{"http://[::1]:80/", "text/xml;charset=", "http://a@b@c:d/?x", "select * from x SELECT a FROM b WHERE c = apache/1.2 nginx/", 503},
		{"", "", "", "<form method=post><!-- </form> --><script></form>", 500},
		{"https://a.example/?o=rO0ABX", "html", "", "\xac\xed\x00\x05rO0AB aced0005 10.10.10.10.10 -10.1.1.1 ip-", 201},
	} {
		f.Add(seed.address, seed.contentType, seed.location, seed.body, seed.status)
	}
	rules := mine()
	f.Fuzz(func(t *testing.T, address, contentType, location, body string, status int) {
		u, err := url.Parse(address)
		if err != nil {
			u = nil
		}
		const secret = "c2VjcmV0c2VjcmV0"
		page := exchange.Exchange{
			Method: "GET", URL: u, Status: status, Body: []byte(body), RequestBody: []byte(location),
			Header:        exchange.Header{{Name: "Content-Type", Value: contentType}, {Name: "Location", Value: location}, {Name: "WWW-Authenticate", Value: contentType}},
			RequestHeader: exchange.Header{{Name: "Authorization", Value: "Basic " + secret}, {Name: "Content-Type", Value: "application/x-www-form-urlencoded"}},
		}
		for _, r := range rules {
			alerts := r.Judge(exchange.New(page))
			if diff := cmp.Diff(alerts, r.Judge(exchange.New(page))); diff != "" {
				t.Errorf("rule %d says two things: %s", r.ID, diff)
			}
			for _, a := range alerts {
				if a.Rule != r.ID || a.Name == "" || a.Kind < 0 || len(a.Evidence) > maxEvidence || len(a.Param) > maxEvidence {
					t.Errorf("bad alert %+v", a)
				}
				if r.ID == 10105 && strings.Contains(a.Evidence+a.Detail, secret) {
					t.Errorf("credentials shown: %+v", a)
				}
				if r.ID == 10062 && strings.Count(a.Evidence, "*") < 2 {
					t.Errorf("card number shown: %+v", a)
				}
				if r.ID != 10105 && utf8.ValidString(address+location+contentType) && !utf8.ValidString(a.Evidence) {
					t.Errorf("evidence is no text: %+v", a)
				}
			}
		}
	})
}
