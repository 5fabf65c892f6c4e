package iac

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/internal/shardtest"
	"github.com/scangate/scangate/scanners"
)

// shardTree has files of all frameworks, checks that find something in several
// of them, and files that belong together.
func shardTree() map[string]string {
	bucket := "resource \"aws_s3_bucket\" \"b\" {\n  bucket = var.name\n}\nvariable \"name\" {}\n"
	pod := func(name string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec:\n  hostPID: true\n  containers: [{name: c, image: x}, {name: c, image: x}]\n"
	}
	return map[string]string{
		"infra/a/main.tf":            "module \"m\" {\n  source = \"../m\"\n  name = \"a\"\n}\n",
		"infra/b/main.tf":            "module \"m\" {\n  source = \"../m\"\n  name = \"b\"\n}\n",
		"infra/m/main.tf":            bucket,
		"infra/c/main.tf":            bucket,
		"infra/d/main.tf":            strings.Repeat(bucket[:strings.Index(bucket, "variable")], 2) + "variable \"name\" {}\n",
		"infra/e/broken.tf":          "resource {",
		"cfn/one.yaml":               "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  B:\n    Type: AWS::S3::Bucket\n",
		"cfn/two.yaml":               "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  B:\n    Type: AWS::S3::Bucket\n",
		"k8s/pod.yaml":               pod("one"),
		"k8s/more.yaml":              pod("two") + "---\n" + pod("three"),
		"k8s/template.yaml":          "apiVersion: v1\nkind: Pod\n{{- if .x }}\na: 1\n{{- end }}\n",
		"k8s/template2.yaml":         "apiVersion: v1\nkind: Pod\n{{- if .x }}\na: 1\n{{- end }}\n",
		"chart/Chart.yaml":           "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"chart/templates/pod.yaml":   pod("{{ .Release.Name }}"),
		"Dockerfile":                 "FROM alpine\nADD a b\n",
		"other/Dockerfile":           "FROM alpine\nADD a b\nNOPE\n",
		".github/workflows/ci.yml":   "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n        with: {ref: \"${{ github.event.pull_request.head.sha }}\"}\n      - run: make\n",
		".github/workflows/more.yml": "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n",
		"azure.json":                 `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","resources":[{"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"x","properties":{"supportsHttpsTrafficOnly":false}}]}`,
	}
}

func TestShards(t *testing.T) {
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	run, most := shardtest.Equal(t, s, write(t, shardTree()), Join, 2, 7, 19)
	if most < 7 {
		t.Errorf("in %d shards", most)
	}
	frameworks := map[string]map[string]bool{}
	for _, f := range run.Findings {
		if frameworks[f.RuleID] == nil {
			frameworks[f.RuleID] = map[string]bool{}
		}
		frameworks[f.RuleID][f.Framework] = true
	}
	several, two := 0, 0
	for _, r := range run.Rules {
		if len(frameworks[r.ID]) > 1 {
			several++
		}
		if strings.Count(r.Help, "\n```") > 3 {
			two++
		}
	}
	if several == 0 || two == 0 {
		t.Errorf("%d rules of several frameworks, %d with several examples: the test shows nothing", several, two)
	}
}

// TestKustomizationsStayWhole: what they are made of is judged with them.
func TestKustomizationsStayWhole(t *testing.T) {
	files := shardTree()
	files["k8s/kustomization.yaml"] = "resources: [pod.yaml]\nnamePrefix: x-\n"
	files["over/kustomization.yaml"] = "resources: [../k8s]\n"
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, most := shardtest.Equal(t, s, write(t, files), Join, 3); most < 3 {
		t.Errorf("in %d shards", most)
	}
}

func TestOwnChecksStayWhole(t *testing.T) {
	s, err := New(Options{Checks: []string{"checks"}})
	if err != nil {
		t.Fatal(err)
	}
	if units := s.units(&plan{}); units != nil {
		t.Error(units)
	}
}

func TestComponents(t *testing.T) {
	dir := write(t, map[string]string{
		"a/main.tf": "module \"m\" { source = \"../m\" }\n", "b/main.tf": "module \"m\" { source = \"../m?x=1\" }\n", "m/main.tf": "", "m/sub/x.tf": "",
		"c/main.tf.json": `{"module": {"s": {"source": "../m/sub"}}}`, "d/main.tf": "module \"r\" { source = \"terraform-aws-modules/m\" }\n",
		"e/terraform.tfvars": "x = 1\n", "f/main.tf": "module \"out\" { source = \"../../../../m\" }\n",
	})
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := scanners.Walk(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	w, err := s.Plan(t.Context(), scanners.Target{Tree: tree, Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"a", "b", "m"}, {"c", "m/sub"}, {"d"}, {"e"}, {"f"}}
	if d := cmp.Diff(want, components(tree, w.Items.(*plan).files[terraformKind])); d != "" {
		t.Error(d)
	}
}
