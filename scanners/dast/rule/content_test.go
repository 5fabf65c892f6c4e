package rule

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/scangate/scangate/scanners/dast/exchange"
)

func TestMixedContent(t *testing.T) {
	judge(t, 10040, []judged{
		{"image", get("https://a.example/", `<img src="http://b.example/i.png">`), []string{"10040 Low/Medium [] http://b.example/i.png"}},
		{"script", get("https://a.example/", `<img src=http://b.example/1><SCRIPT SRC="HTTP://b.example/2.js"></SCRIPT>`), []string{"10040 Medium/Medium [] http://b.example/1"}},
		{"form", get("https://a.example/", `<form><button formaction=" http://b.example/x">`), []string{"10040 Low/Medium [] http://b.example/x"}},
		{"background", get("https://a.example/", `<body background='http:/bg.png'>`), []string{"10040 Low/Medium [] http:/bg.png"}},
		{"plain base", get("https://a.example/", `<base href="http://b.example/"><img src=i.png>`), []string{"10040 Low/Medium [] i.png"}},
		{"plain base, absolute images", get("https://a.example/", `<base href="http://b.example/"><img src=https://b.example/i.png><img src=data:x>`), nil},
		{"links may be plain", get("https://a.example/", `<a href="http://b.example/">b</a>`), nil},
		{"encrypted", get("https://a.example/", `<img src="https://b.example/i.png"><img src="//b.example/i"><img src=/http:/x>`), nil},
		{"plain page", get("http://a.example/", `<img src="http://b.example/i.png">`), nil},
		{"comment", get("https://a.example/", `<!-- <img src="http://b.example/i.png"> -->`), nil},
		{"script text", get("https://a.example/", `<script>var s='<img src="http://b.example/i.png">'</script>`), nil},
		{"script file", get("https://a.example/a.js", `<img src="http://b.example/i.png">`, kind("text/javascript")), nil},
	})
	x := exchange.New(get("https://a.example/", `<script src="http://b.example/x.js"></script>`))
	if got := ruleOf(t, 10040).Judge(x)[0].Name; got != "Secure Pages Include Mixed Content (Including Scripts)" {
		t.Errorf("name of an alert with a script: %q", got)
	}
}

func TestFormSchemes(t *testing.T) {
	judge(t, 10041, []judged{
		{"to https", get("http://a.example/", `<form action="https://a.example/login" method=post>`), []string{`10041 Medium/Medium [] https://a.example/login`}},
		{"search form", get("http://a.example/", `<FORM ACTION=HTTPS://a.example/s>`), []string{`10041 Medium/Medium [] HTTPS://a.example/s`}},
		{"two forms", get("http://a.example/", `<form action=https://a.example/1></form><form action=https://a.example/2>`),
			[]string{`10041 Medium/Medium [] https://a.example/1`, `10041 Medium/Medium [] https://a.example/2`}},
		{"base", get("http://a.example/", `<base href=https://a.example/><form action=login>`), []string{`10041 Medium/Medium [] login`}},
		{"relative", get("http://a.example/", `<form action="/https://x">`), nil},
		{"protocol-relative", get("http://a.example/", `<form action="//b.example/x">`), nil},
		{"no action, base elsewhere", get("http://a.example/", `<base href=https://a.example/><form>`), nil},
		{"error page", get("http://a.example/", `<form action="https://a.example/login">`, status(404)), nil},
		{"encrypted page", get("https://a.example/", `<form action="https://a.example/login">`), nil},
	})
	judge(t, 10042, []judged{
		{"to http", get("https://a.example/", `<form action="http://a.example/login">`), []string{`10042 Medium/Medium [] http://a.example/login`}},
		{"other host", get("https://a.example/", `<form action=" http://b.example">`), []string{`10042 Medium/Medium [] http://b.example`}},
		{"line break within", get("https://a.example/", "<form action='ht\ntp://b.example'>"), []string{"10042 Medium/Medium [] ht\ntp://b.example"}},
		{"relative", get("https://a.example/", `<form action="login">`), nil},
		{"mail", get("https://a.example/", `<form action="mailto:x@a.example">`), nil},
		{"encrypted", get("https://a.example/", `<form action="https://b.example">`), nil},
		{"in a comment", get("https://a.example/", `<!--<form action="http://a.example/login">-->`), nil},
		{"plain page", get("http://a.example/", `<form action="http://a.example/login">`), nil},
		{"not html", get("https://a.example/", `<form action="http://a.example/login">`, kind("text/plain")), nil},
	})
}

