package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// lodash is a scanner that finds an old package.
type lodash struct{}

func (lodash) Name() string { return "dependency" }

func (lodash) Plan(context.Context, scanners.Target) (scanners.Work, error) {
	return scanners.Work{What: "1 lockfile"}, nil
}

func (lodash) Scan(context.Context, scanners.Target, scanners.Work) (scanners.Report, error) {
	return scanners.Report{
		Looked: finding.Looked{Files: 1, Packages: 1},
		Rules:  []finding.Rule{{ID: "CVE-2021-23337", Title: "command injection", Severity: finding.High}},
		Findings: []finding.Finding{{
			RuleID: "CVE-2021-23337", Severity: finding.High, Message: "it is so", Location: finding.Location{Path: "main.go", StartLine: 1},
			Aliases: []string{"GHSA-35jh-r3h4-6jhm"}, Key: "lodash@4.17.20",
			Package: &finding.Package{Ecosystem: "npm", Name: "lodash", Version: "4.17.20", PURL: "pkg:npm/lodash@4.17.20"},
		}},
	}, nil
}

// vexTry is a directory with these files, and the scanner of above.
func vexTry(t *testing.T, files map[string]string) *try {
	t.Helper()
	y := newTry(t, "secret=clean")
	y.scanners = []entry{{name: "dependency", make: func(s config.Section, _ settings) ([]scanners.Scanner, error) {
		return build(s, &struct{}{}, func(struct{}) (lodash, error) { return lodash{}, nil })
	}}}
	for name, content := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return y
}

// statement is an OpenVEX document on lodash.
func statement(status, more string) string {
	return fmt.Sprintf(`{"@context": "https://openvex.dev/ns/v0.2.0", "timestamp": "2026-01-31T12:00:00Z", "statements": [
{"vulnerability": {"name": "GHSA-35jh-r3h4-6jhm"}, "products": [{"@id": "pkg:npm/lodash"}], "status": %q%s}]}`, status, more)
}

const notReached = `, "justification": "vulnerable_code_not_in_execute_path"`

func TestVEXChangesTheVerdict(t *testing.T) {
	const pattern = "vex: [security/*.openvex.json]\n"
	for name, tt := range map[string]struct {
		files map[string]string
		code  int
		part  string
	}{
		"no vex":       {map[string]string{"security/a.openvex.json": statement("not_affected", notReached)}, exitFailed, "VERDICT: FAILED"},
		"not affected": {map[string]string{".scangate.yaml": pattern, "security/a.openvex.json": statement("not_affected", notReached)}, exitPassed, "VERDICT: PASSED"},
		"affected":     {map[string]string{".scangate.yaml": pattern, "security/a.openvex.json": statement("affected", "")}, exitFailed, "VERDICT: FAILED"},
		"something else": {map[string]string{".scangate.yaml": pattern,
			"security/a.openvex.json": strings.Replace(statement("not_affected", notReached), "npm/lodash", "npm/lodash-es", 1)}, exitFailed, "VERDICT: FAILED"},
		"contradiction": {map[string]string{".scangate.yaml": pattern,
			"security/a.openvex.json": statement("not_affected", notReached), "security/b.openvex.json": statement("affected", "")},
			exitFailed, "notice: CVE-2021-23337 in pkg:npm/lodash@4.17.20 counts: security/a.openvex.json:2 says not affected, and security/b.openvex.json:2 says affected"},
		"a notice is no failure": {map[string]string{".scangate.yaml": pattern,
			"security/a.openvex.json": statement("not_affected", notReached), "security/b.openvex.json": `{"@context": "https://openvex.dev/ns", "statements": []}`},
			exitPassed, "notice: security/b.openvex.json:1: the OpenVEX document holds no statement"},
		"no file":      {map[string]string{".scangate.yaml": pattern}, exitUsage, `.scangate.yaml:1:7: vex: no file matches "security/*.openvex.json": write the document, or take the pattern out of vex`},
		"no document":  {map[string]string{".scangate.yaml": pattern, "security/a.openvex.json": "{}"}, exitUsage, ".scangate.yaml:1:7: vex: security/a.openvex.json: not a VEX document"},
		"no use":       {map[string]string{".scangate.yaml": pattern, "security/a.openvex.json": statement("not_affected", "")}, exitUsage, "security/a.openvex.json:2: GHSA-35jh-r3h4-6jhm: not affected, but not why"},
		"out of it":    {map[string]string{".scangate.yaml": "vex: [../a.json]\n"}, exitUsage, `.scangate.yaml:1:7: vex: "../a.json" is no pattern of files below the scanned directory`},
		"a root":       {map[string]string{".scangate.yaml": "vex: [/etc/*.json]\n"}, exitUsage, `vex: "/etc/*.json" is no pattern`},
		"bad pattern":  {map[string]string{".scangate.yaml": "vex: ['[']\n"}, exitUsage, `vex: "[" is no pattern`},
		"no word":      {map[string]string{".scangate.yaml": "vex: [{a: b}]\n"}, exitUsage, "vex[0]: want a word, not a mapping"},
		"a directory":  {map[string]string{".scangate.yaml": "vex: [security]\n", "security/a": ""}, exitUsage, "vex: security: not a regular file"},
		"named twice":  {map[string]string{".scangate.yaml": "vex: [a.json, '*.json']\n", "a.json": statement("not_affected", notReached)}, exitPassed, "VERDICT: PASSED"},
		"over a limit": {map[string]string{".scangate.yaml": "vex: [a.json]\n", "a.json": strings.Repeat(" ", 17<<20)}, exitUsage, "vex: a.json: over the limit of 16 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			y := vexTry(t, tt.files)
			y.run("scan").want(tt.code, tt.part)
			if tt.code == exitUsage {
				if n := strings.Count(y.stderr, "\n"); n != 1 {
					t.Errorf("%d lines of errors:\n%s", n, y.stderr)
				}
				return
			}
			// What is kept gives the same verdict.
			y.run("gate", defaultResults).want(tt.code, tt.part)
		})
	}
}

