package suppress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// TestComments plants marks M1, M2 and so on, and looks at which of them are
// taken for comments, and whether something precedes them on their line.
func TestComments(t *testing.T) {
	const m = "# trivy:ignore:M"
	tests := []struct {
		name string
		kind Kind
		src  string
		want []string
	}{
		{"hcl", Terraform, m + "1\na = \"" + m + "2\" " + m + "3\nb = <<EOT\n" + m + "4\nEOT\nc = <<-EOT\n  " + m + "5 ${x /* trivy:ignore:M6 */}\n  EOT\n/*\n trivy:ignore:M7\n*/ d = 1 // trivy:ignore:M8\n",
			[]string{"1 M1 alone", "2 M3", "7 M6", "10 M7 alone", "11 M8"}},
		{"hcl, broken", Terraform, "a = ]\n" + m + "1\n\x00 {{{ ]\n" + m + "2\nb = \"\n", []string{"2 M1 alone", "4 M2 alone"}},
		{"dockerfile", Dockerfile, m + "1\nFROM a " + m + "2\n  " + m + "3\nRUN a \\\n" + m + "4\n  b\nRUN <<EOF\n" + m + "5\nEOF\nRUN cat <<-'A' <<B\n" + m + "6\n\tA\n" + m + "7\nB\n" + m + "8\nRUN echo \"<<C\" <<<d\n" + m + "9",
			[]string{"1 M1 alone", "3 M3 alone", "5 M4 alone", "15 M8 alone", "17 M9 alone"}},
		{"dockerfile, a document after several lines", Dockerfile, "RUN cat \\\n  <<EOF \\\n  x\n" + m + "1\nEOF\n" + m + "2\n", []string{"6 M2 alone"}},
		{"dockerfile, shifts", Dockerfile, "LABEL a=<<b c= <<d\n" + m + "1\nRUN echo $((1<<2)) $((1 << 2)) a<<b \\<<c\n" + m + "2\nrun a 3<<E\n" + m + "3\nE\n" + m + "4\n", []string{"2 M1 alone", "4 M2 alone", "8 M4 alone"}},
		{"yaml", YAML, m + "1\na: b " + m + "2\nc: \"x " + m + "3\" " + m + "4\nd: 'it''s " + m + "5' " + m + "6\ne: x# y " + m + "7\n", []string{"1 M1 alone", "2 M2", "3 M4", "4 M6", "5 M7"}},
		{"yaml, no space", YAML, "e: x" + m + "1\n", nil},
		{"yaml, quotes over lines", YAML, "a: \"x\n  " + m + "1\n  \\\" " + m + "2\" " + m + "3\nb: 'x\n " + m + "4' " + m + "5\n", []string{"3 M3", "5 M5"}},
		{"yaml, block scalars", YAML, "a: | " + m + "1\n  " + m + "2\n\n    " + m + "3\n" + m + "4\nb:\n- >-\n  " + m + "5\n- c: |2\n      " + m + "6\n  d: 1 " + m + "7\n", []string{"1 M1", "5 M4 alone", "11 M7"}},
		{"yaml, below a block scalar", YAML, "a:\n  b: |\n      x\n    " + m + "1\n  " + m + "2\n", []string{"4 M1 alone", "5 M2 alone"}},
		{"yaml, flow", YAML, "a: [b, \"" + m + "1\", {c: '" + m + "2'}] " + m + "3\nd: {\"e\":\"" + m + "4\",\n  " + m + "5\n  f: g }\nh: x | " + m + "6\n", []string{"1 M3", "3 M5 alone", "5 M6"}},
		{"yaml, text that looks like quotes", YAML, "a: it's " + m + "1\nb: x \"y " + m + "2\nc: d\n  \"e " + m + "3\nf: 1 " + m + "4\n", []string{"1 M1", "2 M2", "4 M3", "5 M4"}},
		{"yaml, documents", YAML, "a: \"\n--- " + m + "1\nb: c\n... " + m + "x\n--- |\n " + m + "2\n---\n" + m + "3\n", []string{"2 M1", "8 M3 alone"}},
		{"yaml, tags and anchors", YAML, "a: !!str &x \"" + m + "1\"\nb: *x " + m + "2\nc: &y |\n  " + m + "3\nd: !Sub '" + m + "4'\n", []string{"2 M2"}},
		{"yaml, keys", YAML, "? \"" + m + "1\"\n: '" + m + "2'\n\"a\": \"" + m + "3\"\n- - |\n    " + m + "4\n  - b " + m + "5\n", []string{"6 M5"}},
		{"json", CloudFormation, "{\"a\": \"" + m + "1\", \"b\": [\"\\\" " + m + "2\"],\n\t\"c\": \"" + m + "3\"}\n", nil},
		{"script", Workflow, "run: |\n  a # scangate:ignore M1 x\n  // scangate:ignore M2 x\n  b#c # scangate:ignore M3 x\n" + m + "4\n", []string{"2 M1", "3 M2 alone", "4 M3", "5 M4 alone"}},
		{"script, other marks", Workflow, "run: |\n  " + m + "1\n", nil},
	}
	for _, tt := range tests {
		found, _ := comments([]byte(tt.src), tt.kind)
		var got []string
		for _, c := range found {
			_, id, _ := strings.Cut(c.text, "M")
			s := fmt.Sprintf("%d M%.1s", c.line, id)
			if c.alone {
				s += " alone"
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s:\n%s\n%s", tt.name, tt.src, diff)
		}
	}
}

// laxer matches what the parser takes, and YAML does not.
var laxer = regexp.MustCompile(`[|>][-+0-9]*#`)

// TestYAMLComments makes documents of pieces, plants marks everywhere, and
// asks a parser: every mark is either a comment, or in the data.
func TestYAMLComments(t *testing.T) {
	pieces := []string{
		"a", "b: c", "- ", "k: ", "  ", "    ", "\n", "\n", "\n  ", "\n    ", "\n- ", "\nx: ", "\ny:\n  ", "\"", "'", "''", "\\\"", "|", ">-", "|2", "[", "]", "{", "}", ",", ": ", ":",
		"# trivy:ignore:M", " # trivy:ignore:M", "\n# trivy:ignore:M\n", "# trivy:ignore:M\n", "x# trivy:ignore:M ", "&n ", "!t ", "? ", "--- ", "\n---\n", "\n", "word", "1.5",
	}
	r := rand.New(rand.NewSource(1))
	parsed, marked, inside := 0, 0, 0
	for range 50_000 {
		var b strings.Builder
		b.WriteString([]string{"", "a: ", "- ", "a:\n  b: ", "a: |\n  x\n", "a: \"x\n  "}[r.Intn(6)])
		for range 1 + r.Intn(9) {
			b.WriteString(pieces[r.Intn(len(pieces))])
		}
		src := b.String()
		total := strings.Count(src, "trivy:ignore")
		if total == 0 {
			continue
		}
		data, ok := scalars(src)
		if !ok || laxer.MatchString(src) {
			continue
		}
		parsed++
		found := 0
		for _, c := range yamlComments([]byte(src), false) {
			found += strings.Count(c.text, "trivy:ignore")
		}
		marked += found
		inside += data
		if found != total-data {
			t.Fatalf("of %d marks %d are comments, and %d are in the data:\n%s\n%q", total, found, data, src, src)
		}
	}
	if parsed < 1000 || marked < 500 || inside < 100 {
		t.Errorf("only %d documents, %d comments and %d marks in data", parsed, marked, inside)
	}
}

// scalars counts the marks in the data of YAML.
func scalars(src string) (n int, ok bool) {
	d := yaml.NewDecoder(bytes.NewReader([]byte(src)))
	for {
		var doc yaml.Node
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return n, true
		} else if err != nil {
			return 0, false
		}
		var count func(*yaml.Node)
		count = func(node *yaml.Node) {
			n += strings.Count(node.Value, "trivy:ignore")
			for _, c := range node.Content {
				count(c)
			}
		}
		count(&doc)
	}
}
