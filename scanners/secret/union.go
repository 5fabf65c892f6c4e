package secret

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/zricethezav/gitleaks/v8/config"
	gitleaks "github.com/zricethezav/gitleaks/v8/detect"
	"github.com/zricethezav/gitleaks/v8/report"
)

// unionEngine finds what a repository's own rules find, and what gitleaks'
// default rules find. What only the default rules find is marked as hidden by
// the repository's: a file in the scanned tree may ask to pass over a secret,
// but cannot make it disappear.
//
// A text is sifted once, for the rules of both. Each side's detector then runs
// with those of its rules that may find something.
type unionEngine struct {
	base, own side
	vault     *vault     // nil: no secret is held
	sum       string     // of the repository's rules
	name      string     // the file of the repository's rules
	filter    *prefilter // of all rules that can be sifted; nil: none are
	sides     []sifted   // by rule of the filter
	always    []string   // own rules that are not in the filter, but for those on the path alone
}

// side is one of the two sets of rules.
type side struct {
	config   config.Config
	detector *gitleaks.Detector // with all rules
	paths    []config.Rule      // on the path alone
	some     subsets
}

// sifted says whose a rule of the filter is.
type sifted struct {
	id        string
	base, own bool
	narrower  bool // the rule is on both sides, and own only adds allowlists to it
}

// newUnion puts a repository's rules beside the default ones.
func newUnion(base *gitleaksEngine, own *ownRules, prefiltered bool) (*unionEngine, error) {
	e := &unionEngine{name: own.name, sum: own.sum,
		base: side{config: base.config, detector: base.detector, paths: base.paths},
		own:  side{config: own.config, detector: newDetector(own.config), paths: pathRules(own.config)},
	}
	if !prefiltered {
		return e, nil
	}
	rules, sides := unionRules(base.config, own.config)
	var err error
	if e.filter, err = newPrefilter(config.Config{Rules: rules}); err != nil || e.filter == nil {
		return e, err
	}
	for _, r := range e.filter.rules {
		e.sides = append(e.sides, sides[r.RuleID])
	}
	required := requiredRules(own.config)
	for id, r := range own.config.Rules {
		if !siftable(required, r) && r.Regex != nil {
			e.always = append(e.always, id)
		}
	}
	slices.Sort(e.always)
	return e, nil
}

// pathRules are the rules that look at the path alone.
func pathRules(cfg config.Config) (rules []config.Rule) {
	for _, id := range cfg.OrderedRules {
		if r := cfg.Rules[id]; r.Regex == nil && r.Path != nil {
			rules = append(rules, r)
		}
	}
	return rules
}

func (s *side) skips(path string) bool {
	for _, a := range s.config.Allowlists {
		if a.MatchCondition == config.AllowlistMatchOr && a.PathAllowed(path) {
			return true
		}
	}
	return false
}

func (s *side) byPath(path string) bool {
	return slices.ContainsFunc(s.paths, func(r config.Rule) bool { return r.Path.MatchString(path) })
}

// ruleSet tells the repository's rules from others, for what is kept of scans.
func (e *unionEngine) ruleSet() string { return e.name + " " + e.sum }

func (e *unionEngine) skips(path string) bool { return e.base.skips(path) && e.own.skips(path) }

func (e *unionEngine) byPath(path string) bool { return e.base.byPath(path) || e.own.byPath(path) }

func (e *unionEngine) title(rule string) (title, description string) {
	r, ok := e.own.config.Rules[rule]
	if !ok {
		r = e.base.config.Rules[rule]
	}
	return titleOf(r)
}

func (e *unionEngine) detect(ctx context.Context, f fragment) (hits []hit, err error) {
	defer caught(f.path, &err)
	v := verdict{all: true}
	if e.filter != nil && !e.byPath(f.path) {
		s := e.filter.sifter()
		v = s.sift(f.text, f.path)
		s.release()
	}
	var base, own []string
	narrower := !v.all && len(e.always) == 0
	for _, r := range v.rules {
		s := e.sides[r]
		if s.base {
			base = append(base, s.id)
		}
		if s.own {
			own = append(own, s.id)
			narrower = narrower && s.narrower
		}
	}
	theirs, err := e.base.look(ctx, f, v, base, nil)
	if err != nil {
		return nil, err
	}
	if len(theirs) == 0 && narrower {
		return nil, ctx.Err() // the other side finds no more; this is how most texts end
	}
	ours, err := e.own.look(ctx, f, v, own, e.always)
	if err != nil {
		return nil, err
	}
	for _, r := range ours {
		h := newHit(f, r)
		e.vault.put(f, r, h)
		hits = append(hits, h)
	}
	for _, r := range theirs {
		if !slices.ContainsFunc(ours, func(o report.Finding) bool { return covers(o, r) }) {
			h := newHit(f, r)
			e.vault.put(f, r, h)
			h.hiddenBy, h.reason = e.name, e.own.whyNot(f, r)
			hits = append(hits, h)
		}
	}
	return hits, ctx.Err()
}

