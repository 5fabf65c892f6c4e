package rule

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func TestApplicationError(t *testing.T) {
	hit := func(evidence string) []string { return []string{"90022 Medium/Medium [] " + evidence} }
	judge(t, 90022, []judged{
		{"status", get("http://a.example/", "", status(500)), []string{"90022 Low/Medium [] HTTP/1.1 500 Internal Server Error"}},
		{"status and message", get("http://a.example/", "Traceback (most recent call last):", status(500)), []string{"90022 Low/Medium [] HTTP/1.1 500 Internal Server Error"}},
		{"mysql", get("http://a.example/", "<p>You have an error in your SQL syntax; check"), hit("You have an error in your SQL syntax")},
		{"oracle, as json", get("http://a.example/", `{"e":"ORA-00942: table or view does not exist"}`, kind("application/json")), hit("ORA-00942: ")},
		{"php warning", get("http://a.example/", "<br />\n<b>Warning</b>:  Undefined variable $x in <b>/var/www/x.php</b> on line <b>3</b>"), hit("<b>Warning</b>:")},
		{"python on 400", get("http://a.example/", "x\nTraceback (most recent call last):\n  File", status(400)), hit("Traceback (most recent call last):")},
		{"java", get("http://a.example/", "java.lang.NullPointerException\n\tat a.b.C(C.java:1)", status(503)), hit("java.lang.NullPointerException")},
		{"asp.net", get("http://a.example/", "<h1>Server Error in '/app' Application.<hr"), hit("Server Error in '/app' Application")},
		{"go", get("http://a.example/", "goroutine 1 [running]:\nmain.main()"), hit("goroutine 1 [running]:")},
		{"other case", get("http://a.example/", "YOU HAVE AN ERROR IN YOUR SQL SYNTAX"), hit("YOU HAVE AN ERROR IN YOUR SQL SYNTAX")},
		{"the first counts", get("http://a.example/", "sqlite3.OperationalError Traceback (most recent call last):"), hit("sqlite3.OperationalError")},
		{"a page about java", get("http://a.example/", "The java.lang.String class. A goroutine is a thread. <b>Warning</b>: hot"), nil},
		{"an error in words", get("http://a.example/", "There was an error near the end of line 3. Flora-00942"), nil},
		{"not found", get("http://a.example/", "Traceback (most recent call last):", status(404)), nil},
		{"script", get("http://a.example/x.js", "Traceback (most recent call last):"), nil},
		{"style", get("http://a.example/x.css", "Traceback (most recent call last):", kind("text/css")), nil},
		{"binary", get("http://a.example/x", "Traceback (most recent call last):\x00\x01", kind("application/octet-stream")), nil},
		{"image", get("http://a.example/x", "Traceback (most recent call last):", kind("image/png")), nil},
	})
}

func TestDebugMessage(t *testing.T) {
	hit := func(evidence string) []string { return []string{"10023 Low/Medium [] " + evidence} }
	judge(t, 10023, []judged{
		{"apache", get("http://a.example/", "<h1>Internal Server Error</h1>", status(500)), hit("Internal Server Error")},
		{"spring", get("http://a.example/", "<h1>Whitelabel Error Page</h1>", status(404)), hit("Whitelabel Error Page")},
		{"django", get("http://a.example/", "<p>You're seeing this error because you have <code>DEBUG = True</code>"), hit("You're seeing this error because you have <code>DEBUG = True</code>")},
		{"rails", get("http://a.example/", "<title>Action Controller: Exception caught</title>"), hit("Action Controller: Exception caught")},
		{"json", get("http://a.example/", `{"m":"INTERNAL SERVER ERROR"}`, kind("application/json")), hit("INTERNAL SERVER ERROR")},
		{"plain error", get("http://a.example/", "<h1>Something went wrong</h1> error 500", status(500)), nil},
		{"script", get("http://a.example/", "Internal Server Error", kind("application/javascript")), nil},
		{"script by path", get("http://a.example/app.JS", "Internal Server Error", kind("text/plain")), nil},
		{"no text", get("http://a.example/", "Internal Server Error", kind("application/pdf")), nil},
	})
}

