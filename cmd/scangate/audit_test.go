package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/audit"
)

// audited reads the audit log that a try has written, whose digests must chain.
func (y *try) audited() (out []audit.Record) {
	y.t.Helper()
	data, err := os.ReadFile("audit.jsonl")
	if err != nil {
		y.t.Fatal(err)
	}
	previous := ""
	for line := range bytes.Lines(data) {
		var r audit.Record
		if err := json.Unmarshal(line, &r); err != nil {
			y.t.Fatalf("%v in %q", err, line)
		}
		if r.Previous != previous {
			y.t.Errorf("previous: %q, want %q", r.Previous, previous)
		}
		previous = sha256Hex(bytes.TrimSuffix(line, []byte{'\n'}))
		out = append(out, r)
	}
	return out
}

func sha256Hex(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

func fileSHA256(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return sha256Hex(data)
}

func TestAuditOfEveryRun(t *testing.T) {
	y := newTry(t, "secret=high,iac=fail")
	y.env = map[string]string{"GITHUB_ACTOR": "mona", "USER": "root", "GITHUB_REPOSITORY": "team/shop", "GITHUB_SERVER_URL": "https://u:p@github.example/", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "2"}
	y.write(".scangate.yaml", "policy: {thresholds: {secret: {fail-on: critical}}}\nvex: [v.json]\n")
	y.write("v.json", `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","author":"a","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[]}`)
	y.write(".trivyignore", "CVE-2020-1\n")
	y.run("scan", "--audit-log", "audit.jsonl", "--db-repository=registry.invalid/a/x:2").want(3, "")
	y.run("scan", "--audit-log", "audit.jsonl", "--fail-on", "secret=high").want(1, "")
	y.run("gate", "--audit-log=audit.jsonl", defaultResults).want(3, "")
	y.run("scan", "--audit-log", "audit.jsonl", "--fail-on", "hgih").want(2, "")
	y.run("gate", "nofile", "--audit-log=audit.jsonl").want(2, "")
	y.env["SCANGATE_AUDIT_LOG"], y.env["SCANGATE_FAIL_ON"] = "audit.jsonl", "none"
	y.run("action").want(3, "")

	all := y.audited()
	var summary []string
	for _, r := range all {
		summary = append(summary, strings.Join([]string{r.Command, strings.Join(r.Arguments, " "), r.Verdict.Outcome}, "|"))
		if r.Actor != (audit.Claim{Value: "mona", From: "GITHUB_ACTOR"}) || r.Job.Value != "https://[removed]@github.example/team/shop/actions/runs/7/attempts/2" || r.Repository.Name != "team/shop" {
			t.Errorf("%+v %+v %+v", r.Actor, r.Job, r.Repository)
		}
		if r.Began.After(r.Ended) || r.Duration < 0 || r.Versions.Go == "" || len(r.Versions.Binary) != 64 || r.Directory == "" || strings.Contains(r.Directory, "/") {
			t.Errorf("%+v", r)
		}
	}
	if d := cmp.Diff([]string{
		"scan|--audit-log audit.jsonl --db-repository=registry.invalid/a/x:2|incomplete",
		"scan|--audit-log audit.jsonl --fail-on secret=high|failed",
		"gate|--audit-log=audit.jsonl " + defaultResults + "|incomplete",
		"scan|--audit-log audit.jsonl --fail-on hgih|error",
		"gate|nofile --audit-log=audit.jsonl|error",
		"action|audit-log=audit.jsonl fail-on=none|incomplete",
	}, summary); d != "" {
		t.Error(d)
	}
	var codes []int
	for _, r := range all {
		codes = append(codes, r.Verdict.ExitCode)
	}
	if d := cmp.Diff([]int{3, 1, 3, 2, 2, 3}, codes); d != "" {
		t.Error(d)
	}
	if all[0].Policy == "" || all[0].Policy == all[1].Policy || all[0].Policy != all[2].Policy {
		t.Errorf("policies %s, %s, %s", all[0].Policy, all[1].Policy, all[2].Policy)
	}
	if len(all) != 6 {
		t.Fatalf("%d records", len(all))
	}
	want := map[string]string{
		"config .scangate.yaml": fileSHA256(t, ".scangate.yaml"), "vex v.json": fileSHA256(t, "v.json"), "ignore .trivyignore": fileSHA256(t, ".trivyignore"),
		"results " + defaultResults: fileSHA256(t, defaultResults),
	}
	got := map[string]string{}
	for _, f := range all[5].Files {
		got[f.Role+" "+f.Name] = f.SHA256
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	s := all[1].Scanners
	if len(s) != 2 || s[0].Name != "secret" || s[0].Status != "completed" || s[0].Findings["high"]["fail"] != 1 || s[1].Status != "failed" || all[1].Verdict.Reasons != 2 {
		t.Errorf("%+v", all[1])
	}
}

// TestAnUnauditedPassIsNoPass: a log that cannot be written is found before the
// scan, or is exit code 3 after it.
func TestAnUnauditedPassIsNoPass(t *testing.T) {
	y := newTry(t, "secret=clean")
	if err := os.Symlink("main.go", "link"); err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string]string{
		"no/such/audit.jsonl": "no such file or directory", ".": "not a regular file", "link": "it is a link", "main.go": "is no audit log", "/dev/full": "not a regular file",
	} {
		y.run("scan", "--audit-log", name).want(2, part)
		if strings.Contains(y.stderr, "started") || strings.Count(y.stderr, "\n") != 1 {
			t.Errorf("%s: %s", name, y.stderr)
		}
		y.env = map[string]string{"SCANGATE_AUDIT_LOG": name}
		y.run("action").want(2, part)
		y.run("gate", "--audit-log", name, "x.json").want(2, part)
	}
	y.env = nil
	for _, spec := range []struct {
		mode string
		code int
	}{{"clean", 3}, {"high", 1}} {
		y.scanners = faults("secret=" + spec.mode + ",iac=blocks-audit")
		os.RemoveAll("audit.jsonl")
		y.run("scan", "--audit-log", "audit.jsonl").want(spec.code, "--audit-log: cannot write audit.jsonl: it is not a regular file")
	}
	os.RemoveAll("audit.jsonl")
	y.scanners = faults("secret=clean")
	y.run("scan", "--audit-log", "audit.jsonl", "--output", "json=audit.jsonl").want(2, "is written to by something else, too")
	if len(y.audited()) != 1 {
		t.Error("the log was replaced")
	}
	y.run("scan", "--audit-log", "audit.jsonl", "--results", filepath.Join(".", "audit.jsonl")).want(2, "is written to by something else, too")
	y.run("gate", "--audit-log", "audit.jsonl", "--output", "sarif=audit.jsonl", defaultResults).want(2, "is written to by something else, too")
}

// TestAuditOfAPanic: even then there is a record.
func TestAuditOfAPanic(t *testing.T) {
	y := newTry(t, "secret=clean")
	y.scanners[0].make = nil
	y.run("scan", "--audit-log", "audit.jsonl").want(3, "internal error")
	if r := y.audited(); len(r) != 1 || r[0].Verdict.Outcome != "error" || r[0].Verdict.ExitCode != 3 || r[0].Verdict.Errors != 1 {
		t.Errorf("%+v", r)
	}
}

func TestAuditOfRunsAtOnce(t *testing.T) {
	y := newTry(t, "secret=clean")
	y.run("scan").want(0, "")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var out, errs bytes.Buffer
			a := &app{stdout: &out, stderr: &errs, scanners: y.scanners, getenv: func(string) string { return "" }}
			if code := a.run([]string{"gate", "--audit-log", "audit.jsonl", defaultResults}); code != 0 {
				t.Errorf("%d: %s", code, errs.String())
			}
		})
	}
	wg.Wait()
	if n := len(y.audited()); n != 4 {
		t.Errorf("%d records", n)
	}
}

// TestNoSecretIsAudited: of what the environment and the arguments hold.
func TestNoSecretIsAudited(t *testing.T) {
	y := newTry(t, "secret=clean")
	token := "ghp" + "_" + strings.Repeat("a1B2", 9)
	y.env = map[string]string{"GITHUB_TOKEN": token, "GITHUB_ACTOR": token, "CI_JOB_URL": "https://x:" + token + "@ci.example/1?private_token=" + token}
	y.run("scan", "--audit-log", "audit.jsonl", "--target", "http://u:"+token+"@h.example/?q="+token, "--db", "dir/"+token)
	data, err := os.ReadFile("audit.jsonl")
	if err != nil || strings.Contains(string(data), token[4:]) || len(y.audited()) != 1 {
		t.Errorf("%v %s", err, data)
	}
}

// TestAuditWithoutAnEnvironment: somebody has started the run, even where the
// environment names nobody.
func TestAuditWithoutAnEnvironment(t *testing.T) {
	y := newTry(t, "secret=clean")
	y.run("scan", "--audit-log", "audit.jsonl").want(0, "")
	if r := y.audited()[0]; r.Actor.From != "operating system" || r.Actor.Value == "" {
		t.Errorf("%+v", r.Actor)
	}
}
