package iac

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/scangate/scangate/scanners/iac/check"
)

var update = flag.Bool("update", false, "write docs/iac-checks.md anew")

// checkTable is the table of docs/iac-checks.md.
func checkTable(t *testing.T) string {
	t.Helper()
	all, err := check.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| Check | Severity | About | Name |\n|---|---|---|---|\n")
	for _, c := range all {
		about := c.Provider
		if c.Service != "" {
			about += " " + c.Service
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` |\n", c.ID, c.Severity, about, c.LongID)
	}
	return b.String()
}

// TestDocumentation sees that every check that can appear is documented with
// its severity; -update writes the table.
func TestDocumentation(t *testing.T) {
	const name = "../../docs/iac-checks.md"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	intro, table, ok := strings.Cut(string(data), "| Check |")
	want := checkTable(t)
	if *update {
		if err := os.WriteFile(name, []byte(intro+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !ok || "| Check |"+table != want {
		t.Errorf("%s is not of today: go test ./scanners/iac -run TestDocumentation -update", name)
	}
}
