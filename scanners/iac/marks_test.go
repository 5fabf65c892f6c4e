package iac

import (
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
)

// TestMarks sees that marks are honoured in every framework that has comments
// or annotations, and that one is honoured where its rendered text shows it.
func TestMarks(t *testing.T) {
	object := "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n"
	chart := map[string]string{"c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n", "c/values.yaml": "host: true\n"}
	with := func(files map[string]string, name, text string) map[string]string {
		out := map[string]string{name: text}
		for k, v := range files {
			out[k] = v
		}
		return out
	}
	tests := []struct {
		name  string
		files map[string]string
		check string
		path  string
	}{
		{"terraform", map[string]string{"a.tf": "#trivy:ignore:AWS-0092\nresource \"aws_s3_bucket\" \"b\" {\n  acl = \"public-read\"\n}\n"}, "AWS-0092", "a.tf"},
		{"terraform, Checkov", map[string]string{"a.tf": "resource \"aws_s3_bucket\" \"b\" {\n  #checkov:skip=CKV_AWS_20:a public one\n  acl = \"public-read\"\n}\n"}, "AWS-0092", "a.tf"},
		{"cloudformation", map[string]string{"a.yaml": "Resources:\n  #trivy:ignore:AWS-0092\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      AccessControl: PublicRead\n"}, "AWS-0092", "a.yaml"},
		{"cloudformation, metadata", map[string]string{"a.json": `{"Resources": {"B": {"Type": "AWS::S3::Bucket", "Metadata": {"checkov": {"skip": [{"id": "CKV_AWS_20", "comment": "known"}]}}, "Properties": {"AccessControl": "PublicRead"}}}}`}, "AWS-0092", "a.json"},
		{"kubernetes", map[string]string{"a.yaml": object + "  hostPID: true # scangate:ignore KSV-0010 a debugger\n"}, "KSV-0010", "a.yaml"},
		{"kubernetes, annotation", map[string]string{"a.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations: {checkov.io/skip1: CKV_K8S_17=known}\nspec:\n  hostPID: true\n"}, "KSV-0010", "a.yaml"},
		{"helm", with(chart, "c/templates/p.yaml", object+"  # trivy:ignore:KSV-0010\n  hostPID: {{ .Values.host }}\n"), "KSV-0010", "c/templates/p.yaml"},
		{"kustomize", map[string]string{"kustomization.yaml": "resources: [p.yaml]\nnamePrefix: x-\n", "p.yaml": object + "  # trivy:ignore:KSV-0010\n  hostPID: true\n"}, "KSV-0010", "p.yaml"},
		{"dockerfile", map[string]string{"Dockerfile": "FROM alpine:3.20\n# tfsec:ignore:DS-0005\nADD a b\n"}, "DS-0005", "Dockerfile"},
		{"workflow", map[string]string{flowPath: flowFile("push", "      - uses: corp/x@v1 # scangate:ignore GHA-001 ours\n")}, "GHA-001", flowPath},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report := scanDir(t, write(t, tt.files), 2, time.Minute, Options{})
			found := false
			for _, f := range report.Findings {
				if f.RuleID == tt.check && f.Location.Path == tt.path {
					found = true
					if !f.Suppressed() {
						t.Errorf("%s:%d is not suppressed", f.Location.Path, f.Location.StartLine)
					}
				} else if f.Suppressed() {
					t.Errorf("%s at %s:%d is suppressed", f.RuleID, f.Location.Path, f.Location.StartLine)
				}
			}
			if !found {
				t.Errorf("no %s: %v", tt.check, report.Findings)
			}
			for _, n := range report.Notes {
				t.Errorf("note %v", n)
			}
		})
	}
}

// TestOverlays sees that an object is judged as it is deployed, once, at its
// own lines, and that the pieces are not judged by themselves.
func TestOverlays(t *testing.T) {
	files := map[string]string{
		"base/kustomization.yaml":   "resources: [p.yaml]\n",
		"base/p.yaml":               "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  hostPID: true\n  containers:\n  - name: c\n    image: i:1\n",
		"a/kustomization.yaml":      "resources: [../base]\nnamePrefix: a-\npatches:\n- path: patch.yaml\n",
		"a/patch.yaml":              "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  hostIPC: true\n",
		"b/kustomization.yaml":      "resources: [../base]\nnamePrefix: b-\n",
		"broken/kustomization.yaml": "resources: [x.yaml, https://example.com/y.yaml]\n",
		"broken/x.yaml":             "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  hostNetwork: true\n",
	}
	report := scanDir(t, write(t, files), 2, time.Minute, Options{})
	got := map[string]int{}
	for _, f := range report.Findings {
		if f.RuleID == "KSV-0010" || f.RuleID == "KSV-0008" || f.RuleID == "KSV-0009" {
			got[f.RuleID+" "+f.Location.Path]++
		}
		if f.RuleID == "KSV-0008" && (len(f.Related) != 2 || f.Related[1].Path != "a/patch.yaml" || f.Related[1].StartLine != 6) {
			t.Errorf("the patch is not named: %v", f.Related)
		}
	}
	for _, want := range []string{"KSV-0010 base/p.yaml", "KSV-0008 base/p.yaml", "KSV-0009 broken/x.yaml"} {
		if got[want] != 1 {
			t.Errorf("%s: %d times", want, got[want])
		}
	}
	if len(got) != 3 {
		t.Errorf("found %v", got)
	}
	if n := noteAt(report, "gap", ""); n == nil || n.Path != "broken/kustomization.yaml" {
		t.Errorf("notes %v", report.Notes)
	}
}

// TestCharts sees that a finding is at the line of its template, that values of
// the configuration count, and what a chart lacks is told.
func TestCharts(t *testing.T) {
	files := map[string]string{
		"c/Chart.yaml":       "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n- {name: gone, version: 1.0.0, repository: https://example.com}\n",
		"c/values.yaml":      "pid: false\n",
		"c/templates/p.yaml": "{{- if .Values.on }}\nx: y\n{{- end }}\napiVersion: v1\nkind: Pod\nmetadata: {name: {{ required \"name it\" .Values.name }}}\nspec:\n  hostIPC: true\n  hostPID: {{ .Values.pid }}\n",
		"c/templates/b.yaml": "a: {{ if }}\n",
		"prod.yaml":          "pid: true\nname: p\n",
	}
	dir := write(t, files)
	ids := func(o Options) (out []string, notes int) {
		report := scanDir(t, dir, 2, time.Minute, o)
		for _, f := range report.Findings {
			if f.RuleID == "KSV-0010" || f.RuleID == "KSV-0008" {
				out = append(out, lines([]finding.Finding{f})...)
			}
		}
		if n := noteAt(report, "gap", "cannot be parsed"); n == nil || n.Path != "c/templates/b.yaml" || n.Line != 1 {
			t.Errorf("notes %v", report.Notes)
		}
		return out, len(report.Notes)
	}
	got, notes := ids(Options{})
	if len(got) != 1 || got[0] != "high\tKSV-0008\tc/templates/p.yaml:8\tPod" || notes != 3 {
		t.Errorf("by its own values: %q, %d notes", got, notes)
	}
	got, notes = ids(Options{HelmValues: []string{"prod.yaml"}})
	if len(got) != 2 || got[1] != "high\tKSV-0010\tc/templates/p.yaml:8\tPod/p" || notes != 2 {
		t.Errorf("by other values: %q, %d notes", got, notes)
	}
}