func TestBanner(t *testing.T) {
	hit := func(evidence string) []string { return []string{"10009 Low/High [] " + evidence} }
	judge(t, 10009, []judged{
		{"apache", get("http://a.example/", "<address>Apache/2.4.57 (Debian) Server at a.example Port 80</address>", status(404)), hit("Apache/2.4.57")},
		{"nginx", get("http://a.example/", "<hr><center>nginx/1.24.0</center>", status(502)), hit("nginx/1.24.0")},
		{"tomcat", get("http://a.example/", "<h3>Apache Tomcat/9.0.83</h3>", status(400)), hit("Apache Tomcat/9.0.83")},
		{"jetty", get("http://a.example/", "<a>Powered by Jetty:// 9.4.43</a> Jetty(9.4.43.v2021)", status(500)), hit("Jetty(9.4.43.v2021")},
		{"normal page", get("http://a.example/", "<center>nginx/1.24.0</center>"), nil},
		{"redirect", get("http://a.example/", "<center>nginx/1.24.0</center>", status(301)), nil},
		{"no version", get("http://a.example/", "<center>nginx</center> Apache/x mynginx/1.24.0", status(404)), nil},
		{"licence", get("http://a.example/", "under the Apache License, Version 2.0", status(404)), nil},
	})
}

func TestDirectory(t *testing.T) {
	apache := "<html><head><title>Index of /icons</title></head>"
	judge(t, 10033, []judged{
		{"apache", get("http://a.example/icons/", apache), []string{"10033-1 Medium/Medium [] <title>Index of /icons</title>"}},
		{"root, nginx", get("http://a.example/", "<TITLE>Index of /</TITLE>"), []string{"10033-1 Medium/Medium [] <TITLE>Index of /</TITLE>"}},
		{"iis", get("http://a.example/", `<pre><A HREF="/">[To Parent Directory]</A><br><br>`), []string{"10033-2 Medium/Medium [] [To Parent Directory]</A>"}},
		{"a book", get("http://a.example/", "<title>Index of names</title><h1>Index of /x</h1>"), nil},
		{"a title that does not end", get("http://a.example/", "<title>Index of /\nx</title>"), nil},
		{"words", get("http://a.example/", "click [To Parent Directory] to go up"), nil},
		{"text", get("http://a.example/", apache, kind("text/plain")), nil},
	})
	x := exchange.New(get("http://a.example/icons/", apache))
	if got := ruleOf(t, 10033).Judge(x)[0].Name; got != "Directory Browsing - Apache 2" {
		t.Errorf("name %q", got)
	}
}

func TestPrivateAddress(t *testing.T) {
	hit := func(evidence string) []string { return []string{"2 Low/Medium [] " + evidence} }
	judge(t, 2, []judged{
		{"10", get("http://a.example/", "<p>10.0.0.1</p>"), hit("10.0.0.1")},
		{"172", get("http://a.example/", "up 172.31.255.9."), hit("172.31.255.9")},
		{"192.168 with port", get("http://a.example/", `{"u":"http://192.168.36.127:8080/x"}`, kind("application/json")), hit("192.168.36.127:8080")},
		{"script", get("http://a.example/x.js", "var u='10.1.2.3';", kind("text/javascript")), hit("10.1.2.3")},
		{"comment", get("http://a.example/", "<!-- served by 10.1.2.3 -->"), hit("10.1.2.3")},
		{"ec2", get("http://a.example/", "ip-10-0-56-78.ec2.internal"), hit("ip-10-0-56-78")},
		{"ec2, upper case", get("http://a.example/", "IP-172-16-5-4"), hit("IP-172-16-5-4")},
		{"first of several", get("http://a.example/", "10.0.0.2 10.0.0.1 10.0.0.2"), hit("10.0.0.2")},
		{"own server", get("http://a.example/", "Server 10.0.0.1"), hit("10.0.0.1")},
		{"error page", get("http://a.example/", "10.0.0.1", status(500)), hit("10.0.0.1")},
		{"own host", get("http://10.0.0.1:8080/", "http://10.0.0.1:8080/ and 10.0.0.1 and 10.0.0.1:99"), nil},
		{"own name", get("http://ip-10-0-56-78.ec2.internal/", "ip-10-0-56-78"), nil},
		{"own host and another", get("http://10.0.0.1/", "10.0.0.1 10.0.0.10"), hit("10.0.0.10")},
		{"public", get("http://a.example/", "8.8.8.8 172.15.0.1 172.32.0.1 192.169.0.1 192.0.2.1 110.0.0.1 ip-8-8-8-8"), nil},
		{"loopback is no private range", get("http://a.example/", "127.0.0.1 169.254.169.254"), nil},
		{"parts of numbers", get("http://a.example/", "vp09.02.51.10.01.09.16 1.10.0.0.1 10.0.0.1.2 10.0.0.256 10.0.0 10.00.0.1 x10.0.0.1 10.0.0.1a"), nil},
		{"versions", get("http://a.example/", `v10.2.3.4 version 10.2.3.4 Version: "10.2.3.4" x.js?ver=10.2.3.4 x.css?v=10.2.3.4 lib-10.2.3.4 10.0.19041.1`), nil},
		{"drawing", get("http://a.example/", `<svg><path d="M1,2c 10.2.3.4 5"/></svg>`), nil},
		{"longer names", get("http://a.example/", "zip-10-0-0-1 ip-10-0-0 ip-10-0-0-300 ip-10-0-0-1x"), nil},
		{"no text", get("http://a.example/", "10.0.0.1", kind("application/octet-stream")), nil},
	})
}

