package check_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/scanners/iac/check"
)

// TestDocs runs the examples of the documentation as they stand there.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/iac-custom-checks.md")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for i, m := range regexp.MustCompile("(?s)```rego\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		files[fmt.Sprintf("%d.rego", i)] = m[1]
	}
	if len(files) != 2 {
		t.Fatalf("%d examples", len(files))
	}
	set, err := custom(files)
	if err != nil {
		t.Fatal(err)
	}
	in := parseInput(t, "Dockerfile", "FROM registry.example.com/a:1\nFROM alpine:3\nUSER 1000\n")
	for _, name := range []string{"web", "legacy"} {
		in = append(in, parseInput(t, name+".yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: "+name+"\nspec: {}\n")...)
	}
	got := judged(t, set, in, func(_ check.Input, v check.Verdict) string {
		return fmt.Sprintf("%s %s %s:%d %s", v.Check.ID, v.Check.Severity, v.Cause.Path, v.Cause.Start, v.Message)
	})
	want := []string{
		"CORP-0001 high Dockerfile:2 alpine:3 is not from our registry",
		"main.deny_run_as_root high web.yaml:0 Deployment web may run as root",
		"main.warn low legacy.yaml:0 Deployment legacy has no owner",
		"main.warn low web.yaml:0 Deployment web has no owner",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if !strings.Contains(string(text), "http.send is not available: checks run without network") {
		t.Error("the documentation shows no broken check")
	}
}
