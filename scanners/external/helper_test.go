package external

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/external/run"
)

// record makes the contract tests write what the real tools say to testdata.
var record = flag.Bool("record", false, "record the output of real tools in testdata")

// tree writes files and walks them.
func tree(t testing.TB, files map[string]string) *scanners.Tree {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		full := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return walk(t, dir)
}

func walk(t testing.TB, dir string) *scanners.Tree {
	t.Helper()
	tr, err := scanners.Walk(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// copied is a copy of a directory of testdata.
func copied(t testing.TB, dir string) *scanners.Tree {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(filepath.Join("testdata", dir))); err != nil {
		t.Fatal(err)
	}
	return walk(t, to)
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// scan plans and runs a scanner as the fan-out does.
func scan(t testing.TB, s scanners.Scanner, tr *scanners.Tree) finding.Run {
	t.Helper()
	target := scanners.Target{Tree: tr, Jobs: 2}
	ctx := context.Background()
	return scanners.Run(ctx, scanners.Plan(ctx, []scanners.Scanner{s}, target), target, scanners.Options{})[0]
}

// read has a tool read an output that was recorded or made up.
func read(t testing.TB, tool Tool, tr *scanners.Tree, u Unit, data string) (*Reading, error) {
	t.Helper()
	r := newReading(tr, u)
	return r, tool.Read(Output{Data: []byte(data), Unit: u}, r)
}

// script is a directory with a program of that name, for Options.Path.
func script(t testing.TB, name, body string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Fatal("these tests need a shell")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// contractTests is the environment variable that says `required` where the
// tools of `make ci-tools` are installed: there, one that is missing is a failure.
const contractTests = "SCANGATE_CONTRACT_TESTS"

// heavy are the programs that are too heavy to build for every run, or cannot
// be had: what they said is in testdata.
var heavy = []string{"trivy", "grype", "osv-scanner", "nuclei", "codeql"}

// absent says which of a few programs is not installed, and is nil if all are.
func absent(names ...string) error {
	for _, name := range names {
		if _, err := (run.Search{Dirs: filepath.SplitList(os.Getenv("PATH"))}).Find(name); err != nil {
			return err
		}
	}
	return nil
}

// realTool ends a test whose programs are not installed: by a skip, loudly, on
// a developer's machine, and as a failure where all must be.
func realTool(t *testing.T, names ...string) {
	t.Helper()
	if err := absent(names...); err != nil {
		missing(t, names[0], err)
	}
}

// missing ends a test that has not got what it needs of a program.
func missing(t *testing.T, name string, err error) {
	t.Helper()
	if os.Getenv(contractTests) == "required" && !slices.Contains(heavy, name) {
		t.Fatalf("%v (%s=required: see `make ci-tools`)", err, contractTests)
	}
	t.Skipf("NOT TESTED WITH THE REAL TOOL: %v; `make ci-tools` installs most: see CONTRIBUTING.md", err)
}

// canRecord tells whether programs are installed, and says so if they are not.
func canRecord(t *testing.T, names ...string) bool {
	t.Helper()
	err := absent(names...)
	if err != nil {
		t.Logf("NOT RECORDED ANEW: %v", err)
	}
	return err == nil
}

// recorded is a file of testdata; with -record it is made first.
func recorded(t testing.TB, name string, now func() []byte) string {
	t.Helper()
	file := filepath.Join("testdata", filepath.FromSlash(name))
	if *record {
		if data := now(); data != nil {
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// output runs a real tool as its scanner would, and returns its report, with
// the tree's path replaced, and its log.
func output(t testing.TB, tool Tool, tr *scanners.Tree, u Unit) (data, log []byte) {
	t.Helper()
	dirs := filepath.SplitList(os.Getenv("PATH"))
	program := must(run.Search{Dirs: dirs}.Find(tool.Programs[0]))(t)
	box := must(run.NewBox())(t)
	defer box.Close()
	call := tool.Call(u, Place{Tree: tr.Dir(), File: box.Path})
	for name, content := range call.Files {
		if err := box.Write(name, content); err != nil {
			t.Fatal(err)
		}
	}
	res, err := box.Run(t.Context(), run.Command{Program: program.Path, Args: call.Args, Env: call.Env, Path: dirs, Network: tool.Network, Dir: filepath.Join(tr.Dir(), u.Dir)})
	if err != nil {
		t.Fatal(err)
	}
	data = res.Stdout
	if call.Output != "" {
		data = must(box.Read(call.Output, maxOutput))(t)
	}
	return bytes.ReplaceAll(data, []byte(tr.Dir()), []byte("/tree")), res.Stderr
}

// notes joins a run's notes, a line each.
func notes(r finding.Run) string {
	var all []string
	for _, n := range r.Notes {
		all = append(all, string(n.Level)+": "+n.String())
	}
	return strings.Join(all, "\n")
}
