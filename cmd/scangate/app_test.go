package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/vulndb"
	"github.com/scangate/scangate/vulndb/feed"
)

// fault is a scanner that does as its mode says: the ways in which a real one
// can go wrong.
type fault struct{ name, mode string }

func (f fault) Name() string { return f.name }

func (f fault) Plan(context.Context, scanners.Target) (scanners.Work, error) {
	switch f.mode {
	case "skip":
		return scanners.Nothing("nothing for it here"), nil
	case "plan-fails":
		return scanners.Work{}, errors.New("cannot plan")
	}
	return scanners.Work{What: "1 file"}, nil
}

func (f fault) Scan(ctx context.Context, t scanners.Target, _ scanners.Work) (scanners.Report, error) {
	r := scanners.Report{Looked: finding.Looked{Files: 1}}
	add := func(s finding.Severity) {
		r.Rules = []finding.Rule{{ID: "R-1", Title: "a rule", Severity: s}}
		r.Findings = []finding.Finding{{RuleID: "R-1", Severity: s, Message: "it is so", Location: finding.Location{Path: t.Tree.Files()[0].Path, StartLine: 1}}}
	}
	switch f.mode {
	case "fail":
		return r, errors.New("the tool died\n::error::injected")
	case "panic":
		panic("out of luck")
	case "hang":
		time.Sleep(time.Hour)
	case "blocks-audit": // what took records when the scan began takes none at its end
		return r, errors.Join(os.Remove("audit.jsonl"), os.Mkdir("audit.jsonl", 0o755))
	case "silent":
		return scanners.Report{}, nil
	case "gap":
		r.Notes = []finding.Note{{Level: finding.Gap, Path: "big.txt", Message: "over the limit"}}
	case "high":
		add(finding.High)
	case "low":
		add(finding.Low)
	}
	return r, nil
}

// faults makes a list of scanners: name=mode, name=mode.
func faults(spec string) (list []entry) {
	for part := range strings.SplitSeq(spec, ",") {
		name, mode, _ := strings.Cut(part, "=")
		list = append(list, entry{name: name, make: func(s config.Section, _ settings) ([]scanners.Scanner, error) {
			return build(s, &struct{}{}, func(struct{}) (fault, error) { return fault{name, mode}, nil })
		}})
	}
	return list
}

// try runs a command line in a new directory with one file in it.
type try struct {
	t              *testing.T
	scanners       []entry
	env            map[string]string
	mirrors        vulndb.UpdateOptions
	feeds          feed.Options
	code           int
	stdout, stderr string
}

