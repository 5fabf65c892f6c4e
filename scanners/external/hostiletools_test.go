package external

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scangate/scangate/finding"
)

// hostile runs a program that misbehaves, as the fan-out does, and logs what
// came of it.
func hostile(t *testing.T, o Options, files map[string]string) finding.Run {
	t.Helper()
	began := time.Now()
	got := scan(t, New(plainTool(), o), tree(t, files))
	t.Logf("%s after %s: %s; %d findings, looked at %+v\n%s", got.Status, time.Since(began).Round(time.Millisecond), got.Reason, len(got.Findings), got.Looked, notes(got))
	for _, said := range append([]string{got.Reason}, strings.Split(notes(got), "\n")...) {
		if strings.HasPrefix(strings.TrimSpace(said), "::") || strings.Contains(said, "##[") || strings.ContainsAny(said, "\r\x1b") {
			t.Errorf("a workflow command: %q", said)
		}
	}
	return got
}

// failed asserts that a run counts for nothing.
func failed(t *testing.T, got finding.Run, reason string) {
	t.Helper()
	if got.Status != finding.Failed || !strings.Contains(got.Reason, reason) || len(got.Findings) > 0 || !got.Looked.None() {
		t.Errorf("%s: %s; %d findings, looked at %+v; want failed: %s", got.Status, got.Reason, len(got.Findings), got.Looked, reason)
	}
}

var oneUnit = map[string]string{"unit": "", "a.txt": "x"}

const oneResult = `echo '[{"rule":"r","message":"bad","file":"a.txt","line":1}]'` + "\n"

func TestToolPrints10GB(t *testing.T) {
	began := time.Now()
	failed(t, hostile(t, behave(t, "exec head -c 10737418240 /dev/zero"), oneUnit), "plain wrote over 256 MiB to stdout: its output is cut short")
	failed(t, hostile(t, behave(t, oneResult+"exec head -c 10737418240 /dev/zero >&2"), oneUnit), "plain wrote over 8 MiB to stderr: its output is cut short")
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestToolWrites10GB(t *testing.T) {
	// A file is bounded as well; the tool's directory is gone at the end.
	o := behave(t, `exec head -c 10737418240 /dev/zero > "$HOME/file"`)
	o.Timeout = 300 * time.Millisecond
	failed(t, hostile(t, o, oneUnit), "")
}

func TestToolNeverEnds(t *testing.T) {
	for name, body := range map[string]string{"it sleeps": "exec sleep 1000", "it ignores signals": "trap '' TERM INT HUP\nwhile :; do sleep 0.05; done", "it has said all": oneResult + "exec sleep 1000"} {
		o := behave(t, body)
		o.Timeout = 100 * time.Millisecond
		began := time.Now()
		failed(t, hostile(t, o, oneUnit), "plain did not end within 100ms and was killed")
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%s: it took %s", name, took)
		}
	}
}

// alive tells whether a process with that word on its command line lives.
func alive(word string) bool {
	names, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range names {
		if line, err := os.ReadFile(name); err == nil && strings.Contains(string(line), word) {
			return true
		}
	}
	return false
}

func TestToolLeavesChildren(t *testing.T) {
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Log("NOT TESTED: there is no /proc to look for processes in")
		return
	}
	const word = "98765.4321"
	ours := exec.Command("sleep", word)
	if err := ours.Start(); err != nil {
		t.Fatal(err)
	}
	if !alive(word) {
		t.Error("a process that lives is not seen")
	}
	ours.Process.Kill()
	ours.Wait()
	for name, start := range map[string]string{
		"a child": "sleep %s &", "one in a session of its own": "setsid sleep %s &", "one that holds the output": "(trap '' TERM HUP; exec setsid sleep %s) &",
		"one whose parent is gone": "(setsid sh -c 'sleep %s & exit 0')",
	} {
		start = strings.ReplaceAll(start, "%s", word) + "\n"
		for _, end := range []string{oneResult + "exit 1", "exec sleep 1000"} {
			o := behave(t, start+end)
			o.Timeout = 300 * time.Millisecond
			got := hostile(t, o, oneUnit)
			if ends := end != "exec sleep 1000"; ends && (got.Status != finding.Completed || len(got.Findings) != 1) {
				t.Errorf("%s: %s: %s", name, got.Status, got.Reason)
			} else if !ends {
				failed(t, got, "did not end within")
			}
			lives := alive(word)
			for i := 0; i < 20 && lives; i++ { // the killed take their time to be gone
				time.Sleep(10 * time.Millisecond)
				lives = alive(word)
			}
			if lives {
				t.Errorf("%s lives on", name)
			}
		}
	}
}

