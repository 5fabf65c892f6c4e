// Command demo runs scangate on the bundled vulnerable sample, offline: it
// makes the sample's git history, its container image, its web program and a
// small vulnerability database, scans, shows the table, and checks that
// everything came out as written down in testdata/sample/expected.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/internal/sample"
	"github.com/scangate/scangate/vulndb"
)

const (
	source   = "testdata/sample/shop"
	expected = "testdata/sample/expected"
	facts    = "testdata/advisories"
	work     = "build/demo"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run() error {
	if err := os.RemoveAll(work); err != nil {
		return err
	}
	shop, db, image := filepath.Join(work, "shop"), filepath.Join(work, "db"), filepath.Join(work, "image")
	if err := os.MkdirAll(work, 0o755); err != nil {
		return err
	}
	// What is built here is no package of ours, Go files of the sample included.
	if err := os.WriteFile(filepath.Join(filepath.Dir(work), "go.mod"), []byte("module build\n"), 0o644); err != nil {
		return err
	}
	settings := filepath.Join(work, "scangate.yaml")
	fmt.Println("Making the sample shop with its git history, its container image and its web program, and a vulnerability database …")
	if err := sample.Build(context.Background(), source, shop); err != nil {
		return err
	}
	if err := sample.Site(context.Background(), source, filepath.Join(work, "site"), settings); err != nil {
		return err
	}
	if err := sample.Image(image); err != nil {
		return err
	}
	if err := vulndb.Build(facts, db, time.Now()); err != nil {
		return err
	}
	results := filepath.Join(work, "results.json")
	outputs := map[string]string{
		"sarif": filepath.Join(work, "results.sarif"), "sarif-upload": filepath.Join(work, "upload.sarif"),
		"markdown": filepath.Join(work, "summary.md"),
	}
	args := []string{"scan", shop, "--config", settings, "--image", "oci:" + image, "--offline", "--db", db, "--results", results}
	for _, format := range []string{"sarif", "sarif-upload", "markdown"} {
		args = append(args, "--output", format+"="+outputs[format])
	}
	fmt.Printf("\n$ scangate")
	for _, a := range args {
		fmt.Printf(" %s", a)
	}
	fmt.Println()
	cmd := exec.Command(filepath.Join("bin", "scangate"), args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err == nil || !errors.As(err, &exit) || exit.ExitCode() != 1 {
		return fmt.Errorf("the sample is vulnerable, so the exit code must be 1: %v", err)
	}
	if err := compare(results); err != nil {
		return err
	}
	fmt.Printf(`
As expected: the verdict is "failed" and the exit code is 1, because the sample holds findings at or
above the default threshold, fail-on: high. Every finding is one of those in %s.

  configuration     %s, with the web program to start
  full results      %s
  SARIF             %s (complete), %s (safe to upload to code scanning)
  job summary       %s

Next: judge the same results under another policy, without scanning again:
  bin/scangate gate %s --fail-on none
`, expected, settings, results, outputs["sarif"], outputs["sarif-upload"], outputs["markdown"], results)
	return nil
}

// compare holds the results against what is written down by hand.
func compare(results string) error {
	f, err := os.Open(results)
	if err != nil {
		return err
	}
	defer f.Close()
	res, err := finding.Decode(f)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, run := range res.Runs {
		seen[run.Scanner] = true
		if run.Status != finding.Completed {
			err = errors.Join(err, fmt.Errorf("%s: %s: %s", run.Scanner, run.Status, run.Reason))
		}
		err = errors.Join(err, sample.Compare(run, filepath.Join(expected, run.Scanner+".txt")))
	}
	for _, name := range []string{"dependency", "image", "secret", "iac", "dast"} {
		if !seen[name] {
			err = errors.Join(err, fmt.Errorf("%s did not run", name))
		}
	}
	return err
}
