package iac

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/scanners/iac/workflow"
)

// TestHostileWorkflows sees that what is broken or built to exhaust is a gap
// with its line, soon, and that the file beside it is judged all the same.
func TestHostileWorkflows(t *testing.T) {
	bomb := strings.TrimPrefix(aliasBomb(), pod)
	script := "on: push\npermissions: {}\njobs:\n  a:\n    runs-on: x\n    steps:\n      - &s\n        run: |\n          " + strings.Repeat("x", 1<<20) + "\n" + strings.Repeat("      - *s\n", 1000)
	tests := []struct {
		name, text string
		line       int
		why        string // empty: it is judged
		findings   int
	}{
		{"broken", "on: push\njobs:\n  a: [\n", 3, "cannot be parsed", 0},
		{"not UTF-8", "on: push\n# \xff\n", 1, "it is not UTF-8", 0},
		{"UTF-16", "\xff\xfeo\x00n\x00", 1, "it is not UTF-8", 0},
		{"a list", "- a\n", 1, "it is not a mapping", 0},
		{"a word", "\n\nword\n", 3, "it is not a mapping", 0},
		{"empty", "", 0, "", 0},
		{"only comments", "# on: push\n---\n", 0, "", 0},
		{"no jobs", "on: push\n", 1, "has no jobs", 0},
		{"jobs of another kind", "on: push\njobs: [a]\n", 1, "has no jobs", 0},
		{"steps of another kind", "on: push\npermissions: {}\njobs:\n  a:\n    steps: x\n", 4, "neither steps", 0},
		{"a job of another kind", "on: push\npermissions: {}\njobs:\n  a: 1\n", 4, "neither steps", 0},
		{"a step of another kind", "on: push\npermissions: {}\njobs:\n  a:\n    steps:\n      - 1\n      - uses: x/y@v1\n", 6, "neither run nor uses", 1},
		{"an alias of itself", "on: push\njobs: &a\n  b: *a\n", 2, "contains itself", 0},
		{"aliases that multiply", "on: push\n" + bomb, 0, "multiply", 0},
		{"aliases of a long text", script, 1, "aliases written out", 0},
		{"brackets", "on: " + strings.Repeat("[", 10_000) + "\n", 1, "cannot be parsed", 0},
		{"deep", "on: push\njobs: " + strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000) + "\n", 2, "nested too deep", 0},
		{"a key that is a list", "on: push\n? [a]\n: b\n", 2, "a key is not a name", 0},
		{"an expression that does not end", flowFile("push", "      - run: |\n          a\n          ${{ 'x\n      - uses: x/y@v1\n"), 9, "cannot be parsed", 1},
		{"an expression over the limit", flowFile("push", "      - run: ${{ "+strings.Repeat("x", 21_000)+" }}\n"), 7, "cannot be parsed", 0},
		{"brackets in an expression", flowFile("push", "      - run: ${{ "+strings.Repeat("(", 20_000)+" }}\n"), 7, "cannot be parsed", 0},
		{"signs in an expression", flowFile("push", "      - run: ${{ "+strings.Repeat("!", 20_000)+"x }}\n"), 0, "", 0},
		{"indexes in an expression", flowFile("push", "      - run: ${{ "+strings.Repeat("x[", 6_000)+"1"+strings.Repeat("]", 6_000)+" }}\n"), 0, "", 0},
		{"dots in an expression", flowFile("push", "      - run: ${{ a"+strings.Repeat(".*", 9_000)+" }}\n"), 0, "", 0},
		{"signs in a condition", flowFile("pull_request_target", "      - run: x\n        if: "+strings.Repeat("(", 15_000)+"\n"), 0, "", 0},
		{"many findings", flowFile("push", strings.Repeat("      - uses: x/y@v1\n", 3000)), 0, "more than 1000 findings", 1000},
		{"many findings on a line", flowFile("pull_request", "      - run: "+strings.Repeat("${{ github.head_ref }}", 40_000)+"\n"), 0, "more than 1000 findings", 1000},
		{"many gaps", flowFile("push", strings.Repeat("      - {}\n", 3000)), 7, "neither run nor uses", 0},
		{"a long variable used often", flowFile("push", "      - run: "+strings.Repeat("${{ env.v }}", 20_000)+"\n        env: {V: '"+strings.Repeat("${{ 1 }}", 20_000)+"'}\n"), 0, "", 0},
		{"other line ends", "on: push\r\npermissions: {}\r\njobs:\r\n  a:\r\n    runs-on: x\r\n    # \u2028\u0085\r\n    steps:\r\n      - uses: x/y@v1\r\n", 0, "", 1},
		{"a mark at the start", "\ufeff" + flowFile("push", "      - uses: x/y@v1\n"), 0, "", 1},
		{"merge keys", flowFile("push", "      - &s {uses: x/y@v1}\n      - <<: *s\n"), 8, "neither run nor uses", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			report := scanDir(t, write(t, map[string]string{flowPath: tt.text, "action.yml": "runs:\n  steps:\n    - uses: a/b@v1\n"}), 2, time.Minute, Options{})
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
			found := 0
			for _, f := range report.Findings {
				if f.Location.Path == flowPath {
					found++
				}
			}
			if found != tt.findings || len(report.Findings)-found != 1 {
				t.Errorf("%d findings of %d, want %d and 1", found, len(report.Findings), tt.findings)
			}
			n := noteAt(report, finding.Gap, tt.why)
			switch {
			case tt.why == "" && len(report.Notes) > 0:
				t.Errorf("notes %v", report.Notes)
			case tt.why != "" && (n == nil || n.Path != flowPath || tt.line > 0 && n.Line != tt.line || len(report.Notes) > 20):
				t.Errorf("notes %.300v, want line %d: %s", report.Notes, tt.line, tt.why)
			}
		})
	}
}

