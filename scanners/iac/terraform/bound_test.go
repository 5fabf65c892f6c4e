package terraform

import (
	"fmt"
	"strings"
	"testing"
)

// TestCircles sees that what does not come back to itself is not taken for a
// circle, and that a circle is one.
func TestCircles(t *testing.T) {
	// Each group's id depends on the cluster, and the cluster on the groups'
	// roles, which depend on nothing.
	group := "variable \"cluster\" { default = \"\" }\nvariable \"name\" { default = \"\" }\nvariable \"context\" { default = \"\" }\n" +
		"output \"role\" { value = \"role-${var.name}\" }\noutput \"id\" { value = var.cluster }\noutput \"context\" { value = \"${var.context}x\" }\n"
	cluster := func(roles string) string {
		return "resource \"aws_eks_cluster\" \"c\" {\n  name = \"c\"\n  roles = " + roles + "\n}\n" +
			"module \"g\" {\n  for_each = { a = 1, b = 2 }\n  source = \"./m\"\n  cluster = aws_eks_cluster.c.name\n}\n"
	}
	tests := []struct {
		name, code string
		circle     bool
	}{
		{"a call that uses what another gave", "module \"a\" {\n  source = \"./m\"\n}\nmodule \"b\" {\n  source = \"./m\"\n  context = module.a.context\n}\nmodule \"c\" {\n  source = \"./m\"\n  context = module.b.context\n}\n", false},
		{"calls that use each other", "module \"a\" {\n  source = \"./m\"\n  context = module.b.context\n}\nmodule \"b\" {\n  source = \"./m\"\n  context = module.a.context\n}\n", true},
		{"one output of one call", cluster(`[module.g["a"].role]`), false},
		{"one output by a key", cluster(`[for k in ["a", "b"] : module.g[k].role]`), false},
		{"one output of all", cluster(`[for k, g in module.g : g.role]`), false},
		{"one output of the values", cluster(`values(module.g)[*].role`), false},
		{"one output of a splat", cluster(`module.g[*].role`), false},
		{"one output of values in a loop", cluster(`{ for g in values(module.g) : g.role => "x" }`), false},
		{"the other output", cluster(`[for k, g in module.g : g.id]`), true},
		{"the other output by a key", cluster(`[for k in ["a", "b"] : module.g[k].id]`), true},
		{"the other output of a splat", cluster(`values(module.g)[*].id`), true},
		{"all outputs", cluster(`jsonencode(module.g)`), true},
		{"all outputs of an element", cluster(`[for k, g in module.g : jsonencode(g)]`), true},
		{"a name that hides an element", cluster(`[for k, g in module.g : [for g in ["x"] : g]]`), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, notes := judge(t, map[string]string{"main.tf": tt.code, "m/m.tf": group}, Options{})
			if circle := strings.Contains(strings.Join(notes, "\n"), "depends on itself"); circle != tt.circle {
				t.Errorf("a circle: %v, want %v: %v", circle, tt.circle, notes)
			}
		})
	}
}

// TestBoundsOfCalls sees that what multiplies through calls of a module is
// bounded for each call by itself.
func TestBoundsOfCalls(t *testing.T) {
	module := "variable \"x\" {}\noutput \"y\" { value = \"${var.x}${var.x}\" }\n"
	chain := func(n int) string {
		code := "module \"m0\" {\n  source = \"./m\"\n  x = \"xxxxxxxxxx\"\n}\n"
		for i := range n {
			code += strings.NewReplacer("NEXT", strings.Repeat("i", i+1), "LAST", strings.Repeat("i", i)).Replace(
				"module \"mNEXT\" {\n  source = \"./m\"\n  x = module.mLAST.y\n}\n")
		}
		return strings.ReplaceAll(code, "\"m0\"", "\"m\"")
	}
	for n, want := range map[int]bool{5: false, 40: true} {
		_, notes := judge(t, map[string]string{"main.tf": chain(n), "m/m.tf": module}, Options{})
		if large := strings.Contains(strings.Join(notes, "\n"), "16 million"); large != want {
			t.Errorf("%d calls: too large %v, want %v: %v", n, large, want, notes)
		}
	}
}

// TestManyCalls sees that module calls which the engine does not get to are no
// silence.
func TestManyCalls(t *testing.T) {
	for n, gap := range map[int]string{
		30: "",
		40: "gap main.tf:1: this module calls 40 modules, counting copies, of which the engine looked at 32: call fewer from one module to have all scanned",
	} {
		code := ""
		for i := range n {
			code += fmt.Sprintf("module \"m%d\" {\n  source = \"./m\"\n}\n", i)
		}
		results, notes := judge(t, map[string]string{"main.tf": code, "m/m.tf": "resource \"aws_s3_bucket\" \"b\" {\n  acl = \"public-read\"\n}\n"}, Options{})
		if strings.Join(notes, "\n") != gap {
			t.Errorf("%d calls: notes %v", n, notes)
		}
		if found := len(found(results, public)); found != min(n, 32) {
			t.Errorf("%d calls: %d findings", n, found)
		}
	}
}
