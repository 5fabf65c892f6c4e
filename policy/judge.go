package policy

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// judge decides findings one by one. It remembers which rules are out of the
// question for which rule id, path or package, so that many rules and many
// findings cost little more than few.
type judge struct {
	policy Policy
	keys   []remembered
	run    *finding.Run
	rules  map[string]*finding.Rule // of the run
	open   set                      // scratch: the rules that are not out of the question
	// undated counts, by rule, the findings that it was passed over for because
	// nobody knows when they were first seen.
	undated map[int]int
}

// remembered is a key of rules with what is known of the answers to it.
type remembered struct {
	key  *matchKey
	asks []asking
	// exact are, by the value that they want, rules that want few values.
	exact map[string][]int
	all   set // the rules that do not ask for the key
	// possible are, for each basis of an answer, the rules that it leaves.
	possible map[string]set
}

// asking is a rule's condition on the key.
type asking struct {
	rule      int
	condition *condition
}

// set is a set of rules by their number.
type set []uint64

// decided is a decision with what has made it: a rule, a threshold, or neither.
type decided struct {
	Decision
	rule      *Rule
	threshold *Threshold
	severity  finding.Severity // that was judged by
	byFixable bool             // the threshold is not about it
	justified *Justified       // why it is exempt, without its place
}

func newJudge(p Policy) *judge {
	j := &judge{policy: p, open: make(set, (len(p.Rules)+63)/64)}
	at := map[string]int{}
	for i := range p.Rules {
		for n := range p.Rules[i].conditions {
			c := &p.Rules[i].conditions[n]
			if c.key.basis == nil {
				continue
			}
			k, ok := at[c.key.name]
			if !ok {
				k = len(j.keys)
				at[c.key.name] = k
				j.keys = append(j.keys, remembered{key: c.key, possible: map[string]set{}, exact: map[string][]int{}, all: fullSet(len(j.open))})
			}
			j.keys[k].add(i, c)
		}
	}
	return j
}

// enter begins with the findings of a run.
func (j *judge) enter(run *finding.Run) {
	j.run = run
	if len(j.policy.Rules) > 0 {
		j.rules = rulesOf(run)
	}
	for i := range j.keys {
		if j.keys[i].key.ofRun {
			clear(j.keys[i].possible)
		}
	}
}

// subject prepares a finding of the run.
func (j *judge) subject(f *finding.Finding) subject {
	s := subject{run: j.run, finding: f, facts: j.policy.Facts, rules: j.rules}
	s.severity, s.from = j.policy.Severity.of(j.run.Scanner, f)
	return s
}

// decide finds the fate of one finding of the run, on which there may be a word
// that it does not count.
func (j *judge) decide(f *finding.Finding, exempted exempting) decided {
	if mark, ok := addedMark(j.run, f); ok && j.policy.AddedMarks != MarksCount && exempted.by == "" {
		if d, ok := j.marked(f, mark); ok {
			return d
		}
	}
	if f.Suppressed() {
		by := "suppressed by " + f.Suppressions[0].Source
		if s := f.Suppressions[0]; !s.Elsewhere {
			by += " in the scanned content"
		} else if s.Reason != "" {
			by += " (" + text.OneLine(s.Reason, 300) + ")"
		}
		return decided{Decision: Decision{Ignored, by}}
	}
	if exempted.by != "" {
		d := decided{Decision: Decision{Ignored, exempted.by}}
		d.justify(exempted.whose, j.run, f)
		return d
	}
	s := j.subject(f)
	if r := j.firstRule(&s); r != nil {
		return decided{Decision: r.decide(&s), rule: r, severity: s.severity}
	}
	t := j.policy.thresholdFor(j.run.Scanner, f.Framework)
	return decided{Decision: t.decide(&s), threshold: &t, severity: s.severity, byFixable: !t.Fixable.admits(f.Fixable())}
}

// firstRule returns the first rule that matches.
func (j *judge) firstRule(s *subject) *Rule {
	if len(j.open) == 0 {
		return nil
	}
	for i := range j.open {
		j.open[i] = ^uint64(0)
	}
	for i := range j.keys {
		j.open.keep(j.keys[i].of(s))
	}
	for i, word := range j.open {
		for ; word != 0; word &= word - 1 {
			n := i*64 + bits.TrailingZeros64(word)
			if n >= len(j.policy.Rules) {
				return nil
			}
			switch result, why := j.policy.Rules[n].test(s); {
			case result == yes:
				return &j.policy.Rules[n]
			case result == unknown && why.key.name == firstSeenKey && j.undated != nil:
				j.undated[n]++
			}
		}
	}
	return nil
}

// add takes in the condition of a rule.
func (r *remembered) add(rule int, c *condition) {
	r.all[rule/64] &^= 1 << (rule % 64)
	if c.exact == nil {
		r.asks = append(r.asks, asking{rule, c})
		return
	}
	for _, value := range c.exact {
		r.exact[value] = append(r.exact[value], rule)
	}
}

// of returns the rules that the answer to the key leaves.
func (r *remembered) of(s *subject) set {
	basis := r.key.basis(s)
	if out, ok := r.possible[basis]; ok {
		return out
	}
	out := slices.Clone(r.all)
	var values []string
	if r.key.values != nil {
		values = r.key.folded(s)
		for _, v := range values {
			for _, rule := range r.exact[v] {
				out[rule/64] |= 1 << (rule % 64)
			}
		}
	}
	for _, a := range r.asks {
		if r.key.values != nil && !slices.ContainsFunc(values, a.condition.admits) || r.key.values == nil && a.condition.test(s) == no {
			continue
		}
		out[a.rule/64] |= 1 << (a.rule % 64)
	}
	r.possible[basis] = out
	return out
}

// fullSet is all rules of so many words.
func fullSet(words int) set {
	out := make(set, words)
	for i := range out {
		out[i] = ^uint64(0)
	}
	return out
}

// keep removes what is not in other.
func (s set) keep(other set) {
	for i := range s {
		s[i] &= other[i]
	}
}

// decide is what a threshold makes of a finding.
func (t *Threshold) decide(s *subject) Decision {
	switch {
	case !t.Fixable.admits(s.finding.Fixable()):
		return Decision{Pass, "not as fixable as the threshold asks (" + t.Origin + ")"}
	case t.FailOn.Crossed(s.severity):
		return Decision{Fail, fmt.Sprintf("fail-on: %s (%s)%s", t.FailOn, t.Origin, s.from)}
	case t.WarnOn.Crossed(s.severity):
		return Decision{Warn, fmt.Sprintf("below fail-on: %s (%s)%s", t.FailOn, t.Origin, s.from)}
	}
	return Decision{Pass, fmt.Sprintf("below warn-on: %s (%s)%s", t.WarnOn, t.Origin, s.from)}
}
