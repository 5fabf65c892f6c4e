package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
)

// maxRules bounds how many rules a policy can have.
const maxRules = 10_000

// Rule is a line of the long form of a policy: the first one that matches a
// finding decides it. Parse makes them.
type Rule struct {
	Name    string // optional
	Because string // why, in the words of who wrote it; optional
	Action  Action // Fail, Warn or Ignored
	// After is a grace period in days: until an advisory has been public, or
	// with FirstSeen a finding been there, for that long, what would fail is a
	// warning, and what would be one passes.
	After     int
	FirstSeen bool
	Origin    string // where it is written, as in ".scangate.yaml:31"

	conditions []condition
}

// ruleActions are the words for what a rule does.
var ruleActions = map[string]Action{"fail": Fail, "warn": Warn, "ignore": Ignored}

func actionNames() []string { return slices.Sorted(maps.Keys(ruleActions)) }

// Label names the rule for people, without its place.
func (r *Rule) Label() string {
	switch {
	case r.Name != "" && r.Because != "":
		return r.Name + ": " + r.Because
	case r.Name+r.Because != "":
		return r.Name + r.Because
	case len(r.conditions) == 0:
		return "matches everything"
	}
	return r.Match()
}

// Match is what the rule matches, in a line.
func (r *Rule) Match() string {
	var out []string
	for _, c := range r.conditions {
		out = append(out, c.key.name+": "+c.want)
	}
	return text.OneLine(strings.Join(out, "; "), 300)
}

