package helm

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oneTemplate is a chart with one template.
func oneTemplate(template string) Chart {
	return Chart{
		"Chart.yaml":       []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n"),
		"values.yaml":      []byte("m: {a: 1, b: 2}\nl: [x, w]\nok: true\nt: |-\n  p: {{ 1 }}\n  q: 2\n"),
		"templates/x.yaml": []byte(template),
		"templates/_h.tpl": []byte("{{ define \"two\" }}one: 1\ntwo: 2{{ end }}\n\n\n\n{{ define \"fails\" }}\n{{ .Values.nothing.at.all }}{{ end }}\n"),
	}
}

func TestLines(t *testing.T) {
	tests := []struct {
		name, template string
		want           []string // line of the template, rendered line
	}{
		{"text", "a: 1\nb: 2\n\nc: 3\n", []string{"1 a: 1", "2 b: 2", "3 ", "4 c: 3"}},
		{"after a comment", "# c\n{{/* a\nb */}}\na: 1", []string{"1 # c", "3 ", "4 a: 1"}},
		{"trimmed", "{{- if .Values.ok }}\n\na: 1\n{{- end }}\nb: 2", []string{"3 a: 1", "5 b: 2"}},
		{"an action of several lines", "a:\n  {{- toYaml .Values.m | nindent 2 }}\nb: 1",
			[]string{"1 a:", "2   a: 1", "2   b: 2", "3 b: 1"}},
		{"text before an action", "k: {{ .Values.ok }}\nl: {{ .Values.ok }} # x", []string{"1 k: true", "2 l: true # x"}},
		{"range", "a:\n{{- range .Values.l }}\n- {{ . }}\n- z\n{{- end }}\nb: 1",
			[]string{"1 a:", "3 - x", "4 - z", "3 - w", "4 - z", "6 b: 1"}},
		{"with, else", "{{ with .Values.none }}\nn: 1\n{{ else }}\ne: 1\n{{ end }}\nz: 1", []string{"4 e: 1", "5 ", "6 z: 1"}},
		{"template", "{{ template \"two\" . }}\nb: 1", []string{"1 one: 1", "1 two: 2", "2 b: 1"}},
		{"include", "x:\n{{ include \"two\" . | indent 2 }}\nb: 1", []string{"1 x:", "2   one: 1", "2   two: 2", "3 b: 1"}},
		{"include in a condition", "{{ if include \"two\" . }}\na: 1\n{{ end }}", []string{"2 a: 1"}},
		{"tpl", "a: 1\n{{ tpl .Values.t . }}\nb: 1", []string{"1 a: 1", "2 p: 1", "2 q: 2", "3 b: 1"}},
		{"defined in the file", "{{ define \"own\" }}\no: 1\n{{ end }}\n{{ include \"own\" . | trim }}\nz: 1", []string{"4 o: 1", "5 z: 1"}},
		{"a long action", "a: {{ list 1\n  2 |\n  join \",\" }}\nb: 1", []string{"1 a: 1,2", "4 b: 1"}},
		{"documents", "---\na: 1\n---\n\nb: 1\n--- \nc: 1", []string{"2 a: 1", "--", "5 b: 1", "--", "7 c: 1"}},
		{"carriage returns", "a: 1\r\nb: {{ 1 }}\r\nc: 3\r\n", []string{"1 a: 1\r", "2 b: 1\r", "3 c: 3"}},
		{"no value", "a: {{ .Values.none }}\nb: 2", []string{"1 a: ", "2 b: 2"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			manifests, problems := render(t, oneTemplate(test.template), Options{})
			if len(problems) > 0 {
				t.Fatalf("problems: %v", problems)
			}
			var got []string
			for i, m := range manifests {
				if i > 0 {
					got = append(got, "--")
				}
				for j, line := range strings.Split(string(m.Text), "\n") {
					got = append(got, fmt.Sprintf("%d %s", m.Lines[j], line))
				}
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	tests := []struct {
		name, template string
		want           Problem
	}{
		{"syntax", "a: 1\nb: {{ if }}\n", Problem{"templates/x.yaml", 2, "the template cannot be parsed: missing value for if"}},
		{"not closed", "a: 1\n{{ if .Values.ok }}\nb: 1\n", Problem{"templates/x.yaml", 4, "the template cannot be parsed: unexpected EOF"}},
		{"unknown function", "a: {{ getenv \"HOME\" }}", Problem{"templates/x.yaml", 1, "the template calls a function that Helm does not have: getenv"}},
		{"no environment", "\na: {{ env \"HOME\" }}", Problem{"templates/x.yaml", 2, "the template calls a function that Helm does not have: env"}},
		{"nothing of ours", "a: {{ _charge 1 }}", Problem{"templates/x.yaml", 1, "the template calls a function that Helm does not have: _charge"}},
		{"required", "a: 1\nb: {{ required \"set the password\" .Values.auth }}",
			Problem{"templates/x.yaml", 2, sayWithout + "a required value is not set: .Values.auth"}},
		{"required, piped", "b: {{ .Values.auth | required \"secret\" | quote }}",
			Problem{"templates/x.yaml", 1, sayWithout + "a required value is not set: .Values.auth"}},
		{"fail", "a: 1\n\n{{ fail (printf \"%s\" .Values.t) }}", Problem{"templates/x.yaml", 3, sayWithout + "the chart refuses these values: it calls fail"}},
		{"nil", "a: {{ .Values.nothing.here }}", Problem{"templates/x.yaml", 1, "a value is not set: nothing has a field here"}},
		{"in a helper", "a: 1\nb: {{ include \"fails\" . }}",
			Problem{"templates/x.yaml", 2, "a value is not set: nothing has a field at (at templates/_h.tpl:7)"}},
		{"in a template", "a: 1\nb:\n{{ template \"fails\" . }}",
			Problem{"templates/x.yaml", 3, "a value is not set: nothing has a field at (at templates/_h.tpl:7)"}},
		{"no template", "a: {{ include \"common.names\" . }}",
			Problem{"templates/x.yaml", 1, "there is no template common.names: a subchart may be missing"}},
		{"no template, by value", "a: {{ include .Values.t . }}", Problem{"templates/x.yaml", 1, "there is no template of that name"}},
		{"wrong type", "a: {{ upper .Values.m }}", Problem{"templates/x.yaml", 1, "a value has the wrong type, string is needed"}},
		{"panic of a function", "a: {{ substr 5 9 \"abc\" }}", Problem{"templates/x.yaml", 1, "the function substr failed"}},
		{"tpl", "a: {{ tpl \"{{ .Values.x.y }}\" . }}", Problem{"templates/x.yaml", 1, "a value is not set: nothing has a field y"}},
		{"wrong regular expression", "a: {{ regexFind \"(\" \"a\" }}", Problem{"templates/x.yaml", 1, "a regular expression is wrong"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := oneTemplate(test.template)
			c["templates/y.yaml"] = []byte("kind: Other\n")
			manifests, problems := render(t, c, Options{})
			if d := cmp.Diff([]Problem{test.want}, problems); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			// Without what is required, a template is rendered all the same.
			rendered := strings.HasPrefix(test.want.Message, sayWithout)
			if last := len(manifests) - 1; last < 0 || last > 1 || string(manifests[last].Text) != "kind: Other" || last == 1 != rendered {
				t.Errorf("templates are lost, or too many: %v", manifests)
			}
			wanting := strings.Contains(test.want.Message, "not set") || strings.Contains(test.want.Message, "no template") || rendered
			if test.want.Wanting() != wanting {
				t.Errorf("wanting: %v", !wanting)
			}
		})
	}
}
