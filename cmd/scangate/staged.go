package main

import (
	"context"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

// wholeOrStaged keeps those scanners from running that know nothing of staged
// changes, if those are what the scan is about.
func wholeOrStaged(list []scanners.Scanner, staged bool) []scanners.Scanner {
	if !staged {
		return list
	}
	out := make([]scanners.Scanner, len(list))
	for i, s := range list {
		if out[i] = s; s.Name() != "secret" {
			out[i] = leftOut{s}
		}
	}
	return out
}

// leftOut is a scanner that is not asked.
type leftOut struct{ scanners.Scanner }

func (leftOut) Plan(context.Context, scanners.Target) (scanners.Work, error) {
	return scanners.Nothing("--staged looks at secrets in staged changes only"), nil
}

// Target names what it would look at.
func (l leftOut) Target() string { return scanners.TargetOf(l.Scanner) }

// Engine names what would look.
func (l leftOut) Engine() finding.Engine {
	if v, ok := l.Scanner.(scanners.Versioned); ok {
		return v.Engine()
	}
	return finding.Engine{Name: l.Name()}
}
