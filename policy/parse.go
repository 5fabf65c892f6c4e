package policy

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/text"
)

// Known says which names a policy may use: scanners, and for each the
// frameworks that can have a threshold of their own.
type Known map[string][]string

func (k Known) names() []string { return slices.Sorted(maps.Keys(k)) }

// check returns an error's text when scanner is not a known name.
func (k Known) check(scanner string) string {
	if _, ok := k[scanner]; ok {
		return ""
	}
	return fmt.Sprintf("unknown scanner %q%s", scanner, text.Suggest(scanner, k.names()))
}

// rawPolicy is the section as it stands in the file.
type rawPolicy struct {
	Thresholds config.Section   `yaml:"thresholds"`
	Rules      []config.Section `yaml:"rules"`
	Require    []config.Section `yaml:"require"`
	Severity   config.Section   `yaml:"severity"`
	Baseline   config.Section   `yaml:"baseline"`
	AddedMarks config.Section   `yaml:"added-marks"`
}

// Parse reads the policy section of a configuration.
func Parse(section config.Section, known Known) (Policy, error) {
	p := DefaultPolicy()
	var raw rawPolicy
	if err := section.Decode(&raw); err != nil {
		return Policy{}, err
	}
	for _, r := range raw.Require {
		name, err := r.Text()
		if err != nil {
			return Policy{}, err
		}
		if msg := known.check(name); msg != "" {
			return Policy{}, r.Errorf("policy.require: %s", msg)
		}
		p.Require = append(p.Require, name)
	}
	if !raw.Severity.Absent() {
		choice, err := parseChoice(raw.Severity, known)
		if err != nil {
			return Policy{}, err
		}
		p.Severity = choice
	}
	var err error
	if p.AddedMarks, err = parseAddedMarks(raw.AddedMarks); err != nil {
		return Policy{}, err
	}
	if !raw.Baseline.Absent() {
		name, err := raw.Baseline.Text()
		if err != nil {
			return Policy{}, err
		}
		if !filepath.IsLocal(name) {
			return Policy{}, raw.Baseline.Errorf("policy.baseline: want a file below the directory of the configuration")
		}
		p.BaselineFile = name
	}
	rules, err := parseRules(raw.Rules, known)
	if err != nil {
		return Policy{}, err
	}
	p.Rules = rules
	entries, err := raw.Thresholds.Pairs()
	if err != nil {
		return Policy{}, err
	}
	p.Scanners = make(map[string]ScannerThreshold, len(entries))
	for _, e := range entries {
		if msg := known.check(e.Name); msg != "" {
			return Policy{}, e.Key.Errorf("policy.thresholds: %s", msg)
		}
		if p.Scanners[e.Name], err = parseScanner(e, p.Default, known[e.Name]); err != nil {
			return Policy{}, err
		}
	}
	return p, nil
}

// limitKeys are the keys of one threshold.
var limitKeys = []string{"fail-on", "warn-on", "fixable", "max"}

// parseScanner reads {fail-on: …, terraform: {…}}: limits and frameworks side
// by side.
func parseScanner(e config.Pair, parent Threshold, frameworks []string) (ScannerThreshold, error) {
	keys, err := e.Value.Pairs()
	if err != nil {
		return ScannerThreshold{}, err
	}
	own := slices.DeleteFunc(slices.Clone(keys), func(k config.Pair) bool { return !slices.Contains(limitKeys, k.Name) })
	var st ScannerThreshold
	if st.Threshold, err = parseThreshold(e, own, parent); err != nil {
		return ScannerThreshold{}, err
	}
	for _, k := range keys {
		switch {
		case slices.Contains(limitKeys, k.Name):
		case !slices.Contains(frameworks, k.Name):
			return ScannerThreshold{}, k.Key.Errorf("unknown key %q in policy.thresholds.%s%s", k.Name, e.Name,
				text.Suggest(k.Name, append(slices.Clone(limitKeys), frameworks...)))
		default:
			limits, err := k.Value.Pairs()
			if err != nil {
				return ScannerThreshold{}, err
			}
			t, err := parseThreshold(k, limits, st.Threshold)
			if err != nil {
				return ScannerThreshold{}, err
			}
			if st.Frameworks == nil {
				st.Frameworks = map[string]Threshold{}
			}
			st.Frameworks[k.Name] = t
		}
	}
	return st, nil
}

