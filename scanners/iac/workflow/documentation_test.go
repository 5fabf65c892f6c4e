package workflow

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestWorkflowDocumentation sees that every check is documented with its
// severity, and nothing else is.
func TestWorkflowDocumentation(t *testing.T) {
	data, err := os.ReadFile(filepath.FromSlash("../../../docs/workflow-checks.md"))
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	for id, r := range workflowRules {
		row := fmt.Sprintf("| %s | `%s` | %s |", id, r.name, r.severity)
		if strings.Count(doc, row) != 1 {
			t.Errorf("there is no row that starts with %s", row)
		}
		if !strings.Contains(doc, "\n## "+id+" "+r.name+"\n") {
			t.Errorf("%s has no section", id)
		}
		if r.why == "" || r.fix == "" || r.example == "" || r.title == "" || len(r.links) == 0 || r.cwe == "" {
			t.Errorf("%s is not described in full", id)
		}
	}
	code, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	ids := regexp.MustCompile(`GHA-[0-9]{3}`)
	for _, name := range append(code, "../../../docs/workflow-checks.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids.FindAllString(string(text), -1) {
			if _, ok := workflowRules[id]; !ok && !strings.HasSuffix(name, "_test.go") {
				t.Errorf("%s speaks of %s, which is no check", name, id)
			}
		}
	}
}