// cardNumbers are the networks' published test numbers, put together here so
// that no scanner for secrets takes this file for a leak.
func cardNumbers() map[string]string {
	return map[string]string{
		"visa":       "4" + strings.Repeat("1", 15),
		"mastercard": strings.Repeat("5", 12) + strings.Repeat("4", 4),
		"amex":       "3782" + "822463" + "10005",
		"diners":     "3056" + "930902" + "5904",
		"bad":        "4" + strings.Repeat("1", 14) + "2",
	}
}

func TestCard(t *testing.T) {
	c := cardNumbers()
	v := c["visa"]
	hit := []string{"10062 High/High [] 411111******1111"}
	judge(t, 10062, []judged{
		{"html", get("http://a.example/", "<p>Card: "+v+".</p>"), hit},
		{"json", get("http://a.example/", `{"pan":"`+v+`"}`, kind("application/json")), hit},
		{"json number", get("http://a.example/", `[1,`+v+`,2]`, kind("application/json")), hit},
		{"xml", get("http://a.example/", `<pan>`+v+`</pan>`, kind("text/xml")), hit},
		{"script", get("http://a.example/", `<script>var n=`+v+`;</script>`), hit},
		{"groups", get("http://a.example/", "Card 1 "+v[:4]+" "+v[4:8]+" "+v[8:12]+" "+v[12:]), hit},
		{"dashes", get("http://a.example/", "12 "+v[:4]+"-"+v[4:8]+"-"+v[8:12]+"-"+v[12:]+" 3"), hit},
		{"amex groups", get("http://a.example/", c["amex"][:4]+" "+c["amex"][4:10]+" "+c["amex"][10:]), []string{"10062 High/High [] 378282*****0005"}},
		{"mastercard, diners", get("http://a.example/", c["mastercard"]+", "+c["diners"]), []string{"10062 High/High [] 555555******4444", "10062 High/High [] 305693****5904"}},
		{"twice", get("http://a.example/", v+" and "+v), hit},
		{"after a year", get("http://a.example/", "2024 "+v), hit},
		{"shared range", get("http://a.example/", "5018000000"+"09"), []string{"10062 High/Medium [] 501800**0009"}},
		{"check digit", get("http://a.example/", c["bad"]), nil},
		{"no issuer", get("http://a.example/", strings.Repeat("0", 16)+" 1234567812345670 9"+strings.Repeat("1", 15)), nil},
		{"alt text", get("http://a.example/", `<img alt="`+v+`"><input type=hidden value=`+v+`>`), nil},
		{"comment, style", get("http://a.example/", `<!-- `+v+` --><style>a{width:`+v+`px}</style>`), nil},
		{"fractions", get("http://a.example/", "0."+v+" "+v+".5 2.35136"+v[:11]), nil},
		{"parts of names", get("http://a.example/", "ca-pub-"+v+" x"+v+" "+v+"a "+v+"-x "+v+"1"), nil},
		{"a column", get("http://a.example/", "1234 "+v[:4]+" "+v[4:8]+" "+v[8:12]+" "+v[12:]+" 9999"), nil},
		{"mixed groups", get("http://a.example/", v[:4]+" "+v[4:8]+"-"+v[8:12]+" "+v[12:]), nil},
		{"text", get("http://a.example/", v, kind("text/plain")), nil},
		{"style sheet", get("http://a.example/", v, kind("text/css")), nil},
	})
}

