package examples

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTargets looks for what the text on releases, and their workflow, have
// make do.
func TestTargets(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	phony := regexp.MustCompile(`(?m)^\.PHONY:(.*)$`).FindStringSubmatch(string(makefile))
	if phony == nil {
		t.Fatal("the Makefile has no .PHONY")
	}
	known := map[string]bool{}
	for _, name := range strings.Fields(phony[1]) {
		known[name] = strings.Contains(string(makefile), "\n"+name+":")
	}
	for _, file := range []string{"docs/verify.md", ".github/workflows/release.yml"} {
		data, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		calls := regexp.MustCompile("(?m)(?:^ {4}|`|run: |\\$\\()make(?: --silent)? ([a-z-]+)").FindAllStringSubmatch(string(data), -1)
		if len(calls) < 3 {
			t.Errorf("%s: only %d calls of make were found", file, len(calls))
		}
		for _, c := range calls {
			if !known[c[1]] {
				t.Errorf("%s: there is no make %s", file, c[1])
			}
		}
	}
}