func TestMissingToken(t *testing.T) {
	bad := []string{`10202 Medium/Low [] <form method="post">`}
	judge(t, 10202, []judged{
		{"no fields", get("http://a.example/", `<form method="post"></form>`), bad},
		{"other fields", get("http://a.example/", `<form method="post"><input name=user><input type=password id=pass></form>`), bad},
		{"token outside", get("http://a.example/", `<form method="post"><input name=a></form><input name=_csrf>`), bad},
		{"token in the next form", get("http://a.example/", `<form method="post"><form method=get><input name=_csrf></form>`), bad},
		{"token in a comment", get("http://a.example/", `<form method="post"><!-- <input name=_csrf> --></form>`), bad},
		{"token for another form", get("http://a.example/", `<form method="post"><input name=_csrf form=other></form>`), bad},
		{"token in a meta element", get("http://a.example/", `<meta name="csrf-token" content="x"><form method="post"></form>`), bad},
		{"names that are longer", get("http://a.example/", `<form method="post"><input name=my_csrf_thing></form>`), bad},
		{"put", get("http://a.example/", `<form METHOD=PUT>`), []string{`10202 Medium/Low [] <form METHOD=PUT>`}},
		{"second form", get("http://a.example/", `<form method=post><input id=csrf_token></form><form method="post"></form>`), bad},
		{"end tag in a script", get("http://a.example/", `<form method="post"><script>"</form>"</script><input name=_csrf></form>`), nil},
		{"known name", get("http://a.example/", `<form method="post"><input type=hidden name="csrfmiddlewaretoken" value=x></form>`), nil},
		{"any case", get("http://a.example/", `<form method="post"><INPUT NAME="__REQUESTVERIFICATIONTOKEN"></form>`), nil},
		{"id", get("http://a.example/", `<form method="post"><input id="authenticity_token"></form>`), nil},
		{"brackets", get("http://a.example/", `<form method="post"><input name="login[_token]"></form>`), nil},
		{"elsewhere by form attribute", get("http://a.example/", `<form method="post" id=f></form><input form=f name=_csrf>`), nil},
		{"get", get("http://a.example/", `<form><input name=q></form><form method=GET></form><form method=dialog>`), nil},
		{"not html", get("http://a.example/", `<form method="post">`, kind("application/json")), nil},
	})
	x := exchange.New(get("http://a.example/", `<form></form><form method=post><input name=b><input name=a><input name=b></form>`))
	if got, want := ruleOf(t, 10202).Judge(x)[0].Detail, `no known anti-CSRF token among the fields of form 2: "a" "b"`; got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
}

func TestForeignScript(t *testing.T) {
	tag := `<script src="https://cdn.example/x.js"></script>`
	judge(t, 10017, []judged{
		{"other host", get("https://a.example/", tag), []string{"10017 Low/Medium [https://cdn.example/x.js] " + tag}},
		{"protocol-relative", get("https://a.example/", `<script src=//cdn.example/x.js>`), []string{"10017 Low/Medium [//cdn.example/x.js] <script src=//cdn.example/x.js>"}},
		{"upper case, backslashes", get("https://a.example/", `<SCRIPT SRC="\\cdn.example\x.js"></SCRIPT>`), []string{`10017 Low/Medium [\\cdn.example\x.js] <SCRIPT SRC="\\cdn.example\x.js"></SCRIPT>`}},
		{"subdomain", get("https://a.example/", `<script src=https://www.a.example/x.js>`), []string{"10017 Low/Medium [https://www.a.example/x.js] <script src=https://www.a.example/x.js>"}},
		{"empty integrity", get("https://a.example/", `<script src=//b.example/x integrity>`), []string{"10017 Low/Medium [//b.example/x] <script src=//b.example/x integrity>"}},
		{"bad escape", get("https://a.example/", `<script src=//b.example/100%.js>`), []string{"10017 Low/Medium [//b.example/100%.js] <script src=//b.example/100%.js>"}},
		{"base elsewhere", get("https://a.example/", `<base href="//cdn.example/"><script src=x.js>`), []string{"10017 Low/Medium [x.js] <script src=x.js>"}},
		{"base elsewhere, own script", get("https://a.example/", `<base href="//cdn.example/"><script src=https://a.example/x.js>`), nil},
		{"integrity", get("https://a.example/", `<script src=https://cdn.example/x.js integrity="sha384-x">`), nil},
		{"other port", get("https://a.example/", `<script src=https://A.Example:8443/x.js>`), nil},
		{"user", get("https://a.example/", `<script src=https://cdn.example@a.example/x.js>`), nil},
		{"relative", get("https://a.example/", `<script src=x.js></script><script src=/https://cdn.example/x.js></script>`), nil},
		{"data", get("https://a.example/", `<script src="data:text/javascript,//cdn.example/"></script>`), nil},
		{"inline", get("https://a.example/", `<script>s.src="https://cdn.example/x.js"</script>`), nil},
		{"comment", get("https://a.example/", `<!--`+tag+`-->`), nil},
		{"not html", get("https://a.example/", tag, kind("text/plain")), nil},
	})
}