// TestCardPlaces puts a number at every place of a page, for the search leaps.
func TestCardPlaces(t *testing.T) {
	v := cardNumbers()["visa"]
	for i := range 64 {
		for _, sep := range []string{"|", " - ", "\n"} {
			body := strings.Repeat("x", i) + sep + "77" + sep + v + sep + v[:4] + "-" + v[4:8] + "-" + v[8:12] + "-" + v[12:]
			count := 0
			eachCard([]byte(body), func(card) bool { count++; return true })
			if count != 2 {
				t.Errorf("%d cards in %q", count, body)
			}
		}
	}
}

func TestHash(t *testing.T) {
	x53 := strings.Repeat("abcdefgh", 7)[:53]
	judge(t, 10097, []judged{
		{"bcrypt", get("http://a.example/", "admin:$2"+"y$10$"+x53+":x"), []string{"10097-7 High/High [] $2y$…"}},
		{"blowfish in json", get("http://a.example/", `{"h":"$2`+`a$05$`+x53+`"}`, kind("application/json")), []string{"10097-3 High/High [] $2a$…"}},
		{"md5 crypt", get("http://a.example/", "$1"+"$abcdefgh$"+x53[:22]), []string{"10097-4 High/High [] $1$…"}},
		{"sha-256", get("http://a.example/", "$5"+"$rounds=5000$abcdefgh$"+x53[:43]+"\n"), []string{"10097-5 High/High [] $5$…"}},
		{"sha-512", get("http://a.example/", "<td>$6"+"$abcdefgh$"+x53+x53[:33]+"</td>"), []string{"10097-6 High/High [] $6$…"}},
		{"nt", get("http://a.example/", "$NT"+"$"+strings.Repeat("0123abcd", 4)), []string{"10097-8 High/High [] $NT$…"}},
		{"ssha", get("http://a.example/", "{SSHA"+"}"+x53[:32]), []string{"10097-9 Low/High [] {SSHA}…"}},
		{"argon2", get("http://a.example/", "$argon2"+"id$v=19$m=65536,t=3,p=4$"+x53[:22]+"$"+x53[:43]), []string{"10097 High/High [] $argon2…"}},
		{"once a form", get("http://a.example/", strings.Repeat("$1"+"$abcdefgh$"+x53[:22]+" ", 3)), []string{"10097-4 High/High [] $1$…"}},
		{"bare hexadecimal", get("http://a.example/", strings.Repeat("0123abcd", 4)+" "+strings.Repeat("0123abcd", 8)), nil},
		{"replacement", get("http://a.example/", `<script>s.replace(/a/,"$1$2"); $2a$1</script> costs $1$5`), nil},
		{"too short, too long", get("http://a.example/", "$1"+"$abcdefgh$"+x53[:21]+" $1"+"$abcdefgh$"+x53[:23]), nil},
		{"script", get("http://a.example/x.js", "$2"+"y$10$"+x53), nil},
	})
}

