package iac

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/work"
)

// write lays out files in a new directory.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// noteAt returns the first note of a level that holds text.
func noteAt(r scanners.Report, level finding.NoteLevel, text string) *finding.Note {
	for i, n := range r.Notes {
		if n.Level == level && strings.Contains(n.Message, text) {
			return &r.Notes[i]
		}
	}
	return nil
}

const (
	pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
	// innocent is judged beside every hostile file, to see that the scanner
	// goes on with the rest.
	innocent = "FROM alpine:3.20\nRUN true\n"
)

func aliasBomb() string {
	var b strings.Builder
	b.WriteString(pod + "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

// doubling is a chain of locals, each of which holds the one before twice.
func doubling(form string) string {
	var b strings.Builder
	b.WriteString("locals {\n  a0 = \"xxxxxxxxxx\"\n")
	for i := range 40 {
		fmt.Fprintf(&b, "  a%d = \""+form+"\"\n", i+1, i, i)
	}
	return b.String() + "}\n"
}

func doublingJSON() string {
	var b strings.Builder
	b.WriteString(`{"locals":{"a0":"xxxxxxxxxx"`)
	for i := range 40 {
		fmt.Fprintf(&b, `,"a%d":"${local.a%d}${local.a%d}"`, i+1, i, i)
	}
	return b.String() + "}}"
}

// yamlBomb is one line of an HCL string.
func yamlBomb() string {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, `a%d: &a%d [*a, *a, *a, *a, *a, *a]\n`, i, i)
	}
	return b.String()
}