func TestIntegrity(t *testing.T) {
	judge(t, 90003, []judged{
		{"script", get("https://a.example/", `<script src=https://cdn.example/x.js></script>`), []string{"90003 Medium/High [] <script src=https://cdn.example/x.js></script>"}},
		{"style sheet", get("https://a.example/", `<LINK REL="StyleSheet" HREF="//cdn.example/x.css">`), []string{`90003 Medium/High [] <LINK REL="StyleSheet" HREF="//cdn.example/x.css">`}},
		{"preload", get("https://a.example/", `<link rel="foo preload" href="//cdn.example/x">`), []string{`90003 Medium/High [] <link rel="foo preload" href="//cdn.example/x">`}},
		{"module", get("https://a.example/", `<link rel=modulepreload href="//cdn.example/x">`), []string{`90003 Medium/High [] <link rel=modulepreload href="//cdn.example/x">`}},
		{"no rel", get("https://a.example/", `<link href="//cdn.example/x">`), []string{`90003 Medium/High [] <link href="//cdn.example/x">`}},
		{"other rel", get("https://a.example/", `<link rel=canonical href="//cdn.example/x"><link rel="icon" href=//cdn.example/x><link rel=preconnect href=//cdn.example>`), nil},
		{"integrity", get("https://a.example/", `<link rel=stylesheet href="//cdn.example/x" integrity=sha256-x><script src=//cdn.example/ integrity=sha256-x></script>`), nil},
		{"own", get("https://a.example/", `<link rel=stylesheet href="/x.css"><script src="https://a.example:444/x.js"></script><script>1</script>`), nil},
	})
}

func TestPolyfill(t *testing.T) {
	judge(t, 10115, []judged{
		{"script", get("https://a.example/", `<script src=https://cdn.polyfill.io/v3/polyfill.min.js></script>`),
			[]string{"10115-1 High/High [https://cdn.polyfill.io/v3/polyfill.min.js] <script src=https://cdn.polyfill.io/v3/polyfill.min.js></script>"}},
		{"bare domain", get("https://a.example/", `<script src="//POLYFILL.IO/x">`), []string{`10115-1 High/High [//POLYFILL.IO/x] <script src="//POLYFILL.IO/x">`}},
		{"integrity does not help", get("https://a.example/", `<script src="//cdn.bootcss.com/x" integrity=sha256-x>`), []string{`10115-1 High/High [//cdn.bootcss.com/x] <script src="//cdn.bootcss.com/x" integrity=sha256-x>`}},
		{"inline", get("https://a.example/", `<script>load("https://cdn.PolyFill.io/x")</script>`), []string{"10115-2 High/Low [] polyfill.io"}},
		{"both", get("https://a.example/", `<script>"polyfill.io"</script><script src=//staticfile.org/x>`), []string{"10115-1 High/High [//staticfile.org/x] <script src=//staticfile.org/x>"}},
		{"longer names", get("https://a.example/", `<script src=https://notpolyfill.io/x></script><script src=https://polyfill.io.example/></script><script>"my-polyfill.io polyfill.iota polyfill.io.example"</script>`), nil},
		{"another polyfill", get("https://a.example/", `<script src="https://cdnjs.cloudflare.com/polyfill/v3/polyfill.min.js?x=polyfill.io"></script>`), nil},
		{"text", get("https://a.example/", `<p>polyfill.io was sold</p><a href=https://polyfill.io/>x</a><img src=//polyfill.io/i>`), nil},
	})
}

