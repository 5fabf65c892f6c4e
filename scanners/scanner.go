// Package scanners holds the contract that every scanner keeps and the
// fan-out that runs them side by side. Below it is a package per embedded
// scanner.
package scanners

import (
	"context"

	"github.com/scangate/scangate/finding"
)

// A Scanner looks for one class of problem.
type Scanner interface {
	// Name is stable: it is the config key, the SARIF category and the
	// threshold key.
	Name() string
	// Plan says what there is to do. It is cheap, never touches the network,
	// and reads only what it must to tell whether the scanner applies.
	Plan(ctx context.Context, t Target) (Work, error)
	// Scan does the work that Plan returned. It never exits and never prints,
	// and stops soon after ctx ends. What it could not look at is a note of
	// level Gap; an error means that nothing it found can be trusted to be all
	// there is.
	Scan(ctx context.Context, t Target, w Work) (Report, error)
}

// Versioned is an optional extra of a Scanner: the engine that does the
// looking, for reports and `scangate version`.
type Versioned interface {
	Engine() finding.Engine
}

// Targeted is an optional extra of a Scanner that looks at something else than
// the tree. Several scanners of one name may differ in their targets.
type Targeted interface {
	// Target is the name of an image or an address, without secrets.
	Target() string
}

// Target is what is scanned.
type Target struct {
	Tree *Tree // the files, walked once for all scanners
	Jobs int   // how many goroutines a scanner may keep busy, at least 1
}

// Work is a scanner's plan.
type Work struct {
	Skip  string // why there is nothing to do; empty when there is work
	What  string // what there is to do, one line: "3 lockfiles: npm 2, go 1"
	Items any    // for the scanner's own Scan
}

// Nothing is the plan of a scanner that does not apply, and why.
func Nothing(why string) Work { return Work{Skip: why} }

// Report is what a scanner brings home.
type Report struct {
	Findings []finding.Finding
	Rules    []finding.Rule // one for each RuleID that the findings use
	Looked   finding.Looked
	Notes    []finding.Note

	// Inventory is the software that was looked at; nil for scanners that
	// look at none.
	Inventory []finding.Source

	// Sights are what Findings are made of, if Work was a part of what there is
	// to do and findings of several parts may be one.
	Sights []finding.Sight
}
