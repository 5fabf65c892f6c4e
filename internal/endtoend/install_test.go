package endtoend

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTamperedProgram: what is downloaded and is not what the commit of the
// action names is not run, and nothing is uploaded.
func TestTamperedProgram(t *testing.T) {
	t.Parallel()
	j, rel := newUser(t, "push.yml")
	ran := filepath.Join(t.TempDir(), "ran")
	rel.file = filepath.Join(t.TempDir(), "scangate")
	write(t, rel.file, "#!/bin/sh\n: > '"+ran+"'\n")
	r := j.run("push.yml")
	if r.passed || r.exit() != "1" {
		t.Errorf("the job passed: %v, %s", r.passed, r.exit())
	}
	r.has(t, "scangate: downloading "+rel.url, "and .github/checksums.txt wants "+must(t, digest)+": it was deleted, not run")
	if _, err := os.Stat(ran); err == nil {
		t.Error("it was run")
	}
	if n := rel.asked.Load(); n != 1 {
		t.Errorf("it was downloaded %d times", n)
	}
	if asked := j.hub.Requests(); len(asked) > 0 || len(r.outputs("scangate/scan")) > 0 {
		t.Errorf("GitHub was asked %v, and the outputs are %v", asked, r.outputs("scangate/scan"))
	}
	kept := 0
	err := filepath.WalkDir(j.home, func(path string, e os.DirEntry, err error) error {
		if strings.HasPrefix(e.Name(), "scangate") && e.Type().IsRegular() {
			kept++
			t.Errorf("%s is still there", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}

	// The true one is taken then, and the cache of tools has it for the next job.
	rel.file = must(t, program)
	if r := j.run("push.yml"); !r.passed || rel.asked.Load() != 2 {
		t.Error("a failed download spoils the next one")
	}
}

// TestWrongInputName: a misspelt fail-on is a gate that nobody has closed, and
// GitHub only warns of it. It still passes it on: `inputs` has all that stands
// below `with`. act leaves out what action.yml does not have, so the action of this
// test has it; the program, which is to refuse it, does not.
func TestWrongInputName(t *testing.T) {
	t.Parallel()
	j, rel := newUser(t, "push.yml")
	action := read(t, "action.yml")
	write(t, filepath.Join(rel.source, "action.yml"), strings.Replace(action, "\ninputs:\n", "\ninputs:\n  fail_on: {description: a mistake, default: ''}\n", 1))
	j.write(".github/workflows/push.yml", strings.Replace(documented(t, "docs/workflows.md", "push.yml"), "fail-on: high", "fail_on: any", 1))
	r := j.run("push.yml")
	if r.passed || r.exit() != "2" {
		t.Errorf("the job passed: %v, %s", r.passed, r.exit())
	}
	r.has(t, `unknown input "fail_on"; did you mean "fail-on"?`)
	if asked := j.hub.Requests(); len(asked) > 0 {
		t.Errorf("GitHub was asked %v", asked)
	}
}
