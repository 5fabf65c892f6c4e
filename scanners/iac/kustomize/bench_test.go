package kustomize

import (
	"fmt"
	"testing"
)

// BenchmarkBuild renders 1,000 objects: a base of 200 in five overlays.
func BenchmarkBuild(b *testing.B) {
	files := tree{}
	shop := load(b, "shop")
	resources := ""
	for i := range 200 {
		files[fmt.Sprintf("base/%d.yaml", i)] = shop["base/deployment.yaml"]
		resources += fmt.Sprintf("- %d.yaml\n", i)
	}
	files["base/kustomization.yaml"] = "resources:\n" + resources
	for i := range 5 {
		files[fmt.Sprintf("o%d/web.yaml", i)] = shop["overlays/prod/web.yaml"]
		files[fmt.Sprintf("o%d/kustomization.yaml", i)] = "resources: [../base]\nnamespace: n\npatches: [{path: web.yaml, target: {kind: Deployment}}]\n" +
			"images: [{name: nginx, newTag: x}]\ncommonLabels: {a: b}\n"
	}
	for b.Loop() {
		if r := files.build(b); len(r.Resources) != 1000 || len(r.Problems) > 0 {
			b.Fatal(len(r.Resources), r.Problems)
		}
	}
}
