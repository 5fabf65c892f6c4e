package kustomize

import (
	"context"
	"errors"
	"fmt"
)

const (
	maxSteps       = 60_000_000 // of one Build, about 25,000 workloads
	maxStepsOfRoot = 6_000_000  // about a third of a second
	maxSpent       = 2          // roots that cost more; honest ones do not
	stepsOfValue   = 8          // that a value costs when it is read
	stepsOfLine    = 4          // that a line costs when it is rendered
	stepsOfPlace   = 10         // and when it comes from another file
	stepsOfMatch   = 50         // that it costs to match an expression
	maxFile        = 4 << 20    // bytes
	maxRead        = 64 << 20   // bytes, of all files
	maxText        = 64 << 20   // bytes rendered
	maxValues      = 200_000    // in one document, with every alias written out
	maxDepth       = 100        // of values in a document
	maxDeep        = 4 * maxDepth
	maxNested      = 50    // kustomizations inside one another
	maxProblems    = 1_000 // of one root
)

// errSpent says that a kustomization costs more than it may.
var errSpent = errors.New("refers to too much, or its references multiply")

// purse holds what may still be done. What it pays for are steps of about the
// same small time, and memory of about the same small size.
type purse struct {
	ctx         context.Context
	left, limit int // limit is what must be left
	asked       int // steps since the context was asked
}

// spend takes n steps.
func (p *purse) spend(n int) error {
	p.left -= n
	if p.left < p.limit || p.left < 0 {
		return errSpent
	}
	if p.asked += n; p.asked > 10_000 {
		p.asked = 0
		return p.ctx.Err()
	}
	return nil
}

// spendText pays for text that is made.
func (p *purse) spendText(s string) error { return p.spend(1 + len(s)/16) }

// errAt words an error at a line.
func errAt(line int, format string, args ...any) error {
	return lineError{line, fmt.Sprintf(format, args...)}
}

// lineError is an error at a line of a file, from 1, or of no line.
type lineError struct {
	line int
	why  string
}

func (e lineError) Error() string { return e.why }

// lineOf returns the line of a lineError, else 0.
func lineOf(err error) int {
	var e lineError
	errors.As(err, &e)
	return e.line
}
