//go:build unix

package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// A program is not run unless it is what the configuration says.
func TestVerification(t *testing.T) {
	s := newSigstore()
	key := newKey()
	content := prints(log(), 0)
	during, after := s.start.Add(24*time.Hour+5*time.Minute), s.start.Add(25*time.Hour)
	files := func() map[string][]byte {
		return map[string][]byte{
			"tools/x": content, "cosign.pub": []byte(publicPEM(key)), "root.json": s.trustedRoot(),
			"x.sig":   []byte(base64.StdEncoding.EncodeToString(sign(key, content)) + "\n"),
			"x.json":  s.bundle(content, &during),
			"late":    s.bundle(content, &after),
			"unknown": s.bundle(content, nil),
			"other":   newSigstore().bundle(content, &during),
			"stale":   s.bundle([]byte("an older one"), &during),
		}
	}
	keyed := "{file: x.sig, key: cosign.pub}"
	keyless := func(bundle string) string {
		return "{bundle: " + bundle + ", identity: " + workflow + ", issuer: " + issuer + ", trusted-root: root.json}"
	}
	written := `{file: x.sig, key: "` + strings.ReplaceAll(publicPEM(key), "\n", `\n`) + `"}`
	tests := []struct {
		name, how string
		change    func(map[string][]byte)
		want      string // of the note, or of the error when it begins with !
	}{
		{"digest", "sha256: " + digest(content), nil, "the program has the SHA-256"},
		{"key", "signature: " + keyed, nil, "the program is signed by the key cosign.pub"},
		{"key written out", "signature: " + written, nil, "the program is signed by the key in the configuration"},
		{"identity, and a certificate that was valid when it was logged", "signature: " + keyless("x.json"), nil, "the program is signed by " + workflow + " (" + issuer + ")"},
		{"certificate that was not", "signature: " + keyless("late"), nil, "!expired, or not valid yet, at the signing time"},
		{"certificate without any time", "signature: " + keyless("unknown"), nil, "!no transparency log entry"},
		{"another Sigstore", "signature: " + keyless("other"), nil, "!transparency log that the trusted root does not have"},
		{"bundle of another file", "signature: " + keyless("stale"), nil, "!of another file, or the file was changed"},
		{"another identity", "signature: " + strings.Replace(keyless("x.json"), "acme/tools", "evil/tools", 1), nil, "!signed by " + workflow},
		{"another issuer", "signature: " + strings.Replace(keyless("x.json"), issuer, "https://gitlab.com", 1), nil, "!signed by " + workflow},
		{"built-in root", "signature: " + strings.Replace(keyless("x.json"), ", trusted-root: root.json", "", 1), nil, "!trusted root does not have"},
		{"changed, digest", "sha256: " + digest(content), func(f map[string][]byte) { f["tools/x"] = prints(log(), 0)[1:] }, "!it was changed"},
		{"changed, key", "signature: " + keyed, func(f map[string][]byte) { f["tools/x"] = prints(log(), 0)[1:] }, "!not signed with the key cosign.pub"},
		{"changed, identity", "signature: " + keyless("x.json"), func(f map[string][]byte) { f["tools/x"] = prints(log(), 0)[1:] }, "!of another file, or the file was changed"},
		{"another key", "signature: " + written, func(f map[string][]byte) {
			other := newKey()
			f["cosign.pub"], f["x.sig"] = []byte(publicPEM(other)), []byte(base64.StdEncoding.EncodeToString(sign(other, content)))
		}, "!not signed with the key in the configuration"},
		{"no signature", "signature: " + keyed, func(f map[string][]byte) { delete(f, "x.sig") }, "!x.sig: no such file"},
		{"no key", "signature: " + keyed, func(f map[string][]byte) { delete(f, "cosign.pub") }, "!cosign.pub: no such file"},
		{"no program", "sha256: " + digest(content), func(f map[string][]byte) { delete(f, "tools/x") }, "!tools/x: no such file"},
		{"broken signature", "signature: " + keyed, func(f map[string][]byte) { f["x.sig"] = []byte("hello!") }, "!neither base64 nor a bundle"},
		{"large signature", "signature: " + keyed, func(f map[string][]byte) { f["x.sig"] = make([]byte, maxSignature+1) }, "!larger than 1 MiB"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := files()
			if tt.change != nil {
				tt.change(f)
			}
			dir := repository(t, f)
			p := declare(t, dir, `mine: {command: [./tools/x], contract: "1.0", `+tt.how+`}`)
			report, err := scan(t, p, dir)
			want, refused := strings.CutPrefix(tt.want, "!")
			switch {
			case refused && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("got %v, want %q", err, want)
			case !refused && (err != nil || !strings.HasPrefix(report.Notes[0].Message, want)):
				t.Errorf("got %v, %+v", err, report.Notes)
			}
			if refused && report.Looked.Files > 0 {
				t.Errorf("it ran: %+v", report)
			}
		})
	}
}

