package rule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/scanners/dast/exchange"
)

func TestSessionInURL(t *testing.T) {
	judge(t, 3, []judged{
		{"query", get("http://a.example/?PHPSESSID=0123456789abcdef", ""), []string{"3-1 Medium/High [PHPSESSID] 012…"}},
		{"nine characters", get("http://a.example/?a=b&sid=123456789", ""), []string{"3-1 Medium/High [sid] 123…"}},
		{"path", get("http://a.example/x;jsessionid=0123456789", ""), []string{"3-2 Medium/High [] jsessionid=012…"}},
		{"path with parameters", get("http://a.example/x;v=1;JSESSIONID=A123456789/y?q=1", ""), []string{"3-2 Medium/High [] JSESSIONID=A12…"}},
		{"link out", get("http://a.example/?sessionid=0123456789", `<a href=/x><a href=http://A.example:8080/><a href="https://b.example/x">b</a><a href=//c.example>`),
			[]string{"3-1 Medium/High [sessionid] 012…", "3-3 Medium/Medium [] https://b.example/x"}},
		{"image out", get("http://a.example/x;jsessionid=0123456789", `<IMG SRC=//b.example/i.png>`),
			[]string{"3-2 Medium/High [] jsessionid=012…", "3-3 Medium/Medium [] //b.example/i.png"}},
		{"redirected", get("http://a.example/?jsessionid=0123456789", "", status(302)), []string{"3-1 Medium/High [jsessionid] 012…"}},
		{"eight characters", get("http://a.example/?sid=12345678", ""), nil},
		{"other names", get("http://a.example/?side=0123456789&xsid=0123456789&id=0123456789", ""), nil},
		{"other path parameter", get("http://a.example/x;v=0123456789;jsessionid=1", ""), nil},
		{"link out without a session", get("http://a.example/", `<a href="https://b.example/x">b</a>`), nil},
		{"cookie", get("http://a.example/", "", asks("Cookie", "PHPSESSID=0123456789abcdef")), nil},
	})
}

func TestSensitiveURL(t *testing.T) {
	visa := cardNumbers()["visa"]
	social := "078" + "-05-" + "1120"
	judge(t, 10024, []judged{
		{"name", get("http://a.example/?password=x", ""), []string{"10024 Informational/Medium [password] password"}},
		{"part of a name", get("http://a.example/?loans.user_id=1&q=2&CsrfToken=3", ""), []string{"10024 Informational/Medium [loans.user_id] loans.user_id", "10024 Informational/Medium [CsrfToken] CsrfToken"}},
		{"card", get("http://a.example/?n="+visa, ""), []string{"10024 Informational/Medium [n] 411111******1111"}},
		{"card in groups", get("http://a.example/?n="+visa[:4]+"+"+visa[4:8]+"+"+visa[8:12]+"%20"+visa[12:], ""), []string{"10024 Informational/Medium [n] 411111******1111"}},
		{"mail", get("http://a.example/?to=jo%40a.example", ""), []string{"10024 Informational/Medium [to] ***@a.example"}},
		{"social security number", get("http://a.example/?n="+social, ""), []string{"10024 Informational/Medium [n] ***-**-1120"}},
		{"name and mail", get("http://a.example/?username=jo@a.example", ""), []string{"10024 Informational/Medium [username] username", "10024 Informational/Medium [username] ***@a.example"}},
		{"path", get("http://a.example/password/"+visa, ""), nil},
		{"plain", get("http://a.example/?q=user&page=2&at=@me&mail=a@b", ""), nil},
		{"places on the map", get("http://a.example/?c=2.3513621322021487,48.79018351257645", ""), nil},
		{"no such number", get("http://a.example/?a=000-12-3456&b=666-12-3456&c=912-12-3456&d=123-00-3456&e=123-45-0000&f=1123-45-6789", ""), nil},
		{"body", get("http://a.example/", "", posts("application/x-www-form-urlencoded", "password=x")), nil},
	})
}

func TestOffSiteRedirect(t *testing.T) {
	to := func(s string) part { return sends("Location", s) }
	judge(t, 10028, []judged{
		{"address", get("http://a.example/?url=http%3A%2F%2Fb.example%2Fx", "", status(302), to("http://b.example/x")), []string{"10028 High/Medium [url] "}},
		{"host", get("http://a.example/?place=b.example", "", status(301), to("https://B.example/x?y")), []string{"10028 High/Medium [place] "}},
		{"host and port", get("http://a.example/?place=b.example:8080", "", status(301), to("https://b.example:8080/")), []string{"10028 High/Medium [place] "}},
		{"without scheme", get("http://a.example/?u=//b.example/", "", status(302), to("//b.example/")), []string{"10028 High/Medium [u] "}},
		{"form", get("http://a.example/", "", status(302), to("http://b.example/"), posts("application/x-www-form-urlencoded", "a=b&next=http://b.example/")), []string{"10028 High/Medium [next] "}},
		{"slash added", get("http://a.example/?u=http://b.example", "", status(302), to("http://b.example/")), []string{"10028 High/Medium [u] "}},
		{"other port", get("http://a.example/?u=http://a.example:81/", "", status(302), to("http://a.example:81/")), []string{"10028 High/Medium [u] "}},
		{"own site", get("http://a.example/?u=http://a.example/x", "", status(302), to("http://a.example/x")), nil},
		{"relative", get("http://a.example/?u=/x", "", status(302), to("/x")), nil},
		{"other status", get("http://a.example/?u=http://b.example/", "", status(303), to("http://b.example/")), nil},
		{"other address", get("http://a.example/?u=http://b.example/y&b=example", "", status(302), to("http://b.example/x")), nil},
		{"no redirect", get("http://a.example/?u=http://b.example/", "", to("http://b.example/")), nil},
		{"json", get("http://a.example/", "", status(302), to("http://b.example/"), posts("application/json", "next=http://b.example/")), nil},
	})
}