func TestVEXIsNamedInReports(t *testing.T) {
	y := vexTry(t, map[string]string{
		".scangate.yaml":   "vex: [vex/*.json]\n",
		"vex/openvex.json": statement("not_affected", notReached+`, "impact_statement": "templates are not used"`),
	})
	y.run("scan", "--output", "json=r.json").want(exitPassed, "VERDICT: PASSED")
	data, err := os.ReadFile("r.json")
	if err != nil {
		t.Fatal(err)
	}
	if want := `not affected: vulnerable_code_not_in_execute_path, vex/openvex.json: templates are not used`; !strings.Contains(string(data), want) {
		t.Errorf("no %q in\n%s", want, data)
	}
}

// TestVEXDoesNotLeaveTheDirectory: neither by a link to a file nor by one to a
// directory, and no pipe is waited at.
func TestVEXDoesNotLeaveTheDirectory(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "a.json"), []byte(statement("not_affected", notReached)), 0o644); err != nil {
		t.Fatal(err)
	}
	y := vexTry(t, map[string]string{".scangate.yaml": "vex: [a.json]\n"})
	if err := os.Symlink(filepath.Join(outside, "a.json"), "a.json"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, "dir"); err != nil {
		t.Fatal(err)
	}
	y.run("scan").want(exitUsage, "vex: ")
	for _, pattern := range []string{"dir/*.json", "dir/a.json", "*/a.json"} {
		if err := os.WriteFile(".scangate.yaml", []byte("vex: ['"+pattern+"']\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		y.run("scan").want(exitUsage, "vex: ")
	}
	if err := syscall.Mkfifo("pipe.json", 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(".scangate.yaml", []byte("vex: [pipe.json]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("scan").want(exitUsage, "vex: pipe.json: not a regular file")
}

// TestVEXDocumentation: the example and the document that docs/vex.md shows
// work as they say.
func TestVEXDocumentation(t *testing.T) {
	example, err := os.ReadFile("../../examples/vex.yaml")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile("../../docs/vex.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```json\n(.*?)```").FindSubmatch(docs)
	if m == nil {
		t.Fatal("docs/vex.md shows no document")
	}
	y := vexTry(t, map[string]string{".scangate.yaml": string(example)})
	y.run("scan").want(exitUsage, "no file matches \"security/*.openvex.json\"")
	y = vexTry(t, map[string]string{
		".scangate.yaml": string(example), "security/a.openvex.json": string(m[1]),
		"security/supplier.csaf.json": `{"document": {"csaf_version": "2.0"}}`,
	})
	y.run("scan").want(exitPassed, "VERDICT: PASSED")
}
