package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scangate/scangate/config"
)

// write writes a file of the test's directory.
func (y *try) write(name, content string) {
	y.t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		y.t.Fatal(err)
	}
}

// TestExamplesOfPolicies runs the cases of the examples.
func TestExamplesOfPolicies(t *testing.T) {
	files, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(files, policyTests))
	if err != nil || len(all) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	y := newTry(t, "unused=clean")
	y.scanners = embedded()
	for _, name := range all {
		y.run("policy", "test", name).want(exitPassed, "cases passed")
	}
	// Each rule and each threshold of the example is some case's.
	data, err := os.ReadFile(filepath.Join(files, "policy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(data)) {
		if strings.Contains(line, "action:") || strings.Contains(line, "fail-on:") || strings.Contains(line, "warn-on:") {
			rows = append(rows, line)
		}
	}
	changes := strings.NewReplacer("action: fail", "action: warn", "action: ignore", "action: warn", "action: warn", "action: fail",
		"fail-on: critical", "fail-on: high", "fail-on: medium", "fail-on: none", "warn-on: any", "fail-on: any")
	for _, row := range rows {
		y.write("changed.yaml", strings.Replace(string(data), row, changes.Replace(row), 1))
		y.run("policy", "test", "--config", "changed.yaml", filepath.Join(files, "policy.policytest.yaml")).want(exitFailed, "failed")
		if y.code != exitFailed {
			t.Errorf("no case is about %s", row)
		}
	}
	if len(rows) < 10 {
		t.Errorf("only %d rows", len(rows))
	}
}

func TestPolicyTest(t *testing.T) {
	y := newTry(t, "secret=high,iac=clean")
	y.run("policy", "test").want(exitUsage, "no *.policytest.yaml here: name a FILE")
	y.run("policy", "tset").want(exitUsage, `unknown command policy "tset"; did you mean "test"?`)
	y.write(config.DefaultName, "policy:\n  rules:\n    - {match: {scanner: secret}, action: warn, because: ours}\n")
	y.write("a.policytest.yaml", "cases:\n  - {name: kept, finding: {scanner: secret, severity: high}, expect: warn, by: ours}\n")
	y.run("policy", "test").want(exitPassed, "1 case passed")
	y.write("b.policytest.yaml", "cases:\n  - {name: \"::error::x\", finding: {scanner: iac, severity: high}, expect: pass}\n")
	y.run("policy", "test").want(exitFailed, "b.policytest.yaml:2: ::error::x: got fail, want pass: fail-on: high (default)\n1 of 2 cases failed\n")
	y.run("policy", "test", "a.policytest.yaml").want(exitPassed, "1 case passed")
	y.write("c.policytest.yaml", "policy: nowhere.yaml\ncases: [{finding: {scanner: iac}, expect: pass}]\n")
	y.run("policy", "test", "c.policytest.yaml").want(exitUsage, "nowhere.yaml: no such file")
	y.write("c.policytest.yaml", "cases: [{finding: {scanner: iac}, expct: pass}]\n")
	y.run("policy", "test").want(exitUsage, `c.policytest.yaml:1:35: unknown key "expct" in cases[0]; did you mean "expect"?`)
	y.run("policy", "test", ".").want(exitUsage, "not a regular file")
	y.write(config.DefaultName, "policy: {rules: [{match: {scaner: secret}, action: warn}]}\n")
	y.run("policy", "test", "a.policytest.yaml").want(exitUsage, `.scangate.yaml:1:27: unknown key "scaner" in match; did you mean "scanner"?`)
}