func TestToolWritesElsewhere(t *testing.T) {
	outside := t.TempDir()
	for _, name := range []string{"keep", "empty"} {
		if err := os.WriteFile(filepath.Join(outside, name), []byte("as it was"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	body := strings.ReplaceAll(`{ echo x > DIR/new; echo x > DIR/keep; true > DIR/empty; rm DIR/keep; mkdir DIR/dir; ln -s / DIR/link; echo x > new; echo x > a.txt; ln -s /etc link; } 2>/dev/null`+"\n", "DIR", outside)
	got := hostile(t, behave(t, body+oneResult+"exit 1"), oneUnit)
	if got.Status != finding.Completed || len(got.Findings) != 1 || got.Looked.Files != 1 {
		t.Errorf("%s: %s", got.Status, got.Reason)
	}
	if strings.Contains(notes(got), "Landlock") {
		t.Log("NOT TESTED: this system cannot forbid it, and the notes say so")
		return
	}
	entries := must(os.ReadDir(outside))(t)
	for _, name := range []string{"keep", "empty"} {
		if data, err := os.ReadFile(filepath.Join(outside, name)); err != nil || string(data) != "as it was" {
			t.Errorf("%s: %q %v", name, data, err)
		}
	}
	if len(entries) != 2 {
		t.Errorf("%v", entries)
	}
}

func TestToolEndsWell(t *testing.T) {
	failed(t, hostile(t, behave(t, "head -c 100000 /dev/urandom"), oneUnit), "ended with status 0, and its output is not usable")
	failed(t, hostile(t, behave(t, "echo '<html>'"), oneUnit), "ended with status 0, and its output is not usable")
	got := hostile(t, behave(t, oneResult+"exit 1"), oneUnit)
	if got.Status != finding.Completed || len(got.Findings) != 1 || got.Looked.Files != 1 {
		t.Errorf("status 1 with valid findings: %s: %s", got.Status, got.Reason)
	}
}

func TestToolPrintsWorkflowCommands(t *testing.T) {
	commands := `printf '::error file=a.txt,line=1::evil\n::add-mask::a\n##[group]x\n  ::set-output name=x::y\n\033[1m::stop-commands::z\n\r::warning::w\n'`
	failed(t, hostile(t, behave(t, commands), oneUnit), "its output is not usable")
	failed(t, hostile(t, behave(t, commands+" >&2; exit 2"), oneUnit), "ended with status 2")
	got := hostile(t, behave(t, `printf %s '[{"rule":"::error::r","message":"::error file=a::bad\n::warning::b ##[error]c","file":"a.txt","line":1}]'; `+commands+" >&2; exit 5"), oneUnit)
	if got.Status != finding.Partial || len(got.Findings) != 1 {
		t.Fatalf("%s: %s", got.Status, got.Reason)
	}
	for _, said := range []string{got.Findings[0].Message, got.Findings[0].RuleID, got.Rules[0].Title} {
		if strings.HasPrefix(said, ":") || strings.Contains(said, "##[") || strings.Contains(said, "\n") {
			t.Errorf("%q", said)
		}
	}
}

func TestToolReadsTokens(t *testing.T) {
	for _, name := range []string{
		"GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_CACHE_URL", "GITHUB_ENV",
		"GITHUB_OUTPUT", "GITHUB_PATH", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_CLIENT_SECRET", "GOOGLE_APPLICATION_CREDENTIALS",
		"NPM_TOKEN", "NODE_AUTH_TOKEN", "DOCKER_AUTH_CONFIG", "SSH_AUTH_SOCK", "LD_PRELOAD_CANARY", "NODE_OPTIONS_CANARY", "INPUT_TOKEN", "HTTPS_PROXY",
	} {
		t.Setenv(name, "canary-of-the-environment")
	}
	// Its own environment, and that of the process which started it.
	got := hostile(t, behave(t, `seen=$( (env; cat "/proc/$PPID/environ" /proc/1/environ) 2>/dev/null | grep -a -c canary)
echo '[{"rule":"r","message":"saw '"$seen"'","file":"a.txt","line":1}]'; env >&2; exit 1`), oneUnit)
	if got.Status != finding.Completed || len(got.Findings) != 1 || got.Findings[0].Message != "saw 0" {
		t.Errorf("%s: %s: %+v", got.Status, got.Reason, got.Findings)
	}
	if all := notes(got) + got.Reason; strings.Contains(all, "canary") {
		t.Errorf("it is in the notes: %s", all)
	}
}
