package suppress

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the table of docs/iac-suppressions.md anew")

// tableBegin and tableEnd enclose the table in the documentation.
const (
	tableBegin = "<!-- the table of ids, made by: go test ./scanners/iac/suppress -run Docs -update -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

// docsTable is the table as the documentation has it.
func docsTable() string {
	var b strings.Builder
	b.WriteString("| Checkov | scangate |\n|---|---|\n")
	for _, c := range slices.Concat(tables...) {
		b.WriteString("| " + c.theirs + " | " + strings.Join(c.ours, ", ") + " |\n")
	}
	for _, j := range joints {
		b.WriteString("| " + strings.Join(j.all, " with ") + " | " + j.ours + " |\n")
	}
	return b.String()
}

// TestDocs keeps the documentation's table, and what it says of bounds, true.
func TestDocs(t *testing.T) {
	path := filepath.FromSlash("../../../docs/iac-suppressions.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), tableBegin)
	written, after, end := strings.Cut(rest, tableEnd)
	if !ok || !end {
		t.Fatalf("%s lacks the place of the table", path)
	}
	if *update {
		if err := os.WriteFile(path, []byte(before+tableBegin+docsTable()+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(docsTable(), written); diff != "" {
		t.Errorf("the table of %s is not that of the code, run this test with -update:\n%s", path, diff)
	}
	for _, source := range []string{Trivy, Tfsec, Checkov, Scangate} {
		if !strings.Contains(before, source) {
			t.Errorf("%s does not speak of %s", path, source)
		}
	}
	if !strings.Contains(before, "10,000 marks in a file and 256 at one place") || maxMarks != 10_000 || maxAtPlace != 256 {
		t.Errorf("%s does not give the bounds", path)
	}
}

// TestExamples reads the documentation's examples: each has marks, and none
// that is said to be wrong.
func TestExamples(t *testing.T) {
	data, err := os.ReadFile(filepath.FromSlash("../../../docs/iac-suppressions.md"))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]Kind{"hcl": Terraform, "dockerfile": Dockerfile, "yaml": Workflow}
	n := 0
	parts := strings.Split(string(data), "```")
	for i := 1; i < len(parts); i += 2 {
		language, src, _ := strings.Cut(parts[i], "\n")
		k, ok := kinds[language]
		if !ok {
			t.Errorf("an example is in %q", language)
		}
		if strings.Contains(src, "apiVersion:") {
			k = Kubernetes
		} else if strings.Contains(src, "Resources:") {
			k = CloudFormation
		}
		file, problems := Parse([]byte(src), k, now)
		if file.Empty() || len(problems) > 0 {
			t.Errorf("no marks, or wrong ones, %v:\n%s", problems, src)
		}
		n++
	}
	if n < 6 {
		t.Errorf("only %d examples", n)
	}
}
