package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac"
)

// TestOurOwnChecks scans what makes and runs a release with scangate's own
// checks: whoever reads the workflows expects them to pass.
func TestOurOwnChecks(t *testing.T) {
	dir := t.TempDir()
	files := 0
	for _, pattern := range []string{"Dockerfile", "action.yml", ".github/workflows/*.yml"} {
		names, err := filepath.Glob("../../" + pattern)
		must(t, err)
		for _, name := range names {
			rel, err := filepath.Rel("../..", name)
			must(t, err)
			data, err := os.ReadFile(name)
			must(t, err)
			must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, rel)), 0o755))
			must(t, os.WriteFile(filepath.Join(dir, rel), data, 0o644))
			files++
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tree, err := scanners.Walk(ctx, dir)
	must(t, err)
	defer tree.Close()
	scanner, err := iac.New(iac.Options{})
	must(t, err)
	target := scanners.Target{Tree: tree, Jobs: 2}
	work, err := scanner.Plan(ctx, target)
	must(t, err)
	got, err := scanner.Scan(ctx, target, work)
	must(t, err)
	if got.Looked.Files != files || files < 4 {
		t.Errorf("%d files were looked at, of %d", got.Looked.Files, files)
	}
	for _, f := range got.Findings {
		t.Errorf("%s:%d: %s: %s", f.Location.Path, f.Location.StartLine, f.RuleID, f.Message)
	}
}
