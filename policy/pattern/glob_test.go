package pattern

import (
	"strings"
	"testing"
	"time"
)

func TestPatterns(t *testing.T) {
	for _, tt := range []struct{ pattern, yes, no string }{
		{"CVE-2021-*", "CVE-2021-1 CVE-2021-", "CVE-2022-1 XCVE-2021-1"},
		{"*", "a a/b", ""},
		{"a?c", "abc aüc", "ac abbc"},
		{"a*b*c", "abc aXbYc abcbc", "acb abcX"},
		{"[a-c]x", "ax cx", "dx x"},
		{"[!a-c]x", "dx", "ax"},
		{"[]]", "]", "["},
		{`\*\[`, "*[", "a["},
		{`[\]a]`, "] a", "\\"},
		{`[a\-c]`, "a - c", "b"},
		{"[[:digit:]x]", "1 x", "d :"},
		{"[![:upper:]]", "a 1", "A"},
		{"[[:]", "[ :", "]"},
		{"pkg:npm/@angular/*", "pkg:npm/@angular/core@1", "pkg:npm/angular/core"},
		{"*.min.js", "a.min.js", "a.js"},
		{"ü*", "über", "uber"},
	} {
		g, err := Compile(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range strings.Fields(tt.yes) {
			if !g.Match(s) {
				t.Errorf("%s is not for %s", tt.pattern, s)
			}
		}
		for _, s := range strings.Fields(tt.no) {
			if g.Match(s) {
				t.Errorf("%s is for %s", tt.pattern, s)
			}
		}
	}
}

func TestPathPatterns(t *testing.T) {
	for _, tt := range []struct{ pattern, yes, no string }{
		{"test", "test a/test test/a a/test/b/c", "tests a/tests contest"},
		{"/test", "test test/a", "a/test"},
		{"test/", "test/a a/test/b", "test a/test"},
		{"a/b", "a/b a/b/c", "x/a/b ab"},
		{"./a/b", "a/b", "b"},
		{"*.tf", "main.tf a/b/main.tf", "main.tfvars"},
		{"a/*.tf", "a/x.tf", "a/b/x.tf x.tf"},
		{"a/**/x", "a/x a/b/x a/b/c/x a/b/x/y", "b/a/x a/xy"},
		{"**/x", "x a/x a/b/x", "ax"},
		{"a/**", "a/b a/b/c", "a b"},
		{"**", "a a/b", ""},
		{"a**/b", "ab/b a/b", "a/x/b ab"},
		{"a/*/c", "a/b/c", "a/c a/b/b/c"},
		{"pages/[[]id].tsx", "pages/[id].tsx", "pages/i.tsx"},
		{"**/a/**/b/**/c", "a/b/c x/a/y/b/z/c/d a/a/b/b/c", "a/c/b b/a/c"},
	} {
		p, err := CompilePath(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range strings.Fields(tt.yes) {
			if !p.Match(s, strings.Split(s, "/")) || !p.Match(s, nil) {
				t.Errorf("%s is not for %s", tt.pattern, s)
			}
		}
		for _, s := range strings.Fields(tt.no) {
			if p.Match(s, strings.Split(s, "/")) {
				t.Errorf("%s is for %s", tt.pattern, s)
			}
		}
	}
	for pattern, want := range map[string]string{
		"!a": "no negation", "": "matches nothing", "/": "matches nothing", "a//b": "no empty parts", "../a": "neither . nor ..", "a/[b": "without its ]",
		strings.Repeat("a", 1030): "over 1024 bytes", "*.{js,ts}": "alternatives", "a}": "alternatives", `web\a`: "is no separator", "[[:x:]]": "class of characters", ".": "matches nothing", "./": "matches nothing", `a\`: `ends in a \`, "a/\xff": "not UTF-8",
	} {
		if _, err := CompilePath(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
}

// TestPatternsAreFast: no pattern takes long, whatever it is tried on.
func TestPatternsAreFast(t *testing.T) {
	start := time.Now()
	g, err := Compile(strings.Repeat("a*", 100) + "b")
	if err != nil {
		t.Fatal(err)
	}
	p, err := CompilePath(strings.Repeat("**/a*b/", 30) + "c")
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("ab/", 1300) + "d"
	for range 100 {
		if g.Match(strings.Repeat("a", MaxMatched-2)+"cX") || p.Match(long, strings.Split(long, "/")) {
			t.Fatal("they match")
		}
	}
	if d := time.Since(start); d > 30*time.Second {
		t.Errorf("100 rounds took %s", d)
	}
}

func TestWholePatterns(t *testing.T) {
	for _, tt := range []struct{ pattern, yes, no string }{
		{"a/b", "a/b", "a/b/c x/a/b"},
		{"/usr/lib/*.jar", "usr/lib/a.jar", "usr/lib/x/a.jar"},
		{"**/a", "a b/a", "a/b"},
		{"web/**", "web/a web/a/b web", "x/web/a"},
		{"**", "a a/b", ""},
	} {
		p, err := CompileWhole(tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range strings.Fields(tt.yes) {
			if !p.Match(s, nil) {
				t.Errorf("%s is not for %s", tt.pattern, s)
			}
		}
		for _, s := range strings.Fields(tt.no) {
			if p.Match(s, nil) {
				t.Errorf("%s is for %s", tt.pattern, s)
			}
		}
	}
	for pattern, want := range map[string]string{
		"": "names no path", "..": "leads out", "../a": "leads out", "{a,b}": "alternatives", "[": "without its ]", strings.Repeat("a", 1030): "over 1024 bytes",
	} {
		if _, err := CompileWhole(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", pattern, err, want)
		}
	}
	if _, err := Compile(strings.Repeat("a", 300)); err == nil || !strings.Contains(err.Error(), "over 256 bytes") {
		t.Error(err)
	}
}