// parseThreshold reads the limits of e. What it leaves out comes from parent,
// with one exception: a warn-on without a fail-on only warns.
func parseThreshold(e config.Pair, limits []config.Pair, parent Threshold) (Threshold, error) {
	if len(limits) == 0 {
		return parent, nil
	}
	t := parent
	t.Origin = e.Key.Position()
	var fail, warn bool
	for _, l := range limits {
		if !slices.Contains(limitKeys, l.Name) {
			return Threshold{}, l.Key.Errorf("unknown key %q in %s%s", l.Name, e.Name, text.Suggest(l.Name, limitKeys))
		}
		if l.Name == "max" {
			var err error
			if t.Max, err = parseMax(l.Value, t.Max); err != nil {
				return Threshold{}, err
			}
			continue
		}
		word, err := l.Value.Text()
		if err != nil {
			return Threshold{}, err
		}
		switch l.Name {
		case "fixable":
			if t.Fixable, err = parseFixable(word); err != nil {
				return Threshold{}, l.Value.Errorf("%v", err)
			}
			continue
		case "fail-on":
			t.FailOn, err = ParseLimit(word)
			fail = true
		case "warn-on":
			t.WarnOn, err = ParseLimit(word)
			warn = true
		}
		if err != nil {
			return Threshold{}, l.Value.Errorf("%s: %v%s", l.Name, err, text.Suggest(word, LimitNames()))
		}
	}
	if warn && !fail {
		t.FailOn = None()
	}
	return t, nil
}

func parseFixable(word string) (Fixable, error) {
	switch word {
	case "any":
		return FixableAny, nil
	case "true":
		return FixableOnly, nil
	case "false":
		return UnfixableOnly, nil
	}
	return 0, fmt.Errorf("fixable: want true, false or any, not %q", word)
}

// Override applies a --fail-on specification: a limit for every scanner, or
// scanner=limit, or both, separated by commas. What the command line names
// wins over the fail-on of the configuration; its rules and its max stay.
func (p Policy) Override(spec string, known Known) (Policy, error) {
	if spec == "" {
		return p, nil
	}
	const origin = "--fail-on"
	var all *Limit
	single := map[string]Limit{}
	for part := range strings.SplitSeq(spec, ",") {
		name, word, isPair := strings.Cut(strings.TrimSpace(part), "=")
		if !isPair {
			word = name
		}
		limit, err := ParseLimit(word)
		if err != nil {
			return Policy{}, fmt.Errorf("%s: %w%s", origin, err, text.Suggest(word, LimitNames()))
		}
		if !isPair {
			if all != nil {
				return Policy{}, fmt.Errorf("%s: %q gives two limits for every scanner; write scanner=limit for one of them", origin, spec)
			}
			all = &limit
			continue
		}
		if msg := known.check(name); msg != "" {
			return Policy{}, fmt.Errorf("%s: %s", origin, msg)
		}
		if _, twice := single[name]; twice {
			return Policy{}, fmt.Errorf("%s: scanner %q is named twice", origin, name)
		}
		single[name] = limit
	}
	out := p
	out.Scanners = maps.Clone(p.Scanners)
	if out.Scanners == nil {
		out.Scanners = map[string]ScannerThreshold{}
	}
	if all != nil {
		out.Default.FailOn, out.Default.Origin = *all, origin
		for name, s := range out.Scanners {
			out.Scanners[name] = s.withFailOn(*all, origin)
		}
	}
	for name, limit := range single {
		s, ok := out.Scanners[name]
		if !ok {
			s = ScannerThreshold{Threshold: out.Default}
		}
		out.Scanners[name] = s.withFailOn(limit, origin)
	}
	return out, nil
}

func (s ScannerThreshold) withFailOn(l Limit, origin string) ScannerThreshold {
	s.FailOn, s.Origin = l, origin
	s.Frameworks = maps.Clone(s.Frameworks)
	for name, t := range s.Frameworks {
		t.FailOn, t.Origin = l, origin
		s.Frameworks[name] = t
	}
	return s
}
