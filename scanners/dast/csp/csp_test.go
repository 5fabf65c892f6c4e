package csp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	p := Parse("Default-Src 'SELF' https: ; ;script-src\t'nonce-abc123' *.example.com:8443/a/ wss://x:*;DEFAULT-SRC *; upgrade-insecure-requests")
	want := []Directive{
		{Name: "default-src", Values: []string{"'SELF'", "https:"}, Sources: []Source{{Kind: Keyword, Text: "'self'"}, {Kind: Scheme, Text: "https:", Scheme: "https"}}},
		{Name: "script-src", Values: []string{"'nonce-abc123'", "*.example.com:8443/a/", "wss://x:*"}, Sources: []Source{
			{Kind: Nonce, Text: "'nonce-abc123'"},
			{Kind: Host, Text: "*.example.com:8443/a/", Host: "*.example.com", Port: "8443"},
			{Kind: Host, Text: "wss://x:*", Scheme: "wss", Host: "x", Port: "*"},
		}},
		{Name: "upgrade-insecure-requests", Values: []string{}},
	}
	if d := cmp.Diff(want, p.Directives); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]Notice{{Warning, "default-src", "given more than once: only the first counts"}}, p.Notices); d != "" {
		t.Error(d)
	}
}

func TestParseList(t *testing.T) {
	for value, want := range map[string]int{
		"default-src 'none'":            1,
		"default-src 'none', img-src *": 2,
		", default-src 'none',, ":       1,
		"":                              1,
		" , ":                           1,
		strings.Repeat("default-src 'none', ", 20e3): maxPolicy/len("default-src 'none', ") + 1,
	} {
		if got := ParseList(value); len(got) != want {
			t.Errorf("%.40q: %d policies, want %d", value, len(got), want)
		}
	}
}

func TestSources(t *testing.T) {
	for text, want := range map[string]Kind{
		"'none'": None, "'NONE'": None, "'self'": Keyword, "'Unsafe-Inline'": Keyword, "'wasm-unsafe-eval'": Keyword,
		"'nonce-AAAA=='": Nonce, "'nonce-'": Invalid, "'nonce-a b'": Invalid, "'nonce-ä'": Invalid,
		"'sha256-AAAA'": Hash, "'SHA512-AA_-'": Hash, "'sha1-AAAA'": Invalid, "'md5-AA'": Invalid,
		"https:": Scheme, "data:": Scheme, "x+y.z-1:": Scheme, "1x:": Invalid, ":": Invalid,
		"*": Host, "*:*": Host, "https://*": Host, "example.com": Host, "*.example.com": Host, "example.com.": Host, "localhost:8080": Host,
		"https://example.com/a/b.js": Host, "a_b.example.com": Host, "exa*mple.com": Invalid, "*example.com": Invalid, "example..com": Invalid,
		"https://": Invalid, "example.com:port": Invalid, "[::1]": Invalid, "'self": Invalid, "'bogus'": Invalid, "a,b": Invalid,
	} {
		if got := parseSource(text); got.Kind != want {
			t.Errorf("%s: %d, want %d", text, got.Kind, want)
		}
	}
}

