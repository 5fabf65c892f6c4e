package rule

import (
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
	if s, text := sourceFinder.first(x.Body); s != nil && !binaryBody(x.Body) {
		report(Alert{Name: "Source Code Disclosure - " + s.name, Evidence: shown([]byte(text))})
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
	const asp = `<%@\s*`
	return []signature{
		code("PHP", "<?php", `<\?php\s`),
		code("PHP", "<?= $", `<\?= \$\w+[\w\[\]()>-]{0,100}\s*;?\s*\?>`),
		code("JSP", "<%@ page", asp+`page\s[^%]{0,100}(import|contentType|pageEncoding|language\s*=\s*.java)[^%]{0,100}%>`),
		code("JSP", "<%@page", asp+`page\s[^%]{0,100}(import|contentType|pageEncoding|language\s*=\s*.java)[^%]{0,100}%>`),
		code("JSP", "<%@ taglib", asp+`taglib\s[^%]{1,200}%>`),
		code("JSP", "<%@taglib", asp+`taglib\s[^%]{1,200}%>`),
		code("JSP", "<%@ include", asp+`include\s+file[^%]{1,150}%>`),
		code("ASP", "<%@ language", asp+`language\s*=[^%]{1,60}%>`),
		code("ASP", "<%@language", asp+`language\s*=[^%]{1,60}%>`),
		code("ASP", "<% option explicit", `<% option explicit`),
		code("ASP", "server.createobject(", `server\.createobject\("`),
		code("ASP.NET", "<%@ page", asp+`page\s[^%]{1,250}%>`),
		code("ASP.NET", "<%@ control", asp+`control\s[^%]{1,250}%>`),
		code("ASP.NET", "<%@ master", asp+`master\s[^%]{1,250}%>`),
		code("ASP.NET", "<%@ import", asp+`import\s+namespace[^%]{1,150}%>`),
		code("ASP.NET", "<%@ webservice", asp+`webservice\s[^%]{1,200}%>`),
		code("C#", "using system", `using System(\.\w+)*;\s`),
		code("VB.NET", "imports system", `Imports System(\.\w+)*[ \t]*\r?\n`),
		code("Java", "import java", `import javax?\.[\w.]+(\.\*)?;`),
		code("Java", "public static void main", `public static void main\s*\(\s*String`),
		code("Java", "public class ", `public class \w+(\s+extends\s+[\w.<>]+)?(\s+implements\s+[\w., <>]+)?\s*\{`),
		code("Python", "#!/usr/bin/env python", `#!/usr/bin/env python[\d.]*`),
		code("Python", "#!/usr/bin/python", `#!/usr/bin/python[\d.]*`),
		code("Python", "from __future__ import", `from __future__ import \w+`),
		code("Python", "def __init__(self", `def __init__\(self[^)]{0,150}\):`),
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
		code("Go", "package main", `package main\s+(//[^\n]{0,100}\s+)?import\s+[("]`),
		code("C", "#include <", `#include <[\w/.]+\.h(pp)?>`),
		code("C++", "#include <", `#include <(iostream|string|vector|map|memory|algorithm)>`),
		code("ColdFusion", "<cfquery", `<cfquery\s+\w+\s*=`),
		code("ColdFusion", "<cfoutput", `<cfoutput(\s+\w+\s*=|>)`),
		code("ColdFusion", "<cfset ", `<cfset\s+[\w.]+\s*=`),
		code("ColdFusion", "<cfinclude", `<cfinclude\s+\w+\s*=`),
		code("SQL", "select ", `select\s+(distinct\s+)?\*\s+from\s+[\w."\x60\[\]]+`),
		code("SQL", "select ", `select\s+[\w."\x60\[\], ()*]{1,150}\s+from\s+[\w."\x60\[\]]+(\s+\w+)?\s+where\s+[\w."\x60\[\]]+\s*(=|<|>|!=|\blike\b|\bin\s*\()`),
		code("SQL", "insert into ", `insert\s+into\s+[\w."\x60\[\]]+\s*(\([^()<]{1,150}\)\s*)?values\s*\(`),
		code("SQL", "update ", `update\s+[\w."\x60\[\]]+\s+set\s+[\w."\x60\[\]]+\s*=\s*('|"|\d|\?|:|@|\$|null)`),
		code("SQL", "delete from ", `delete\s+from\s+[\w."\x60\[\]]+\s+where\s+[\w."\x60\[\]]+\s*(=|<|>|\blike\b|\bin\s*\()`),
		code("SQL", "create table ", `create\s+table\s+(if\s+not\s+exists\s+)?[\w."\x60\[\]]+\s*\(\s*[\w."\x60\[\]]+\s+[a-z]`),
		code("SQL", "create database ", `create\s+database\s+(if\s+not\s+exists\s+)?[\w."\x60\[\]]+\s*;`),
		code("SQL", "drop table ", `drop\s+table\s+(if\s+exists\s+)?[\w."\x60\[\]]+\s*;`),
		code("SQL", "alter table ", `alter\s+table\s+[\w."\x60\[\]]+\s+(add|drop|modify|alter|rename)\s+\w`),
	}
}()...)
