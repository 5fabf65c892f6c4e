package rule

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/scangate/scangate/scanners/dast/exchange"
)

func sourceRule() *Rule {
	return &Rule{
		ID: 10099, Name: "Source Code Disclosure",
		Risk: Medium, Confidence: MediumConfidence, CWE: 540, WASC: 13,
		Text:  "The response has source code of a kind that runs on servers. It shows how the application works, and often holds passwords.",
		Fix:   "Keep sources and their backups out of the directories that are served, and let the server run every type of file that is a program.",
		check: checkSource,
	}
}

// checkSource reports the first piece of code. Scripts and styles for browsers
// are meant to be read, images and fonts are no text.
func checkSource(x *exchange.Exchange, report func(Alert)) {
	if x.JavaScript() || x.CSS() || x.Image() || strings.Contains(typeOf(x), "font") {
		return
	}
	name, text := "PHP", phpTag(x.Body)
	if text == "" {
		var s *signature
		if s, text = sourceFinder.first(x.Body); s == nil {
			return
		}
		name = s.name
	}
	if !binaryBody(x.Body) {
		report(Alert{Name: "Source Code Disclosure - " + name, Evidence: shown([]byte(text))})
	}
}

var phpOutput = regexp.MustCompile(`^<\?=\s?\$\w[\w\[\]()>-]*\s*;?\s*\?>`)

// phpTag returns how PHP begins in b, or "". Its tag is too short for a finder
// to leap, but question marks are rare.
func phpTag(b []byte) string {
	for at := 0; ; at++ {
		next := bytes.IndexByte(b[at:], '?')
		if next < 0 {
			return ""
		}
		if at += next; at == 0 || b[at-1] != '<' {
			continue
		}
		tag := b[at-1 : min(len(b), at+maxConfirm)]
		if hasPrefixFold(tag, "<?php") && len(tag) > 5 && strings.IndexByte(" \t\r\n", tag[5]) >= 0 {
			return "<?php"
		}
		if text := phpOutput.Find(tag); text != nil {
			return string(text)
		}
	}
}

func typeOf(x *exchange.Exchange) string {
	v, _ := x.Header.Get("Content-Type")
	return strings.ToLower(v)
}

