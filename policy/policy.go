// Package policy decides what findings mean for the build. It is pure: results
// and a policy in, a verdict out, no files and no clock, so that a verdict can
// be explained finding by finding and replayed under another policy.
package policy

import (
	"fmt"
	"strings"

	"github.com/scangate/scangate/finding"
)

// Policy is what to fail on, what to warn about, and what must have run.
type Policy struct {
	Default  Threshold
	Scanners map[string]ScannerThreshold
	// Rules come before the thresholds: the first one that matches a finding
	// decides it.
	Rules []Rule
	// Require names the scanners that must complete. Nil means every scanner
	// that was planned and applies.
	Require []string
	// Severity says whose severity counts when several scanners found the same.
	Severity Choice
	// Exemptions say of findings that they do not count, the first one that
	// does decides.
	Exemptions []Exemption
	// Baseline lists known findings, which do not fail; nil: there is none.
	Baseline Baseline
	// BaselineFile is the file that the configuration names for it, relative to
	// its own directory and inside of it.
	BaselineFile string
	// AddedMarks says what marks count for that a pull request itself brings.
	AddedMarks AddedMarks
	// Facts are what rules can ask for that results do not hold.
	Facts Facts
}

// ScannerThreshold is a scanner's own threshold with those of its frameworks.
type ScannerThreshold struct {
	Threshold
	Frameworks map[string]Threshold
}

// Threshold is the least severity that fails the build and the least that is
// worth a warning.
type Threshold struct {
	FailOn  Limit
	WarnOn  Limit
	Fixable Fixable
	Max     []*Max // how many of a severity there may be below FailOn
	Origin  string // where it is written: "default", "--fail-on", ".scangate.yaml:7"
}

// Limit is a severity to compare with, "any", or "none". The zero value is
// "none", so that a forgotten limit cannot be told from a wish for none: the
// code that reads a policy always sets it.
type Limit struct {
	set bool
	min finding.Severity
}

// Any is crossed by every finding, those of unknown severity included.
func Any() Limit { return Limit{set: true, min: finding.Unknown} }

// None is never crossed.
func None() Limit { return Limit{} }

// AtLeast is crossed by findings of that severity and above.
func AtLeast(s finding.Severity) Limit { return Limit{set: true, min: s} }

// Crossed reports whether a finding of severity s reaches the limit.
func (l Limit) Crossed(s finding.Severity) bool { return l.set && s >= l.min }

// String returns the word that ParseLimit takes.
func (l Limit) String() string {
	switch {
	case !l.set:
		return "none"
	case l.min == finding.Unknown:
		return "any"
	}
	return l.min.String()
}

// LimitNames lists what ParseLimit takes.
func LimitNames() []string {
	return []string{"any", "info", "low", "medium", "high", "critical", "none"}
}

// ParseLimit reads a severity, "any" or "none".
func ParseLimit(word string) (Limit, error) {
	switch strings.ToLower(word) {
	case "any":
		return Any(), nil
	case "none":
		return None(), nil
	case "unknown": // not a level of its own: it would be the same as any
	default:
		if s, err := finding.ParseSeverity(word); err == nil {
			return AtLeast(s), nil
		}
	}
	return Limit{}, fmt.Errorf("%q is not a severity", word)
}

// Fixable restricts a threshold to findings with a known fix, or without one.
type Fixable int

const (
	FixableAny Fixable = iota
	FixableOnly
	UnfixableOnly
)

func (f Fixable) admits(fixable bool) bool {
	return f == FixableAny || (f == FixableOnly) == fixable
}

// DefaultPolicy is what holds without a configuration: high and critical
// findings fail.
func DefaultPolicy() Policy {
	return Policy{Default: Threshold{FailOn: AtLeast(finding.High), WarnOn: Any(), Origin: "default"}}
}

// thresholdFor returns the threshold that decides a finding.
func (p Policy) thresholdFor(scanner, framework string) Threshold {
	s, ok := p.Scanners[scanner]
	if !ok {
		return p.Default
	}
	if t, ok := s.Frameworks[framework]; ok {
		return t
	}
	return s.Threshold
}
