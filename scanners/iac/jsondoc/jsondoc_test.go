package jsondoc_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/iac/jsondoc"
)

// show writes a tree with its lines.
func show(n *jsondoc.Node) string {
	var parts []string
	switch n.Kind {
	case jsondoc.Object:
		for _, m := range n.Members {
			parts = append(parts, fmt.Sprintf("%s@%d=%s", m.Name, m.Line, show(m.Value)))
		}
		return fmt.Sprintf("{%s}%d-%d", strings.Join(parts, " "), n.Start, n.End)
	case jsondoc.Array:
		for _, v := range n.Items {
			parts = append(parts, show(v))
		}
		return fmt.Sprintf("[%s]%d-%d", strings.Join(parts, " "), n.Start, n.End)
	case jsondoc.Null:
		return fmt.Sprintf("null:%d", n.Start)
	}
	return fmt.Sprintf("%q:%d-%d", n.Text, n.Start, n.End)
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"object", "{\n \"a\": 1,\n \"b\": [true,\n null]\n}", `{a@2="1":2-2 b@3=["true":3-3 null:4]3-4}1-5`},
		{"comments and trailing commas", "// x\n{ /* {\n */ \"a\": \"//\", }\n", `{a@3="//":3-3}2-3`},
		{"escapes", `["\n\u00e9\ud83d\ude00\/", "\ud83d x"]`, `["\né😀/":1-1 "� x":1-1]1-1`},
		{"string over lines", "[\"a\nb\", 1]", `["a\nb":1-2 "1":2-2]1-2`},
		{"mark and windows lines", "\ufeff{\r\n\"a\":\r\n-1.5e3}", `{a@2="-1.5e3":3-3}1-3`},
	} {
		n, err := jsondoc.Parse([]byte(c.in))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, show(n)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", c.name, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
	}{
		{"empty", "", "line 1: ends too soon"},
		{"cut", "{\n\"a\": [1,\n", "line 3: ends too soon"},
		{"no quotes", "{\na: 1}", "line 2: a name in quotes is expected"},
		{"no colon", "{\"a\" 1}", "line 1: a colon is expected"},
		{"no comma", "[1\n2]", "line 2: a comma or the end of the list is expected"},
		{"open string", "[\"a\n", "line 2: a string does not end"},
		{"open escape", `["\`, "line 1: an escape sequence is not known"},
		{"bad escape", `["\x"]`, "line 1: an escape sequence is not known"},
		{"short escape", `["\u12"]`, "line 1: an escape sequence is not complete"},
		{"open comment", "[1] /* \n", "line 2: a comment does not end"},
		{"two documents", "{}\n{}", "line 2: something follows the end of the document"},
		{"word", "[yes]", "line 1: a value is expected"},
		{"sign", "[-]", "line 1: a number is expected"},
		{"deep", strings.Repeat("[", 1_000_000), "line 1: is nested too deep"},
		{"deep objects", strings.Repeat("{\"a\":\n", 10_000), "line 102: is nested too deep"},
		{"wide", "[" + strings.Repeat("1,", 300_000) + "1]", "line 1: has too many values"},
	} {
		_, err := jsondoc.Parse([]byte(c.in))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("{\"a\": [1, true, null, \"\\u00e9\\n\"], // x\n}"))
	f.Add([]byte("[\"\\ud83d\\ude00\", /* */ -1e9]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := jsondoc.Parse(data)
		if err != nil {
			line, reason := jsondoc.Place(err)
			if line < 1 || line > strings.Count(string(data), "\n")+1 || reason == "" {
				t.Errorf("error at line %d: %q", line, reason)
			}
			return
		}
		if n.Start < 1 || n.End < n.Start || n.End > strings.Count(string(data), "\n")+1 {
			t.Errorf("the document is at lines %d-%d", n.Start, n.End)
		}
	})
}
