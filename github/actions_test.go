package github

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func job(t *testing.T, env map[string]string) *Job {
	t.Helper()
	return NewJob(func(k string) string { return env[k] })
}

func TestInputs(t *testing.T) {
	j := job(t, map[string]string{"SCANGATE_FAIL_ON": " high ", "SCANGATE_OUTPUT": "json=a\r\n\n  sarif=b \n"})
	if got := j.Input("fail-on"); got != "high" {
		t.Errorf("fail-on: %q", got)
	}
	if d := cmp.Diff([]string{"json=a", "sarif=b"}, j.Inputs("output")); d != "" {
		t.Error(d)
	}
	if got := j.Inputs("config"); got != nil {
		t.Errorf("an absent input: %q", got)
	}
}

func TestOutsideOfAJobNothingHappens(t *testing.T) {
	j := job(t, nil)
	if err := j.SetOutput("a", "b"); err != nil {
		t.Error(err)
	}
	if err := j.AddSummary("text"); err != nil {
		t.Error(err)
	}
}

func TestOutputsCannotBeInjected(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	j := job(t, map[string]string{"GITHUB_OUTPUT": file})
	for _, bad := range []string{"a\nend\nconclusion<<x", "a\rb"} {
		if err := j.SetOutput("name", bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	ends := map[string]bool{}
	for _, value := range []string{"passed", "x<<y", ""} {
		if err := j.SetOutput("conclusion", value); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(file)
		if err != nil || os.Remove(file) != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		name, end, ok := strings.Cut(lines[0], "<<")
		if !ok || name != "conclusion" || len(end) < 20 || ends[end] || len(lines) != 4 || lines[1] != value || lines[2] != end || lines[3] != "" {
			t.Errorf("%q", data)
		}
		ends[end] = true
	}
}

func TestFilesThatCannotBeWrittenAreErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "no", "file")
	j := job(t, map[string]string{"GITHUB_OUTPUT": missing, "GITHUB_STEP_SUMMARY": missing})
	if err := j.SetOutput("a", "b"); err == nil {
		t.Error("an output that cannot be written is no error")
	}
	if err := j.AddSummary("text"); err == nil {
		t.Error("a summary that cannot be written is no error")
	}
	j = job(t, map[string]string{"GITHUB_STEP_SUMMARY": filepath.Join(t.TempDir(), "s")})
	if err := j.AddSummary(strings.Repeat("x", maxSummary+1)); err == nil {
		t.Error("a summary over the limit is no error")
	}
}
