package iac

import (
	"testing"

	"github.com/scangate/scangate/scanners"
)

func plans(t testing.TB, dir string, o Options) (scanners.Work, *plan) {
	t.Helper()
	tree, err := scanners.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.Plan(t.Context(), scanners.Target{Tree: tree, Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := w.Items.(*plan)
	return w, p
}

func TestClassify(t *testing.T) {
	const manifest = "apiVersion: v1\nkind: Pod\n"
	tests := []struct {
		name, content string
		want          string // the framework; empty for none
	}{
		{"main.tf", "", "terraform"},
		{"MAIN.TF", "", "terraform"},
		{"main.tf.json", "{}", "terraform"},
		{"terraform.tfvars", "a = 1", ""},
		{"Dockerfile", "", "dockerfile"},
		{"dockerfile", "", "dockerfile"},
		{"Containerfile", "", "dockerfile"},
		{"Dockerfile.web", "# syntax=x\n\n arg a\nFROM b", "dockerfile"},
		{"Dockerfile.go", "FROM\tscratch\n", "dockerfile"},
		{"dockerfile.go", "// FROM\npackage dockerfile\n", ""},
		{"dockerfile.json", "{}", ""},
		{"web.Dockerfile", "", "dockerfile"},
		{"Dockerfile.dockerignore", "*.md\n", ""},
		{"Dockerfile.md", "# FROM\n", ""},
		{"MyDockerfile", "", ""},
		{"a.yaml", manifest, "kubernetes"},
		{"a.yml", "\ufeff# c\r\nkind: Pod\r\napiVersion: v1\r\n", "kubernetes"},
		{"a.yaml", "a: 1\n---\n\"apiVersion\": v1\n'kind' : Pod\n", "kubernetes"},
		{"a.yaml", "{apiVersion: v1, kind: Pod}", ""}, // unquoted keys in braces: not a form that tools write
		{"a.yaml", `{"apiVersion": "v1", "kind": "Pod"}`, "kubernetes"},
		{"a.yaml", "x:\n  apiVersion: v1\n  kind: Pod\n", ""},
		{"a.yaml", "apiVersion: v1\n", ""},
		{"a.txt", manifest, ""},
		{"a.json", `{"apiVersion":"v1","kind":"Pod"}`, "kubernetes"},
		{"a.json", "\n {\"a\": {}, \"kind\" : \"Pod\", \"b\": [\"}\"], \"apiVersion\" : \"v1\"}", "kubernetes"},
		{"a.json", `{"x":{"apiVersion":"v1","kind":"Pod"}}`, ""},
		{"a.json", `{"x":"apiVersion","y":"kind"}`, ""},
		{"a.json", `["apiVersion","kind"]`, ""},
		{"a.json", `{"apiVersion`, ""},
	}
	for _, tt := range tests {
		_, p := plans(t, write(t, map[string]string{tt.name: tt.content, "other/Dockerfile": ""}), Options{})
		got := ""
		for k, files := range p.files {
			for _, f := range files {
				if f.Path == tt.name {
					got = kindNames[k]
				}
			}
		}
		if got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.name, tt.content, got, tt.want)
		}
	}
}

func TestPlan(t *testing.T) {
	const manifest = "apiVersion: v1\nkind: Pod\n"
	chart := map[string]string{"c/Chart.yaml": "apiVersion: v2\nname: c\n", "c/templates/a.yaml": "{{ x }}", "c/templates/sub/b.yaml": manifest, "c/templates/x.txt": ""}
	all := map[string]string{"a.tf": "", "b.tf": "", "Dockerfile": "", "k.yaml": manifest}
	tests := []struct {
		name       string
		files      map[string]string
		frameworks []string
		skip, what string
	}{
		{"nothing", map[string]string{"README.md": "", "a.json": "{}"}, nil, "no Terraform, Kubernetes, Dockerfile or GitHub Actions in the tree", ""},
		{"nothing wanted", all, []string{"kubernetes", "dockerfile"}, "", "2 files: kubernetes 1, dockerfile 1"},
		{"one wanted", map[string]string{"a.tf": ""}, []string{"dockerfile"}, "no Dockerfile in the tree", ""},
		{"all", all, nil, "", "4 files: terraform 2, kubernetes 1, dockerfile 1"},
		{"chart only", chart, nil, "no Terraform, Kubernetes, Dockerfile or GitHub Actions in the tree; 2 files with template actions not scanned: Helm charts are not rendered yet", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := plans(t, write(t, tt.files), Options{Frameworks: tt.frameworks})
			if w.Skip != tt.skip || w.What != tt.what {
				t.Errorf("skip %q, what %q; want %q, %q", w.Skip, w.What, tt.skip, tt.what)
			}
		})
	}
}
