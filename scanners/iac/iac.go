// Package iac looks for misconfigured infrastructure: it finds the code of every
// framework in the tree, has each piece read by the framework's package and
// judged by the checks of trivy-checks, which are compiled into the binary, and
// by a team's own, and turns the verdicts into findings. GitHub's workflows and
// actions are judged by checks of our own. Nothing is downloaded, and nothing
// outside the scanned tree is read.
//
// Each framework has a package of its own, which loads the code and hands what
// it describes to package check, where the checks run.
package iac

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/iac/check"
	"github.com/scangate/scangate/scanners/iac/work"
	"github.com/scangate/scangate/text"
)

// Name is the scanner's name, as in the configuration and in thresholds.
const Name = "iac"

// Options are what the configuration says under scanners.iac. Paths are
// relative to the scanned directory, and must be in it.
type Options struct {
	Frameworks []string `yaml:"frameworks"`                // as Frameworks lists them; empty means all
	Checks     []string `yaml:"checks"`                    // directories of a team's own checks
	TFVars     []string `yaml:"tfvars"`                    // files of values for root modules; later ones win
	Workspace  string   `yaml:"workspace"`                 // of Terraform
	HelmValues []string `yaml:"helm-values"`               // values files for charts; later ones win
	Parameters []string `yaml:"cloudformation-parameters"` // files of values for templates; later ones win
}

// Scanner looks for misconfigured infrastructure. It may be used by several
// goroutines at once.
type Scanner struct {
	wanted  [kinds]bool
	options Options
}

var (
	_ scanners.Scanner   = (*Scanner)(nil)
	_ scanners.Versioned = (*Scanner)(nil)
)

// Frameworks lists what Options.Frameworks takes, and what findings have as
// their framework.
func Frameworks() []string { return slices.Compact(slices.Clone(kindNames[:])) }

// New returns a scanner of the frameworks that o names.
func New(o Options) (*Scanner, error) {
	s := &Scanner{options: o}
	for _, name := range o.Frameworks {
		if !slices.Contains(kindNames[:], name) {
			return nil, fmt.Errorf("unknown framework %q%s", text.Cut(name, 60), text.Suggest(name, Frameworks()))
		}
	}
	for k, name := range kindNames {
		s.wanted[k] = len(o.Frameworks) == 0 || slices.Contains(o.Frameworks, name)
	}
	for _, paths := range [][]string{o.Checks, o.TFVars, o.HelmValues, o.Parameters} {
		for _, p := range paths {
			if !filepath.IsLocal(filepath.FromSlash(p)) {
				return nil, fmt.Errorf("%q is not in the scanned directory", text.Cut(p, 100))
			}
		}
	}
	return s, nil
}

// Name returns "iac".
func (s *Scanner) Name() string { return Name }

// checksModule is the module that the checks come from, and checksVersion its
// version in go.mod, for binaries without build information.
const (
	checksModule  = "github.com/aquasecurity/trivy-checks"
	checksVersion = "v1.12.2-0.20251219190323-79d27547baf5"
)

// Engine names the checks and their version.
func (s *Scanner) Engine() finding.Engine {
	version := checksVersion
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == checksModule {
				version = dep.Version
				if dep.Replace != nil {
					version = dep.Replace.Version
				}
			}
		}
	}
	return finding.Engine{Name: "trivy-checks", Version: strings.TrimPrefix(version, "v")}
}

// Scan judges the files of the plan. A file that cannot be parsed, or is built
// to exhaust the scanner, is a gap; the rest is judged all the same.
func (s *Scanner) Scan(ctx context.Context, t scanners.Target, w scanners.Work) (scanners.Report, error) {
	p, ok := w.Items.(*plan)
	if !ok {
		return scanners.Report{}, errors.New("iac: the work is not a plan of this scanner")
	}
	defer roomyHeap()()
	run := &run{scanner: s, tree: t.Tree, notes: slices.Clone(p.notes), charts: p.charts, dirs: p.dirs}
	if err := run.read(ctx, p); err != nil {
		return scanners.Report{}, err
	}
	if err := run.prepare(ctx); err != nil {
		return scanners.Report{}, err
	}
	if err := run.do(ctx, t.Jobs, append(run.tasks(), run.rawTasks(p.raw)...)); err != nil {
		return scanners.Report{}, err
	}
	for _, f := range run.checks.Failures() {
		run.notes = append(run.notes, failureNote(f))
	}
	return run.report(), nil
}

// failureNote tells of a check that failed on something. The error may quote
// the input.
func failureNote(f check.Failure) finding.Note {
	which := "the built-in check "
	if f.Check.Custom {
		which = "the check "
	}
	return work.Gap("", 0, which+text.OneLine(f.Check.File, 200)+" failed on at least one file")
}