func TestTabnabbing(t *testing.T) {
	judge(t, 10108, []judged{
		{"opener", get("https://a.example/", `<a href=https://b.example/ target=_blank rel=opener>b</a>`), []string{"10108 Medium/Medium [] <a href=https://b.example/ target=_blank rel=opener>"}},
		{"named window, area", get("https://a.example/", `<AREA HREF=//b.example TARGET=w REL="nofollow OPENER">`), []string{`10108 Medium/Medium [] <AREA HREF=//b.example TARGET=w REL="nofollow OPENER">`}},
		{"once a page", get("https://a.example/", strings.Repeat(`<a href=//b.example target=w rel=opener>`, 3)), []string{"10108 Medium/Medium [] <a href=//b.example target=w rel=opener>"}},
		{"no rel: browsers imply noopener", get("https://a.example/", `<a href=https://b.example/ target=_blank>`), nil},
		{"noopener", get("https://a.example/", `<a href=https://b.example/ target=_blank rel="opener noopener">`), nil},
		{"noreferrer", get("https://a.example/", `<a href=https://b.example/ target=_blank rel="opener noreferrer">`), nil},
		{"no target", get("https://a.example/", `<a href=https://b.example/ rel=opener>`), nil},
		{"no window", get("https://a.example/", `<a href=https://b.example/ target=_self rel=opener><a href=https://b.example/ target=_TOP rel=opener>`), nil},
		{"own host", get("https://a.example/", `<a href=/x target=_blank rel=opener><a href=http://A.example:1/ target=w rel=opener><a target=w rel=opener>`), nil},
		{"mail", get("https://a.example/", `<a href=mailto:x@b.example target=_blank rel=opener>`), nil},
	})
}

func TestCharset(t *testing.T) {
	html := kind("text/html; charset=UTF-8")
	xml := kind("application/xml; charset=utf-8")
	judge(t, 90011, []judged{
		{"content-type", get("http://a.example/", `<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">`, html), []string{"90011-1 Informational/Low [] "}},
		{"charset", get("http://a.example/", `<META CHARSET=windows-1252>`, html), []string{"90011-2 Informational/Low [] "}},
		{"both", get("http://a.example/", `<meta charset=latin1><meta http-equiv=content-type content="text/html;charset='koi8-r'">`, html), []string{"90011-1 Informational/Low [] ", "90011-2 Informational/Low [] "}},
		{"xml", get("http://a.example/", `<?xml version="1.0" encoding="ISO-8859-15"?><a/>`, xml), []string{"90011-4 Informational/Low [] "}},
		{"same", get("http://a.example/", `<meta charset=utf8><meta http-equiv=content-type content="text/html; charset='Utf-8'">`, html), nil},
		{"xml, same", get("http://a.example/", "\ufeff"+`<?xml version='1.0' encoding='UTF-8' standalone="yes"?><a/>`, xml), nil},
		{"xml without encoding", get("http://a.example/", `<?xml version='1.0'?><a encoding="x"/>`, xml), nil},
		{"no charset in the header", get("http://a.example/", `<meta charset=latin1>`), nil},
		{"no meta", get("http://a.example/", `<p charset=latin1>`, html), nil},
		{"xhtml is html", get("http://a.example/", `<?xml version='1.0' encoding='latin1'?><html>`, kind("application/xhtml+xml; charset=utf-8")), nil},
		{"empty", get("http://a.example/", ``, html), nil},
		{"text", get("http://a.example/", `<meta charset=latin1>`, kind("text/plain; charset=utf-8")), nil},
	})
	x := exchange.New(get("http://a.example/", `<meta charset=latin1><meta http-equiv=content-type content="a;charset=b">`, html))
	var got []string
	for _, a := range ruleOf(t, 90011).Judge(x) {
		got = append(got, a.Name+": "+a.Detail)
	}
	want := []string{
		"Charset Mismatch (Header Versus Meta Content-Type Charset): the header says UTF-8 and the content-type meta element b",
		"Charset Mismatch (Header Versus Meta Charset): the header says UTF-8 and the charset meta element latin1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestFollow(t *testing.T) {
	base := place{"https", "a.example"}
	for link, want := range map[string]place{
		"":                         base,
		"x":                        base,
		"/x":                       base,
		"#x":                       base,
		"?a=//b.example":           base,
		"https:x":                  base,
		"http:x":                   {"http", "x"},
		"//b.example":              {"https", "b.example"},
		"///b.example":             {"https", "b.example"},
		`/\b.example`:              {"https", "b.example"},
		"HTTP://B.Example.:80/x":   {"http", "b.example"},
		"https://u:p@b.example?x":  {"https", "b.example"},
		"https://a@b@c.example#x":  {"https", "c.example"},
		"https://[::1]:8080/":      {"https", "::1"},
		" \n//b.exa\tmple/ ":       {"https", "b.example"},
		"javascript:alert(1)":      {"javascript", ""},
		"mailto:x@b.example":       {"mailto", ""},
		"1://b.example":            base,
		"https://":                 {"https", ""},
		"//b.example/%":            {"https", "b.example"},
		"path/with:colon//x":       base,
		"git+ssh://b.example":      {"git+ssh", ""},
		"https:////b.example//c.d": {"https", "b.example"},
	} {
		if got := follow(base, link); got != want {
			t.Errorf("follow(%q) = %v, want %v", link, got, want)
		}
	}
}
