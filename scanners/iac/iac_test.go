package iac

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/work"
)

func TestNew(t *testing.T) {
	tests := []struct {
		frameworks []string
		err        string
	}{
		{nil, ""},
		{[]string{"terraform", "kubernetes", "dockerfile"}, ""},
		{[]string{"terrafrom"}, `unknown framework "terrafrom"; did you mean "terraform"?`},
		{[]string{"docker"}, `unknown framework "docker"; did you mean "dockerfile"?`},
		{[]string{strings.Repeat("kube", 1000)}, `unknown framework "kubekube`},
	}
	for _, tt := range tests {
		_, err := New(Options{Frameworks: tt.frameworks})
		switch {
		case tt.err == "" && err != nil:
			t.Errorf("%v: %v", tt.frameworks, err)
		case tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.err)):
			t.Errorf("%.40v: error %v, want %s", tt.frameworks, err, tt.err)
		}
	}
}

// TestVersions sees that the constants follow go.mod.
func TestVersions(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for module, want := range map[string]string{checksModule: checksVersion, "github.com/aquasecurity/trivy": "v" + check.EngineVersion} {
		m := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(module) + ` (\S+)`).FindSubmatch(mod)
		if m == nil || string(m[1]) != want {
			t.Errorf("%s is %s in go.mod, and %s here", module, m, want)
		}
	}
	s, _ := New(Options{})
	if e := s.Engine(); e.Name != "trivy-checks" || !strings.HasPrefix(checksVersion, "v"+e.Version) {
		t.Errorf("engine %+v", e)
	}
}

// TestTemplates sees that templates outside of a chart are counted and told of,
// and no gap.
func TestTemplates(t *testing.T) {
	report := scanDir(t, write(t, map[string]string{
		"t.yaml":     "apiVersion: v1\nkind: Pod\n{{- if .x }}\na: 1\n{{- end }}\n",
		"u.yaml":     "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {{ .x }}\n",
		"Dockerfile": innocent,
	}), 2, time.Minute, Options{})
	want := []finding.Note{templatesNote(2)}
	if d := cmp.Diff(want, report.Notes); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
}

// TestManifests sees that lines are those of the file, that a document that is
// broken does not hide the others, and that JSON is read as well.
func TestManifests(t *testing.T) {
	report := scanDir(t, write(t, map[string]string{
		"a.yaml": "%YAML 1.2\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec:\n  hostPID: true\n--- # two\napiVersion: v1\nkind: Pod\nmetadata: {name: broken\n---\r\n" +
			"apiVersion: v1\nkind: Pod\nmetadata: {name: three}\nspec:\n  hostPID: true\n---\n# nothing\n",
		"b.json": "{\n\"apiVersion\":\"v1\",\n\"kind\":\"Pod\",\n\"metadata\":{\"name\":\"j\"},\n\"spec\":{\"hostPID\":true, \"x\": -1.5}}\n",
	}), 2, time.Minute, Options{})
	var got []string
	for _, f := range report.Findings {
		if f.RuleID == "KSV-0010" {
			got = append(got, fmt.Sprintf("%s:%d %s", f.Location.Path, f.Location.StartLine, f.Resource))
		}
	}
	if want := []string{"a.yaml:7 Pod/one", "a.yaml:17 Pod/three", "b.json:5 Pod/j"}; !slices.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
	if len(report.Notes) != 1 || report.Notes[0].Level != finding.Gap || report.Notes[0].Line < 9 || report.Notes[0].Line > 12 {
		t.Errorf("notes %v", report.Notes)
	}
}

// TestDockerfiles looks at ignore marks, stages, errors with their line, and
// commands that must not be quoted.
func TestDockerfiles(t *testing.T) {
	secret := "hun" + "ter2hunter2"
	report := scanDir(t, write(t, map[string]string{
		"a.dockerfile": "FROM golang:1.24 AS build\n#trivy:ignore:DS005\nADD a b\nADD c d\nFROM alpine:3.20\nUSER app\nHEALTHCHECK CMD true\nRUN cd / && login " + secret + "\n",
		"b.dockerfile": "FROM alpine:3.20\n\nNOPE\n",
	}), 2, time.Minute, Options{})
	want := []string{
		"low\tDS-0005\ta.dockerfile:3\tbuild\tsuppressed",
		"low\tDS-0005\ta.dockerfile:4\tbuild",
		"medium\tDS-0013\ta.dockerfile:8\talpine:3.20",
	}
	if d := cmp.Diff(want, lines(report.Findings)); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	if len(report.Notes) != 1 || report.Notes[0].Line != 3 || report.Notes[0].Path != "b.dockerfile" {
		t.Errorf("notes %v", report.Notes)
	}
	if strings.Contains(fmt.Sprint(report), secret) {
		t.Error("the report quotes a command")
	}
}

