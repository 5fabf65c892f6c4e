package dependency

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocs holds the table for readers to the kinds, row by row.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/ecosystems.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	listed := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([a-z]+) \\| ([^|]+) \\|").FindAllStringSubmatch(string(page), -1) {
		got = append(got, m[1]+" "+m[2])
		listed[m[1]] = m[3] == "listed only"
	}
	for _, k := range kinds {
		want = append(want, k.file+" "+k.ecosystem.Name)
		if listed[k.file] != (!k.ecosystem.Matched()) {
			t.Errorf("%s: listed only: %v", k.file, listed[k.file])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "docs/ecosystems.md") {
		t.Error("the README does not lead to docs/ecosystems.md")
	}
}
