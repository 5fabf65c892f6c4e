package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
)

// keep writes a file of the directory that is scanned.
func keep(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestIgnoresDecide(t *testing.T) {
	y := newTry(t, "secret=high,iac=clean")
	keep(t, ".scangate.yaml", "ignore:\n- {id: r-1, scanner: secret, reason: known, expires: 2099-01-31}\n- {id: r-2, scanner: iac, reason: old, permanent: true}\n")
	y.run("scan", "--output", "json=out.json").want(0, "VERDICT: PASSED")
	y.want(0, "notice: ignore at .scangate.yaml:3 (r-2) fits no finding")
	data, err := os.ReadFile("out.json")
	if err != nil {
		t.Fatal(err)
	}
	var res finding.Results
	if err := json.Unmarshal(data, &res); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&finding.Decision{Action: "ignored", By: "ignored by .scangate.yaml:2 until 2099-01-31: known"}, res.Runs[0].Findings[0].Decision); d != "" {
		t.Error(d)
	}
	if len(res.Verdict.Notices) != 1 {
		t.Errorf("notices %q", res.Verdict.Notices)
	}
	y.run("gate", "out.json").want(0, "ignored")
	keep(t, ".scangate.yaml", "ignore:\n- {id: r-1, reason: known, expires: 2020-01-31}\n")
	y.run("gate", "out.json").want(1, "notice: ignore at .scangate.yaml:2 (r-1) expired on 2020-01-31 and no longer holds: 1 finding counts again")
	y.run("scan").want(1, "expired on 2020-01-31")
	keep(t, ".scangate.yaml", "ignore:\n- {id: r-1, path: gone, reason: known, permanent: true}\n")
	y.run("scan").want(1, "fits no finding")
	y.run("scan", "--scanners", "iac").want(0, "PASSED")
	if strings.Contains(y.stdout, "notice:") {
		t.Errorf("part of a scan says what is unused\n%s", y.stdout)
	}
	keep(t, ".scangate.yaml", "ignore:\n- {id: r-1, reason: known}\n")
	y.run("scan").want(2, ".scangate.yaml:2:3: ignore: the entry does not say when it ends")
}

func TestForeignIgnoresDecide(t *testing.T) {
	y := newTry(t, "dependency=high,iac=clean")
	keep(t, ".trivyignore", "R-1 exp:2099-01-31\n")
	y.run("scan", "--output", "json=out.json").want(0, "VERDICT: PASSED")
	data, _ := os.ReadFile("out.json")
	if !strings.Contains(string(data), "ignored by .trivyignore:1 until 2099-01-30") {
		t.Errorf("the origin is not shown\n%s", data)
	}
	y.run("gate", "out.json").want(0, "VERDICT: PASSED")
	if err := os.Remove(".trivyignore"); err != nil {
		t.Fatal(err)
	}
	y.run("gate", "out.json").want(1, "1 finding crosses")
	keep(t, ".grype.yaml", "ignore:\n  - vulnerability: R-1\n")
	y.run("gate", "out.json").want(0, "VERDICT: PASSED")
	keep(t, ".grype.yaml", "ignore: nothing\n")
	y.run("scan").want(1, "notice: .grype.yaml:1 is not honoured: want a list here")
	keep(t, ".grype.yaml", strings.Repeat("# long\n", 50_000))
	y.run("scan").want(1, "notice: .grype.yaml is not honoured: over the limit of 256 KiB")
}

func TestForeignIgnoresBesideLockfiles(t *testing.T) {
	t.Chdir(t.TempDir())
	keep(t, "web/osv-scanner.toml", "[[IgnoredVulns]]\nid = \"CVE-1\"\n")
	keep(t, "api/osv-scanner.toml", "[[IgnoredVulns]]\nid = 1\n")
	outside := t.TempDir()
	keep(t, filepath.Join(outside, "osv-scanner.toml"), "[[IgnoredVulns]]\nid = \"CVE-2\"\n")
	if err := os.Symlink(outside, "out"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(".trivyignore", 0o644); err != nil {
		t.Fatal(err)
	}
	run := finding.Run{Scanner: "dependency"}
	for _, p := range []string{"web/a.lock", "web/b.lock", "out/a.lock", "../a.lock", "api/a.lock", "none/a.lock", "a.lock"} {
		run.Findings = append(run.Findings, finding.Finding{RuleID: "CVE-1", Location: finding.Location{Path: p}})
	}
	list := foreignIgnores(".", finding.Results{Runs: []finding.Run{run}}, (*watched)(nil).read)
	if len(list.Entries) != 1 || list.Entries[0].Origin != "web/osv-scanner.toml:1" {
		t.Errorf("%+v", list.Entries)
	}
	if got := strings.Join(list.Problems, "\n"); len(list.Problems) != 3 || !strings.Contains(got, ".trivyignore is not honoured: not a regular file") || !strings.Contains(got, "out/osv-scanner.toml is not honoured") || strings.Contains(got, outside) {
		t.Errorf("%s", got)
	}
}

func TestIgnoreCommand(t *testing.T) {
	y := newTry(t, "secret=high,iac=clean")
	y.run("ignore", "R-1", "--reason", "known", "--expires", "2099-01-31").want(0, ".scangate.yaml:4: R-1 is ignored")
	y.run("scan").want(0, "VERDICT: PASSED")
	y.run("ignore", "r-1", "--reason", "again", "--permanent").want(2, ".scangate.yaml:4: this is ignored here already")
	y.run("ignore", "R-2", "--permanent", "--reason", "x", "--path", "web/", "--package", "lodash", "--scanner", "iac").want(0, ".scangate.yaml:7: R-2 is ignored")
	data, err := os.ReadFile(".scangate.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := "version: 1\n\nignore:\n  - id: R-1\n    reason: known\n    expires: 2099-01-31\n  - id: R-2\n    package: lodash\n    path: web/\n    scanner: iac\n    reason: x\n    permanent: true\n"
	if d := cmp.Diff(want, string(data)); d != "" {
		t.Error(d)
	}
	for _, tt := range []struct {
		args string
		want string
	}{
		{"", "want one ID"}, {"A B", "want one ID"}, {"A", "want --reason TEXT"}, {"A --reason x", "want either --expires DATE"},
		{"A --reason x --expires 2099-01-01 --permanent", "want either --expires DATE"}, {"A --reason x --expires 2020-01-01", "2020-01-01 is over"},
		{"A --reason x --permanent --scanner iak", `unknown scanner "iak"; did you mean "iac"?`},
		{"A --reason x --permanent --config .", "is not a regular file"},
		{"A --reason x --permanent --config no/such.yaml", "cannot write no/such.yaml"},
	} {
		y.run(append([]string{"ignore"}, strings.Fields(tt.args)...)...)
		if y.code == 0 || !strings.Contains(y.stderr, tt.want) {
			t.Errorf("%s: exit code %d: %s", tt.args, y.code, y.stderr)
		}
	}
	if after, _ := os.ReadFile(".scangate.yaml"); string(after) != string(data) {
		t.Error("a refused ignore changed the file")
	}
}
