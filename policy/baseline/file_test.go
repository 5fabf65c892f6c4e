package baseline

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

func encode(t *testing.T, b *Baseline) string {
	t.Helper()
	var out bytes.Buffer
	if err := b.Encode(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFileIsOneSortedLinePerEntry(t *testing.T) {
	b := &Baseline{Name: "b.json", Entries: []Entry{
		{Scanner: "secret", Path: "deploy/.env", Rule: "aws-access-token", Count: 1, Fingerprint: "00ff"},
		{Scanner: "image", Target: "oci:dist/image", Rule: "CVE-1", What: "zlib@1.2", Count: 2, Fingerprint: "aa"},
		{Scanner: "iac", Path: `a "b" <c>.tf`, Rule: "AWS-1", What: "aws_s3_bucket.é", Count: 1, Fingerprint: "bb"},
	}}
	const want = `{
  "version": 1,
  "findings": [
    {"scanner": "iac", "path": "a \"b\" <c>.tf", "rule": "AWS-1", "what": "aws_s3_bucket.é", "count": 1, "fingerprint": "bb"},
    {"scanner": "image", "target": "oci:dist/image", "rule": "CVE-1", "what": "zlib@1.2", "count": 2, "fingerprint": "aa"},
    {"scanner": "secret", "path": "deploy/.env", "rule": "aws-access-token", "count": 1, "fingerprint": "00ff"}
  ]
}
`
	got := encode(t, b)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	back, err := Parse([]byte(got), "b.json")
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for i := range back.Entries {
		lines = append(lines, back.Entries[i].Line)
	}
	if d := cmp.Diff([]int{4, 5, 6}, lines); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, encode(t, back)); d != "" {
		t.Error(d)
	}
	// What formatters make of it is the same list, at other lines.
	var any any
	if err := yaml.Unmarshal([]byte(got), &any); err != nil {
		t.Errorf("it is not YAML, which JSON is: %v", err)
	}
	spread := strings.NewReplacer("{", "{\r\n", ", ", ",\r\n", "}", "\r\n}").Replace(got)
	again, err := Parse([]byte("\xEF\xBB\xBF"+spread), "b.json")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, encode(t, again)); d != "" {
		t.Error(d)
	}
	if again.Entries[2].Line != 21 {
		t.Errorf("an entry that begins at line 21 is said to be at %d of\n%s", again.Entries[2].Line, spread)
	}
	if got := encode(t, &Baseline{}); got != "{\n  \"version\": 1,\n  \"findings\": []\n}\n" {
		t.Errorf("the empty one is %q", got)
	}
}

func TestTheDocumentedFileIsOne(t *testing.T) {
	doc, err := os.ReadFile("../../docs/baseline.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(doc), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	b, err := Parse([]byte(example), "docs")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(example, encode(t, b)); d != "" {
		t.Error(d)
	}
}

