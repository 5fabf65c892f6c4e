package secret

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// severityTable and doubtTable write the tables of docs/secret-rules.md, up to
// the columns that were measured.
func severityTable() (rows []string) {
	for _, class := range ruleClasses {
		ids := strings.Fields(class.rules)
		slices.Sort(ids)
		for i, id := range ids {
			ids[i] = "`" + id + "`"
			if p, ok := guesses[id]; ok {
				ids[i] += " (precision " + p + ")"
			}
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s |", class.severity, class.what, strings.Join(ids, ", ")))
	}
	return rows
}

func doubtTable() (rows []string) {
	for _, d := range doubts {
		rows = append(rows, fmt.Sprintf("| %s | %s |", d.class, d.reason))
	}
	return rows
}

// TestDocs holds the tables of the page against those of the code.
func TestDocs(t *testing.T) {
	data, err := os.ReadFile("../../docs/secret-rules.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for _, row := range append(severityTable(), doubtTable()...) {
		if !strings.Contains(page, "\n"+row) {
			t.Errorf("docs/secret-rules.md lacks the row\n%s", row)
		}
	}
	for _, name := range []string{configName, ignoreName, baselineName, allowMark} {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/secret-rules.md does not speak of %s", name)
		}
	}
	for what, n := range map[string]int{"places": maxRelated, "files behind it": maxExtends, "rules": maxRules} {
		if !strings.Contains(page, fmt.Sprintf("%d", n)) {
			t.Errorf("docs/secret-rules.md does not give the bound of %s, %d", what, n)
		}
	}
}
