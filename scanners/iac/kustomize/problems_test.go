package kustomize

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: c\n      image: x\n"

// describe says what came of a tree in few words: a line for each object, each
// problem and each file that is covered.
func describe(r Result) []string {
	out := []string{}
	for _, res := range r.Resources {
		name := ""
		for line := range strings.Lines(string(res.Text)) {
			if after, ok := strings.CutPrefix(line, "  name: "); ok {
				name = strings.Trim(after, "\"\n")
			}
		}
		s := fmt.Sprintf("%s: %s from %s:%d", res.Kustomization, name, res.Path, res.Line)
		if res.Patched {
			s += ", patched"
		}
		out = append(out, s)
	}
	for _, p := range r.Problems {
		s := fmt.Sprintf("%s:%d: %s", p.Path, p.Line, p.Message)
		if p.Gap {
			s = "gap " + s
		}
		out = append(out, s)
	}
	var covered []string
	for p := range r.Covered {
		if !IsFile(p) {
			covered = append(covered, "covered "+p)
		}
	}
	slices.Sort(covered)
	return append(out, covered...)
}

// TestProblems holds what is said, and what is built all the same, of a tree
// that cannot be built in whole.
func TestProblems(t *testing.T) {
	for _, c := range []struct {
		name string
		tree tree
		want []string
	}{
		{"nothing to do", tree{"kustomization.yaml": "resources: [a.yaml]", "a.yaml": pod},
			[]string{"kustomization.yaml: a from a.yaml:1", "covered a.yaml"}},
		{"remote", tree{
			"o/kustomization.yaml": "resources:\n- a.yaml\n- https://example.com/x.yaml\n- github.com/org/repo//dir?ref=v1\n- git@example.com:org/repo.git\n" +
				"components:\n- example.com/org/repo.git\n" +
				"patches:\n- patch: '{apiVersion: v1, kind: Pod, metadata: {name: elsewhere}}'",
			"o/a.yaml": pod},
			[]string{
				"o/kustomization.yaml: a from o/a.yaml:1",
				"gap o/kustomization.yaml:3: a resource is remote: it is not fetched, and not scanned",
				"gap o/kustomization.yaml:4: a resource is remote: it is not fetched, and not scanned",
				"gap o/kustomization.yaml:5: a resource is remote: it is not fetched, and not scanned",
				"gap o/kustomization.yaml:7: a base is remote: it is not fetched, and not scanned",
				"covered o/a.yaml"}},
		{"outside", tree{
			"o/kustomization.yaml": "resources:\n- ../a.yaml\n- ../../..\n- /etc/passwd\n- ../../a.yaml\npatches:\n- path: ../../p.yaml",
			"a.yaml":               pod},
			[]string{
				"o/kustomization.yaml: a from a.yaml:1",
				"gap o/kustomization.yaml:3: a base is outside of the scanned tree and is left out",
				"gap o/kustomization.yaml:4: a base is outside of the scanned tree and is left out",
				"gap o/kustomization.yaml:5: a base is outside of the scanned tree and is left out",
				"gap o/kustomization.yaml:7: a patch is not applied: it is outside of the scanned tree",
				"covered a.yaml"}},
		{"missing and broken", tree{
			"kustomization.yaml": "resources:\n- a.yaml\n- gone.yaml\n- broken.yaml\npatches:\n- path: no.yaml\n- path: broken.yaml\n",
			"a.yaml":             pod, "broken.yaml": "a: 1\nb: [\n"},
			[]string{
				"kustomization.yaml: a from a.yaml:1",
				"gap broken.yaml:2: cannot be parsed: did not find expected node content",
				"gap kustomization.yaml:3: a resource is left out: it is not in the scanned tree",
				"gap kustomization.yaml:4: a resource is left out: it cannot be parsed: did not find expected node content",
				"gap kustomization.yaml:6: a patch is not applied: it is not in the scanned tree",
				"gap kustomization.yaml:7: a patch is not applied: it cannot be parsed: did not find expected node content",
				"covered a.yaml"}},
		{"a broken kustomization", tree{
			"o/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [a.yaml\n", "b/a.yaml": pod},
			[]string{
				"gap b/kustomization.yaml:1: cannot be built: it cannot be parsed: did not find expected",
				"gap o/kustomization.yaml:1: a kustomization cannot be built and is left out"}},
		{"in a circle", tree{
			"x/kustomization.yaml": "resources: [../y, a.yaml]\n", "y/kustomization.yaml": "resources: [../x]\n", "x/a.yaml": pod,
			"z/kustomization.yaml": "resources:\n- .\n"},
			[]string{
				"x/kustomization.yaml: a from x/a.yaml:1",
				"gap y/kustomization.yaml:1: a kustomization refers to itself",
				"gap z/kustomization.yaml:2: a kustomization refers to itself",
				"covered x/a.yaml"}},
		{"charts, plugins and the rest", tree{
			"kustomization.yaml": "helmCharts:\n- name: x\ngenerators: [g.yaml]\ntransformers: [t.yaml]\nreplacements: []\nvars: []\nnonsense: 1\nresources: {}\nimages: [1]\n",
			"g.yaml":             pod},
			[]string{
				"gap kustomization.yaml:1: helmCharts: charts are not rendered here: what they would add is not scanned",
				"gap kustomization.yaml:3: generators: plugins are not run: what they would add is not scanned",
				"gap kustomization.yaml:4: transformers: plugins are not run: what they would change is scanned as it was",
				"kustomization.yaml:5: replacements: is not supported: the values are scanned as they were",
				"kustomization.yaml:6: vars: is not supported: the values are scanned as they were",
				"kustomization.yaml:7: an unknown field is passed over",
				"gap kustomization.yaml:8: resources: must be a list and is passed over",
				"gap kustomization.yaml:9: images: an item must be an object and is passed over"}},
		{"patches that do not fit", tree{
			"kustomization.yaml": "resources: [a.yaml]\npatches:\n" +
				"- patch: '{apiVersion: v1, kind: Pod, metadata: {name: b}}'\n" +
				"- patch: '[{op: add, path: /a, value: 1}]'\n" +
				"- target: {kind: '('}\n  patch: '[{op: add, path: /a, value: 1}]'\n" +
				"- target: {labelSelector: 'a in b'}\n  patch: '[{op: add, path: /a, value: 1}]'\n" +
				"- target: {kind: Pod}\n  patch: |\n    - op: add\n      path: /spec/x\n      value: 1\n    - op: remove\n      path: /nowhere\n" +
				"- target: {kind: Pod}\n",
			"a.yaml": pod},
			[]string{
				"kustomization.yaml: a from a.yaml:1",
				"kustomization.yaml:3: a patch is for no resource that is there",
				"gap kustomization.yaml:4: a patch is not applied: it needs a target",
				"gap kustomization.yaml:5: a patch is not applied: the kind of its target cannot be matched",
				"gap kustomization.yaml:7: a patch is not applied: the labelSelector of its target is not a selector",
				"gap kustomization.yaml:14: a patch is not applied: an operation is about something that is not there",
				"gap kustomization.yaml:16: patches: an item has neither a path nor a patch and is passed over",
				"covered a.yaml"}},
		{"two files in a directory", tree{"kustomization.yaml": "resources: [a.yaml]", "Kustomization": "resources: [a.yaml]", "a.yaml": pod},
			[]string{
				"Kustomization: a from a.yaml:1",
				"gap kustomization.yaml:0: is not built: its directory has another kustomization",
				"covered a.yaml"}},
		{"not for kustomize", tree{
			"a/kustomization.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n", "b/kustomization.yaml": "# nothing\n",
			"c/kustomization.yaml": "kind: Pod\n", "d/kustomization.yaml": "a: b\n---\na: b\n"},
			[]string{
				"b/kustomization.yaml:0: is empty",
				"gap c/kustomization.yaml:1: cannot be built: it has a kind other than Kustomization and Component",
				"gap d/kustomization.yaml:0: cannot be built: it must be one document with fields"}},
		{"components", tree{
			"o/kustomization.yaml":      "resources: [../c, a.yaml]\ncomponents: [../d]\n",
			"c/kustomization.yaml":      "kind: Component\n",
			"d/kustomization.yaml":      "kind: Kustomization\n",
			"unused/kustomization.yaml": "kind: Component\nresources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: Deployment}}]\n",
			"unused/p.yaml":             "spec: {}", "unused/a.yaml": "# first\n---\n" + pod, "o/a.yaml": pod},
			[]string{
				"o/kustomization.yaml: a from o/a.yaml:1",
				"unused/kustomization.yaml: a from unused/a.yaml:3",
				"gap o/kustomization.yaml:1: a resource is a component and is left out",
				"gap o/kustomization.yaml:2: a component is not of kind Component and is left out",
				"covered o/a.yaml", "covered unused/a.yaml", "covered unused/p.yaml"}},
		{"a base of two overlays", tree{
			"b/kustomization.yaml": "resources: [a.yaml]", "b/a.yaml": pod,
			"x/kustomization.yaml": "resources: [../b]\nnamespace: x\n", "y/kustomization.yaml": "resources: [../b]\n"},
			[]string{
				"x/kustomization.yaml: a from b/a.yaml:1, patched",
				"y/kustomization.yaml: a from b/a.yaml:1",
				"covered b/a.yaml"}},
		{"objects that are none", tree{"kustomization.yaml": "resources: [a.yaml]", "a.yaml": "- 1\n---\na: 1\n---\n\n---\njust text\n"},
			[]string{
				"a.yaml:1: a resource has no kind or no apiVersion and is passed over",
				"a.yaml:3: a resource has no kind or no apiVersion and is passed over",
				"a.yaml:7: a resource has no kind or no apiVersion and is passed over",
				"covered a.yaml"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, describe(c.tree.build(t))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestStop ends a build with its context.
func TestStop(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	files := multiplying()
	_, err := Build(ctx, files.kustomizations(), files.read)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}
