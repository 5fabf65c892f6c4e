package report

import (
	"regexp"
	"strings"
	"testing"
)

// TestFixMarkdown: a command comes out as it is to be pasted, and everything else
// stays text, whatever stands in it.
func TestFixMarkdown(t *testing.T) {
	for fix, want := range map[string]string{
		"upgrade minimist to 1.2.6: `npm install minimist@1.2.6`":   "upgrade minimist to 1.2.6: `npm install minimist@1.2.6`",
		"`npm install @types/node@1.0.0_a` if @octo allows it":      "`npm install @types/node@1.0.0_a` if @\u200bocto allows it",
		"set `a==1` in b*c.txt, or `d`":                             "set `a==1` in b\\*c.txt, or `d`",
		"no pair `<img src=x> @octo":                                "no pair \\`&lt;img src=x&gt; @\u200bocto",
		"nothing ``<b> between":                                     "nothing &lt;b&gt; between",
		"a `cell | border\n` and more":                              "a `cell \\| border\\n` and more",
		"`" + strings.Repeat("x", 100) + "` is cut, and no command": "\\`" + strings.Repeat("x", 58) + "…",
		"`a``b`": "`a` `b`",
		"":       "",
	} {
		if got := FixMarkdown(fix, 60); got != want {
			t.Errorf("%q: %q, want %q", fix, got, want)
		}
	}
}

var (
	mention = regexp.MustCompile(`@[A-Za-z0-9]`)
	border  = regexp.MustCompile(`(?:^|[^\\])(?:\\\\)*\|`) // which GitHub's tables end a cell at, in code as well
)

// apartFromCode reads markdown as CommonMark does where no two backticks are in
// a row; escaped characters are left out.
func apartFromCode(t *testing.T, markdown string) (outside string) {
	t.Helper()
	var b strings.Builder
	for i := 0; i < len(markdown); i++ {
		switch markdown[i] {
		case '\\':
			i++
		case '`':
			n := strings.IndexByte(markdown[i+1:], '`')
			if n < 1 {
				t.Fatalf("backticks do not pair: %q", markdown)
			}
			i += n + 1
			b.WriteByte(' ')
		default:
			b.WriteByte(markdown[i])
		}
	}
	return b.String()
}

// FuzzFixMarkdown: whatever a fix says, it is one line of one cell, in which
// nothing outside of code notifies people or is HTML.
func FuzzFixMarkdown(f *testing.F) {
	for _, seed := range []string{"upgrade a to 1: `npm install @a/b@1`", "\\`<b>`", "`|`\\|`", "``` @octo ```", "a\\\\`@octo`"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, fix string) {
		got := FixMarkdown(fix, 300)
		outside := apartFromCode(t, got)
		if strings.ContainsAny(got, "\r\n") || border.MatchString(got) || strings.ContainsAny(outside, "<>") || mention.MatchString(outside) {
			t.Fatalf("%q: %q", fix, got)
		}
	})
}
