package helm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// nestedText repeats parts of a template around a core.
func nestedText(open, core, end string, n int) string {
	return strings.Repeat(open, n) + core + strings.Repeat(end, n)
}

// TestHostileTemplates renders templates that would run, grow or recurse
// without end. Each ends with a problem, soon, and does not harm its neighbour.
func TestHostileTemplates(t *testing.T) {
	tests := []struct{ name, template string }{
		{"range over a number", `{{ range 1000000000000 }}{{ end }}`},
		{"range over a number, with body", `{{ range 1000000000000 }}x{{ end }}`},
		{"ranges in ranges", `{{ range until 9000 }}{{ range until 9000 }}{{ range until 9000 }}{{ $x := 1 }}{{ end }}{{ end }}{{ end }}`},
		{"range in tpl", `{{ tpl "{{ range 1000000000000 }}{{ end }}" . }}`},
		{"range with continue", `{{ range 1000000000000 }}{{ continue }}{{ end }}`},
		{"template calls itself", `{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}`},
		{"include calls itself", `{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}`},
		{"two call each other twice", `{{ define "a" }}{{ if lt (len .) 150 }}{{ include "b" (append . 1) }}{{ include "b" (append . 1) }}{{ end }}{{ end }}{{ define "b" }}{{ include "a" . }}{{ end }}{{ include "a" (list) }}`},
		{"tpl calls itself", `{{ $_ := set .Values "self" "{{ tpl .Values.self . }}" }}{{ tpl .Values.self . }}`},
		{"include and tpl", `{{ define "r" }}{{ tpl "{{ include \"r\" . }}" . }}{{ end }}{{ include "r" . }}`},
		{"until", `{{ until 2000000000 }}`},
		{"untilStep", `{{ len (untilStep 0 9223372036854775807 4611686018427387903) }}`},
		{"seq", `{{ seq 2000000000 }}`},
		{"seq with a step", `{{ seq 0 -1 -2000000000 }}`},
		{"repeat", `{{ repeat 2000000000 "x" }}`},
		{"repeat of repeat", `{{ repeat 3000 (repeat 3000 "x") }}`},
		{"indent", `{{ indent 1000000 (repeat 1000 "\n") }}`},
		{"printf width", `{{ printf "%999999d%999999d%999999d%999999d%999999d" 1 1 1 1 1 }}`},
		{"printf star", `{{ printf "%*d" 900000 1 }}`},
		{"printf index", `{{ printf (repeat 10000 "%[1]s") (repeat 10000 "x") }}`},
		{"replace", `{{ replace "" (repeat 10000 "x") (repeat 10000 "y") }}`},
		{"join", `{{ join (repeat 100000 "x") (until 1000) }}`},
		{"wrapWith", `{{ wrapWith 1 (repeat 10000 "x") (repeat 10000 "y ") }}`},
		{"regexReplaceAll", `{{ regexReplaceAll ".*" (repeat 10000 "x") (repeat 10000 "$0") }}`},
		{"regex, quadratic", `{{ $s := repeat 3000000 "a" }}{{ regexFindAll "a.*b|a" $s -1 | len }}`},
		{"regex, big program", `{{ regexMatch "((a{1,30}){1,30}b{1,900}){1}c{1,1000}d{1,1000}e{1,1000}f{1,1000}(gh){1,900}" "a" }}`},
		{"regex in a loop", `{{ range until 100000 }}{{ regexMatch "(a|b|c)*d" (repeat 1000 "abc") }}{{ end }}`},
		{"doubling a string", `{{ $s := "xxxxxxxx" }}{{ range until 100 }}{{ $s = print $s $s }}{{ end }}`},
		{"doubling a list", `{{ $l := list 1 }}{{ range until 100 }}{{ $l = concat $l $l }}{{ end }}`},
		{"doubling a map", `{{ $l := dict }}{{ range until 60 }}{{ $l = dict "a" $l "b" $l }}{{ end }}{{ toJson $l }}`},
		{"growing a list", `{{ $l := list }}{{ range until 100000 }}{{ $l = append $l . }}{{ end }}`},
		{"growing a map", `{{ $d := dict }}{{ range 10000000 }}{{ $_ := set $d (toString .) . }}{{ end }}`},
		{"a map in itself, printed", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}`},
		{"a map in itself, as YAML", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toYamlPretty $d }}`},
		{"a map in itself, copied", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ deepCopy $d }}`},
		{"a map in itself, merged", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $e := dict }}{{ $_ := set $e "d" $e }}{{ merge $d $e }}`},
		{"a map in itself, quoted", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ quote $d }}`},
		{"a map in itself, as a number", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ int $d }}`},
		{"a map in itself, compared", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ eq $d $d }}`},
		{"a map in itself, compared from a pipe", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d | ne 1 }}`},
		{"a map in itself, in printf", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ printf "%v" $d }}`},
		{"a map in itself, as a key", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ dict $d 1 }}`},
		{"a map in itself, concat", `{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ html $d }}`},
		{"the context in itself", `{{ $_ := set .Values "all" $ }}{{ toJson .Values }}`},
		{"nested deep", `{{ $d := dict }}{{ range until 100000 }}{{ $d = dict "d" $d }}{{ end }}{{ $d }}`},
		{"nested deep, as a number", `{{ $d := list }}{{ range until 100000 }}{{ $d = list $d }}{{ end }}{{ int64 $d }}`},
		{"blocks", nestedText(`{{ if 1 }}`, "x", `{{ end }}`, 100_000)},
		{"else if", `{{ if 0 }}` + strings.Repeat(`{{ else if 0 }}`, 100_000) + `{{ end }}`},
		{"parentheses", `{{ ` + nestedText("(", "1", ")", 100_000) + ` }}`},
		{"actions", strings.Repeat(`{{ 1 }}`, 200_000)},
		{"blocks in tpl", `{{ tpl (print (repeat 100000 "{{ if 1 }}") (repeat 100000 "{{ end }}")) . }}`},
		{"yaml bomb", "{{ fromYaml \"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\" }}"},
		{"deep yaml", `{{ fromYaml (print "a: " (repeat 9000 "[") (repeat 9000 "]")) }}`},
		{"deep toml", `{{ fromToml (print "a = " (repeat 100000 "[") (repeat 100000 "]")) }}`},
		{"uniq", `{{ uniq (until 60000) | len }}`},
		{"output", `{{ range until 100000 }}{{ repeat 1000 "x" }}{{ end }}`},
		{"files in a loop", `{{ range until 100000 }}{{ $x := ($.Files.Glob "**").AsConfig }}{{ end }}`},
		{"files, all of them, as numbers", `{{ .Files }}{{ .Files }}{{ .Files }}{{ .Files }}{{ .Files }}`},
		{"tpl in a loop", `{{ range 1000000 }}{{ tpl "{{ 1 }}" $ }}{{ end }}`},
		{"toYaml in a loop", `{{ range 1000000 }}{{ $x := toYaml $.Values }}{{ end }}`},
		{"indented text", `{{ $d := repeat 1000000 "a\n" }}{{ range until 90 }}{{ $d = dict "d" $d }}{{ end }}{{ toYaml $d }}`},
		{"regex, quadratic but shorter", `{{ $s := repeat 20000 "a" }}{{ range until 100 }}{{ $x := regexFindAll "a.*b|a" $s -1 }}{{ end }}`},
		{"documents", `{{ range until 20000 }}
---
a{{ end }}`},
		{"JSON in a loop", `{{ $j := toJson (until 50000) }}{{ range until 100000 }}{{ $x := fromJsonArray $j }}{{ end }}`},
		{"lists as YAML in a loop", `{{ $l := until 20000 }}{{ range until 100000 }}{{ $x := toYaml $l }}{{ end }}`},
		{"lists printed in a loop", `{{ $l := until 20000 }}{{ range until 100000 }}{{ $x := toString $l }}{{ end }}`},
		{"merging in a loop", `{{ range 1000000 }}{{ $x := merge (dict) $.Values }}{{ end }}`},
		{"calls without printing", `{{ define "n" }}{{ end }}{{ define "e" }}{{ $x := 1 }}{{ end }}{{ range until 200000 }}{{ template "e" . }}{{ template "n" . }}{{ $x := include "e" . }}{{ end }}`},
		{"sorting in a loop", `{{ $l := splitList "" (repeat 2000 "ba") }}{{ range until 100000 }}{{ $x := sortAlpha $l }}{{ end }}`},
		{"words in a loop", `{{ $s := repeat 20000 "ab CD " }}{{ range until 100000 }}{{ $x := snakecase $s }}{{ end }}`},
		{"sums in a loop", `{{ $s := repeat 20000 "ab CD " }}{{ range until 100000 }}{{ $x := sha512sum $s }}{{ end }}`},
		{"floats in a loop", `{{ range 1000000 }}{{ $x := divf 1 3 7 }}{{ $y := round 1.5 300 }}{{ end }}`},
		{"passwords", `{{ range 1000000 }}{{ htpasswd "a" "b" }}{{ genCA "x" 1 }}{{ end }}`},
		{"versions", `{{ semverCompare (repeat 100000 ">1 || ") "1.0.0" }}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := oneTemplate("kind: X\na: 1\n" + test.template + "\n")
			c["templates/y.yaml"] = []byte("kind: Other\n")
			c["big.txt"] = []byte(strings.Repeat("some text\n", 100_000))
			start := time.Now()
			// A part of the work that is allowed shows it as well, and sooner.
			ctx := context.Background()
			manifests, problems, err := renderWithin(ctx, newBudget(ctx, workOfChart/10), c, Options{})
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %v", took)
			} else if took > 200*time.Millisecond {
				t.Logf("it took %v", took)
			}
			if err != nil || len(problems) != 1 || problems[0].Path != "templates/x.yaml" {
				t.Errorf("got problems %v, error %v", problems, err)
			}
			if len(manifests) != 1 || string(manifests[0].Text) != "kind: Other" {
				t.Errorf("the other template is lost: %d manifests", len(manifests))
			}
		})
	}
}

// TestManyHostileTemplates: the chart has a budget, too.
func TestManyHostileTemplates(t *testing.T) {
	c := oneTemplate("")
	for i := range 500 {
		c[fmt.Sprintf("templates/%d.yaml", i)] = []byte(`{{ range 1000000000000 }}{{ end }}`)
	}
	start := time.Now()
	ctx := context.Background()
	_, problems, err := renderWithin(ctx, newBudget(ctx, workOfChart/10), c, Options{})
	if len(problems) != 500 || err != nil {
		t.Errorf("got %d problems, error %v", len(problems), err)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestBigTemplates: what is big but harmless is rendered, soon.
func TestBigTemplates(t *testing.T) {
	for name, template := range map[string]string{
		"many actions":   "a:\n" + strings.Repeat("- {{ .Values.ok }}\n", 20_000),
		"many documents": strings.Repeat("---\na: 1\n", 9_000),
		"much text":      "a: |\n" + strings.Repeat("  some text of no interest that is written out\n", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			manifests, problems := render(t, oneTemplate(template), Options{})
			if len(problems) > 0 || len(manifests) == 0 {
				t.Errorf("got %d manifests, problems %v", len(manifests), problems)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, _, err := Render(ctx, oneTemplate(`{{ range until 30000 }}{{ $x := toYaml $.Values }}{{ end }}`), Options{})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
