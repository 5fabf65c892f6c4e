package check_test

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	dockerfile "github.com/aquasecurity/trivy/pkg/iac/scanners/dockerfile/parser"
	kubernetes "github.com/aquasecurity/trivy/pkg/iac/scanners/kubernetes/parser"
	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/check"
)

// load makes a set of the checks in directories of testdata/custom.
func load(t *testing.T, dirs ...string) *check.Set {
	t.Helper()
	c, err := check.ReadCustom(os.DirFS("testdata/custom"), dirs)
	if err != nil {
		t.Fatal(err)
	}
	set, err := check.NewSet(time.Unix(1700000000, 0), check.WithCustom(c))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// readInputs reads a directory of files as the scanner would: Dockerfiles, Kubernetes
// objects, and everything else as it is written.
func readInputs(t *testing.T, dir string) []check.Input {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []check.Input
	for _, e := range entries {
		text, err := os.ReadFile(path.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, parseInput(t, e.Name(), string(text))...)
	}
	return out
}

func parseInput(t *testing.T, name, text string) []check.Input {
	t.Helper()
	switch {
	case name == "Dockerfile":
		parsed, err := dockerfile.Parse(t.Context(), strings.NewReader(text), name)
		if err != nil {
			t.Fatal(err)
		}
		return []check.Input{{Source: check.Dockerfile, Path: name, Value: parsed.(interface{ ToRego() any }).ToRego()}}
	case strings.Contains(text, "apiVersion:"):
		manifests, err := kubernetes.Parse(t.Context(), strings.NewReader(text), name)
		if err != nil {
			t.Fatal(err)
		}
		var out []check.Input
		for _, m := range manifests {
			out = append(out, check.Input{Source: check.Kubernetes, Path: name, Value: m})
		}
		return out
	}
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	source := check.YAML
	if strings.HasSuffix(name, ".json") {
		source = check.JSON
	}
	return []check.Input{{Source: source, Path: name, Value: value}}
}

// judged returns a line for each verdict of a team's checks, in order.
func judged(t *testing.T, set *check.Set, all []check.Input, line func(check.Input, check.Verdict) string) []string {
	t.Helper()
	var out []string
	for _, in := range all {
		found, err := set.Judge(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			if v.Check.Custom {
				out = append(out, strings.TrimSpace(line(in, v)))
			}
		}
	}
	for _, f := range set.Failures() {
		t.Errorf("%s failed: %v", f.Check.ID, f.Err)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func golden(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for l := range strings.Lines(string(text)) {
		out = append(out, strings.TrimSpace(l))
	}
	slices.Sort(out)
	return out
}

// TestSameAsTrivy sees that the checks in Trivy's form find what they find in
// Trivy, with one exception: where one object of a file has the kind that a
// check selects, Trivy gives it the other objects of the file too.
func TestSameAsTrivy(t *testing.T) {
	set := load(t, "trivy/checks", "trivy/data")
	got := judged(t, set, readInputs(t, "testdata/custom/trivy/input"), func(in check.Input, v check.Verdict) string {
		return fmt.Sprintf("%s %s %d-%d %s | %s | %s | %s", v.Cause.Path, v.Check.Severity, v.Cause.Start, v.Cause.End,
			v.Message, v.Check.Title, v.Check.Resolution, strings.Join(v.Check.References, " "))
	})
	want := golden(t, "testdata/custom/trivy/golden.txt")
	other := "deploy.yaml medium 31-31 Service third has no label owner | Workloads have an owner |  |"
	if !slices.Contains(want, other) {
		t.Errorf("%s is not found by Trivy either", other)
	}
	want = slices.DeleteFunc(want, func(l string) bool { return l == other })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-Trivy +scangate:\n%s", d)
	}
}

// TestSameAsConftest sees that the checks in Conftest's form find what they
// find in Conftest.
func TestSameAsConftest(t *testing.T) {
	set := load(t, "conftest/policy", "conftest/data")
	got := judged(t, set, readInputs(t, "testdata/custom/conftest/input"), func(in check.Input, v check.Verdict) string {
		if v.Check.Title != "" {
			t.Errorf("%s has the title %q", v.Check.ID, v.Check.Title)
		}
		return fmt.Sprintf("%s %s %s %s", in.Path, v.Check.ID, v.Check.Severity, v.Message)
	})
	if d := cmp.Diff(golden(t, "testdata/custom/conftest/golden.txt"), got); d != "" {
		t.Errorf("-Conftest +scangate:\n%s", d)
	}
}

// TestDescription sees what is made of metadata.
func TestDescription(t *testing.T) {
	c, err := check.ReadCustom(os.DirFS("testdata/custom"), []string{"trivy/checks"})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range c.Checks() {
		if got.ID != "USR-0001" {
			continue
		}
		if d := cmp.Diff([]string{"USR-0001", "corp-registry"}, got.Names()); d != "" {
			t.Error(d)
		}
		if !got.Custom || got.Severity != finding.Critical || got.Description != "Other registries are not mirrored." || got.File != "trivy/checks/user.rego" {
			t.Errorf("%+v", got)
		}
	}
	if d := cmp.Diff([]check.Source{check.Dockerfile, check.JSON, check.Kubernetes, check.YAML}, c.Sources()); d != "" {
		t.Error(d)
	}
	if got := len(c.Checks()); got != 5 {
		t.Errorf("%d checks", got)
	}
	var none *check.Custom
	if none.Sources() != nil || none.Checks() != nil {
		t.Error("no checks select something")
	}
	if _, err := check.NewSet(time.Now(), check.WithCustom(nil)); err != nil {
		t.Error(err)
	}
}

// TestSelectors sees which inputs a check gets.
func TestSelectors(t *testing.T) {
	selecting := func(name, selector string) string {
		return "# METADATA\n# custom:\n#   id: " + name + "\n" + selector + "package user." + name + "\nimport rego.v1\ndeny contains \"" + name + "\"\n"
	}
	of := func(kind string) string {
		return "#   input:\n#     selector:\n#       - type: " + kind + "\n"
	}
	set, err := custom(map[string]string{
		"any.rego":   selecting("any", ""),
		"cloud.rego": selecting("cloud", of("cloud")+"#         subtypes:\n#           - provider: aws\n#             service: s3\n"),
		"old.rego":   selecting("old", of("defsec")),
		"raw.rego":   selecting("raw", of("terraform-raw")),
		"yaml.rego":  selecting("yaml", of("yaml")),
		"toml.rego":  selecting("toml", of("toml")),
		"lib.rego":   "# METADATA\n# custom:\n#   library: true\npackage user.lib\nimport rego.v1\ndeny contains \"lib\"\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in   check.Input
		want string
	}{
		{check.Input{Source: check.YAML, Value: 1}, "any yaml"},
		{check.Input{Source: check.YAML, Value: 1, Again: true}, "yaml"},
		{check.Input{Source: check.TOML, Value: 1}, "any toml"},
		{check.Input{Source: check.JSON, Value: 1}, "any"},
		{check.Input{Source: check.Dockerfile, Value: 1}, "any"},
		{check.Input{Source: check.Kubernetes, Value: map[string]any{"kind": "Pod"}}, "any"},
		{check.Input{Source: check.TerraformRaw, Value: map[string]any{}}, "raw"},
		{check.Input{Source: check.Cloud, Value: map[string]any{"aws": map[string]any{"s3": map[string]any{}}}}, "cloud old"},
		{check.Input{Source: check.Cloud, Value: map[string]any{"google": map[string]any{}}}, "old"},
	} {
		got := judged(t, set, []check.Input{c.in}, func(_ check.Input, v check.Verdict) string { return v.Message })
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %s, want %s", c.in.Source, got, c.want)
		}
	}
}

// TestRules sees what becomes of the rules of both conventions, and of what
// they may come to.
func TestRules(t *testing.T) {
	for _, c := range []struct{ name, module, want string }{
		{"text", "package main\ndeny[msg] { msg := \"a\" }", "main.deny high a"},
		{"v1 without import", "package main\ndeny contains \"a\" if true", "main.deny high a"},
		{"future keywords", "package main\nimport future.keywords\ndeny contains \"a\" if re_match(\"a\", \"a\")", "main.deny high a"},
		{"violation", "package main\nviolation[{\"msg\": \"a\", \"details\": {\"b\": 1}}] { true }", "main.violation high a"},
		{"warn", "package main\nwarn_old[msg] { msg := \"a\" }", "main.warn_old low a"},
		{"other names", "package main\ndenied[msg] { msg := \"a\" }\nallow = true", ""},
		{"functions", "package main\ndeny(x) = \"a\" { x }", ""},
		{"truth", "package main\ndefault deny = false\ndeny { true }", "main.deny high the rule deny applies"},
		{"falsehood", "package main\ndefault deny = false", ""},
		{"nothing to say", "package main\ndeny[{\"x\": 1}] { true }", "main.deny high the rule deny applies"},
		{"package path", "package corp[\"a-b\"].c\ndeny[\"a\"] { true }", "corp.a-b.c.deny high a"},
		{"severity of a package", "# METADATA\n# custom:\n#   severity: low\npackage main\ndeny[\"a\"] { true }", "main.deny low a"},
		{"metadata of a rule", "package main\nimport rego.v1\n\n# METADATA\n# title: T\n# custom:\n#   id: R-1\n#   severity: CRITICAL\ndeny contains \"a\"\n\nwarn contains \"b\"", "R-1 critical a, main.warn low b"},
		{"one id", "# METADATA\n# custom:\n#   id: P-1\npackage main\ndeny[\"a\"] { true }\ndeny_b[\"b\"] { true }\nwarn[\"c\"] { true }", "P-1 high a, P-1 high b, P-1 low c"},
		{"deprecated", "# METADATA\n# custom:\n#   deprecated: true\npackage main\ndeny[\"a\"] { true }", ""},
		{"exception of all", "package main\ndeny[\"a\"] { true }\ndeny_b[\"b\"] { true }\nexception[[\"\"]] { true }", "main.deny_b high b"},
		{"exception of another", "package main\ndeny_a[\"a\"] { true }\nexception[[\"b\"]] { input.x == 1 }", "main.deny_a high a"},
		{"foreign files", "package main\ndeny[{\"msg\": \"a\", \"filepath\": \"../../etc/passwd\"}] { true }", "main.deny high a"},
		{"a hostile message", "package main\ndeny[\"a\\u001b[31m\\u202eb\"] { true }", "main.deny high a[31mb"},
		{"one clock", "package main\ndeny[msg] { msg := time.format(time.now_ns()) }", "main.deny high 2023-11-14T22:13:20Z"},
		{"libraries", "package main\ndeny[\"a\"] { data.lib.kubernetes.kind == \"\" }\ndeny[\"b\"] { true }", "main.deny high b"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			set, err := custom(map[string]string{"a.rego": c.module})
			if err != nil {
				t.Fatal(err)
			}
			got := judged(t, set, []check.Input{document(map[string]any{})}, func(_ check.Input, v check.Verdict) string {
				if v.Cause.Path != "a.yaml" {
					t.Errorf("a cause in %q", v.Cause.Path)
				}
				return fmt.Sprintf("%s %s %s", v.Check.ID, v.Check.Severity, v.Message)
			})
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %q, want %q", strings.Join(got, ", "), c.want)
			}
		})
	}
}