// TestHostileActions is the same for actions.
func TestHostileActions(t *testing.T) {
	tests := []struct {
		name, text, why string
		line            int
	}{
		{"broken", "runs: [\n", "cannot be parsed", 1},
		{"runs of another kind", "name: x\nruns: 1\n", "has no section runs", 1},
		{"steps of another kind", "runs:\n  steps: 1\n", "not a list", 2},
		{"a step of another kind", "runs:\n  steps:\n    - x\n", "neither run nor uses", 3},
		{"an alias of itself", "runs: &a\n  steps: *a\n", "contains itself", 1},
		{"aliases that multiply", "runs: {}\n" + strings.TrimPrefix(aliasBomb(), pod), "multiply", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			report := scanDir(t, write(t, map[string]string{"a/action.yml": tt.text}), 2, time.Minute, Options{})
			if n := noteAt(report, finding.Gap, tt.why); n == nil || tt.line > 0 && n.Line != tt.line {
				t.Errorf("notes %v, want line %d: %s", report.Notes, tt.line, tt.why)
			}
		})
	}
}

// TestWorkflowsQuoteNothing sees that no value of a file gets into a report.
func TestWorkflowsQuoteNothing(t *testing.T) {
	token := "tok" + "en1234"
	report := scanDir(t, write(t, map[string]string{
		".github/workflows/a.yml": flowFile("pull_request_target", fmt.Sprintf("      - uses: docker://bot:%[1]s@example.com/x\n      - run: echo %[1]s ${{ github.head_ref }}\n      - uses: actions/checkout@%[1]s!\n        with: {ref: '${{ github.head_ref }}%[1]s', token: '%[1]s${{ secrets.X }}'}\n", token)),
		".github/workflows/b.yml": "on: push\njobs: {a: " + token + "}\n",
		".github/workflows/c.yml": "on: push\njobs: {a: *" + token + "}\n",
	}), 2, time.Minute, Options{})
	if len(report.Findings) < 5 || len(report.Notes) < 2 {
		t.Errorf("%d findings, notes %v", len(report.Findings), report.Notes)
	}
	if strings.Contains(fmt.Sprint(report), token) {
		t.Errorf("the report quotes a value: %v", report)
	}
}

