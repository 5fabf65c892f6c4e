package policy

import (
	"fmt"
	"strings"

	"github.com/scangate/scangate/finding"
)

// Explanation is how a finding came by its decision.
type Explanation struct {
	Decision Decision `json:"decision"`
	// Line is where the policy says so, as in ".scangate.yaml:31"; empty when
	// the decision was made elsewhere.
	Line string `json:"line,omitempty"`
	// Before are the rules that were asked before and did not match.
	Before []Unmatched `json:"before,omitempty"`
	// Change says what it would take to change the decision, a sentence each.
	Change []string `json:"change,omitempty"`
}

// Unmatched is a rule that did not match a finding, with the first key that
// did not hold.
type Unmatched struct {
	Rule string `json:"rule"`
	Line string `json:"line"`
	Key  string `json:"key"`
	Want string `json:"want"`
	Got  string `json:"got"`
}

// Explain tells how finding number at of run number run came by its decision in
// the verdict, which must be the policy's own on these results.
func (p Policy) Explain(res finding.Results, v Verdict, run, at int) Explanation {
	isKnown := v.Known != nil && v.Known[run][at] != ""
	if v.Known != nil && p.Facts.New == nil {
		p.Facts.New = func(*finding.Run, *finding.Finding) bool { return !isKnown }
	}
	j := newJudge(p)
	j.enter(&res.Runs[run])
	f := &res.Runs[run].Findings[at]
	d := j.decide(f, p.exempt(&res.Runs[run], f))
	e := Explanation{Decision: v.Decisions[run][at]}
	if isKnown && d.Action != Ignored {
		otherwise := "without the baseline"
		if res.Since != nil && f.Base != "" {
			otherwise = "if it were new in the pull request"
		}
		e.Change = []string{fmt.Sprintf("%s it would be %s: %s", otherwise, d.Action, strings.TrimPrefix(d.By, d.Action.String()+": "))}
		return e
	}
	if d.rule == nil && d.threshold == nil {
		e.Change = []string{"it counts again without: " + e.Decision.By}
		if f.Suppressed() {
			e.Change = []string{"it counts again without " + f.Suppressions[0].Source}
		}
		return e
	}
	s := j.subject(f)
	for i := range p.Rules {
		r := &p.Rules[i]
		if r == d.rule {
			break
		}
		if _, why := r.test(&s); why != nil {
			e.Before = append(e.Before, Unmatched{r.Label(), r.Origin, why.key.name, why.want, why.key.got(&s)})
		}
	}
	if d.rule != nil {
		e.Line = d.rule.Origin
		e.Change = d.rule.change(&s, e.Decision)
	} else {
		e.Line = d.threshold.line(d, e.Decision)
		e.Change = d.threshold.change(&s, d, e.Decision)
	}
	if e.Decision.Action == Fail {
		e.Change = append(waysOut(f), e.Change...)
	}
	return e
}

// change says what would change a rule's decision.
func (r *Rule) change(s *subject, d Decision) []string {
	out := []string{fmt.Sprintf("a rule before %s that matches it decides instead", r.Origin)}
	switch {
	case len(r.conditions) == 0:
	case len(r.conditions) == 1:
		out = append(out, "the rule no longer matches it when this does not hold: "+r.Match())
	default:
		out = append(out, "the rule no longer matches it when one of these does not hold: "+r.Match())
	}
	if d.Action != r.Action {
		age, _ := r.age(s)
		out = append(out, fmt.Sprintf("the grace period of %d days ends in %d", r.After, r.After-age))
	}
	return out
}

// line is where the limit is written that has decided.
func (t *Threshold) line(d decided, final Decision) string {
	if final != d.Decision {
		for _, m := range t.Max {
			if m.Severity == d.severity {
				return m.Origin
			}
		}
	}
	return t.Origin
}

// change says what would change a threshold's decision.
func (t *Threshold) change(s *subject, d decided, final Decision) []string {
	switch {
	case final != d.Decision:
		return []string{fmt.Sprintf("it passes again when fewer %s findings are there: %s", s.severity, final.By)}
	case final.Action == Fail:
		return []string{fmt.Sprintf("it fails because its severity %s reaches fail-on: %s; a limit above that (%s), or a rule, decides otherwise", s.severity, t.FailOn, t.Origin)}
	case d.byFixable:
		return []string{fmt.Sprintf("the threshold is not about what is %s (fixable, %s)", map[bool]string{true: "fixable", false: "without a known fix"}[s.finding.Fixable()], t.Origin)}
	}
	word := s.severity.String()
	if s.severity == finding.Unknown {
		word = Any().String()
	}
	return []string{fmt.Sprintf("it would fail with fail-on: %s (%s)", word, t.Origin)}
}

// waysOut are what can be done about a failing finding itself.
func waysOut(f *finding.Finding) []string {
	var out []string
	switch {
	case f.Package != nil && f.Package.FixedVersion != "":
		out = append(out, fmt.Sprintf("fixed by upgrading %s from %s to %s", f.Package.Name, f.Package.Version, f.Package.FixedVersion))
	case f.Package != nil:
		out = append(out, fmt.Sprintf("no fix of %s is known", f.Package.Name))
	case f.Fix != "":
		out = append(out, f.Fix)
	}
	id := f.Fingerprint
	if id == "" {
		id = f.RuleID
	}
	return append(out, fmt.Sprintf("or pass over it for a while: scangate ignore %s --reason … --expires …", id))
}
