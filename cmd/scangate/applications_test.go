package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/sample"
)

var updateApplications = flag.Bool("update-applications", false, "write what is found in real web applications to testdata/dast, to be read and checked")

// TestRealApplications starts web applications of others, scans them, and
// compares with what was checked by hand once: see testdata/dast/*/README.md.
func TestRealApplications(t *testing.T) {
	for _, app := range []struct {
		name     string
		start    func(port string) []string // the arguments
		settings string
		pages    int // at least
	}{
		{"datasette", func(port string) []string { return []string{"serve", "--port", port, "--immutable", "library.db"} }, "depth: 3, pages: 1000", 100},
		{"httpbin", func(port string) []string { return []string{"--app", "httpbin:app", "run", "--port", port} }, `openapi: openapi.json, exclude: ["http://[^/]*/delay/"]`, 40},
	} {
		t.Run(app.name, func(t *testing.T) {
			program := realApplication(t, app.name)
			data, err := filepath.Abs(filepath.Join("../../testdata/dast", app.name))
			if err != nil {
				t.Fatal(err)
			}
			y := newTry(t, "unused=clean")
			y.scanners, y.env = embedded(), map[string]string{}
			if err := os.CopyFS("tree", os.DirFS(data)); err != nil {
				t.Fatal(err)
			}
			address, err := sample.FreePort()
			if err != nil {
				t.Fatal(err)
			}
			var argv []string
			for _, a := range append([]string{program}, app.start(address[strings.LastIndex(address, ":")+1:])...) {
				argv = append(argv, fmt.Sprintf("%q", a))
			}
			write(t, "tree/.scangate.yaml", fmt.Sprintf(`version: 1
scanners:
  dast: {targets: ["http://%s"], start: [%s], wait-for: "http://%[1]s/robots.txt", rate: unlimited, %[3]s}
`, address, strings.Join(argv, ", "), app.settings))
			y.run("scan", "tree", "--config", "tree/.scangate.yaml", "--scanners", "dast", "--offline", "--results", "r.json", "--output", "sarif=r.sarif", "--fail-on", "none").want(0, "VERDICT: PASSED")
			res, err := readResults("r.json")
			if err != nil {
				t.Fatal(err)
			}
			run := res.Runs[0]
			if run.Status != finding.Completed || run.Looked.URLs < app.pages {
				t.Errorf("%s: %s, %+v", run.Status, run.Reason, run.Looked)
			}
			y.run("sarif", "lint", "r.sarif").want(0, "")
			checkFindings(t, run, filepath.Join(data, "expected.txt"))
		})
	}
}

// realApplication is where a web application is installed. A test without it
// ends: by a skip, loudly, on a developer's machine, and as a failure in CI.
func realApplication(t *testing.T, name string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err == nil {
		program, err = filepath.Abs(program)
	}
	switch {
	case err == nil:
	case os.Getenv("SCANGATE_CONTRACT_TESTS") == "required":
		t.Fatalf("%v (SCANGATE_CONTRACT_TESTS=required: see `make ci-tools`)", err)
	default:
		t.Skipf("NOT TESTED WITH THE REAL APPLICATION: %v; `make ci-tools` installs it: see CONTRIBUTING.md", err)
	}
	return program
}

// checkFindings compares findings with a file that has a line for each: place,
// severity, rule, method, path template and parameter.
func checkFindings(t *testing.T, run finding.Run, file string) {
	t.Helper()
	var got []string
	for _, f := range run.Findings {
		rule, what, _ := strings.Cut(f.Key, " ")
		got = append(got, fmt.Sprintf("%s\t%s\t%s\t%s:%d", strings.TrimSpace(what), rule, f.Severity, f.Location.Path, f.Location.StartLine))
	}
	slices.Sort(got)
	if *updateApplications {
		if err := os.WriteFile(file, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(strings.TrimSpace(string(data)), "\n"), got); d != "" {
		t.Errorf("%s: (-want +got)\n%s", file, d)
	}
}
