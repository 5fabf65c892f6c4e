package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// logLines reads standard error, which has nothing but objects.
func (y *try) logLines() (out []map[string]any) {
	y.t.Helper()
	for line := range strings.Lines(y.stderr) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			y.t.Fatalf("not an object: %q", line)
		}
		at, err := time.Parse(time.RFC3339, v["time"].(string))
		if err != nil || at.Location() != time.UTC || v["level"] == nil || v["msg"] == nil {
			y.t.Errorf("%q: %v", line, err)
		}
		if strings.Contains(line, "##[") || strings.ContainsAny(line, "\x1b\r") {
			y.t.Errorf("a line breaks out: %q", line)
		}
		out = append(out, v)
	}
	return out
}

func TestLogForPrograms(t *testing.T) {
	y := newTry(t, "secret=low,iac=fail,dast=skip,image=gap")
	y.run("scan", "--log-format", "json", "--output", "json=-").want(3, "")
	var words []string
	for _, v := range y.logLines() {
		word := v["level"].(string) + " " + v["msg"].(string)
		for _, key := range []string{"scanner", "status", "outcome"} {
			if s, ok := v[key].(string); ok {
				word += " " + s
			}
		}
		words = append(words, word)
		if v["scanner"] == "secret" && v["status"] != nil && (v["findings"] != 1.0 || v["duration_ms"] == nil) {
			t.Errorf("%v", v)
		}
		if v["scanner"] == "iac" && v["status"] != nil && v["reason"] != `the tool died ::error::injected` {
			t.Errorf("%v", v)
		}
		if v["msg"] == "run ended" && (v["exit_code"] != 3.0 || v["duration_ms"] == nil || len(v["reasons"].([]any)) != 2) {
			t.Errorf("%v", v)
		}
	}
	for _, want := range []string{"INFO scanner started secret", "INFO scanner ended secret completed", "ERROR scanner ended iac failed", "INFO scanner ended dast skipped",
		"WARN scanner ended image partial", "ERROR run ended incomplete"} {
		if !slices.Contains(words, want) {
			t.Errorf("no %q in %q", want, words)
		}
	}
}

func TestComplaintsForPrograms(t *testing.T) {
	y := newTry(t, "secret=clean")
	for _, tt := range []struct {
		code int
		args []string
		part string
	}{
		{2, []string{"scan", "--bogus", "--log-format=json"}, "unknown flag --bogus"},
		{2, []string{"scan", "--bogus", "--log-format", "json"}, "unknown flag --bogus"},
		{2, []string{"scan", "--log-format", "json", "nowhere\x1b[31m"}, "no such directory"},
		{3, []string{"scan", "--log-format", "json", "--results", "/dev/full", "--output", "sarif=/dev/full"}, "cannot write /dev/full"},
	} {
		y.run(tt.args...).want(tt.code, tt.part)
		lines := y.logLines()
		if n := slices.IndexFunc(lines, func(v map[string]any) bool {
			s, _ := v["error"].(string)
			return v["level"] == "ERROR" && v["msg"] == "error" && strings.Contains(s, tt.part)
		}); n < 0 {
			t.Errorf("%q: %v", tt.args, lines)
		}
	}
	y.env = map[string]string{"SCANGATE_LOG_FORMAT": "json", "SCANGATE_FAIL_ON": "hgih"}
	y.run("action").want(2, "is not a severity")
	y.logLines()
	y.env = map[string]string{"SCANGATE_LOG_FORMAT": "yaml"}
	y.run("action").want(2, `unknown format \"yaml\"`[:14])
	y.run("scan", "--log-format", "jsn").want(2, `--log-format: unknown format "jsn"; did you mean "json"?`)
}

func TestAWarningForPrograms(t *testing.T) {
	y := newTry(t, "secret=clean")
	y.write(".scangate", "")
	y.run("scan", "--log-format", "json").want(0, "results are not kept")
	if lines := y.logLines(); !slices.ContainsFunc(lines, func(v map[string]any) bool { return v["level"] == "WARN" && v["msg"] == "warning" }) {
		t.Errorf("%v", lines)
	}
}

// TestTheLogForPeopleIsAsItWas: byte for byte.
func TestTheLogForPeopleIsAsItWas(t *testing.T) {
	y := newTry(t, "secret=skip,iac=fail")
	want := y.run("scan", "--scanners", "secret").stderr
	if want != "scangate: secret: skipped: nothing for it here\n" {
		t.Errorf("%q", want)
	}
	if got := y.run("scan", "--scanners", "secret", "--log-format", "text").stderr; got != want {
		t.Errorf("%q", got)
	}
	if got := y.run("scan", "--scanners", "iac").stderr; got != "scangate: iac: started, 1 file\nscangate: iac: failed: the tool died ::error::injected\n" {
		t.Errorf("%q", got)
	}
}
