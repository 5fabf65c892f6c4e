// Package bootstrap tests .github/action/install.sh, which the action runs to
// make its binary ready, as a job would run it: under sh, with few programs in
// PATH, against a server of this machine.
package bootstrap

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

const repository = "../.." // where the script is from

// base are the programs that the script takes for granted; further ones make
// a download possible.
var base = []string{"sh", "sha256sum", "mkdir", "mv", "rm", "chmod", "od", "uname", "sleep"}

// program is what the servers here have to offer: it runs.
var program = []byte("#!/bin/sh\necho this is scangate \"$@\"\n")

// action is a checkout of the action, and a job on some machine.
type action struct {
	t        testing.TB
	dir      string            // everything below is in here; its name has spaces
	replaced map[string]string // lines of the script that tests would wait for
	env      map[string]string
	path     string // the only directory of PATH
}

// newAction makes a checkout whose table has lines, and a PATH of tools.
func newAction(t testing.TB, lines string, tools ...string) *action {
	t.Helper()
	a := &action{t: t, dir: filepath.Join(t.TempDir(), "the action's place")}
	a.path = filepath.Join(a.dir, "bin")
	for _, dir := range []string{"bin", "temp", "tools", "work"} {
		must(t, os.MkdirAll(filepath.Join(a.dir, dir), 0o755))
	}
	for _, tool := range append(append([]string{}, base...), tools...) {
		found, err := exec.LookPath(tool)
		must(t, err)
		must(t, os.Symlink(found, filepath.Join(a.path, tool)))
	}
	a.replaced = map[string]string{"\ndelay=2 ": "\ndelay=0 ", publicLine: "\npublic=http://127.0.0.1:1\n"}
	a.write("checkout/.github/checksums.txt", lines)
	a.env = map[string]string{
		"PATH": a.path, "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64",
		"RUNNER_TEMP": filepath.Join(a.dir, "temp"), "RUNNER_TOOL_CACHE": filepath.Join(a.dir, "tools"),
		"GITHUB_OUTPUT": filepath.Join(a.dir, "output"), "GITHUB_SERVER_URL": "http://127.0.0.1:1",
	}
	return a
}

func (a *action) write(name, content string) string {
	a.t.Helper()
	name = filepath.Join(a.dir, name)
	must(a.t, os.MkdirAll(filepath.Dir(name), 0o755))
	must(a.t, os.WriteFile(name, []byte(content), 0o644))
	return name
}

// run runs the script; err is not nil if it failed. It returns the output
// `path`, and what was printed.
func (a *action) run() (path, printed string, err error) {
	a.t.Helper()
	script, err := os.ReadFile(filepath.Join(repository, ".github/action/install.sh"))
	must(a.t, err)
	for from, to := range a.replaced {
		if bytes.Count(script, []byte(from)) != 1 {
			a.t.Fatalf("the script has not once %q", from)
		}
		script = bytes.Replace(script, []byte(from), []byte(to), 1)
	}
	file := a.write("checkout/.github/action/install.sh", string(script))
	cmd := exec.Command(filepath.Join(a.path, "sh"), file)
	cmd.Dir = filepath.Join(a.dir, "work")
	for k, v := range a.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.CombinedOutput()
	if e := (&exec.ExitError{}); err != nil && !errors.As(err, &e) {
		a.t.Fatal(err)
	}
	return a.output(), string(out), err
}

// output reads the file of outputs as runners do.
func (a *action) output() string {
	a.t.Helper()
	data, err := os.ReadFile(filepath.Join(a.dir, "output"))
	if errors.Is(err, os.ErrNotExist) {
		return ""
	}
	must(a.t, err)
	must(a.t, os.Remove(filepath.Join(a.dir, "output")))
	lines := strings.Split(string(data), "\n")
	delimiter, ok := strings.CutPrefix(lines[0], "path<<")
	if len(lines) != 4 || !ok || lines[2] != delimiter || lines[3] != "" || len(delimiter) < 32 {
		a.t.Fatalf("malformed output %q", data)
	}
	return lines[1]
}

// left lists the files of the job's machine that the script has written.
func (a *action) left() (files []string) {
	a.t.Helper()
	for _, dir := range []string{"temp", "tools"} {
		must(a.t, filepath.WalkDir(filepath.Join(a.dir, dir), func(p string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				rel, _ := filepath.Rel(a.dir, p)
				files = append(files, rel)
			}
			return err
		}))
	}
	return files
}

// serve answers the asset's address of the release with h, and counts.
func (a *action) serve(h http.HandlerFunc) *atomic.Int32 {
	a.t.Helper()
	var asked atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/acme/scangate/releases/download/v1.2.3/"+asset, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		h(w, r)
	})
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, _ *http.Request) { w.Write(program) })
	s := httptest.NewServer(mux)
	a.t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	a.env["GITHUB_SERVER_URL"], a.env["ACTION_REPOSITORY"] = s.URL, "acme/scangate"
	return &asked
}

// publicLine is where the script has the address of the public server.
const publicLine = "\npublic=https://github.com\n"

const asset = "scangate_1.2.3_linux_amd64"

// table has an entry for content, and others around it.
func table(content []byte) string {
	other := digest([]byte("other"))
	return fmt.Sprintf("# a comment\n%s  scangate_1.2.3_linux_arm64\n%s  %s\n%s  scangate_1.2.3_windows_amd64.exe\n",
		other, digest(content), asset, other)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// runs checks that path is the program, and runs.
func runs(t testing.TB, path, printed string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	out, err := exec.Command(path, "action").CombinedOutput()
	if err != nil || string(out) != "this is scangate action\n" {
		t.Fatalf("%q: %v: %s", path, err, out)
	}
}

// refused checks that nothing came out of it, and what was said.
func refused(t testing.TB, a *action, path, printed string, err error, want ...string) {
	t.Helper()
	if err == nil || path != "" {
		t.Fatalf("it was not refused: %q: %s", path, printed)
	}
	for _, w := range want {
		if !strings.Contains(printed, w) {
			t.Errorf("it does not say %q: %s", w, printed)
		}
	}
	if left := a.left(); len(left) > 0 {
		t.Errorf("files were left: %q", left)
	}
}

// downloaders are the programs of this machine that download.
func downloaders(t testing.TB) (list []string) {
	t.Helper()
	for _, d := range []string{"curl", "wget"} {
		if _, err := exec.LookPath(d); err == nil {
			list = append(list, d)
		}
	}
	if len(list) == 0 {
		t.Fatal("neither curl nor wget is installed")
	}
	if runtime.GOOS == "windows" {
		t.Fatal("these tests need the symbolic links and programs of a Unix")
	}
	return list
}
