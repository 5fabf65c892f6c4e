package ignore

import (
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// TestGitPattern has what git 2.43 says of the same patterns, by
// `git check-ignore`.
func TestGitPattern(t *testing.T) {
	for _, tt := range []struct{ pattern, fits, others string }{
		{"a.txt", "a.txt b/a.txt a.txt/c", "xa.txt a.txtx"},
		{"/a.txt", "a.txt a.txt/b", "b/a.txt a.txtx"},
		{"a/b", "a/b a/b/c", "x/a/b a/bc a"},
		{"a/", "a/b x/a/b", "a x/a ab/c"},
		{"/a/", "a/b a/b/c", "a x/a/b"},
		{"a/**", "a/b a/b/c", "a x/a/b"},
		{"**/a", "a b/a b/c/a a/d", "ab b/ca"},
		{"**/a/b", "a/b x/a/b x/a/b/c", "a/x/b"},
		{"a/**/b", "a/b a/x/b a/x/y/b a/x/b/c", "a ab x/a/b"},
		{"*.go", "a.go b/c.go", "a.gox go"},
		{"a/*.go", "a/b.go a/b.go/c", "a/b/c.go"},
		{"a/?.go", "a/b.go", "a/bc.go a/.go"},
		{"[ab].c", "a.c x/b.c", "c.c"},
		{"[!ab].c", "c.c", "a.c"},
		{"a/*/b/**/c", "a/x/b/c a/x/b/y/z/c", "a/b/c a/x/y/b/c"},
		{"**", "a a/b", ""},
		{"./a/b", "a/b", "c/a/b"},
	} {
		p, err := gitPattern(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		for _, name := range strings.Fields(tt.fits) {
			if !p.match(name) {
				t.Errorf("%s does not fit %s", tt.pattern, name)
			}
		}
		for _, name := range strings.Fields(tt.others) {
			if p.match(name) {
				t.Errorf("%s fits %s", tt.pattern, name)
			}
		}
	}
}

func TestHostilePatternsEndSoon(t *testing.T) {
	p, err := gitPattern(strings.Repeat("**/*a*/", 140) + "x")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if p.match(strings.Repeat("aaaa/", 800) + "y") {
		t.Error("it fits")
	}
	if text.Wildcard(strings.Repeat("*a", 500), strings.Repeat("a", 4000)+"b") {
		t.Error("it fits")
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("took %s", d)
	}
	if _, err := gitPattern(strings.Repeat("a", 5000)); err == nil {
		t.Error("a long pattern is taken")
	}
}

func TestPackages(t *testing.T) {
	of := func(name, version, url string) *finding.Finding {
		return &finding.Finding{Package: &finding.Package{Name: name, Version: version, PURL: url}}
	}
	lodash, babel := of("lodash", "4.17.20", "pkg:npm/lodash@4.17.20"), of("@babel/core", "7.1.0", "pkg:npm/%40babel/core@7.1.0?arch=x&os=y")
	for _, tt := range []struct {
		pattern       string
		lodash, babel bool
	}{
		{"lodash", true, false}, {"LODASH", true, false}, {"lo*", true, false}, {"lodas", false, false}, {"lodash@4.*", true, false}, {"lodash@5*", false, false},
		{"@babel/*", false, true}, {"@babel/core@7.1.0", false, true}, {"pkg:npm/lodash", true, false}, {"pkg:npm/lodash@4.17.20", true, false},
		{"pkg:npm/lodash@4.17.2", false, false}, {"pkg:npm/*", true, true}, {"pkg:npm/@babel/core", false, true}, {"pkg:npm/%40babel/*@7*", false, true},
		{"pkg:npm/@babel/core?arch=x*", false, true}, {"pkg:npm/@babel/core?os=y", false, false}, {"pkg:pypi/*", false, false},
	} {
		c, err := ofPackage(tt.pattern)
		if err != nil || c(lodash) != tt.lodash || c(babel) != tt.babel || c(&finding.Finding{}) {
			t.Errorf("%s: %v %v %v", tt.pattern, err, c(lodash), c(babel))
		}
	}
}
