package report

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy"
)

// row is a finding with everything a line about it shows.
type row struct {
	run      int    // whose finding is shown
	scanners string // that found it, the one whose finding is shown first
	finding  *finding.Finding
	decision policy.Decision
	others   string // what other scanners say of its severity, when it is something else
}

// actionRank puts what fails the build first.
var actionRank = map[policy.Action]int{policy.Fail: 0, policy.Warn: 1, policy.Pass: 2, policy.Ignored: 3}

// rows lists all findings, those that matter most first. What several scanners
// found is listed once, with the gravest of the decisions on it.
func rows(r Report) []row {
	var out []row
	same := map[string]policy.Decision{}
	for i := range r.Results.Runs {
		for j, d := range r.Verdict.Decisions[i] {
			if at := r.Results.Runs[i].Findings[j].SameAs; at != "" {
				same[at] = graver(same[at], d)
			}
		}
	}
	for i := range r.Results.Runs {
		run := &r.Results.Runs[i]
		for j := range run.Findings {
			f, d := &run.Findings[j], r.Verdict.Decisions[i][j]
			if f.SameAs != "" {
				continue
			}
			if other, ok := same[f.Fingerprint]; ok {
				d = graver(d, other)
			}
			x := row{run: i, scanners: run.Scanner, finding: f, decision: d}
			x.witnesses()
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b row) int {
		return cmp.Or(
			cmp.Compare(actionRank[a.decision.Action], actionRank[b.decision.Action]),
			cmp.Compare(b.finding.Severity, a.finding.Severity),
		)
	})
	return out
}

// graver returns the decision that matters more, the first one of equals. The
// zero value is no decision yet.
func graver(a, b policy.Decision) policy.Decision {
	if a.By == "" || actionRank[b.Action] < actionRank[a.Action] {
		return b
	}
	return a
}

// witnesses names who else found it.
func (x *row) witnesses() {
	var named []string
	for _, w := range x.finding.Witnesses {
		if !slices.Contains(named, w.Scanner) {
			named = append(named, w.Scanner)
			x.scanners += ", " + w.Scanner
		}
		if w.Severity != x.finding.Severity {
			if x.others != "" {
				x.others += ", "
			}
			x.others += w.Severity.String() + " for " + w.Scanner
		}
	}
}

// message is what is wrong, with what the scanners do not agree on.
func (x *row) message() string {
	if x.others == "" {
		return x.finding.Message
	}
	return x.finding.Message + " (" + x.others + ")"
}

// where formats a finding's place: path:line, or as much as is known.
func where(f *finding.Finding) string {
	switch l := f.Location; {
	case l.Path == "" && f.Layer != nil && f.Layer.File != "":
		return f.Layer.File
	case l.Path == "":
		return "-"
	case l.StartLine == 0:
		return l.Path
	default:
		return l.Path + ":" + strconv.Itoa(l.StartLine)
	}
}

// columns are the severities that tables count, most severe first; what is
// milder than low is summed up in the last.
var columns = []finding.Severity{finding.Critical, finding.High, finding.Medium, finding.Low}

// counts returns the number of findings per column, the milder ones last.
// Ignored findings do not count.
func counts(run *finding.Run, decisions []policy.Decision) []int {
	out := make([]int, len(columns)+1)
	for j := range run.Findings {
		if decisions[j].Action == policy.Ignored {
			continue
		}
		i := slices.Index(columns, run.Findings[j].Severity)
		if i < 0 {
			i = len(columns)
		}
		out[i]++
	}
	return out
}

// seconds formats a duration for people.
func seconds(d time.Duration) string {
	switch {
	case d == 0:
		return "-"
	case d < 10*time.Millisecond:
		return "<10ms"
	case d < time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}

// ruleIndex finds the rules of runs by their ids.
type ruleIndex struct {
	runs  []finding.Run
	rules []map[string]*finding.Rule // of each run, once they are needed
}

func newRuleIndex(runs []finding.Run) *ruleIndex {
	return &ruleIndex{runs, make([]map[string]*finding.Rule, len(runs))}
}

// of returns a rule of a run, or an empty one.
func (x *ruleIndex) of(run int, id string) *finding.Rule {
	if x.rules[run] == nil {
		x.rules[run] = map[string]*finding.Rule{}
		for i := range x.runs[run].Rules {
			r := &x.runs[run].Rules[i]
			x.rules[run][r.ID] = r
		}
	}
	if r := x.rules[run][id]; r != nil {
		return r
	}
	return &finding.Rule{}
}