// look runs the detector of a side: with all rules, or with those that the
// sieve let pass in the windows that it named, or, if there are rules that
// always have to be looked for, with all of these everywhere.
func (s *side) look(ctx context.Context, f fragment, v verdict, rules, always []string) (found []report.Finding, err error) {
	windows := v.windows
	d := s.detector
	if !v.all {
		if len(rules)+len(always) == 0 {
			return nil, nil
		}
		if len(always) > 0 {
			windows = nil
		}
		d = s.some.with(s.config, slices.Concat(rules, always))
	}
	if windows == nil {
		windows = []piece{{0, len(f.text)}}
	}
	for _, w := range windows {
		more, err := run(ctx, d, f, w)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	return found, nil
}

// covers reports that the finding a says what b says. Of two rules that find a
// secret, gitleaks drops a generic one; so does this, across the two sides.
func covers(a, b report.Finding) bool {
	if a.StartLine != b.StartLine {
		return false
	}
	return a.RuleID == b.RuleID && a.Secret == b.Secret ||
		b.Secret != "" && strings.Contains(strings.ToLower(b.RuleID), "generic") && strings.Contains(a.Secret, b.Secret)
}

// unionRules are the rules of both sides that can be sifted, each with the
// allowlists that hold on every side on which the rule is.
func unionRules(base, own config.Config) (map[string]config.Rule, map[string]sifted) {
	rules, sides := map[string]config.Rule{}, map[string]sifted{}
	required := requiredRules(own)
	for id, r := range base.Rules {
		s := sifted{id: id, base: true}
		lists := slices.Concat(r.Allowlists, base.Allowlists)
		if o, ok := own.Rules[id]; ok && siftable(required, o) && sameRule(r, o) {
			s.own = true
			all := len(lists)
			lists = common(lists, slices.Concat(o.Allowlists, own.Allowlists))
			s.narrower = len(lists) == all
		}
		if siftable(nil, r) {
			r.Allowlists = lists
			rules[id], sides[id] = r, s
		}
	}
	for id, r := range own.Rules {
		if sides[id].own || !siftable(required, r) {
			continue
		}
		name := id + "\x00" + "own" // no id of a file holds a NUL
		r.RuleID, r.Allowlists = name, slices.Concat(r.Allowlists, own.Allowlists)
		rules[name], sides[name] = r, sifted{id: id, own: true}
	}
	return rules, sides
}

// siftable reports whether a rule can be looked for on its own, by keywords.
// One that another requires is not: it has to be there whenever the other is.
func siftable(required map[string]bool, r config.Rule) bool {
	return r.Regex != nil && !r.SkipReport && len(r.RequiredRules) == 0 && !required[r.RuleID] &&
		len(r.Keywords) > 0 && !slices.Contains(r.Keywords, "")
}

// requiredRules are the rules that others of a configuration require.
func requiredRules(cfg config.Config) map[string]bool {
	out := map[string]bool{}
	for _, r := range cfg.Rules {
		for _, q := range r.RequiredRules {
			out[q.RuleID] = true
		}
	}
	return out
}

// sameRule reports that two rules find the same, allowlists aside.
func sameRule(a, b config.Rule) bool {
	path := func(r config.Rule) string {
		if r.Path == nil {
			return ""
		}
		return r.Path.String()
	}
	return a.Regex != nil && b.Regex != nil && a.Regex.String() == b.Regex.String() && path(a) == path(b) &&
		cmp.Compare(a.Entropy, b.Entropy) == 0 && a.SecretGroup == b.SecretGroup && slices.Equal(a.Keywords, b.Keywords)
}