// sourceFinder knows constructs that text about other things does not have:
// "select one from the list" is not a query. The expressions stop before
// anything that may be a secret: what they match is shown.
var sourceFinder = newFinder(func() []signature {
	code := func(name, text, re string) signature {
		return signature{text: text, re: regexp.MustCompile("(?is)^" + re), name: name}
	}
	sql := func(text, also, re string) signature {
		s := code("SQL", text, re)
		s.also = also
		return s
	}
	const asp = `<%@\s*`
	return []signature{
		code("JSP", "<%@ page", asp+`page\s[^%]*(import|contentType|pageEncoding|language\s*=\s*.java)[^%]*%>`),
		code("JSP", "<%@page", asp+`page\s[^%]*(import|contentType|pageEncoding|language\s*=\s*.java)[^%]*%>`),
		code("JSP", "<%@ taglib", asp+`taglib\s[^%]+%>`),
		code("JSP", "<%@taglib", asp+`taglib\s[^%]+%>`),
		code("JSP", "<%@ include", asp+`include\s+file[^%]+%>`),
		code("ASP", "<%@ language", asp+`language\s*=[^%]+%>`),
		code("ASP", "<%@language", asp+`language\s*=[^%]+%>`),
		code("ASP", "<% option explicit", `<% option explicit`),
		code("ASP", "server.createobject(", `server\.createobject\("`),
		code("ASP.NET", "<%@ page", asp+`page\s[^%]+%>`),
		code("ASP.NET", "<%@ control", asp+`control\s[^%]+%>`),
		code("ASP.NET", "<%@ master", asp+`master\s[^%]+%>`),
		code("ASP.NET", "<%@ import", asp+`import\s+namespace[^%]+%>`),
		code("ASP.NET", "<%@ webservice", asp+`webservice\s[^%]+%>`),
		code("C#", "using system", `using System(\.\w+)*;\s`),
		code("VB.NET", "imports system", `Imports System(\.\w+)*[ \t]*\r?\n`),
		code("Java", "import java", `import javax?\.[\w.]+(\.\*)?;`),
		code("Java", "public static void main", `public static void main\s*\(\s*String`),
		code("Java", "public class ", `public class \w+(\s+extends\s+[\w.<>]+)?(\s+implements\s+[\w., <>]+)?\s*\{`),
		code("Python", "#!/usr/bin/env python", `#!/usr/bin/env python[\d.]*`),
		code("Python", "#!/usr/bin/python", `#!/usr/bin/python[\d.]*`),
		code("Python", "from __future__ import", `from __future__ import \w+`),
		code("Python", "def __init__(self", `def __init__\(self[^)]*\):`),
		code("Python", "if __name__ ==", `if __name__ == ['"]__main__['"]:`),
		code("Python", "from django.", `from django\.[\w.]+ import \w+`),
		code("Python", "from flask import", `from flask import \w+`),
		code("Perl", "#!/usr/bin/perl", `#!/usr/bin/perl[\w /.-]*`),
		code("Perl", "#!/usr/bin/env perl", `#!/usr/bin/env perl`),
		code("Perl", "use strict;", `use strict;\s*use warnings;`),
		code("Ruby", "#!/usr/bin/env ruby", `#!/usr/bin/env ruby`),
		code("Ruby", "#!/usr/bin/ruby", `#!/usr/bin/ruby`),
		code("Ruby", "< applicationcontroller", `< ApplicationController\s`),
		code("Ruby", "< activerecord::base", `< ActiveRecord::Base\s`),
		code("Shell", "#!/bin/bash", `#!/bin/bash`),
		code("Shell", "#!/bin/sh", `#!/bin/sh\b`),
		code("Shell", "#!/usr/bin/env bash", `#!/usr/bin/env bash`),
		code("Go", "package main", `package main\s+(//[^\n]*\s+)?import\s+[("]`),
		code("C", "#include <", `#include <[\w/.]+\.h(pp)?>`),
		code("C++", "#include <", `#include <(iostream|string|vector|map|memory|algorithm)>`),
		code("ColdFusion", "<cfquery", `<cfquery\s+\w+\s*=`),
		code("ColdFusion", "<cfoutput", `<cfoutput(\s+\w+\s*=|>)`),
		code("ColdFusion", "<cfset ", `<cfset\s+[\w.]+\s*=`),
		code("ColdFusion", "<cfinclude", `<cfinclude\s+\w+\s*=`),
		sql("select ", "from", `select\s+(distinct\s+)?\*\s+from\s+[\w."\x60\[\]]+`),
		sql("select ", "from", `select\s+[\w."\x60\[\], ()*]+\s+from\s+[\w."\x60\[\]]+(\s+\w+)?\s+where\s+[\w."\x60\[\]]+\s*(=|<|>|!=|\blike\b|\bin\s*\()`),
		sql("insert into ", "values", `insert\s+into\s+[\w."\x60\[\]]+\s*(\([^()<]+\)\s*)?values\s*\(`),
		sql("update ", " set ", `update\s+[\w."\x60\[\]]+\s+set\s+[\w."\x60\[\]]+\s*=\s*('|"|\d|\?|:|@|\$|null)`),
		sql("delete from ", "where", `delete\s+from\s+[\w."\x60\[\]]+\s+where\s+[\w."\x60\[\]]+\s*(=|<|>|\blike\b|\bin\s*\()`),
		sql("create table ", "", `create\s+table\s+(if\s+not\s+exists\s+)?[\w."\x60\[\]]+\s*\(\s*[\w."\x60\[\]]+\s+[a-z]`),
		sql("create database ", "", `create\s+database\s+(if\s+not\s+exists\s+)?[\w."\x60\[\]]+\s*;`),
		sql("drop table ", "", `drop\s+table\s+(if\s+exists\s+)?[\w."\x60\[\]]+\s*;`),
		sql("alter table ", "", `alter\s+table\s+[\w."\x60\[\]]+\s+(add|drop|modify|alter|rename)\s+\w`),
	}
}()...)
