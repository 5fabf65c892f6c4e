package run

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSaid(t *testing.T) {
	pat := "gh" + "p_" + strings.Repeat("a1B2", 9)
	tests := []struct{ name, stderr, want string }{
		{"nothing", "", ""},
		{"one line", "error: no lockfile\n", "error: no lockfile"},
		{"the last lines", "1\n2\n3\n\n4\r\n5\n", "2; 3; 4; 5"},
		{"colours", "\x1b[31;1mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x1b\\ \x1b(Bplain", "red link plain"},
		{"a bar that is drawn over", "10%\r20%\rdone", "10%; 20%; done"},
		{"workflow commands", "::error file=a,line=1::bad\n::add-mask::x\n::stop-commands::pause\n", "bad; x; pause"},
		{"nested", "::a::::error::bad", "bad"},
		{"behind a colour", "\x1b[0m::error::bad", "bad"},
		{"around a colour", ":\x1b[0m:error::bad", "bad"},
		{"around a control character", ":\x00:warning::bad", "bad"},
		{"with a return", "x\r::error::bad", "x; bad"},
		{"no name", "::::x", "x"},
		{"the old form", "x ##[error]bad", "x # [error]bad"},
		{"not text", "\xff\xfe ok\x00\u202e", "\uFFFD ok"},
		{"a login", "fetch https://ann:pw@host/x failed", "fetch https://***@host/x failed"},
		{"a query", "GET https://host/x?sig=abc failed", "GET https://host/x?*** failed"},
		{"a token", "bad credentials " + pat + " here", "bad credentials *** here"},
		{"a long word", "found " + pat + " in a.txt", "found *** in a.txt"},
		{"a named one", `{"password": "hunter2"}`, `{"password": ***`},
		{"a header", "Authorization: Bearer abc", "Authorization: ***"},
		{"a scheme", "sent Bearer abc to host", "sent Bearer *** to host"},
		{"words stay", "unexpected token at line 3, no secret key", "unexpected token at line 3, no secret key"},
		{"a path stays", "/usr/lib/node_modules/npm/lib/some-long-name-of-a-file.js: not found", "/usr/lib/node_modules/npm/lib/some-long-name-of-a-file.js: not found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Result{Stderr: []byte(tt.stderr)}
			if got := r.Said(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSaidBounds asserts that what is said stays short, whatever a tool says.
func TestSaidBounds(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("x", 1<<20), strings.Repeat("a line of words\n", 1<<16), strings.Repeat("ä ", 1<<18),
		strings.Repeat("\x1b]", 1<<18), strings.Repeat("::a::", 1<<18), strings.Repeat("\n", 1<<20), strings.Repeat("token ", 1<<16),
	} {
		r := Result{Stderr: []byte(s)}
		got := r.Said()
		if utf8.RuneCountInString(got) > maxSaid || strings.ContainsAny(got, "\n\r\x1b") || strings.HasPrefix(got, "::") || !utf8.ValidString(got) {
			t.Errorf("%.20q… gives %d characters: %.100q", s, utf8.RuneCountInString(got), got)
		}
	}
	r := Result{Stderr: []byte("first line\n" + strings.Repeat("y", saidTail-5) + "\nlast")}
	if got := r.Said(); got != "last" {
		t.Errorf("the rest of a line is told: %.100q", got)
	}
}