func TestAnyHost(t *testing.T) {
	for text, want := range map[string]bool{
		"*": true, "*:*": true, "http://*": true, "https://*:443": true, "https:": true, "http:": true, "wss:": true, "HTTPS:": true,
		"data:": false, "blob:": false, "*.com": false, "*:8443": false, "ftp://*": false, "'self'": false, "https://example.com": false,
	} {
		if got := parseSource(text).AnyHost(); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestNotices(t *testing.T) {
	sha := "'sha256-" + strings.Repeat("A", 43) + "='"
	for policy, want := range map[string][]string{
		"default-src 'self'; report-to main; require-trusted-types-for 'script'; trusted-types; sandbox allow-forms": nil,
		"script-src 'nonce-aaaa' " + sha:            nil,
		"default-scr 'self'":                        {"default-scr: no directive of the standard has this name"},
		"default-src: 'self'":                       {"a directive's name has characters other than letters, digits and hyphens"},
		"img-src a.example a.example":               {"img-src: the same source twice"},
		"img-src 'none' a.example":                  {"img-src: 'none' beside other sources is passed over"},
		"img-src self":                              {"img-src: names a host self: the keyword is written with quotes"},
		"img-src none":                              {"img-src: names a host none: the keyword is written with quotes"},
		"img-src 'bogus'":                           {"img-src: not a source: 'bogus'"},
		"script-src 'nonce-!secret!'":               {"script-src: not a source: a nonce or hash that is not in base64"},
		"script-src 'sha256-AAAA'":                  {"script-src: a hash of the wrong length, which matches nothing"},
		"frame-ancestors 'unsafe-inline'":           {"frame-ancestors: takes hosts, schemes, 'self' and 'none' only"},
		"plugin-types application/pdf":              {"plugin-types: withdrawn: object-src 'none' keeps plug-ins out"},
		"prefetch-src 'self'":                       {"prefetch-src: withdrawn: default-src governs prefetching"},
		"block-all-mixed-content":                   {"block-all-mixed-content: withdrawn: browsers block or upgrade mixed content anyhow"},
		"upgrade-insecure-requests 1":               {"upgrade-insecure-requests: takes no value"},
		"report-uri /r":                             {"report-uri: deprecated: report-to takes its place"},
		"report-uri /r; report-to r":                {"report-uri: deprecated: browsers that know report-to pass over it"},
		"report-uri":                                {"report-uri: names no address", "report-uri: deprecated: report-to takes its place"},
		"report-to":                                 {"report-to: has no value"},
		"sandbox forms":                             {"sandbox: its values begin with allow-"},
		"default-src 'self'; img-src ä":             {"a directive with characters other than ASCII is passed over"},
		"img-src " + strings.Repeat("x", 100) + "!": {"img-src: not a source: " + strings.Repeat("x", 60) + "…"},
	} {
		var got []string
		for _, n := range Parse(policy).Notices {
			if n.Directive != "" {
				n.Text = n.Directive + ": " + n.Text
			}
			got = append(got, n.Text)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", policy, d)
		}
	}
}

func TestAllows(t *testing.T) {
	// Each policy with what it allows, of the things asked about.
	ask := []struct {
		name   string
		allows func(*Policy) bool
	}{
		{"inline-script", func(p *Policy) bool { return p.AllowsInline("script-src-elem") }},
		{"inline-handler", func(p *Policy) bool { return p.AllowsInline("script-src-attr") }},
		{"inline-style", func(p *Policy) bool { return p.AllowsInline("style-src-elem") }},
		{"eval", (*Policy).AllowsEval},
		{"script-hashes", func(p *Policy) bool { return p.UnsafeHashes("script-src") }},
		{"any-script", func(p *Policy) bool { return p.AllowsAnyHost("script-src") }},
		{"any-worker", func(p *Policy) bool { return p.AllowsAnyHost("worker-src") }},
		{"any-frame", func(p *Policy) bool { return p.AllowsAnyHost("frame-src") }},
		{"any-connect", func(p *Policy) bool { return p.AllowsAnyHost("connect-src") }},
		{"any-form", func(p *Policy) bool { return p.AllowsAnyHost("form-action") }},
	}
	for policy, want := range map[string]string{
		"":                                       "inline-script inline-handler inline-style eval any-script any-worker any-frame any-connect any-form",
		"default-src 'none'; form-action 'self'": "",
		"default-src 'none'":                     "any-form",
		"default-src":                            "any-form", // no source is none
		"default-src 'unsafe-inline'; form-action 'self'":                                         "inline-script inline-handler inline-style",
		"default-src 'self'; script-src 'unsafe-inline' 'nonce-aaaa'; form-action 'self'":         "",
		"default-src 'self'; script-src 'unsafe-inline' 'sha256-AAAA'; form-action 'self'":        "",
		"default-src 'self'; script-src 'strict-dynamic' 'unsafe-inline' https:; form-action a.b": "",
		"default-src 'self'; style-src 'strict-dynamic' 'unsafe-inline'; form-action a.b":         "inline-style",
		"default-src 'self'; script-src-attr 'unsafe-inline'; form-action a.b":                    "inline-handler",
		"default-src 'self'; script-src-elem *; form-action a.b":                                  "any-script",
		"default-src 'self'; script-src *; script-src-elem 'self'; form-action a.b":               "any-worker",
		"default-src 'self'; child-src https:; form-action a.b":                                   "any-worker any-frame",
		"default-src 'self'; child-src https:; worker-src 'self'; form-action a.b":                "any-frame",
		"default-src 'self'; connect-src wss:; form-action a.b":                                   "any-connect",
		"default-src 'self' 'unsafe-eval'; form-action *":                                         "eval any-form",
		"default-src 'self'; script-src 'unsafe-hashes' 'sha256-AAAA'; form-action a.b":           "script-hashes",
		"default-src 'self'; script-src-attr 'unsafe-hashes' 'sha256-AAAA'; form-action a.b":      "script-hashes",
		"default-src 'self' data:; form-action a.b":                                               "",
	} {
		p := Parse(policy)
		var got []string
		for _, a := range ask {
			if a.allows(&p) {
				got = append(got, a.name)
			}
		}
		if d := cmp.Diff(want, strings.Join(got, " ")); d != "" {
			t.Errorf("%q: %s", policy, d)
		}
	}
}

func TestSeveralPoliciesAllHold(t *testing.T) {
	l := ParseList("default-src *, img-src 'self'")
	if l.All(func(p *Policy) bool { return p.AllowsAnyHost("img-src") }) {
		t.Error("the second policy forbids it")
	}
	if !l.All(func(p *Policy) bool { return p.AllowsAnyHost("font-src") }) {
		t.Error("both allow it")
	}
	if (List{}).All(func(*Policy) bool { return true }) {
		t.Error("no policy says anything")
	}
	if !l.Has("img-src") || l.Has("font-src") {
		t.Error("Has")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"default-src 'self'", "script-src 'nonce-a' *:443, img-src data:; ;", "a;b\x00;'", "sandbox\xff", "report-uri /a;report-to b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, p := range append(ParseList(s), Parse(s)) {
			seen := map[string]bool{}
			for _, d := range p.Directives {
				if d.Name == "" || seen[d.Name] || !isASCII(d.Name) || len(d.Sources) > len(d.Values) {
					t.Fatalf("%+v", d)
				}
				seen[d.Name] = true
				p.AllowsAnyHost(d.Name)
				p.AllowsInline(d.Name)
			}
			if len(p.Notices) > maxNotices {
				t.Fatalf("%d notices", len(p.Notices))
			}
			// What is written again means the same.
			var b strings.Builder
			for _, d := range p.Directives {
				b.WriteString(d.Name + " " + strings.Join(d.Values, " ") + ";")
			}
			if d := cmp.Diff(names(p), names(Parse(b.String()))); b.Len() < maxPolicy && d != "" {
				t.Fatal(d)
			}
		}
	})
}

func names(p Policy) (out []string) {
	for _, d := range p.Directives {
		out = append(out, d.Name)
	}
	return out
}
