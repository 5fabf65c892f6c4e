package dast

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/scangate/scangate/scanners/dast/rule"
	"github.com/scangate/scangate/scanners/dast/tlsprobe"
)

var updateRules = flag.Bool("update", false, "write the tables of docs/dast-rules.md anew")

// ruleTables are the tables of docs/dast-rules.md.
func ruleTables() string {
	var b strings.Builder
	row := func(cells ...string) {
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(strings.ReplaceAll(c, "<", "&lt;"), "|", "\\|")
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	cwe := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	b.WriteString("## What answers show\n\n| Rule | Name | Risk | Confidence | CWE | What is wrong | What to do |\n|---|---|---|---|---|---|---|\n")
	for _, r := range rule.All() {
		id := "`" + r.Own + "`"
		if r.ID > 0 {
			id = fmt.Sprintf("[%d](https://www.zaproxy.org/docs/alerts/%[1]d/)", r.ID)
		}
		row(id, r.Name, r.Risk.String(), r.Confidence.String(), cwe(r.CWE), r.Text, r.Fix)
	}
	b.WriteString("\n## What the front door shows\n\n| Rule | Name | Risk | CWE | What is wrong | What to do |\n|---|---|---|---|---|---|\n")
	for _, c := range tlsprobe.Checks() {
		row("`"+c.ID+"`", c.Title, rule.Risk(c.Risk).String(), cwe(c.CWE), c.Text, c.Fix)
	}
	return b.String()
}

// TestRulesAreDocumented sees that every rule that can appear is documented as
// it is; -update writes the tables.
func TestRulesAreDocumented(t *testing.T) {
	const name, begin = "../../docs/dast-rules.md", "## What answers show"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	intro, tables, ok := strings.Cut(string(data), begin)
	want := ruleTables()
	if *updateRules {
		if err := os.WriteFile(name, []byte(intro+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !ok || begin+tables != want {
		t.Errorf("%s is not of today: go test ./scanners/dast -run TestRulesAreDocumented -update", name)
	}
}
