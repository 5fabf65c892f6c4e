package text

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a\r\nb": "a\nb", "x\x1b[2Jy": "x[2Jy", "\xff\xfe": "\uFFFD", "a\u202Eb": "ab", " \tx\n": "x",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOneLine(t *testing.T) {
	if got := OneLine("a\n b\tc", 10); got != "a b c" {
		t.Errorf("got %q", got)
	}
	got := OneLine(strings.Repeat("ä", 400), 100)
	if utf8.RuneCountInString(got) != 100 || !strings.HasSuffix(got, "ä…") {
		t.Errorf("got %q", got)
	}
	if got := Cut("äöü", 3); got != "äöü" {
		t.Errorf("what fits is cut: %q", got)
	}
}

func TestCount(t *testing.T) {
	for want, got := range map[string]string{
		"0 files": Count(0, "file"), "1 file": Count(1, "file"), "1,234 commits": Count(1234, "commit"), "1,000,000 files": Count(1e6, "file"),
		"2 repositories": Count(2, "repository"), "1 repository": Count(1, "repository"), "2 days": Count(2, "day"), "1 address": Count(1, "address"), "2 addresses": Count(2, "address"), "3 branches": Count(3, "branch"), "3 keys": Count(3, "key"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "0 minutes", 90 * time.Second: "1 minute", time.Hour: "1 hour", 48*time.Hour - 1: "47 hours", 48 * time.Hour: "2 days",
	} {
		if got := Age(d); got != want {
			t.Errorf("Age(%s) = %s, want %s", d, got, want)
		}
	}
}

func TestSuggest(t *testing.T) {
	names := []string{"dependency", "secret", "iac"}
	for given, want := range map[string]string{
		"secrets": `; did you mean "secret"?`, "SECRET": `; did you mean "secret"?`, "dependancy": `; did you mean "dependency"?`,
		"xyzzyx": "; want one of dependency, iac, secret", "depend": `; did you mean "dependency"?`, "ica": `; did you mean "iac"?`, "q": "; want one of dependency, iac, secret",
		strings.Repeat("x", 1<<20): "; want one of dependency, iac, secret",
	} {
		if got := Suggest(given, names); got != want {
			t.Errorf("Suggest(%.20s) = %s, want %s", given, got, want)
		}
	}
}