// parseRules reads policy.rules.
func parseRules(items []config.Section, known Known) ([]Rule, error) {
	if len(items) > maxRules {
		return nil, items[maxRules].Errorf("policy.rules: more than %s", text.Count(maxRules, "rule"))
	}
	keys := matchKeys()
	var out []Rule
	for _, item := range items {
		r, err := parseRule(item, known, keys)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// rawRule is a rule as it stands in the file.
type rawRule struct {
	Name    config.Section `yaml:"name"`
	Match   config.Section `yaml:"match"`
	Action  config.Section `yaml:"action"`
	Because config.Section `yaml:"because"`
	After   config.Section `yaml:"after"`
	Since   config.Section `yaml:"since"`
}

func parseRule(item config.Section, known Known, keys []matchKey) (Rule, error) {
	if item.Absent() {
		return Rule{}, item.Errorf("policy.rules: an empty rule: want match and action")
	}
	r := Rule{Origin: item.Position()}
	var raw rawRule
	err := item.Decode(&raw)
	switch {
	case err != nil:
		return Rule{}, err
	case raw.Match.Absent():
		return Rule{}, item.Errorf("policy.rules: the rule has no match; {} matches everything")
	case raw.Action.Absent():
		return Rule{}, item.Errorf("policy.rules: the rule has no action: want fail, warn or ignore")
	}
	if r.conditions, err = parseMatch(raw.Match, known, keys); err != nil {
		return Rule{}, err
	}
	action, err := raw.Action.Text()
	if err != nil {
		return Rule{}, err
	}
	var ok bool
	if r.Action, ok = ruleActions[action]; !ok {
		return Rule{}, raw.Action.Errorf("unknown action %q%s", action, text.Suggest(action, actionNames()))
	}
	for _, sentence := range []struct {
		section config.Section
		into    *string
	}{{raw.Name, &r.Name}, {raw.Because, &r.Because}} {
		if sentence.section.Absent() {
			continue
		}
		words, err := sentence.section.Text()
		if err != nil {
			return Rule{}, err
		}
		*sentence.into = text.OneLine(words, 200)
	}
	if raw.After.Absent() {
		if !raw.Since.Absent() {
			return Rule{}, raw.Since.Errorf("since: it says what the days of after are counted from, and there is no after")
		}
		return r, nil
	}
	after, err := raw.After.Text()
	if err != nil {
		return Rule{}, err
	}
	n, err := days(after)
	switch {
	case err != nil:
		return Rule{}, raw.After.Errorf("after: %v", err)
	case r.Action == Ignored:
		return Rule{}, raw.After.Errorf(`after: a rule that ignores has no grace period; match on age: ">=%s" instead`, after)
	}
	r.After = int(n)
	return r, r.parseSince(raw.Since)
}

// parseMatch reads the conditions, and puts them in the order of the keys'
// table, in which they are tested and explained.
func parseMatch(match config.Section, known Known, keys []matchKey) ([]condition, error) {
	pairs, err := match.Pairs()
	if err != nil {
		return nil, err
	}
	at := func(name string) int {
		return slices.IndexFunc(keys, func(k matchKey) bool { return k.name == name })
	}
	for _, p := range pairs {
		if at(p.Name) < 0 {
			return nil, p.Key.Errorf("unknown key %q in match%s", p.Name, text.Suggest(p.Name, keyNames(keys)))
		}
	}
	slices.SortFunc(pairs, func(a, b config.Pair) int { return at(a.Name) - at(b.Name) })
	var out []condition
	var scanners []string // that the rule is about
	for _, p := range pairs {
		c, err := parseCondition(&keys[at(p.Name)], p.Value, known, scanners)
		if err != nil {
			return nil, err
		}
		if p.Name == "scanner" {
			for _, name := range known.names() {
				if c.admits(name) {
					scanners = append(scanners, name)
				}
			}
		}
		out = append(out, c)
	}
	return out, nil
}

func keyNames(keys []matchKey) (out []string) {
	for _, k := range keys {
		out = append(out, k.name)
	}
	return out
}

// test answers whether the rule matches a finding, and with which condition it
// does not, or is not known to.
func (r *Rule) test(s *subject) (truth, *condition) {
	result, why := yes, (*condition)(nil)
	if r.FirstSeen && r.After > 0 && !dated(s.finding) {
		result, why = unknown, firstSeenCondition(r.After)
	}
	for i := range r.conditions {
		switch c := &r.conditions[i]; c.test(s) {
		case no:
			return no, c
		case unknown:
			if why == nil {
				result, why = unknown, c
			}
		}
	}
	return result, why
}

// needs lists the facts that the rule asks for.
func (r *Rule) needs() (out []string) {
	for _, c := range r.conditions {
		if remedies[c.key.name] != "" {
			out = append(out, c.key.name)
		}
	}
	if r.After > 0 && !slices.Contains(out, "age") {
		out = append(out, "age")
	}
	return out
}

// decide is what the rule makes of a finding that it matches.
func (r *Rule) decide(s *subject) Decision {
	action, words := r.Action, actionWords[r.Action]
	if r.After > 0 {
		// What has no date of publication has no grace.
		if age, ok := r.age(s); ok && !s.facts.Now.IsZero() && age < r.After {
			words = fmt.Sprintf("%s in %s", words, text.Count(r.After-age, "day"))
			if action = Warn; r.Action == Warn {
				action = Pass
			}
		}
	}
	by := fmt.Sprintf("%s: %s (%s)", words, r.Label(), r.Origin)
	if slices.ContainsFunc(r.conditions, func(c condition) bool { return c.key.name == "severity" }) {
		by += s.from
	}
	return Decision{action, by}
}

var actionWords = map[Action]string{Fail: "fail", Warn: "warn", Ignored: "ignore"}

// missing lists what rules ask for that is not known, of those that can be
// about one of the runs.
func (p Policy) missing(runs []finding.Run) []string {
	var out []string
	for i := range p.Rules {
		r := &p.Rules[i]
		for _, key := range r.needs() {
			if !p.Facts.has(key) && slices.ContainsFunc(runs, r.concerns) {
				out = append(out, fmt.Sprintf("the rule at %s asks for %s, which is not known: %s", r.Origin, key, p.Facts.remedy(key)))
			}
		}
	}
	return out
}

// Asks reports whether a rule that can be about one of the runs has the key in
// its match, so that its facts are wanted.
func (p Policy) Asks(key string, runs []finding.Run) bool {
	return slices.ContainsFunc(p.Rules, func(r Rule) bool {
		return slices.Contains(r.needs(), key) && slices.ContainsFunc(runs, r.concerns)
	})
}

// concerns reports whether the rule can match a finding of the run.
func (r *Rule) concerns(run finding.Run) bool {
	s := subject{run: &run}
	for i := range r.conditions {
		switch c := &r.conditions[i]; c.key.name {
		case "scanner", "tool", "target":
			if c.test(&s) == no {
				return false
			}
		}
	}
	return true
}