func TestParseRefuses(t *testing.T) {
	const good = `{"scanner": "s", "rule": "r", "count": 1, "fingerprint": "ab"}`
	list := func(entries string) string { return "{\n\"version\": 1,\n\"findings\": [\n" + entries + "\n]}" }
	entry := func(old, new string) string { return list(strings.Replace(good, old, new, 1)) }
	for _, c := range []struct{ in, want string }{
		{"", "b:1: the file ends early"},
		{"{\"version\": 1,\n\"findings\": [", "b:2: the file ends early"},
		{"[]", "b:1: want a baseline, beginning with {"},
		{"null", "b:1: want a baseline, beginning with {"},
		{"{}", "b:1: version is missing"},
		{"{\"version\": 1}", "b:1: findings is missing"},
		{"{\"findings\": []}", "b:1: version: want it first"},
		{"{\n\"version\": 2}", "b:2: version 2: this scangate reads version 1"},
		{"{\"version\": 1.0}", "b:1: version: want a whole number"},
		{"{\"version\": \"1\"}", "b:1: version: want a whole number"},
		{"{\"version\": 1, \"version\": 1}", "b:1: version is there twice"},
		{"{\"version\": 1, \"finding\": 1}", `b:1: unknown key "finding"; did you mean "findings"?`},
		{"{\"version\": 1, \"findings\": {}}", "b:1: want a list of findings, beginning with ["},
		{list("7"), "b:4: want a finding, beginning with {"},
		{list(good + "\n" + good), "b:5: not JSON: a comma"},
		{list(good + ","), "b:5: not JSON: a comma"},
		{list(good + ",\n" + good), "b:5: the finding of line 4 again: keep one of the two"},
		{list(good) + "\n{}", "b:6: there is something behind the end"},
		{list(good) + "x", "b:5: there is something behind the end"},
		{entry(`"count": 1`, `"count": 0`), "b:4: count: want a number from 1 to 1000000"},
		{entry(`"count": 1`, `"count": -3`), "b:4: count: want a number from 1"},
		{entry(`"count": 1`, `"count": 1e3`), "b:4: count: want a whole number"},
		{entry(`"count": 1`, `"count": 99999999999999999999`), "b:4: count: want a whole number"},
		{entry(`"count": 1`, `"count": 1, "count": 2`), "b:4: count is there twice"},
		{entry(`"count": 1, `, ""), "b:4: the finding has no count"},
		{entry(`"scanner": "s", `, ""), "b:4: the finding has no scanner"},
		{entry(`"rule": "r"`, `"rule": ""`), "b:4: the finding has no rule"},
		{entry(`"rule": "r"`, `"rule": "r", "rule": "harmless"`), "b:4: rule is there twice"},
		{entry(`"rule": "r"`, `"Rule": "r"`), `b:4: unknown key "Rule"`},
		{entry(`"rule": "r"`, `"rule": ["r"]`), "b:4: rule: want text"},
		{entry(`"rule": "r"`, `"rule": "r\u202er"`), "b:4: rule: want one line"},
		{entry(`"rule": "r"`, `"rule": "r\nr"`), "b:4: rule: want one line"},
		{entry(`"rule": "r"`, `"rule": "`+strings.Repeat("r", 501)+`"`), "b:4: rule: want one line of at most 500"},
		{entry(`"rule": "r"`, `"rule": "r", "what": "https://u:p@h/"`), "b:4: what: want one line"},
		{entry(`"ab"`, `"a b"`), "b:4: fingerprint: want letters and digits"},
		{entry(`"ab"`, `{"a":{"a":{"a":1}}}`), "b:4: fingerprint: want text"},
		{entry(`"s"`, "\"\xff\""), "b:4: not UTF-8"},
		{list("<<<<<<< HEAD\n" + good + "\n=======\n" + good + "\n>>>>>>> other"), "b:4: an unresolved merge conflict: keep the lines of both sides"},
		{list(good + "\n=======\n"), "b:5: an unresolved merge conflict"},
		{strings.Repeat(" ", MaxSize+1), "b: over the limit of 64 MiB"},
	} {
		_, err := Parse([]byte(c.in), "b")
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.200s\nerror %v\nwant  %s…", c.in, err, c.want)
		}
	}
}

func TestParseBoundsTheEntries(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`{"version":1,"findings":[`)
	for i := range 11 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"scanner":"s","rule":"r","count":1,"fingerprint":"%d"}`, i)
	}
	b.WriteString("]}")
	for limit, want := range map[int]string{11: "<nil>", 10: "b:1: more than 10 findings"} {
		if _, err := parse(b.Bytes(), "b", limit); fmt.Sprint(err) != want {
			t.Errorf("at most %d: error %v, want %s", limit, err, want)
		}
	}
	if err := (&Baseline{Entries: make([]Entry, maxEntries+1)}).Encode(&b); err == nil || !strings.Contains(err.Error(), "at most 200000") {
		t.Error("what could not be read is written")
	}
}

func TestPublicLeavesOutWhatASecretCanHideIn(t *testing.T) {
	for in, want := range map[string]string{
		"https://user:pass@shop.example/x?token=abc": "https://shop.example/x",
		"https://a@b@shop.example":                   "https://shop.example",
		"registry.example/app@sha256:00":             "registry.example/app@sha256:00",
		"a\x00 b\n\tc":                               "a b c",
		"a?b":                                        "a?b",
	} {
		if got := public(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
