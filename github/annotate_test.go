package github

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/report"
)

// commands reads the output of a step as the runner does: a line that begins
// with :: is a command, whose properties and message are escaped.
func commands(t *testing.T, printed string) (out []map[string]string) {
	t.Helper()
	unescape := func(s string, more ...string) string {
		return strings.NewReplacer(append([]string{"%25", "%", "%0D", "\r", "%0A", "\n"}, more...)...).Replace(s)
	}
	for _, line := range strings.FieldsFunc(printed, func(r rune) bool { return r == '\n' || r == '\r' }) {
		rest, ok := strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::")
		if !ok {
			t.Fatalf("a line that is no command: %q", line)
		}
		head, message, ok := strings.Cut(rest, "::")
		if !ok {
			t.Fatalf("a command without an end: %q", line)
		}
		name, properties, _ := strings.Cut(head, " ")
		c := map[string]string{"": name, "message": unescape(message)}
		for pair := range strings.SplitSeq(properties, ",") {
			key, value, ok := strings.Cut(pair, "=")
			if !ok || c[key] != "" {
				t.Fatalf("properties %q", properties)
			}
			c[key] = unescape(value, "%3A", ":", "%2C", ",")
		}
		out = append(out, c)
	}
	return out
}

func TestAnnotate(t *testing.T) {
	var out bytes.Buffer
	err := job(t, nil).Annotate(&out, []report.Annotation{
		{Level: report.Error, Path: "a,b:c%.tf", Line: 3, EndLine: 3, Column: 2, EndColumn: 9, Title: "high: X::Y, 100%", Message: "two\nlines ::error::"},
		{Level: report.Warning, Title: "about the run", Message: "::stop-commands::x"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{
		{"": "error", "file": "a,b:c%.tf", "line": "3", "endLine": "3", "col": "2", "endColumn": "9", "title": "high: X::Y, 100%", "message": "two\nlines ::error::"},
		{"": "warning", "title": "about the run", "message": "::stop-commands::x"},
	}
	if d := cmp.Diff(want, commands(t, out.String())); d != "" {
		t.Error(d)
	}
}

// FuzzAnnotate: whatever the words are, each annotation is one command that says
// them.
func FuzzAnnotate(f *testing.F) {
	f.Add("a.tf", "title", "message")
	f.Add("::error::,=%0A", "\r\n::add-mask::x", "##[error]x\n::warning file=a::b")
	f.Fuzz(func(t *testing.T, path, title, message string) {
		var out bytes.Buffer
		if err := job(t, nil).Annotate(&out, []report.Annotation{{Level: report.Notice, Path: "p" + path, Line: 1, Title: "t" + title, Message: message}}); err != nil {
			t.Fatal(err)
		}
		got := commands(t, out.String())
		if len(got) != 1 || got[0][""] != "notice" || got[0]["file"] != "p"+path || got[0]["title"] != "t"+title || got[0]["message"] != message {
			t.Errorf("%q became %v", []string{path, title, message}, got)
		}
	})
}
