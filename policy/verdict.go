package policy

import (
	"fmt"
	"slices"

	"github.com/scangate/scangate/finding"
)

// Action is what the policy makes of a finding.
type Action int

const (
	Pass    Action = iota // below every threshold
	Warn                  // worth a warning
	Fail                  // crosses a fail-on threshold
	Ignored               // does not count; the decision says on whose word
)

// String returns the name used in reports.
func (a Action) String() string { return [...]string{"pass", "warn", "fail", "ignored"}[a] }

// MarshalText writes the name.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Decision is the fate of one finding and the line of the policy that decided.
type Decision struct {
	Action Action `json:"action"`
	By     string `json:"by"`
}

// Outcome is the end of it all.
type Outcome int

const (
	Passed     Outcome = iota
	Failed             // a threshold was crossed
	Incomplete         // none was crossed, but a required scanner did not complete
)

// String returns the name used in reports.
func (o Outcome) String() string { return [...]string{"passed", "failed", "incomplete"}[o] }

// MarshalText writes the name.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Verdict is the judgement on a set of results.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Reasons say, one line each, why the outcome is not Passed, or what a
	// reader of a Passed one should know.
	Reasons []string `json:"reasons"`
	Notices []string `json:"notices,omitempty"` // what a reader should know besides
	// Decisions holds, for each run, one decision per finding, in their order.
	Decisions [][]Decision `json:"-"`
}

// Judge applies the policy to the results.
func (p Policy) Judge(res finding.Results) Verdict {
	v := Verdict{Decisions: make([][]Decision, len(res.Runs))}
	for i, run := range res.Runs {
		v.Decisions[i] = make([]Decision, len(run.Findings))
		for j, f := range run.Findings {
			v.Decisions[i][j] = p.decide(&run, &f)
		}
	}
	p.passKnown(res, &v)
	for i, run := range res.Runs {
		v.Reasons = append(v.Reasons, crossings(run, v.Decisions[i])...)
	}
	gaps := p.incomplete(res)
	switch {
	case res.Interrupted:
		// An interrupted scan is the reader's own wish or a cancelled job;
		// either way nobody is waiting for a verdict on half of it.
		v.Outcome = Incomplete
	case len(v.Reasons) > 0:
		v.Outcome = Failed
	case len(gaps) > 0:
		v.Outcome = Incomplete
	}
	v.Reasons = append(v.Reasons, gaps...)
	v.Notices = append(v.Notices, p.notices(res)...)
	return v
}

// decide finds the fate of one finding.
func (p Policy) decide(run *finding.Run, f *finding.Finding) Decision {
	if f.Suppressed() {
		by := "suppressed by " + f.Suppressions[0].Source
		if !f.Suppressions[0].Elsewhere {
			by += " in the scanned content"
		}
		return Decision{Ignored, by}
	}
	if by, ok := p.exempt(run, f); ok {
		return Decision{Ignored, by}
	}
	t := p.thresholdFor(run.Scanner, f.Framework)
	severity, by := p.Severity.of(run.Scanner, f)
	switch {
	case !t.Fixable.admits(f.Fixable()):
		return Decision{Pass, "not as fixable as the threshold asks (" + t.Origin + ")"}
	case t.FailOn.Crossed(severity):
		return Decision{Fail, fmt.Sprintf("fail-on: %s (%s)%s", t.FailOn, t.Origin, by)}
	case t.WarnOn.Crossed(severity):
		return Decision{Warn, fmt.Sprintf("below fail-on: %s (%s)%s", t.FailOn, t.Origin, by)}
	}
	return Decision{Pass, fmt.Sprintf("below warn-on: %s (%s)%s", t.WarnOn, t.Origin, by)}
}

// crossings sums up the failing findings of a run, one line per reason.
func crossings(run finding.Run, decisions []Decision) []string {
	count, same := map[string]int{}, map[string]int{}
	var order []string
	for i, d := range decisions {
		if d.Action == Fail {
			if count[d.By] == 0 {
				order = append(order, d.By)
			}
			count[d.By]++
			if run.Findings[i].SameAs != "" {
				same[d.By]++
			}
		}
	}
	slices.Sort(order)
	var out []string
	for _, by := range order {
		noun := "findings cross"
		if count[by] == 1 {
			noun = "finding crosses"
		}
		reason := fmt.Sprintf("%s: %d %s %s", run.Title(), count[by], noun, by)
		if n := same[by]; n > 0 {
			reason += fmt.Sprintf(", %d found by another scanner, too", n)
		}
		out = append(out, reason)
	}
	return out
}

// incomplete lists the required scanners that did not complete.
func (p Policy) incomplete(res finding.Results) []string {
	var out []string
	looked := false
	for _, run := range res.Runs {
		looked = looked || run.Status == finding.Completed || run.Status == finding.Partial
		switch {
		case run.Status == finding.Completed:
		case run.Status == finding.Skipped && !slices.Contains(p.Require, run.Scanner):
		case p.Require != nil && !slices.Contains(p.Require, run.Scanner):
		default:
			out = append(out, fmt.Sprintf("%s: %s: %s", run.Title(), run.Status, run.Reason))
		}
	}
	for _, name := range p.Require {
		if res.Find(name) == nil {
			out = append(out, fmt.Sprintf("%s: required by the policy, but not among the results", name))
		}
	}
	if !looked && len(out) == 0 {
		out = append(out, "no scanner found anything to look at: is this the right directory, and was the repository checked out?")
	}
	return out
}
