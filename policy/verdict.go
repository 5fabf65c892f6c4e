package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
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

	// Known says where the baseline has each finding; nil: there is none.
	Known [][]string `json:"-"`

	// Justified are the findings that are ignored for a reason that VEX knows,
	// in their order, and Day is the one that the verdict is of.
	Justified []Justified `json:"-"`
	Day       time.Time   `json:"-"`
}

// Judge applies the policy to the results.
func (p Policy) Judge(res finding.Results) Verdict {
	exempted := p.exempted(res)
	known, notices := p.known(res, exempted)
	v := Verdict{Decisions: make([][]Decision, len(res.Runs)), Known: known, Day: day(p.Facts.Now)}
	j := newJudge(p)
	undated := map[int]int{}
	var limits counter
	for i := range res.Runs {
		run := &res.Runs[i]
		j.enter(run)
		v.Decisions[i] = make([]Decision, len(run.Findings))
		for n := range run.Findings {
			if j.undated = undated; known != nil && known[i][n] != "" {
				j.undated = nil // no rule decides it
			}
			d := j.decide(&run.Findings[n], exempted[i][n])
			if known != nil && known[i][n] != "" && d.Action != Ignored {
				// It stays visible, with the line of the baseline that has it.
				d = decided{Decision: Decision{Pass, known[i][n]}, severity: d.severity}
			}
			v.Decisions[i][n] = d.Decision
			if d.justified != nil {
				d.justified.Run, d.justified.Finding = i, n
				v.Justified = append(v.Justified, *d.justified)
			}
			limits.add(d, place{i, n})
		}
	}
	for i := range res.Runs {
		v.Reasons = append(v.Reasons, crossings(&res.Runs[i], v.Decisions[i])...)
	}
	v.Reasons = append(v.Reasons, limits.fail(res, v.Decisions)...)
	gaps := slices.Concat(absent(res), p.incomplete(res), p.missing(res.Runs), p.withoutDate(undated))
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
	v.Notices = slices.Concat(notices, p.notices(res), p.Facts.Notices)
	return v
}

// decide finds the fate of one finding, without what limits how many there may
// be.
func (p Policy) decide(run *finding.Run, f *finding.Finding) Decision {
	j := newJudge(p)
	j.enter(run)
	return j.decide(f, p.exempt(run, f)).Decision
}

// crossings sums up the failing findings of a run, one line per reason.
func crossings(run *finding.Run, decisions []Decision) []string {
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
		one, many, rest := "crosses", "cross", " "+by
		if why, byRule := strings.CutPrefix(by, actionWords[Fail]+":"); byRule {
			one, many, rest = "fails", "fail", ":"+why
		}
		if count[by] == 1 {
			many = one
		}
		reason := fmt.Sprintf("%s: %s %s%s", run.Title(), text.Count(count[by], "finding"), many, rest)
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
