package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nobody is a user that owns nothing.
const nobody = 65534

// TestUnreadableFiles runs the program as somebody who may not read all of the
// tree: what was not seen is named, and the verdict is not a pass.
func TestUnreadableFiles(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	y := shop(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(here), 0o755); err != nil { // t.TempDir is for its owner alone
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"tree/open/main.go": 0o644, "tree/shut/go.mod": 0o644, "tree/requirements.txt": 0, "tree/key.txt": 0} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("flask==0.12\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod("tree/shut", 0); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod("tree/shut", 0o755)
	if err := os.Mkdir("out", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod("out", 0o777); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "scan", "tree", "--db", "db", "--results", "out/r.json", "--fail-on", "none")
	cmd.Env = append(os.Environ(), "SCANGATE_TEST_UNPRIVILEGED=1")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitIncomplete {
		t.Errorf("exit code %d", code)
	}
	for _, part := range []string{"shut: cannot be listed: permission denied", "requirements.txt: ", "key.txt: ", "VERDICT: INCOMPLETE"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %q in\n%s", part, out.String())
		}
	}
	y.run("gate", "out/r.json", "--fail-on", "none").want(exitIncomplete, "permission denied")
}
