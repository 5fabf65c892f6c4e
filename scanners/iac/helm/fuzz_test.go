package helm

import (
	"context"
	"strings"
	"testing"
	"time"
)

// FuzzRender: whatever a chart contains, it renders soon, and what comes out is
// consistent.
func FuzzRender(f *testing.F) {
	f.Add("a: {{ include \"two\" . | nindent 2 }}\n---\nb: {{ toYaml .Values }}\n", "m: {a: 1}\n", "name: s\nversion: 1.0.0\n")
	f.Add("{{- range $i, $x := until 3 }}\n- {{ $x }}\n{{- end }}", "l: [1, &a {b: 2}, *a]\n", "")
	f.Add("{{ tpl \"{{ .Values.m.a }}\" . }}{{ template \"two\" }}", "m: null\n", "name: s\nversion: x\n")
	f.Add("{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ $d | toYaml }}{{ with $d.d.d }}{{ . }}{{ end }}", "", "type: library")
	f.Add("{{ .Files.Get \"x\" }}{{ (.Files.Glob \"*\").AsConfig }}{{ if eq .Values .Values }}{{ end }}", "", "")
	f.Add("{{ regexReplaceAll \"(a|b)*\" \"ab\" \"$1\" | repeat 3 | wrapWith 2 \"-\" }}{{ printf \"%5d\" 1 }}", "", "")
	f.Fuzz(func(t *testing.T, template, values, subchart string) {
		c := oneTemplate(template)
		c["values.yaml"] = []byte(values)
		if subchart != "" {
			c["charts/s/Chart.yaml"] = []byte(subchart)
			c["charts/s/templates/y.yaml"] = []byte(template)
		}
		start := time.Now()
		manifests, problems, err := Render(context.Background(), c, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Fatalf("it took %v", took)
		}
		for _, m := range manifests {
			if len(m.Lines) != strings.Count(string(m.Text), "\n")+1 {
				t.Fatalf("%d lines for %q", len(m.Lines), m.Text)
			}
			end := strings.Count(string(c[m.Template]), "\n") + 1
			for _, line := range m.Lines {
				if line < 1 || line > end {
					t.Fatalf("line %d of %d", line, end)
				}
			}
		}
		for _, p := range problems {
			if p.Path == "" || p.Message == "" || strings.ContainsAny(p.Message, "\n\r") {
				t.Fatalf("problem %+v", p)
			}
		}
	})
}

func BenchmarkRender(b *testing.B) {
	for _, name := range []string{"web", "family"} {
		b.Run(name, func(b *testing.B) {
			c := readChart(b, "testdata/"+name)
			for b.Loop() {
				if _, _, err := Render(context.Background(), c, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
