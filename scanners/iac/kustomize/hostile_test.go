package kustomize

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// kustomizations lists those of a tree.
func (t tree) kustomizations() []string {
	var out []string
	for p := range t {
		if IsFile(p) {
			out = append(out, p)
		}
	}
	return slices.Sorted(slices.Values(out))
}

// multiplying is a tree in which every kustomization uses two others, which
// use the same two.
func multiplying() tree {
	t := tree{"leaf.yaml": pod}
	const deep = 30
	for i := range deep {
		for _, side := range []string{"x", "y"} {
			next := fmt.Sprintf("[../x%d, ../y%[1]d]", i+1)
			if i == deep-1 {
				next = "[../leaf.yaml]"
			}
			t[fmt.Sprintf("%s%d/kustomization.yaml", side, i)] = fmt.Sprintf("namePrefix: %s\nresources: %s\n", side, next)
		}
	}
	return t
}

// operations is a tree with a patch of many operations.
func operations(n int, op func(i int) string) tree {
	var b strings.Builder
	for i := range n {
		b.WriteString("- " + op(i) + "\n")
	}
	return tree{"kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]\n", "a.yaml": pod, "p.yaml": b.String()}
}

// TestHostile builds what is made to exhaust a builder: each ends soon, with
// something said.
func TestHostile(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%[1]c [%s]\n", c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	chain := tree{}
	for i := range 200 {
		chain[fmt.Sprintf("d%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../d%d]\nnamePrefix: x\n", i+1)
	}
	many := strings.Repeat(pod+"---\n", 2_000)
	prefixes := tree{"a.yaml": many}
	for i := range 40 {
		prefixes[fmt.Sprintf("d%d/kustomization.yaml", i)] = fmt.Sprintf("resources: [../d%d]\nnamePrefix: %s\n", i+1, strings.Repeat("p", 100_000))
	}
	prefixes["d40/kustomization.yaml"] = "resources: [../a.yaml]\n"
	for _, c := range []struct {
		name string
		tree tree
		want string
	}{
		{"bases that multiply", multiplying(), "x0/kustomization.yaml:0: cannot be built: it refers to too much, or its references multiply"},
		{"and the rest of them", multiplying(), "gap x1/kustomization.yaml:0: is not built: others cost too much"},
		{"aliases that multiply", tree{"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": bomb}, "has too many values, or its aliases multiply"},
		{"aliases in the kustomization", tree{"kustomization.yaml": bomb}, "has too many values, or its aliases multiply"},
		{"an alias in itself", tree{"kustomization.yaml": "resources: &a [*a]\n"}, "an alias"},
		{"values that multiply", operations(60, func(i int) string { return fmt.Sprintf("{op: copy, from: /spec, path: /spec/x%d}", i) }), "multiply"},
		{"values that deepen", operations(5_000, func(int) string { return "{op: copy, from: /spec, path: /spec/x}" }), "is nested too deep"},
		{"a deep document", tree{"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": strings.Repeat("[", 5_000)}, "a.yaml"},
		{"a deep document that ends", tree{"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000)}, "is nested too deep"},
		{"a deep chain", chain, "kustomizations are nested too deep"},
		{"a large file", tree{"kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": strings.Repeat("#", maxFile+1)}, "is over 4 MiB"},
		{"long names", prefixes, "refers to too much"},
		{"many patches", tree{"a.yaml": many, "p.yaml": "spec: {x: 1}",
			"kustomization.yaml": "resources: [a.yaml]\npatches:\n" + strings.Repeat("- {path: p.yaml, target: {name: 'a(a|b)*c?'}}\n", 5_000)}, "refers to too much"},
		{"many images", tree{"a.yaml": many,
			"kustomization.yaml": "resources: [a.yaml]\nimages:\n" + strings.Repeat("- {name: '(a|b)*', newTag: x}\n", 5_000)}, "refers to too much"},
		{"costly expressions", tree{"a.yaml": pod,
			"kustomization.yaml": "resources: [a.yaml]\nimages:\n" + strings.Repeat("- {name: '"+strings.Repeat("(a{1000})", 100)+"', newTag: x}\n", 500)}, "a name cannot be matched"},
		{"wide lists", tree{
			"a.yaml":             "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  volumes:\n" + strings.Repeat("  - {name: x}\n", 20_000),
			"p.yaml":             "spec:\n  volumes:\n" + strings.Repeat("  - {name: y}\n", 20_000),
			"kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml, target: {kind: Pod}}]\n"}, "refers to too much"},
		{"unknown fields", tree{"kustomization.yaml": func() string {
			var b strings.Builder
			for i := range 20_000 {
				fmt.Fprintf(&b, "f%d: 1\n", i)
			}
			return b.String()
		}()}, "unknown field"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			r, err := Build(context.Background(), c.tree.kustomizations(), c.tree.read)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%v, %d objects", time.Since(start), len(r.Resources))
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			said := strings.Join(describe(Result{Problems: r.Problems}), "\n")
			if !strings.Contains(said, c.want) {
				t.Errorf("%q is not in:\n%.2000s", c.want, said)
			}
		})
	}
}
