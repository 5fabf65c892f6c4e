package iac

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// TestCustomChecks sees that a team's own checks see what they ask for, and
// that their findings are like others.
func TestCustomChecks(t *testing.T) {
	head := func(id, selector string) string {
		return "# METADATA\n# title: Title of " + id + "\n# scope: package\n# custom:\n#   id: " + id + "\n#   severity: HIGH\n#   input:\n#     selector:\n#     - type: " + selector + "\n" +
			"package user." + strings.ToLower(strings.ReplaceAll(id, "-", "")) + "\n\nimport rego.v1\n\n"
	}
	files := map[string]string{
		"checks/k.rego": head("T-1", "kubernetes") + "deny contains res if {\n\tnot input.metadata.labels.owner\n\tres := result.new(\"no owner\", input.metadata)\n}\n",
		"checks/y.rego": head("T-2", "yaml") + "deny contains \"privileged\" if input.services[_].privileged\n",
		"checks/j.rego": head("T-3", "json") + "deny contains \"no licence\" if { input.name; not input.license }\n",
		"checks/t.rego": head("T-4", "toml") + "deny contains \"old\" if input.package.edition == \"2015\"\n",
		"checks/r.rego": head("T-5", "terraform-raw") + "deny contains res if {\n\tsome m in input.modules\n\tsome b in m.blocks\n\tb.kind == \"resource\"\n\tb.type == \"null_resource\"\n\tres := result.new(\"null\", b)\n}\n",
		"pod.yaml":      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n",
		"compose.yaml":  "services:\n  a: {privileged: true}\n",
		"package.json":  "{\"name\": \"x\"}",
		"Cargo.toml":    "[package]\nedition = \"2015\"\n",
		"main.tf":       "resource \"null_resource\" \"n\" {}\n",
	}
	report := scanDir(t, write(t, files), 2, time.Minute, Options{Checks: []string{"checks"}})
	var got []string
	for _, l := range lines(report.Findings) {
		if strings.Contains(l, "\tT-") {
			got = append(got, l)
		}
	}
	want := []string{
		"high\tT-4\tCargo.toml:0\t",
		"high\tT-2\tcompose.yaml:0\t",
		"high\tT-5\tmain.tf:1\tnull_resource.n",
		"high\tT-3\tpackage.json:0\t",
		"high\tT-1\tpod.yaml:4\tPod/p",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	for _, n := range report.Notes {
		t.Errorf("note %v", n)
	}
}

// TestBrokenChecks sees that a check which does not compile, or is not there,
// is an error that says where.
func TestBrokenChecks(t *testing.T) {
	for _, tt := range []struct {
		name, text, dir, want string
	}{
		{"syntax", "package user.a\n\ndeny {\n", "checks", "checks/a.rego:"},
		{"network", "package main\n\nimport rego.v1\n\ndeny contains \"x\" if http.send({})\n", "checks", "checks/a.rego:5:"},
		{"no directory", "", "elsewhere", "elsewhere"},
	} {
		tree, err := scanners.Walk(t.Context(), write(t, map[string]string{"checks/a.rego": tt.text, "Dockerfile": innocent}))
		if err != nil {
			t.Fatal(err)
		}
		defer tree.Close()
		s, err := New(Options{Checks: []string{tt.dir}})
		if err != nil {
			t.Fatal(err)
		}
		target := scanners.Target{Tree: tree, Jobs: 1}
		w, err := s.Plan(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Scan(t.Context(), target, w); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %s", tt.name, err, tt.want)
		}
	}
	if _, err := New(Options{Checks: []string{"../elsewhere"}}); err == nil {
		t.Error("checks outside of the tree are accepted")
	}
}

// TestRawDocuments looks at what cannot be read as what its name says.
func TestRawDocuments(t *testing.T) {
	files := map[string]string{
		"checks/y.rego": "package main\n\nimport rego.v1\n\ndeny contains \"bad\" if input.bad\n",
		"a.yaml":        "bad: true\n---\nbad: [\n",
		"b.json":        "{\"bad\": true} {}",
		"c.toml":        "bad = true\nx = \n",
		"d.yaml":        "{{ template }}\n",
		"e.yaml":        "1: {bad: x}\nbad: true\n",
	}
	report := scanDir(t, write(t, files), 2, time.Minute, Options{Checks: []string{"checks"}})
	if d := cmp.Diff([]string{"high\tmain.deny\ta.yaml:0\t", "high\tmain.deny\te.yaml:0\t"}, lines(report.Findings)); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
	for name, line := range map[string]int{"a.yaml": 3, "b.json": 0, "c.toml": 2} {
		found := false
		for _, n := range report.Notes {
			found = found || n.Path == name && n.Level == finding.Gap && n.Line >= line
		}
		if !found {
			t.Errorf("no gap for %s from line %d: %v", name, line, report.Notes)
		}
	}
}
