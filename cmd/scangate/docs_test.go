package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/policy"
	"github.com/scangate/scangate/report"
)

// rows returns the first cells of the README's table whose header begins with
// the given word.
func rows(t *testing.T, header string) (out []string) {
	t.Helper()
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(data), "| "+header+" |")
	if !ok {
		t.Fatalf("the README has no table %q", header)
	}
	table, _, _ = strings.Cut(table, "\n\n")
	for _, m := range regexp.MustCompile("(?m)^\\| `?([a-z0-9-]+)`? \\|").FindAllStringSubmatch(table, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestREADMEListsTheScanners(t *testing.T) {
	var want []string
	for _, e := range embedded() {
		want = append(want, e.name)
	}
	if d := cmp.Diff(want, rows(t, "Scanner")); d != "" {
		t.Error(d)
	}
}

func TestREADMEListsTheFormats(t *testing.T) {
	if d := cmp.Diff(report.FormatNames(), rows(t, "`--output`")); d != "" {
		t.Error(d)
	}
}

func TestEveryScannerIsWhatTheListCallsIt(t *testing.T) {
	for _, e := range append(embedded(), tools()...) {
		s, err := e.make(config.Section{}, settings{})
		if err != nil {
			t.Fatal(err)
		}
		if len(s) != 1 || s[0].Name() != e.name {
			t.Errorf("%s is called %v", e.name, s)
		}
	}
}

func TestExamplesParse(t *testing.T) {
	files, err := os.ReadDir("../../examples")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	a := &app{scanners: embedded()}
	for _, f := range files {
		if f.IsDir() || filepath.Ext(f.Name()) != ".yaml" || strings.HasSuffix(f.Name(), policyTests[1:]) || f.Name() == "prometheus-rules.yaml" {
			continue // pipelines, what is run, not only parsed, and what is for another program
		}
		file, err := config.Load("../../examples/"+f.Name(), ".")
		if err == nil {
			_, err = policy.Parse(file.Policy, a.known(file))
		}
		if err == nil {
			_, err = a.ignores(file, a.known(file), false)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

func TestREADMEsConfigurationParses(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```yaml\n(version: 1.*?)```").FindSubmatch(data)
	if m == nil {
		t.Fatal("the README shows no configuration")
	}
	file, err := config.Parse(m[1], "README.md")
	if err != nil {
		t.Fatal(err)
	}
	pol, err := policy.Parse(file.Policy, (&app{scanners: embedded()}).known(file))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(pol.Require, []string{"dependency", "secret"}) {
		t.Errorf("require: %v", pol.Require)
	}
}
