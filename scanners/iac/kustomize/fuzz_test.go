package kustomize

import (
	"bytes"
	"context"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// FuzzBuild builds what it is given. Every resource is YAML, has a place for
// each line, and lines that exist.
func FuzzBuild(f *testing.F) {
	f.Add("resources: [a.yaml, ../b]\nnamespace: n\n", pod, "kind: Component\n")
	f.Add("resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]\nimages: [{name: x, newTag: y}]\n", pod, "[{op: add, path: /spec/x, value: 1}]")
	f.Add("resources: [a.yaml]\npatchesStrategicMerge: [p.yaml]\ncommonLabels: {a: b}\n", pod, pod)
	f.Add("configMapGenerator: [{name: a, literals: [a=b]}]\nbases: [.]\n", "", "&a [*a]")
	f.Fuzz(func(t *testing.T, k, a, p string) {
		files := tree{"o/kustomization.yaml": k, "o/a.yaml": a, "o/p.yaml": p, "b/kustomization.yaml": p}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		r, err := Build(ctx, files.kustomizations(), files.read)
		if err != nil {
			t.Fatal(err)
		}
		for _, res := range r.Resources {
			var v map[string]any
			if err := yaml.Unmarshal(res.Text, &v); err != nil {
				t.Fatalf("%v in\n%s", err, res.Text)
			}
			lines := bytes.Count([]byte(files[res.Path]), []byte("\n")) + 1
			if n := bytes.Count(res.Text, []byte("\n")); n != len(res.Lines) {
				t.Fatalf("%d lines have %d places", n, len(res.Lines))
			}
			for _, line := range res.Lines {
				if line < 1 || line > lines {
					t.Fatalf("line %d of %d in %s", line, lines, res.Path)
				}
			}
			for _, at := range res.Set {
				if _, ok := files[at.Path]; !ok {
					t.Fatalf("a line comes from %q", at.Path)
				}
			}
		}
	})
}