func TestHostile(t *testing.T) {
	const deep = 10_000
	tests := []struct {
		name  string
		files map[string]string
		gap   string // what a gap note says; empty when there is none
		path  string // which file it names
	}{
		{"yaml alias bomb", map[string]string{"a.yaml": aliasBomb()}, "aliases multiply", "a.yaml"},
		{"yaml alias to itself", map[string]string{"a.yaml": pod + "a: &a [*a]\n"}, "contains itself", "a.yaml"},
		{"yaml deep", map[string]string{"a.yaml": pod + "spec: " + strings.Repeat("[", deep) + strings.Repeat("]", deep)}, "cannot be parsed", "a.yaml"},
		{"yaml deep but parsable", map[string]string{"a.yaml": pod + "spec: " + strings.Repeat("[", 900) + strings.Repeat("]", 900)}, "nested too deep", "a.yaml"},
		{"json deep", map[string]string{"a.json": `{"apiVersion":"v1","kind":"Pod","a":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "}"}, "cannot be parsed", "a.json"},
		{"hcl deep", map[string]string{"a.tf": "locals {\n  a = " + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "\n}\n"}, "nested too deep", "a.tf"},
		{"hcl deep templates", map[string]string{"a.tf": "locals {\n  a = " + strings.Repeat(`"${`, deep) + "1" + strings.Repeat(`}"`, deep) + "\n}\n"}, "nested too deep", "a.tf"},
		{"hcl signs", map[string]string{"a.tf": "locals {\n  a = " + strings.Repeat("!", 900_000) + "true\n}\n"}, "nested too deep", "a.tf"},
		{"hcl conditionals", map[string]string{"a.tf": "locals {\n  a = " + strings.Repeat("true?1:", 100_000) + "1\n}\n"}, "nested too deep", "a.tf"},
		{"tf.json deep", map[string]string{"a.tf.json": `{"locals":{"a":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "}}"}, "nested too deep", "a.tf.json"},
		{"tf.json deep in a string", map[string]string{"a.tf.json": `{"locals":{"a":"${` + strings.Repeat("(", deep) + "1" + strings.Repeat(")", deep) + `}"}}`}, "nested too deep", "a.tf.json"},
		{"modules that call each other", map[string]string{
			"a/a.tf": "module \"b\" {\n  source = \"../b\"\n}\n",
			"b/b.tf": "module \"a\" {\n  source = \"../a\"\n}\n",
			"r/r.tf": "module \"a\" {\n  source = \"../a\"\n}\n",
		}, "calls itself", "b/b.tf"},
		{"module that calls itself", map[string]string{"a.tf": "module \"a\" {\n  source = \"./\"\n}\n"}, "calls itself", "a.tf"},
		{"module that calls itself by a computed name", map[string]string{
			"a.tf": "locals {\n  s = \"./\"\n}\nmodule \"a\" {\n  source = local.s\n}\n",
		}, "", ""},
		{"modules that multiply", func() map[string]string {
			files := map[string]string{}
			for i := range 12 {
				var b strings.Builder
				for j := range 10 {
					fmt.Fprintf(&b, "module \"m%d\" {\n  source = \"../m%d\"\n}\n", j, i+1)
				}
				files[fmt.Sprintf("m%d/m.tf", i)] = b.String()
			}
			files["m12/m.tf"] = "resource \"aws_s3_bucket\" \"b\" {}\n"
			return files
		}(), "500 module calls", "m0/m.tf"},
		{"count", map[string]string{"a.tf": "resource \"aws_s3_bucket\" \"b\" {\n  count = 1000000000\n}\n"}, "", ""},
		{"count computed", map[string]string{"a.tf": "locals {\n  n = pow(10, 9)\n}\nresource \"aws_s3_bucket\" \"b\" {\n  count = local.n\n}\n"}, "", ""},
		{"count in json", map[string]string{"a.tf.json": `{"resource":{"aws_s3_bucket":{"b":{"count":1000000000},"c":{"count":"${pow(10, 9)}"}}}}`}, "", ""},
		{"count of a module", map[string]string{
			"a.tf":   "module \"m\" {\n  source = \"./m\"\n  count  = 1000000000\n}\n",
			"m/m.tf": "resource \"aws_s3_bucket\" \"b\" {\n  count = 1000000000\n}\n",
		}, "", ""},
		{"strings that double", map[string]string{"a.tf": doubling("${local.a%d}${local.a%d}")}, "16 million", "a.tf"},
		{"strings that double in json", map[string]string{"a.tf.json": doublingJSON()}, "16 million", "a.tf.json"},
		{"loops", map[string]string{"a.tf": "locals {\n  a = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a + b + c]]]\n}\n"}, "million", "a.tf"},
		{"loops that come to little", map[string]string{"a.tf": "locals {\n  a = length([for a in range(1000) : length([for b in range(1000) : length([for c in range(1000) : 1])])])\n}\n"}, "million times", "a.tf"},
		{"loops over text", map[string]string{"a.tf": "locals {\n  t = split(\"\", \"" + strings.Repeat("x", 5000) + "\")\n  a = [for a in local.t : [for b in local.t : [for c in local.t : 1]]]\n}\n"}, "million", "a.tf"},
		{"a value from itself", map[string]string{"a.tf": "locals {\n  a = \"${try(local.a, \"x\")}${try(local.a, \"x\")}\"\n}\n"}, "itself", "a.tf"},
		{"values through a module", map[string]string{
			"a.tf":   "module \"m\" {\n  source = \"./m\"\n  x      = \"${try(module.m.y, \"x\")}${try(module.m.y, \"x\")}\"\n}\n",
			"m/m.tf": "variable \"x\" {}\noutput \"y\" {\n  value = var.x\n}\n",
		}, "itself", "a.tf"},
		{"for_each", map[string]string{"a.tf": "resource \"aws_s3_bucket\" \"b\" {\n  for_each = toset([for p in setproduct(range(100), range(100)) : join(\"-\", p)])\n}\n"}, "copies", "a.tf"},
		{"dynamic blocks", map[string]string{"a.tf": "resource \"aws_s3_bucket\" \"b\" {\n" + strings.Repeat("  dynamic \"x\" {\n    for_each = range(1000)\n    content {\n", 3) + strings.Repeat("}\n}\n", 3) + "}\n"}, "copies", "a.tf"},
		{"functions", map[string]string{"a.tf": `locals {
  a = setproduct(range(1000), range(1000), range(1000), range(1000))
  b = format("%1000000000s", "x")
  c = bcrypt("x", 31)
  d = indent(1000000000, "a\nb")
  e = replace(join("", [for i in range(1000) : "x"]), "x", join("", [for i in range(1000) : "xxxxxxxxxx"]))
  f = join(format("%900s", ""), range(1000))
  g = formatlist("%*s", 1000000000, range(1000))
  h = yamldecode("a: &a [1]\n` + yamlBomb() + `")
  i = timestamp()
}
`}, "", ""},
		{"invalid utf-8", map[string]string{"a.tf": "locals {\n  a = \"\xff\xfe\"\n", "a.yaml": pod + "a: \xff\n"}, "cannot be parsed", "a.tf"},
		{"names", map[string]string{"::error::x\n.tf": "x", "a\nb.yaml": pod + "\t"}, "cannot be parsed", "::error::x\n.tf"},
		{"empty", map[string]string{"a.tf": "", "a.tf.json": "", "Dockerfile": "", "a/Dockerfile": "\n# nothing\n", "b.yaml": ""}, "", ""},
		{"long dockerfile", map[string]string{"a.dockerfile": "FROM scratch\n" + strings.Repeat("RUN true\n", 100_000)}, "more than 1000 instructions", "a.dockerfile"},
		{"long line", map[string]string{"a.dockerfile": "FROM scratch\nRUN " + strings.Repeat("x", 100_000)}, "cannot be parsed", "a.dockerfile"},
		{"large", map[string]string{"a.tf": strings.Repeat("#", work.MaxFileSize+1), "a.yaml": pod + strings.Repeat("#", work.MaxFileSize)}, "over 4 MiB", "a.tf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.files["innocent/Dockerfile"] = innocent
			dir := write(t, tt.files)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			report := scanDir(t, dir, 2, 2*time.Minute, Options{})
			runtime.ReadMemStats(&after)
			t.Logf("%v, %d MiB allocated, %d findings, notes %.300v", time.Since(start).Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, len(report.Findings), report.Notes)
			note := noteAt(report, finding.Gap, tt.gap)
			switch {
			case tt.gap == "" && note != nil:
				t.Errorf("gap: %v", note)
			case tt.gap != "" && note == nil:
				t.Errorf("no gap that says %q: %v", tt.gap, report.Notes)
			case tt.gap != "" && note.Path != tt.path:
				t.Errorf("the gap names %q, want %q", note.Path, tt.path)
			}
			seen := false
			for _, f := range report.Findings {
				seen = seen || f.Location.Path == "innocent/Dockerfile"
			}
			if !seen {
				t.Error("the file beside it was not judged")
			}
		})
	}
}