func newTry(t *testing.T, spec string) *try {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // not the cache of whoever runs this
	t.Chdir(t.TempDir())
	if err := os.WriteFile("main.go", []byte("package main\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return &try{t: t, scanners: faults(spec), mirrors: vulndb.UpdateOptions{Repositories: []string{"registry.invalid/db"}, Transport: noNetwork{}}, feeds: feed.Options{Transport: noNetwork{}}}
}

func (y *try) run(args ...string) *try {
	y.t.Helper()
	var out, errs bytes.Buffer
	a := &app{stdout: &out, stderr: &errs, scanners: y.scanners, mirrors: y.mirrors, feeds: y.feeds, getenv: func(k string) string { return y.env[k] }}
	y.code = a.run(args)
	y.stdout, y.stderr = out.String(), errs.String()
	return y
}

// noNetwork keeps tests from leaving this machine.
type noNetwork struct{}

func (noNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	return nil, &net.DNSError{Err: "no such host", Name: r.URL.Host, IsNotFound: true}
}

// want checks the exit code and that a part of the output is there.
func (y *try) want(code int, part string) {
	y.t.Helper()
	if y.code != code || !strings.Contains(y.stdout+y.stderr, part) {
		y.t.Errorf("exit code %d, want %d with …%s…\n%s%s", y.code, code, part, y.stdout, y.stderr)
	}
	if strings.Contains(y.stderr, "goroutine ") {
		y.t.Error("a stack trace is shown")
	}
}

func TestOutcomeOfEveryFault(t *testing.T) {
	for _, tt := range []struct {
		spec string
		code int
		part string
	}{
		{"secret=clean,iac=clean", 0, "VERDICT: PASSED"},
		{"secret=low,iac=clean", 0, "VERDICT: PASSED"},
		{"secret=high,iac=clean", 1, "secret: 1 finding crosses fail-on: high (default)"},
		{"secret=clean,iac=fail", 3, `iac: failed: the tool died ::error::injected`},
		{"secret=clean,iac=panic", 3, "iac: failed: the scanner panicked: out of luck"},
		{"secret=clean,iac=hang", 3, "iac: timed-out: did not end within its time limit"},
		{"secret=clean,iac=silent", 3, "no evidence of having looked"},
		{"secret=clean,iac=gap", 3, "iac: partial: big.txt: over the limit"},
		{"secret=clean,iac=plan-fails", 3, "iac: failed: planning: cannot plan"},
		{"secret=clean,iac=skip", 0, "nothing for it here"},
		{"secret=skip,iac=skip", 3, "no scanner found anything to look at"},
		{"secret=high,iac=panic", 1, "iac: failed"},
	} {
		t.Run(tt.spec, func(t *testing.T) {
			y := newTry(t, tt.spec)
			y.run("scan", "--timeout", "100ms", "--output", "sarif=all.sarif", "--output", "sarif-upload=up.sarif").want(tt.code, tt.part)
			for line := range strings.Lines(y.stdout + y.stderr) {
				if strings.HasPrefix(strings.TrimSpace(line), "::") {
					t.Errorf("a workflow command reached the log: %q", line)
				}
			}
			bad := !strings.HasSuffix(tt.spec, "iac=clean") // only a completed scanner contributes a run
			for _, file := range []string{"all.sarif", "up.sarif"} {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if has := bytes.Contains(data, []byte(`"scangate/iac/"`)); has == bad {
					t.Errorf("%s: a run of iac: %v, want %v", file, has, !bad)
				}
			}
			// What is kept gives the same verdict.
			y.run("gate", defaultResults).want(tt.code, "")
		})
	}
}

func TestUsageErrors(t *testing.T) {
	y := newTry(t, "secret=clean,iac=clean")
	if err := os.WriteFile("bad.yaml", []byte("policy:\n  tresholds: {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("junk.json", []byte("[1]"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string
		part string
	}{
		{"", "usage: scangate COMMAND"},
		{"scna", `unknown command "scna"; did you mean "scan"?`},
		{"scan --falil-on high", `unknown flag --falil-on; did you mean "fail-on"?`},
		{"scan nowhere", "nowhere: no such directory"},
		{"scan main.go", "main.go is a file, not a directory"},
		{"scan a b", "want one PATH, not 2"},
		{"scan --scanners secrets", `unknown scanner "secrets"; did you mean "secret"?`},
		{"scan --scanners dats", `unknown scanner "dats"; want one of bandit`},
		{"scan --fail-on hgih", `--fail-on: "hgih" is not a severity; did you mean "high"?`},
		{"scan --config nofile.yaml", "nofile.yaml: no such file"},
		{"scan --config bad.yaml", `bad.yaml:2:3: unknown key "tresholds" in policy; did you mean "thresholds"?`},
		{"scan --output sraif=x", `unknown format "sraif"; did you mean "sarif"?`},
		{"scan --output sarif=no/such/dir/x", "cannot write no/such/dir/x: no such file or directory"},
		{"scan --output json=x --output sarif=x", "x is named twice"},
		{"scan --results no/such/r.json", "--results: cannot write"},
		{"scan --jobs 0", "--jobs: want 1 or more"},
		{"scan --timeout soon", `invalid value "soon" for flag --timeout`},
		{"plan --format github-matrixx", `unknown format "github-matrixx"`},
		{"gate", "want at least one FILE"},
		{"gate nofile", "nofile: no such file"},
		{"gate junk.json", "junk.json: neither scangate JSON nor SARIF"},
		{"gate main.go", "main.go: neither scangate JSON nor SARIF"},
		{"gate .", "not a regular file"},
		{"merge junk.json", "want -o OUT"},
		{"merge -o x junk.json", "junk.json: neither"},
		{"sarif", "want `scangate sarif lint FILE...`"},
		{"sarif lint", "want at least one FILE"},
		{"db", "want `scangate db COMMAND`"},
		{"db updaet", `unknown command db "updaet"; did you mean "update"?`},
		{"db update now", "db update takes no arguments"},
		{"db update --timeout -1s", "--timeout: want a duration"},
		{"db update --db-repository https://ghcr.io/x", `"https://ghcr.io/x" is not a repository such as ghcr.io/`},
		{"db status --format yaml", `unknown format "yaml"`},
		{"db export", "db export: want one argument, not 0"},
		{"db export no/such/dir/x", "cannot write no/such/dir/x"},
		{"db import nofile", "nofile: no such file"},
		{"db build", "db build: want a directory of facts, or OSV advisories with --osv PATH"},
		{"db build a b", "db build: want one directory of facts, not 2"},
		{"version now", "version takes no arguments"},
	} {
		y.run(strings.Fields(tt.args)...).want(exitUsage, tt.part)
		if n := strings.Count(y.stderr, "\n"); n != 1 && tt.args != "" {
			t.Errorf("%s: %d lines of errors:\n%s", tt.args, n, y.stderr)
		}
		if y.stdout != "" {
			t.Errorf("%s: standard output has %q", tt.args, y.stdout)
		}
	}
}

func TestHelpIsNoError(t *testing.T) {
	y := newTry(t, "secret=clean")
	for _, args := range []string{"help", "--help", "scan --help", "scan -h", "plan --help", "gate --help", "merge --help", "sarif lint --help", "version --help",
		"db --help", "db update --help", "db status -h", "db export --help", "db import --help", "db build --help"} {
		y.run(strings.Fields(args)...).want(0, "usage: scangate")
	}
	y.run("scan", "--help").want(0, "--fail-on SPEC")
}

func TestConfigurationDecides(t *testing.T) {
	y := newTry(t, "secret=high,iac=fail")
	y.run("scan").want(1, "secret: 1 finding crosses")
	for _, tt := range []struct {
		config string
		args   string
		code   int
	}{
		{"policy: {thresholds: {secret: {fail-on: critical}}}", "", 3},
		{"policy: {thresholds: {secret: {fail-on: critical}}, require: [secret]}", "", 0},
		{"policy: {thresholds: {secret: {fail-on: critical}}, require: [secret]}", "--fail-on secret=low", 1},
		{"policy: {require: [iac]}", "--fail-on none", 3},
		{"policy: {require: [secret]}", "--fail-on none --scanners secret", 0},
		{"policy: {require: [iac]}", "--fail-on none --scanners secret", 3},
	} {
		if err := os.WriteFile(config.DefaultName, []byte(tt.config), 0o644); err != nil {
			t.Fatal(err)
		}
		y.run(append([]string{"scan"}, strings.Fields(tt.args)...)...).want(tt.code, "VERDICT")
	}
}

func TestReportsOnStandardOutputStandAlone(t *testing.T) {
	y := newTry(t, "secret=low")
	y.run("scan", "--output", "json=-").want(0, "VERDICT: PASSED")
	if _, err := finding.Decode(strings.NewReader(y.stdout)); err != nil {
		t.Errorf("standard output is not the JSON alone: %v", err)
	}
}

func TestAFullDiskIsNoPass(t *testing.T) {
	y := newTry(t, "secret=clean")
	y.run("scan", "--output", "sarif=/dev/full").want(exitIncomplete, "cannot write /dev/full: no space left on device")
	y.run("scan", "--output", "sarif=/dev/full", "--results", "/dev/full").want(exitIncomplete, "")
	if y.code != exitIncomplete || strings.Count(y.stderr, "scangate: cannot write /dev/full: no space left on device\n") != 2 {
		t.Errorf("not a line for each file:\n%s", y.stderr)
	}
	y = newTry(t, "secret=high")
	y.run("scan", "--output", "sarif=/dev/full").want(exitFailed, "cannot write /dev/full: no space left on device")
}

func TestTheDefaultResultsFileIsAConvenience(t *testing.T) {
	y := newTry(t, "secret=clean")
	if err := os.WriteFile(".scangate", nil, 0o644); err != nil { // a file where the directory would be
		t.Fatal(err)
	}
	y.run("scan").want(exitPassed, "warning: the results are not kept")
	if err := os.Remove(".scangate"); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	if err := os.Symlink(elsewhere, ".scangate"); err != nil {
		t.Fatal(err)
	}
	y.run("scan").want(exitPassed, "warning: the results are not kept")
	if left, _ := os.ReadDir(elsewhere); len(left) > 0 {
		t.Errorf("a link in the scanned repository was followed: %v", left)
	}
	if err := os.Remove(".scangate"); err != nil {
		t.Fatal(err)
	}
	y.run("scan", "--results", "no/such/r.json").want(exitUsage, "--results: cannot write")
}

func TestMergeAndGateJoinJobs(t *testing.T) {
	y := newTry(t, "secret=high")
	y.run("scan", "--results", "a.json").want(1, "")
	y.scanners = faults("iac=fail")
	y.run("scan", "--results", "b.json").want(3, "")
	y.scanners = faults("dependency=clean,secret=clean,iac=clean")
	y.run("merge", "a.json", "b.json", "-o", "all.json").want(0, "")
	y.run("gate", "all.json").want(1, "iac: failed: the tool died")
	y.run("gate", "--fail-on", "none", "all.json").want(3, "iac: failed")
	y.run("gate", "a.json", "b.json", "--fail-on", "none").want(3, "iac: failed")
	y.run("gate", "a.json", "--fail-on", "none").want(0, "PASSED")
}

func TestGateReadsSARIF(t *testing.T) {
	y := newTry(t, "secret=high,iac=panic")
	y.run("scan", "--output", "sarif=r.sarif").want(1, "")
	y.run("gate", "r.sarif").want(1, "iac: failed: the scanner panicked")
	y.run("gate", "r.sarif", "--fail-on", "secret=critical").want(3, "iac: failed")
	y.run("sarif", "lint", "r.sarif").want(0, "")
	if err := os.WriteFile("bad.sarif", []byte(`{"version":"2.1.0","$schema":"x","runs":[{"tool":{"driver":{"name":"t"}}}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	y.run("sarif", "lint", "r.sarif", "bad.sarif").want(1, "bad.sarif: reject")
}

func TestPlan(t *testing.T) {
	y := newTry(t, "secret=clean,iac=skip")
	y.run("plan").want(0, "iac          skips  nothing for it here")
	y.run("plan", "--format", "json").want(0, `"runs": false`)
	y.scanners = faults("secret=plan-fails")
	y.run("plan").want(exitIncomplete, "failed: cannot plan")
}

func TestVersionNamesTheEngines(t *testing.T) {
	newTry(t, "secret=clean").run("version").want(0, "scangate ")
}

func TestActionTellsTheJob(t *testing.T) {
	y := newTry(t, "secret=high")
	out, sum := filepath.Join(t.TempDir(), "out"), filepath.Join(t.TempDir(), "summary")
	for _, f := range []string{out, sum} {
		if err := os.WriteFile(f, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	y.env = map[string]string{
		"GITHUB_OUTPUT": out, "GITHUB_STEP_SUMMARY": sum, "SCANGATE_SARIF_FILE": "up.sarif", "SCANGATE_OUTPUT": "json=r.json\n\n markdown=r.md\n",
	}
	y.run("action").want(1, "VERDICT: FAILED")
	for file, part := range map[string]string{out: "failed", sum: "## ❌ scangate: failed", "up.sarif": "scangate/secret/", "r.json": "schemaVersion", "r.md": "## "} {
		data, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(data), part) {
			t.Errorf("%s: %v, want %s in\n%.300s", file, err, part, data)
		}
	}
	y.env["SCANGATE_FAIL_ON"] = "none"
	y.run("action").want(0, "VERDICT: PASSED")
	y.env["SCANGATE_TIMEOUT"] = "soon"
	y.run("action").want(exitUsage, `timeout: "soon" is not a duration`)
}