// TestWorkflowLinks sees that nothing outside of the tree is read.
func TestWorkflowLinks(t *testing.T) {
	outside := write(t, map[string]string{"action.yml": "runs:\n  steps:\n    - uses: a/b@v1\n"})
	dir := write(t, map[string]string{flowPath: flowFile("push", "      - run: x\n")})
	for _, name := range []string{".github/workflows/l.yml", "action.yml"} {
		if err := os.Symlink(filepath.Join(outside, "action.yml"), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if report := scanDir(t, dir, 1, time.Minute, Options{}); len(report.Findings) > 0 {
		t.Errorf("findings %v", report.Findings)
	}
}

// TestWorkflowFiles sees which files are taken for what.
func TestWorkflowFiles(t *testing.T) {
	const manifest = "apiVersion: v1\nkind: Pod\n"
	tests := []struct {
		path, text string
		want       string
		frameworks []string
	}{
		{".github/workflows/a.yml", "", "github-actions", nil},
		{".github/workflows/a.yaml", manifest, "github-actions", nil},
		{".github/workflows/action.yml", "", "github-actions", nil},
		{".github/workflows/a.json", "{}", "", nil},
		{".github/workflows/sub/a.yml", "", "", nil},
		{"x/.github/workflows/a.yml", "", "", nil},
		{".github/dependabot.yml", "", "", nil},
		{"action.yml", "name: x\nruns:\n", "github-actions", nil},
		{"a/b/action.yaml", "\"runs\" : {}\n", "github-actions", nil},
		{"action.yml", `{"runs": {}}`, "github-actions", nil},
		{"action.yml", "a:\n  runs: x\n", "", nil},
		{"action.yml", manifest, "kubernetes", nil},
		{"actions.yml", "runs:\n", "", nil},
		{"action.json", "runs:\n", "", nil},
		{".github/workflows/a.yaml", manifest, "kubernetes", []string{"kubernetes"}},
		{".github/workflows/a.yml", "", "", []string{"kubernetes"}},
	}
	for _, tt := range tests {
		_, p := plans(t, write(t, map[string]string{tt.path: tt.text}), Options{Frameworks: tt.frameworks})
		got := ""
		if p != nil {
			for k, files := range p.files {
				if len(files) > 0 {
					got = kindNames[k]
				}
			}
		}
		if got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.path, tt.text, got, tt.want)
		}
	}
}

// FuzzWorkflow sees that no file makes the checks fail or name a place that
// does not exist.
func FuzzWorkflow(f *testing.F) {
	f.Add(flowFile("push", "      - uses: x/y@v1\n      - run: |\n          ${{ github.head_ref }}\n"))
	f.Add("runs:\n  steps:\n    - uses: &a x/y@v1\n    - run: \"\\x24{{ github.head_ref }}\"\n")
	f.Add(flowFile("pull_request_target", "      - uses: actions/checkout@v1\n        with: {ref: '${{ github.head_ref }}'}\n      - run: ${{ secrets.A }}\n"))
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for _, path := range []string{flowPath, "action.yml"} {
			out, err := workflow.Judge(t.Context(), work.File{Path: path, Data: []byte(text)}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range out.Findings {
				if l := found.Location; l.StartLine < 1 || l.EndLine < l.StartLine || l.EndLine > lines {
					t.Errorf("%+v of %d lines", l, lines)
				}
			}
			for _, n := range out.Notes {
				if n.Line > lines || strings.Contains(n.Message, "gave up") {
					t.Errorf("%v of %d lines", n, lines)
				}
			}
		}
	})
}