// TestConfigMap sees that what a check says about secrets does not hold them,
// and that a check that breaks off is a gap.
func TestConfigMap(t *testing.T) {
	secret := "hun" + "ter2hunter2"
	head := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\ndata:\n  conf: |\n"
	report := scanDir(t, write(t, map[string]string{
		"a.yaml": head + "    email=" + secret + ": x\n",
		"b.yaml": head + "    password=" + secret + "\n",
	}), 1, time.Minute, Options{})
	want := []string{
		"medium\tKSV-01010\ta.yaml:0\tConfigMap/c",
		"high\tKSV-0109\tb.yaml:0\tConfigMap/c",
	}
	if d := cmp.Diff(want, lines(report.Findings)); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	if strings.Contains(fmt.Sprint(report), secret) {
		t.Errorf("the report holds the secret: %v", report.Findings)
	}
	if len(report.Notes) > 0 {
		t.Errorf("notes %v", report.Notes)
	}
	// Both separators on a line are two answers to the check, and an error.
	report = scanDir(t, write(t, map[string]string{"a.yaml": head + "    password: a=" + secret + "\n"}), 1, time.Minute, Options{})
	if n := noteAt(report, finding.Gap, "configMap_with_secrets.rego failed"); n == nil {
		t.Errorf("no gap: %v", report.Notes)
	}
}

func TestCancelled(t *testing.T) {
	tree, err := scanners.Walk(t.Context(), write(t, map[string]string{"a.tf": "", "Dockerfile": innocent}))
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	s, _ := New(Options{})
	target := scanners.Target{Tree: tree, Jobs: 2}
	w, err := s.Plan(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Scan(ctx, target, w); err == nil {
		t.Error("a scan that was cancelled has no error")
	}
}

// TestPanics sees that a panic becomes an error that names the file.
func TestPanics(t *testing.T) {
	r := &run{}
	err := r.do(t.Context(), 2, []work.Task{{Name: "a.tf", Do: func(context.Context) (work.Outcome, error) { panic("boom") }}})
	if err == nil || !strings.Contains(err.Error(), "a.tf") {
		t.Errorf("error %v", err)
	}
}

// BenchmarkTree scans a generated tree of 50 Terraform files.
func BenchmarkTree(b *testing.B) {
	files := map[string]string{}
	for i := range 50 {
		files[fmt.Sprintf("m%d/main.tf", i%10)+fmt.Sprint(i)+".tf"] = fmt.Sprintf("resource \"aws_s3_bucket\" \"b%d\" {\n  bucket = \"b\"\n}\nresource \"aws_security_group\" \"g%d\" {\n  ingress {\n    cidr_blocks = [\"0.0.0.0/0\"]\n  }\n}\n", i, i)
	}
	dir := write(b, files)
	for b.Loop() {
		scanDir(b, dir, 2, time.Minute, Options{})
	}
}

// BenchmarkNoIaC plans a tree of 2,000 files without infrastructure, a fourth
// of them JSON and YAML.
func BenchmarkNoIaC(b *testing.B) {
	files := map[string]string{}
	for i := range 2000 {
		ext := []string{"go", "js", "json", "yaml"}[i%4]
		if i%2 == 1 {
			ext = "go"
		}
		files[fmt.Sprintf("d%d/f%d.%s", i%50, i, ext)] = "{\"a\": [1, 2, 3]}\n"
	}
	dir := write(b, files)
	tree, err := scanners.Walk(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer tree.Close()
	s, _ := New(Options{})
	for b.Loop() {
		if w, err := s.Plan(b.Context(), scanners.Target{Tree: tree, Jobs: 2}); err != nil || w.Skip == "" {
			b.Fatal(w, err)
		}
	}
}