func TestSource(t *testing.T) {
	tests := []struct{ name, body, evidence string }{
		{"PHP", "<?php $password = 'x'; ?>", "<?php"},
		{"PHP", "<p><?= $title ?></p>", "<?= $title ?>"},
		{"JSP", `<%@ page import="java.util.*" %>`, `<%@ page import="java.util.*" %>`},
		{"ASP.NET", `<%@ Page Language="C#" CodeBehind="x.cs" %>`, `<%@ Page Language="C#" CodeBehind="x.cs" %>`},
		{"ASP", `<%@ Language=VBScript %>`, `<%@ Language=VBScript %>`},
		{"Java", "package a;\nimport java.util.List;\n", "import java.util.List;"},
		{"C#", "using System.Linq;\n", "using System.Linq;\n"},
		{"Python", "#!/usr/bin/env python3\n", "#!/usr/bin/env python3"},
		{"Python", "class A:\n  def __init__(self, x):\n", "def __init__(self, x):"},
		{"Perl", "use strict;\nuse warnings;", "use strict;\nuse warnings;"},
		{"Ruby", "class A < ApplicationController\n", "< ApplicationController\n"},
		{"Go", "package main\n\nimport \"fmt\"", "package main\n\nimport \""},
		{"C", "#include <stdio.h>", "#include <stdio.h>"},
		{"C++", "#include <iostream>", "#include <iostream>"},
		{"ColdFusion", `<cfquery password="x" name="q">`, `<cfquery password=`},
		{"SQL", "SELECT * FROM users", "SELECT * FROM users"},
		{"SQL", "select name, pw from users u where id = 'x'", "select name, pw from users u where id ="},
		{"SQL", "INSERT INTO `users` (a, b) VALUES ('x')", "INSERT INTO `users` (a, b) VALUES ("},
		{"Shell", "#!/bin/sh\nset -e", "#!/bin/sh"},
	}
	for _, test := range tests {
		x := exchange.New(get("http://a.example/", "<pre>"+test.body, kind("text/plain")))
		alerts := ruleOf(t, 10099).Judge(x)
		if len(alerts) != 1 {
			t.Errorf("%q: %d alerts", test.body, len(alerts))
			continue
		}
		if a := alerts[0]; a.Name != "Source Code Disclosure - "+test.name || a.Evidence != test.evidence {
			t.Errorf("%q: %s, %q", test.body, a.Name, a.Evidence)
		}
	}
	judge(t, 10099, []judged{
		{"html", get("http://a.example/", "<p><?php echo 1"), []string{"10099 Medium/Medium [] <?php"}},
		{"words", get("http://a.example/", "Select an item from the tree where it is. Select all from here. Update the set. Insert into the slot values. Create table for two ("), nil},
		{"xml", get("http://a.example/", `<?xml version="1.0"?><?xml-stylesheet href="x"?>`, kind("text/xml")), nil},
		{"escaped", get("http://a.example/", "&lt;?php echo 1; #include &lt;stdio.h&gt;"), nil},
		{"templates for browsers", get("http://a.example/", `<script type="text/template"><%= x %> <% if (y) { %></script> "use strict";`), nil},
		{"script", get("http://a.example/x.js", "SELECT * FROM users"), nil},
		{"style", get("http://a.example/", "#include <stdio.h>", kind("text/css")), nil},
		{"font", get("http://a.example/", "#include <stdio.h>", kind("font/woff2")), nil},
		{"binary", get("http://a.example/", "#include <stdio.h>\x00", kind("application/octet-stream")), nil},
	})
}

func TestBigRedirect(t *testing.T) {
	to := sends("Location", "http://example.com")
	body := func(n int) string { return strings.Repeat("x", n) }
	judge(t, 10044, []judged{
		{"one byte more", get("http://a.example/", body(319), status(302), to), []string{"10044-1 Low/Medium [] "}},
		{"two links", get("http://a.example/", `<a href="/a">a</a><A HREF="/b">b</A>`, status(301), to), []string{"10044-2 Low/Medium [] "}},
		{"big with links", get("http://a.example/", `<a href="/a">a</a><a href="/b">b</a>`+body(400), status(303), to), []string{"10044-1 Low/Medium [] "}},
		{"as expected", get("http://a.example/", body(318), status(302), to), nil},
		{"one link", get("http://a.example/", `moved <a href="http://example.com">here</a>`, status(308), to), nil},
		{"no location", get("http://a.example/", body(1000), status(300)), nil},
		{"not modified", get("http://a.example/", body(1000), status(304), to), nil},
		{"created", get("http://a.example/", body(1000), status(201), to), nil},
	})
	x := exchange.New(get("http://a.example/", body(319), status(302), to))
	if got, want := ruleOf(t, 10044).Judge(x)[0].Detail, "expected at most 318 bytes after a location of 18, found 319"; got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
}

// TestFinderPlaces puts each signature at every place of a text, as the search
// leaps over most of it.
func TestFinderPlaces(t *testing.T) {
	for name, f := range map[string]*finder{
		"errors": errorFinder, "debug": debugFinder, "source": sourceFinder, "banner": bannerFinder, "polyfill": polyfillFinder,
	} {
		t.Run(name, func(t *testing.T) {
			plain := *f
			plain.signatures = nil
			for _, s := range f.signatures {
				plain.signatures = append(plain.signatures, signature{text: s.text})
			}
			for n, s := range plain.signatures {
				for at := range f.window + 2 {
					body := fmt.Sprintf("%s%s~", strings.Repeat("~", at), strings.ToUpper(s.text))
					found := false
					plain.each([]byte(body), func(got *signature, place int, _ []byte) bool {
						found = found || got == &plain.signatures[n] && place == at
						return true
					})
					if !found {
						t.Fatalf("%q at %d is not found", s.text, at)
					}
				}
			}
		})
	}
}
