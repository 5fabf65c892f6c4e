package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scangate/scangate/internal/sample"
	"github.com/scangate/scangate/vulndb"
)

// shop makes the bundled sample with its history and a database, in a new
// directory that becomes the current one, and returns a try with the scanners
// that the program really has.
func shop(t *testing.T) *try {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	y := newTry(t, "unused=clean")
	y.scanners = embedded()
	y.env = map[string]string{"SCANGATE_DB": "db"}
	data := filepath.Join(root, "testdata")
	if err := sample.Build(context.Background(), filepath.Join(data, "sample", "shop"), "shop"); err != nil {
		t.Fatal(err)
	}
	if err := sample.Image("image"); err != nil {
		t.Fatal(err)
	}
	if err := vulndb.Build(filepath.Join(data, "advisories"), "db", time.Now()); err != nil {
		t.Fatal(err)
	}
	return y
}

// TestSample is the main job, end to end: every finding is one that was
// written down by hand, and the bytes are the same every time.
func TestSample(t *testing.T) {
	expected, err := filepath.Abs("../../testdata/sample/expected")
	if err != nil {
		t.Fatal(err)
	}
	y := shop(t)
	if err := sample.Site(t.Context(), "shop", "site", "site.yaml"); err != nil {
		t.Fatal(err)
	}
	var first []byte
	for i, jobs := range []string{"1", "8", "8"} {
		y.run("scan", "shop", "--config", "site.yaml", "--image", "oci:image", "--jobs", jobs, "--results", "r.json", "--output", "sarif=r.sarif").want(1, "VERDICT: FAILED")
		got, err := os.ReadFile("r.sarif")
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = got
		} else if !bytes.Equal(first, got) {
			t.Errorf("run %d with --jobs %s: other SARIF bytes", i+1, jobs)
		}
	}
	res, err := readResults("r.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range res.Runs {
		if err := sample.Compare(run, filepath.Join(expected, run.Scanner+".txt")); err != nil {
			t.Error(err)
		}
	}
	y.run("sarif", "lint", "r.sarif")
	if strings.Contains(y.stdout, "reject") || y.code != 0 {
		t.Errorf("code scanning would reject it: %s", y.stdout)
	}
	y.run("gate", "r.json").want(1, "VERDICT: FAILED")
	y.run("gate", "r.sarif").want(1, "VERDICT: FAILED")
	y.run("gate", "r.json", "--fail-on", "none").want(0, "VERDICT: PASSED")

	// What was saved has the verdict of the scan, finding by finding.
	t.Chdir("shop")
	y.run("gate", "../r.json", "--config", "../site.yaml", "--output", "json=../again.json").want(1, "VERDICT: FAILED")
	saved, err := os.ReadFile("../r.json")
	if err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile("../again.json")
	if err != nil || !bytes.Equal(saved, again) {
		t.Errorf("judged again it is not the same: %v\n%s", err, cmp.Diff(strings.Split(string(saved), "\n"), strings.Split(string(again), "\n")))
	}
}

func TestPlanOfTheSample(t *testing.T) {
	y := shop(t)
	y.run("plan", "shop").want(0, "dependency   runs ")
	for _, part := range []string{"image        skips", "secret       runs ", "iac          runs ", "terraform"} {
		if !strings.Contains(y.stdout, part) {
			t.Errorf("no %q in\n%s", part, y.stdout)
		}
	}
}

func TestADatabaseThatIsNotThereOrBroken(t *testing.T) {
	y := shop(t)
	args := []string{"scan", "shop", "--fail-on", "none"}
	y.run(append(args, "--db", "nowhere")...).want(exitIncomplete, "dependency: failed: ")
	if !strings.Contains(y.stdout, "nowhere") || !strings.Contains(y.stdout, "--db") {
		t.Errorf("neither the place nor the remedy is named:\n%s", y.stdout)
	}
	file := filepath.Join("db", "trivy.db")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"empty": {}, "cut": good[:len(good)/2], "text": []byte(strings.Repeat("no database\n", 9000))} {
		if err := os.WriteFile(file, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if y.run(args...).want(exitIncomplete, "dependency: failed: "); strings.Contains(y.stdout, "goroutine") {
			t.Errorf("%s: a stack trace:\n%s", name, y.stdout)
		}
	}
}

// TestHostileTree: names and links that try something, and sizes that are too
// much. The scan ends with a verdict, and nothing breaks out of its line.
func TestHostileTree(t *testing.T) {
	y := shop(t)
	outside := t.TempDir()
	for name, content := range map[string]string{
		filepath.Join(outside, "package-lock.json"): `{"lockfileVersion":3,"packages":{"node_modules/lodash":{"version":"4.17.15"}}}`,
		"tree/plain.txt":                               "hello\n",
		"tree/a\n::error file=x::injected\n.txt":       "hello\n",
		"tree/##[error]x/Dockerfile":                   "FROM scratch\nUSER 1000\nHEALTHCHECK NONE\n",
		"tree/bad\xff\xfeutf8/\x1b[31mred.tf":          "resource \"x\" {\n",
		"tree/ leading and trailing /requirements.txt": "flask==0.12\n",
		"tree/empty/package-lock.json":                 "",
		"tree/deep/package-lock.json":                  strings.Repeat(`{"dependencies":{"a":`, 10_000) + "{}" + strings.Repeat("}}", 10_000),
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"tree/out": outside, "tree/loop": ".", "tree/self": "self", "tree/package-lock.json": filepath.Join(outside, "package-lock.json"),
	} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("tree/huge.yaml", []byte("apiVersion: v1\nkind: Pod\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate("tree/huge.yaml", 1<<30); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	y.run("scan", "tree", "--results", "r.json", "--output", "sarif=r.sarif", "--output", "markdown=r.md", "--fail-on", "none").want(exitIncomplete, "VERDICT: INCOMPLETE")
	if took := time.Since(start); took > 2*time.Minute {
		t.Errorf("took %s", took)
	}
	for line := range strings.Lines(y.stdout + y.stderr) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\x1b\r") {
			t.Errorf("a line breaks out: %q", line)
		}
	}
	res, err := readResults("r.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range res.Runs {
		for _, f := range run.Findings {
			if f.Package != nil && f.Package.Name == "lodash" {
				t.Error("a lockfile outside of the tree was read through a link")
			}
		}
	}
}

func TestAnEmptyDirectoryIsNoPass(t *testing.T) {
	y := newTry(t, "unused=clean")
	y.scanners = embedded()
	if err := os.Mkdir("empty", 0o755); err != nil {
		t.Fatal(err)
	}
	y.run("scan", "empty").want(exitIncomplete, "no scanner found anything to look at")
}
