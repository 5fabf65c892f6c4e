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
		{"terraform.tfvars", "a = 1", "terraform"},
		{"prod.tfvars", "a = 1", ""},
		{"main.tofu", "", "terraform"},
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
		{"a.json", `{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{}}`, "terraform-plan"},
		{"a.yaml", "Resources:\n  B:\n    Type: AWS::S3::Bucket\n", "cloudformation"},
		{"a.template", `{"AWSTemplateFormatVersion":"2010-09-09","Resources":{}}`, "cloudformation"},
		{"a.yaml", "Resources:\n  - a\n", ""},
		{"a.json", `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","resources":[]}`, "azure-arm"},
		{"a.json", `{"$schema":"https://json-schema.org/draft/2020-12/schema"}`, ""},
		{"kustomization.yaml", "resources: []\n", "kubernetes"},
		{"Containerfile.dev", "FROM a\n", "dockerfile"},
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
		{"nothing", map[string]string{"README.md": "", "a.json": "{}"}, nil, "no infrastructure code in the tree", ""},
		{"nothing wanted", all, []string{"kubernetes", "dockerfile"}, "", "2 files: kubernetes 1, dockerfile 1"},
		{"one wanted", map[string]string{"a.tf": ""}, []string{"dockerfile"}, "no Dockerfile in the tree", ""},
		{"all", all, nil, "", "4 files: terraform 2, kubernetes 1, dockerfile 1"},
		{"two wanted", map[string]string{"a.tf": ""}, []string{"dockerfile", "helm"}, "no Helm or Dockerfile in the tree", ""},
		{"chart", chart, nil, "", "4 files: helm 4"},
		{"chart, not wanted", chart, []string{"kubernetes"}, "", "1 file: kubernetes 1"},
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