func TestWeakAuth(t *testing.T) {
	const secret = "dXNlcjpwYXNz"
	digest := `Digest username="jo", realm="x", response="` + secret + `"`
	judge(t, 10105, []judged{
		{"basic", get("http://a.example/", "", asks("authorization", "basic "+secret)), []string{"10105-1 High/Medium [] Authorization: Basic [redacted]"}},
		{"digest", get("http://a.example/", "", asks("Authorization", digest)), []string{"10105-1 Medium/Medium [] Authorization: Digest [redacted]"}},
		{"asked for", get("http://a.example/", "", status(401), sends("WWW-Authenticate", `Basic realm="x"`)), []string{`10105-2 Medium/Medium [] WWW-Authenticate: Basic realm="x"`}},
		{"second choice", get("http://a.example/", "", status(401), sends("WWW-Authenticate", `Negotiate, Digest realm="x"`)), []string{`10105-2 Medium/Medium [] WWW-Authenticate: Negotiate, Digest realm="x"`}},
		{"both", get("http://a.example/", "", asks("Authorization", "Basic "+secret), sends("WWW-Authenticate", `Basic`)),
			[]string{"10105-1 High/Medium [] Authorization: Basic [redacted]", "10105-2 Medium/Medium [] WWW-Authenticate: Basic"}},
		{"encrypted", get("https://a.example/", "", asks("Authorization", "Basic "+secret), sends("WWW-Authenticate", "Basic")), nil},
		{"token", get("http://a.example/", "", asks("Authorization", "Bearer "+secret)), nil},
		{"what is another each time", get("http://a.example/", "", status(401), sends("WWW-Authenticate", `Digest realm="x", nonce="7c1f", opaque="9"`)), []string{`10105-2 Medium/Medium [] WWW-Authenticate: Digest realm="x", nonce="…", opaque="…"`}},
		{"other words", get("http://a.example/", "", sends("WWW-Authenticate", `Bearer realm="Basic Digest, Basic x"`)), nil},
	})
	x := exchange.New(get("http://a.example/", "", asks("Authorization", digest)))
	for _, a := range ruleOf(t, 10105).Judge(x) {
		if all := a.Evidence + a.Detail + a.Param; strings.Contains(all, secret) || strings.Contains(all, "jo") {
			t.Errorf("shows credentials: %+v", a)
		}
		if a.Name != "Authentication Credentials Captured" {
			t.Errorf("name %q", a.Name)
		}
	}
}

func TestJavaObject(t *testing.T) {
	raw := "\xac\xed\x00\x05sr\x00\x04Date"
	judge(t, 90002, []judged{
		{"body", get("http://a.example/", raw, kind("application/octet-stream")), []string{"90002 Medium/Medium [] 0xaced0005"}},
		{"view state", get("http://a.example/", `<input name="javax.faces.ViewState" value="rO0ABXNyAA">`), []string{"90002 Medium/Medium [] rO0AB"}},
		{"parameter", get("http://a.example/?o=rO0ABXNy%2B", ""), []string{"90002 Medium/Medium [] rO0AB"}},
		{"escaped", get("http://a.example/", "o=%22rO0ABXNy%22"), []string{"90002 Medium/Medium [] rO0AB"}},
		{"cookie", get("http://a.example/", "", asks("Cookie", "a=b; o=rO0ABXNy")), []string{"90002 Medium/Medium [] rO0AB"}},
		{"set-cookie", get("http://a.example/", "", sends("Set-Cookie", "o=rO0ABXNy; Secure")), []string{"90002 Medium/Medium [] rO0AB"}},
		{"request", get("http://a.example/", "", posts("application/octet-stream", raw)), []string{"90002 Medium/Medium [] 0xaced0005"}},
		{"hexadecimal", get("http://a.example/", "v=ACED00057372"), []string{"90002 Medium/Medium [] ACED0005"}},
		{"second match counts", get("http://a.example/", "xrO0ABX rO0ABX"), []string{"90002 Medium/Medium [] rO0AB"}},
		{"other case", get("http://a.example/", "RO0AB ro0ab"), nil},
		{"inside other data", get("http://a.example/", "abcrO0ABXNy 12aced00057372"), nil},
		{"other magic", get("http://a.example/", "\xac\xed\x00\x06 rO0AC aced0006"), nil},
		{"short", get("http://a.example/?o=rO0A", "rO"), nil},
	})
}

func TestParams(t *testing.T) {
	got := params("a=1&&b&=c&d=%41+b&e=100%&f=a=b")
	want := []param{{"a", "1"}, {"b", ""}, {"", "c"}, {"d", "A b"}, {"e", "100%"}, {"f", "a=b"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(param{})); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if got := len(params(strings.Repeat("a&", 10_000))); got != maxParams {
		t.Errorf("%d parameters, want %d", got, maxParams)
	}
}
