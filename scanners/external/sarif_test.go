package external

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// sarifOf is a file with these runs.
func sarifOf(runs ...string) string {
	return `{"version":"2.1.0","runs":[` + strings.Join(runs, ",") + `]}`
}

// sarifRun is a run of a tool, with one result of rule R1, whose table is in an
// extension.
func sarifRun(tool, uri, message string) string {
	quoted, err := json.Marshal(message)
	if err != nil {
		panic(err) // a text is always JSON
	}
	return fmt.Sprintf(`{"tool":{"driver":{"name":%q,"semanticVersion":"2.1.0"},"extensions":[{"name":"pack","rules":[{"id":"R1","shortDescription":{"text":"rule of %s"},"properties":{"security-severity":"8.1","tags":["security"]}}]}]},
	"results":[{"ruleId":"R1","rule":{"id":"R1","index":0,"toolComponent":{"index":0}},"message":{"text":%s},"locations":[{"physicalLocation":{"artifactLocation":{"uri":%q},"region":{"startLine":3}}}]}]}`, tool, tool, quoted, uri)
}

func TestImports(t *testing.T) {
	files := map[string]string{
		"results/a.sarif":      sarifOf(sarifRun("CodeQL", "src/a.js", "one"), sarifRun("CodeQL", "src/b.js", "two")),
		"results/b.sarif":      sarifOf(sarifRun("Other Tool", "src/a.js", "three")),
		"results/broken.sarif": sarifOf(sarifRun("CodeQL", "src/a.js", "four"))[:200],
		"results/failed.sarif": sarifOf(`{"tool":{"driver":{"name":"CodeQL"}},"invocations":[{"executionSuccessful":false}],"results":[]}`),
		"results/empty.sarif":  "",
		"results/old.sarif":    `{"version":"1.0.0","runs":[]}`,
		"results/none.sarif":   sarifOf(),
		"clean.sarif":          sarifOf(`{"tool":{"driver":{"name":"CodeQL"}},"results":[]}`),
		"hostile.sarif":        sarifOf(sarifRun("CodeQL", "../../etc/passwd", "::error::evil"), sarifRun("CodeQL", "file:///etc/passwd", "x\n::set-output name=a::b\x1b[31m")),
	}
	tr := tree(t, files)
	codeql := func(pattern string) finding.Run {
		return scan(t, must(CodeQL(CodeQLOptions{SARIF: pattern}, Options{}))(t), tr)
	}
	some := func(patterns ...string) finding.Run {
		return scan(t, must(SARIF(SARIFOptions{Files: patterns}))(t), tr)
	}
	got := codeql("results/a.sarif")
	if got.Status != finding.Completed || got.Looked.Files != 1 {
		t.Fatalf("%s: %s", got.Status, got.Reason)
	}
	var all []string
	for _, f := range got.Findings {
		all = append(all, fmt.Sprintf("%s %s %s:%d %s", f.RuleID, f.Severity, f.Location.Path, f.Location.StartLine, f.Message))
	}
	if d := cmp.Diff([]string{"R1 high src/a.js:3 one", "R1 high src/b.js:3 two"}, all); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]finding.Rule{{ID: "R1", Title: "rule of CodeQL", Severity: finding.High, Score: 8.1, Tags: []string{"security"}}}, got.Rules); d != "" {
		t.Error(d)
	}
	both := some("results/[ab].sarif", "results/a.sarif")
	if both.Status != finding.Completed || len(both.Findings) != 3 || len(both.Rules) != 2 || both.Rules[1].ID != "other-tool/R1" || both.Looked.Files != 2 {
		t.Errorf("%s: %s: %d findings, %d rules", both.Status, both.Reason, len(both.Findings), len(both.Rules))
	}
	for _, c := range []struct {
		run    finding.Run
		status finding.Status
		reason string
	}{
		{codeql("clean.sarif"), finding.Completed, ""},
		{codeql("results/b.sarif"), finding.Failed, "it holds no run of codeql"},
		{codeql("results/failed.sarif"), finding.Partial, "did not run successfully"},
		{codeql("results/broken.sarif"), finding.Failed, "not usable as SARIF 2.1.0"},
		{codeql("results/empty.sarif"), finding.Failed, "not usable"},
		{codeql("nothing/*.sarif"), finding.Failed, "no file matches nothing/*.sarif"},
		{codeql(""), finding.Failed, "the configuration names neither results to import nor languages to analyse: scanners: {codeql: {sarif:"},
		{some("results/old.sarif"), finding.Failed, "version"},
		{some("results/none.sarif"), finding.Failed, "it holds no run"},
		{some("results/*.sarif"), finding.Partial, "and 4 more"},
		{some("results/a.sarif", "nothing"), finding.Partial, "no file matches nothing"},
		{codeql("hostile.sarif"), finding.Completed, ""},
	} {
		if c.run.Status != c.status || !strings.Contains(c.run.Reason, c.reason) {
			t.Errorf("%s: %s, want %s: %s", c.run.Status, c.run.Reason, c.status, c.reason)
		}
		for _, f := range c.run.Findings {
			if strings.HasPrefix(f.Message, "::") || strings.ContainsAny(f.Message, "\n\x1b") || strings.Contains(f.Location.Path, "etc") {
				t.Errorf("%q in %q", f.Message, f.Location.Path)
			}
		}
	}
	for _, bad := range []string{"../x", "/x", "["} {
		if _, err := SARIF(SARIFOptions{Files: []string{bad}}); err == nil {
			t.Errorf("%q is no pattern below the tree", bad)
		}
	}
}