func TestExplain(t *testing.T) {
	y := newTry(t, "secret=high,iac=low,dependency=clean")
	y.run("explain", "all").want(exitUsage, ".scangate/results.json: no such file or directory: `scangate scan` writes it, --results FILE names another")
	y.run("scan").want(exitFailed, "")
	y.run("explain", "R-1").want(exitPassed, "line      default")
	y.run("explain", "all").want(exitPassed, "VERDICT: FAILED")
	if lines := strings.Split(y.stdout, "\n"); !strings.HasPrefix(lines[1], "fail ") || !strings.HasPrefix(lines[2], "warn ") {
		t.Errorf("not the failing first:\n%s", y.stdout)
	}
	y.write(config.DefaultName, `policy:
  rules:
    - {match: {scanner: iac}, action: fail}
    - {name: calm, match: {rule: "R-*", severity: high}, action: warn, because: we know}
`)
	y.run("explain", "--format", "json", "r-1").want(exitPassed, "")
	var got struct {
		Outcome  string
		Findings []struct {
			Scanner, Fingerprint, Line string
			Decision                   struct{ Action, By string }
			Before                     []struct{ Key, Got string }
			Change                     []string
		}
	}
	if err := json.Unmarshal([]byte(y.stdout), &got); err != nil || len(got.Findings) != 2 {
		t.Fatalf("%v\n%s", err, y.stdout)
	}
	first := got.Findings[0]
	if got.Outcome != "failed" || first.Scanner != "secret" || first.Line != ".scangate.yaml:4" || first.Decision.Action != "warn" ||
		len(first.Before) != 1 || first.Before[0].Key != "scanner" || first.Before[0].Got != "secret" || len(first.Change) == 0 {
		t.Errorf("%+v", got)
	}
	y.run("explain", first.Fingerprint[:8]).want(exitPassed, "not by    scanner: iac (.scangate.yaml:3): scanner is secret, the rule wants iac")
	y.want(exitPassed, "decision  warn: warn: calm: we know (.scangate.yaml:4)")
	y.run("explain", "R-2").want(exitUsage, `no finding is named R-2; did you mean "R-1"?; `+"`scangate explain all` lists them")
	y.run("explain", "nothing-like-it").want(exitUsage, "no finding is named nothing-like-it; `scangate explain all` lists them")
	y.run("explain").want(exitUsage, "want one ID")
	y.run("explain", "a", "b").want(exitUsage, "want one ID")
	y.run("explain", "all", "--format", "jsno").want(exitUsage, `unknown format "jsno"; did you mean "json"?`)
	y.scanners = faults("secret=clean,iac=clean")
	y.run("scan", "--results", "clean.json").want(exitPassed, "")
	y.run("explain", "all", "--results", "clean.json").want(exitPassed, "VERDICT: PASSED")
	y.run("explain", "all", "--results", "clean.json", "--format", "json").want(exitPassed, `"findings": []`)
}

// TestGateAndScanAgreeOnRules: saved results have the verdict of the scan, with
// rules and maximums, too.
func TestGateAndScanAgreeOnRules(t *testing.T) {
	for policy, code := range map[string]int{
		"rules: [{match: {severity: low}, action: fail}]":                                            exitFailed,
		"rules: [{match: {severity: \"<critical\"}, action: ignore}]":                                exitPassed,
		"thresholds: {secret: {fail-on: none, max: {high: 0}}}":                                      exitFailed,
		"thresholds: {secret: {fail-on: none, max: {high: 1}}}":                                      exitPassed,
		"rules: [{match: {kev: true}, action: fail}, {match: {}, action: ignore}]":                   exitIncomplete,
		"rules: [{match: {new: true}, action: fail}, {match: {}, action: warn}]":                     exitIncomplete,
		"rules: [{match: {}, action: fail, after: 5d}]":                                              exitFailed,
		"rules: [{match: {scanner: npm-audit, kev: true}, action: fail}, {match: {}, action: warn}]": exitPassed,
	} {
		y := newTry(t, "secret=high,iac=low")
		y.write(config.DefaultName, "policy: {"+policy+"}\n")
		y.run("scan").want(code, "VERDICT")
		scan := y.stdout[strings.Index(y.stdout, "VERDICT"):]
		y.run("gate", defaultResults).want(code, scan)
	}
}

func TestGateComparesPolicies(t *testing.T) {
	y := newTry(t, "secret=high,iac=low")
	y.run("scan").want(exitFailed, "")
	y.write("new.yaml", "policy: {rules: [{match: {scanner: secret}, action: warn, because: ours}, {match: {scanner: iac}, action: fail}]}\n")
	y.run("gate", defaultResults, "--policy", "new.yaml").want(exitFailed, "UNDER new.yaml: FAILED instead of FAILED, 2 findings decided differently\n")
	rows := strings.Split(y.stdout[strings.Index(y.stdout, "NOW "):], "\n")
	if !strings.HasPrefix(rows[1], "warn  fail  low ") || !strings.HasPrefix(rows[2], "fail  warn  high ") || !strings.HasSuffix(rows[2], "warn: ours (new.yaml:1)") {
		t.Errorf("%q", rows)
	}
	y.write("same.yaml", "policy: {rules: [{match: {scanner: secret}, action: fail}]}\n")
	y.run("gate", defaultResults, "--policy", "same.yaml").want(exitFailed, "0 findings decided differently\n")
	y.run("gate", defaultResults, "--policy", "new.yaml", "--fail-on", "none", "--output", "json=-").want(exitPassed, "UNDER new.yaml: FAILED instead of PASSED")
	if strings.Contains(y.stdout, "UNDER") {
		t.Error("the report on standard output does not stand alone")
	}
	y.run("gate", defaultResults, "--policy", "none.yaml").want(exitUsage, "none.yaml: no such file")
}
