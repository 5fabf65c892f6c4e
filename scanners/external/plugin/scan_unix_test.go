//go:build unix

package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/external/run"
)

// log is a SARIF with results in files of these names.
func log(files ...string) string {
	var results []string
	for _, f := range files {
		results = append(results, `{"ruleId":"no-x","level":"error","message":{"text":"an x"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"`+f+`"},"region":{"startLine":2}}}]}`)
	}
	return `{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[` + strings.Join(results, ",") + `]}]}`
}

// script is a plug-in that does this.
func script(body string) []byte { return []byte("#!/bin/sh\n" + body + "\n") }

// prints is a plug-in that prints a SARIF and ends with a status.
func prints(sarif string, status int) []byte {
	return script("cat <<'EOF'\n" + sarif + "\nEOF\nexit " + fmt.Sprint(status))
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// repository is a scanned directory with these files.
func repository(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// declare is the plug-in that the text declares, for a repository.
func declare(t *testing.T, dir, text string, path ...string) *Plugin {
	t.Helper()
	list, err := Decode(section(t, text), Options{Dir: dir, Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// scan plans and scans a directory.
func scan(t *testing.T, p *Plugin, dir string) (scanners.Report, error) {
	t.Helper()
	return scanContext(context.Background(), t, p, dir)
}

func scanContext(ctx context.Context, t *testing.T, p *Plugin, dir string) (scanners.Report, error) {
	t.Helper()
	tree, err := scanners.Walk(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	target := scanners.Target{Tree: tree, Jobs: 1}
	w, err := p.Plan(context.Background(), target)
	if err != nil || w.Skip != "" {
		t.Fatalf("%+v, %v", w, err)
	}
	return p.Scan(ctx, target, w)
}

// pinned declares tools/x with its digest.
func pinned(content []byte, more string) string {
	return `mine: {command: [./tools/x` + more + `], sha256: ` + digest(content) + `, contract: "1.0"}`
}

func TestScan(t *testing.T) {
	tests := []struct {
		name    string
		content []byte
		args    string
	}{
		{"prints", prints(log("a.go"), 0), ""},
		{"prints, status 1", prints(log("a.go"), 1), ""},
		{"writes", script(`printf '%s' '` + log("a.go") + `' > "$2"`), `, -o, "{output}"`},
		{"reads the list", script(`grep -qx a.go "$SCANGATE_FILES" && cmp -s "$SCANGATE_FILES" "$1" && test "$SCANGATE_CONTRACT" = 1.0 && test "$PWD" = "$SCANGATE_ROOT" && printf '%s' '` + log("a.go") + `'`), `, "{files}"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := repository(t, map[string][]byte{"a.go": []byte("package a\nx\n"), "tools/x": tt.content})
			report, err := scan(t, declare(t, dir, pinned(tt.content, tt.args)), dir)
			if err != nil {
				t.Fatal(err)
			}
			want := []finding.Finding{{
				RuleID: "no-x", Severity: finding.High, SeveritySource: "sarif level", Message: "an x", Location: finding.Location{Path: "a.go", StartLine: 2},
			}}
			got := report.Findings
			for i := range got {
				got[i].Key, got[i].Fingerprint = "", "" // they are made from the others
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if report.Looked.Files != 2 || len(report.Rules) != 1 || report.Notes[0].Message != "the program has the SHA-256 of the configuration, "+digest(tt.content)[:12]+"…" {
				t.Errorf("%+v", report)
			}
		})
	}
}

func TestScanFails(t *testing.T) {
	none := log()
	tests := []struct {
		name    string
		content []byte
		args    string
		want    string
	}{
		{"nothing", script("exit 0"), "", "mine: ended with status 0 and wrote no SARIF"},
		{"nothing and a complaint", script("echo 'no rules' >&2; exit 7"), "", "ended with status 7 and wrote no SARIF; it said: no rules"},
		{"printed instead of written", prints(none, 0), `, "{output}"`, "wrote no SARIF"},
		{"a link instead of a file", script(`ln -s /etc/passwd "$1"`), `, "{output}"`, "not a regular file"},
		{"garbage", script("echo hello"), "", "not usable as SARIF"},
		{"cut short", prints(none[:len(none)-4], 0), "", "not usable as SARIF"},
		{"no runs", prints(`{"version":"2.1.0","runs":[]}`, 0), "", "its output has no runs"},
		{"no results", prints(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}}}]}`, 0), "", "did not compute any results"},
		{"says that it failed", prints(strings.Replace(none, `"results"`, `"invocations":[{"executionSuccessful":false}],"results"`, 1), 0), "", "did not run successfully"},
		{"status 1 and nothing found", prints(none, 1), "", "its SARIF has no result"},
		{"status 3 and something found", prints(log("a.go"), 3), "", "ended with status 3, which is neither 0 nor 1"},
		{"workflow command", script("echo '::error::hacked' >&2; exit 2"), "", "it said: hacked"},
		{"no interpreter", []byte("#!/nowhere/at/all\n"), "", "interpreter"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := repository(t, map[string][]byte{"a.go": nil, "tools/x": tt.content})
			report, err := scan(t, declare(t, dir, pinned(tt.content, tt.args)), dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "::error") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if !report.Looked.None() {
				t.Errorf("it shows evidence of work: %+v", report.Looked)
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	content := script("sleep 20")
	dir := repository(t, map[string][]byte{"tools/x": content})
	p := declare(t, dir, strings.Replace(pinned(content, ""), "}", ", timeout: 50ms}", 1))
	if _, err := scan(t, p, dir); !errors.Is(err, run.ErrDeadline) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := scanContext(ctx, t, p, dir); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPlan(t *testing.T) {
	content := prints(log(), 0)
	dir := repository(t, map[string][]byte{"a.go": nil, "b/c.go": nil, "b/d.py": nil})
	tree, err := scanners.Walk(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	for pattern, want := range map[string]string{
		"**/*.go": "2 files with the plug-in tools/x", "b/*": "2 files with the plug-in tools/x", "**/*.rs": "no file matches **/*.rs",
	} {
		p := declare(t, dir, strings.Replace(pinned(content, ""), "}", `, files: ["`+pattern+`"]}`, 1))
		w, err := p.Plan(context.Background(), scanners.Target{Tree: tree})
		if err != nil || w.What+w.Skip != want {
			t.Errorf("%s: %+v, %v", pattern, w, err)
		}
	}
}

// Findings elsewhere lose their place and are told about, and a name that the
// list cannot hold is a gap.
func TestNotes(t *testing.T) {
	content := prints(log("a.go", "../b", "file:///etc/passwd"), 1)
	dir := repository(t, map[string][]byte{"a.go": nil, "odd\nname": nil, "tools/x": content})
	report, err := scan(t, declare(t, dir, pinned(content, "")), dir)
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, n := range report.Notes {
		notes = append(notes, string(n.Level)+" "+n.Message)
	}
	all := strings.Join(notes, "\n")
	for _, want := range []string{"gap cannot be told to the plug-in", "warning 2 findings without a file of the scanned tree"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in:\n%s", want, all)
		}
	}
	if len(report.Findings) != 3 || report.Looked.Files != 2 {
		t.Errorf("%+v", report)
	}
}

// A plug-in sees none of the secrets in scangate's environment, and nothing of
// what it leaves in its home is left.
func TestEnvironment(t *testing.T) {
	for _, name := range []string{"GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY"} {
		t.Setenv(name, "in the environment of scangate")
	}
	content := script(`if env | grep -q 'environment of scangate'; then exit 9; fi
test "$HOME" != ` + "'" + os.Getenv("HOME") + "'" + ` && touch "$HOME/left" && echo "{config}" >&2 && test "$1" = "$SCANGATE_ROOT" && printf '%s' '` + log() + `'`)
	dir := repository(t, map[string][]byte{"a.go": nil, "tools/x": content})
	if report, err := scan(t, declare(t, dir, pinned(content, `, "{config}"`)), dir); err != nil {
		t.Errorf("%+v, %v", report, err)
	}
}