// What is changed between the verification and the run is not what runs.
func TestChangedAfterVerification(t *testing.T) {
	good, evil := prints(log(), 0), prints(log("evil.go"), 1)
	dir := repository(t, map[string][]byte{"a.go": nil, "tools/x": good})
	outside := t.TempDir()
	installed := filepath.Join(outside, "x")
	if err := os.WriteFile(installed, good, 0o755); err != nil {
		t.Fatal(err)
	}
	tree, err := scanners.Walk(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	between := func(p *Plugin, name string) (scanners.Report, error) {
		box, err := run.NewBox()
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		prog, err := p.prepare(box, dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, evil, 0o755); err != nil {
			t.Fatal(err)
		}
		var report scanners.Report
		err = p.run(context.Background(), box, prog, tree, []string{"a.go"}, &report)
		return report, err
	}
	report, err := between(declare(t, dir, pinned(good, "")), filepath.Join(dir, "tools/x"))
	if err != nil || len(report.Findings) != 0 {
		t.Errorf("beside the configuration: %+v, %v", report, err)
	}
	for _, how := range []string{"sha256: " + digest(good), "allow-unsigned: true"} {
		if err := os.WriteFile(installed, good, 0o755); err != nil {
			t.Fatal(err)
		}
		report, err = between(declare(t, dir, `mine: {command: [x], contract: "1.0", `+how+`}`, outside), installed)
		if !errors.Is(err, run.ErrChanged) || len(report.Findings) != 0 {
			t.Errorf("installed, %s: %+v, %v", how, report, err)
		}
	}
}

func TestInstalled(t *testing.T) {
	content := prints(log(), 0)
	dir, bin := repository(t, map[string][]byte{"a.go": nil, "bin/x": content}), t.TempDir()
	name := filepath.Join(bin, "x")
	if err := os.WriteFile(name, content, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "bin/x"), 0o755); err != nil {
		t.Fatal(err)
	}
	unsigned := finding.Note{Level: finding.Warning, Message: "the plug-in's program is not verified (allow-unsigned): set sha256 or signature instead"}
	for _, command := range []string{"x", name} {
		report, err := scan(t, declare(t, dir, `mine: {command: [`+command+`], contract: "1.0", allow-unsigned: true}`, bin), dir)
		if err != nil || len(report.Notes) == 0 || report.Notes[0] != unsigned {
			t.Errorf("%s: %+v, %v", command, report, err)
		}
	}
	// Without a digest nothing in the scanned tree runs, however it is named.
	for _, p := range []*Plugin{
		declare(t, dir, `mine: {command: [x], contract: "1.0", allow-unsigned: true}`, filepath.Join(dir, "bin")),
		declare(t, dir, `mine: {command: [`+filepath.Join(dir, "bin/x")+`], contract: "1.0", allow-unsigned: true}`),
	} {
		report, err := scan(t, p, dir)
		if !errors.Is(err, run.ErrInTree) || len(report.Notes) != 1 || report.Notes[0] != unsigned {
			t.Errorf("%+v, %v", report, err)
		}
	}
	_, err := scan(t, declare(t, dir, `mine: {command: [absent], contract: "1.0", sha256: `+digest(content)+`}`, bin), dir)
	if !errors.Is(err, run.ErrNotFound) || !strings.Contains(err.Error(), "install it, or correct command") {
		t.Error(err)
	}
	_, err = scan(t, declare(t, dir, `mine: {command: [x], contract: "1.0", sha256: `+someDigest+`}`, bin), dir)
	if err == nil || !strings.Contains(err.Error(), "it was changed") {
		t.Error(err)
	}
}

// No link leads to a program, a key or a signature outside of the directory.
func TestLinksOut(t *testing.T) {
	content := prints(log(), 0)
	outside := repository(t, map[string][]byte{"x": content})
	dir := repository(t, map[string][]byte{"a.go": nil, "real": content})
	for name, to := range map[string]string{"out": filepath.Join(outside, "x"), "in": "real"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		_, err := scan(t, declare(t, dir, `mine: {command: [./`+name+`], contract: "1.0", sha256: `+digest(content)+`}`), dir)
		if (err == nil) != (name == "in") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := scan(t, declare(t, outside, `mine: {command: [./.], contract: "1.0", sha256: `+digest(content)+`}`), dir); err == nil {
		t.Error("a directory ran")
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
