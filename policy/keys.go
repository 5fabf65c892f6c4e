package policy

import (
	"strconv"

	"github.com/scangate/scangate/finding"
)

// matchKey is something that a rule can ask about a finding.
type matchKey struct {
	name  string
	takes valueKind
	about string // for people, in the documentation and the schema
	// values are those of the finding, which one of the rule's must be. It is
	// nil for keys that are no lists of words.
	values func(*subject) []string
	// number is the finding's, to compare; yes or no is 1 or 0.
	number func(*subject) (n float64, ok bool)
	// basis is all that the answer depends on, so that it is found once for
	// findings that have it in common; nil when that is not worth it.
	basis func(*subject) string
	ofRun bool // the answer also depends on the run
}

// valueKind is what a key takes.
type valueKind string

const (
	scannerNames   valueKind = "scanners"   // names or patterns of known scanners
	frameworkNames valueKind = "frameworks" // names of known frameworks
	patterns       valueKind = "patterns"   // with *, ? and [a-z]
	paths          valueKind = "paths"      // patterns as in .gitignore
	words          valueKind = "words"      // as they are, whatever their case
	weaknesses     valueKind = "weaknesses" // CWE-79, or 79
	severities     valueKind = "severities" // high, ">=medium"
	scores         valueKind = "scores"     // ">=7.0", of 10
	chances        valueKind = "chances"    // ">=0.1", of 1
	ages           valueKind = "ages"       // ">=30d"
	flag           valueKind = "flag"       // true or false
)

// matchKeys lists them, the ones that are answered fastest first. A new one is
// a line here and in docs/policy.md; the schema is made from it.
func matchKeys() []matchKey {
	packaged := func(f func(*finding.Package) string) func(*subject) []string {
		return func(s *subject) []string {
			if s.finding.Package == nil {
				return nil
			}
			return []string{f(s.finding.Package)}
		}
	}
	truthOf := func(f func(*subject) (is, ok bool)) func(*subject) (float64, bool) {
		return func(s *subject) (float64, bool) {
			is, ok := f(s)
			if is {
				return 1, ok
			}
			return 0, ok
		}
	}
	return []matchKey{
		{name: "scanner", takes: scannerNames, about: "the scanner that found it",
			values: func(s *subject) []string { return []string{s.run.Scanner} },
			basis:  func(s *subject) string { return s.run.Scanner }},
		{name: "tool", takes: patterns, about: "the engine behind the scanner, as `scangate version` and reports name it",
			values: func(s *subject) []string { return []string{s.run.Engine.Name} },
			basis:  func(s *subject) string { return s.run.Engine.Name }},
		{name: "target", takes: patterns, about: "the image or URL that was scanned; findings in the repository have none",
			values: func(s *subject) []string { return []string{s.run.Target} },
			basis:  func(s *subject) string { return s.run.Target }},
		{name: "severity", takes: severities, about: "how bad it is, by the scanner that `policy.severity` names",
			values: func(s *subject) []string { return []string{s.severity.String()} },
			basis:  func(s *subject) string { return s.severity.String() }},
		{name: "rule", takes: patterns, about: "the id of the rule or advisory, or one of its aliases",
			values: (*subject).ids,
			basis: func(s *subject) string {
				out := s.finding.RuleID
				for _, a := range s.finding.Aliases {
					out += "\x00" + a
				}
				return out
			}},
		{name: "framework", takes: frameworkNames, about: "the kind of infrastructure code",
			values: func(s *subject) []string { return []string{s.finding.Framework} },
			basis:  func(s *subject) string { return s.finding.Framework }},
		{name: "path", takes: paths, about: "the file, as in `.gitignore`, without negation",
			basis: func(s *subject) string { return s.finding.Location.Path }},
		{name: "package", takes: patterns, about: "the package: its name, or its package URL with or without the version",
			values: (*subject).packageNames,
			basis: func(s *subject) string {
				p := s.finding.Package
				if p == nil {
					return ""
				}
				return p.Ecosystem + "\x00" + p.Name + "\x00" + p.Version + "\x00" + p.PURL
			}},
		{name: "ecosystem", takes: words, about: "the package's ecosystem, or the type of its package URL",
			values: (*subject).ecosystems},
		{name: "relationship", takes: words, about: "`direct` or `indirect` (`transitive`); not every lockfile says",
			values: packaged(func(p *finding.Package) string { return p.Relationship })},
		{name: "fixable", takes: flag, about: "whether a fix is known; what is not about a package is fixed in the code",
			number: truthOf(func(s *subject) (bool, bool) { return s.finding.Fixable(), true })},
		{name: "dev", takes: flag, about: "whether the package is for development only; holds for packages only",
			number: truthOf(func(s *subject) (bool, bool) {
				p := s.finding.Package
				return p != nil && p.Dev, p != nil
			})},
		{name: "cvss", takes: scores, about: "the CVSS base score; what has none is not matched",
			number: func(s *subject) (float64, bool) { return s.score(), s.score() > 0 }},
		{name: "age", takes: ages, about: "days since the advisory was published; what has no date is not matched",
			number: func(s *subject) (float64, bool) { return s.facts.age(s.finding) }},
		{name: "tags", takes: patterns, about: "the tags of the rule that found it",
			values: (*subject).tags, basis: func(s *subject) string { return s.finding.RuleID }, ofRun: true},
		{name: "cwe", takes: weaknesses, about: "the weakness, as the tags of the rule name it",
			values: (*subject).cwes, basis: func(s *subject) string { return s.finding.RuleID }, ofRun: true},
		{name: "new", takes: flag, about: "whether it is new, which needs `--since` or `--baseline`",
			number: truthOf(func(s *subject) (bool, bool) { return s.facts.New(s.run, s.finding), true })},
		{name: "kev", takes: flag, about: "whether CISA knows of it being exploited, which needs its catalogue",
			number: truthOf(func(s *subject) (bool, bool) { return s.facts.KEV(s.finding), true })},
		{name: "epss", takes: chances, about: "how likely it is to be exploited, which needs FIRST's predictions; what has none is not matched",
			number: func(s *subject) (float64, bool) { return s.facts.EPSS(s.finding) }},
	}
}

// A MatchKey describes what a rule's match can have, for documentation and for
// the schema of the configuration.
type MatchKey struct {
	Name  string
	Takes string // the kind of its values
	About string
}

// MatchKeys lists what a rule's match can have.
func MatchKeys() []MatchKey {
	var out []MatchKey
	for _, k := range matchKeys() {
		out = append(out, MatchKey{k.name, string(k.takes), k.about})
	}
	return out
}

// got shows the finding's own value.
func (k *matchKey) got(s *subject) string {
	switch {
	case k.name == "path":
		return list([]string{s.finding.Location.Path})
	case k.values != nil:
		return list(k.values(s))
	case !s.facts.has(k.name):
		return "not known"
	}
	n, ok := k.number(s)
	switch {
	case k.takes == flag && ok:
		return strconv.FormatBool(n == 1)
	case k.takes == ages && ok:
		return decimal(n, ok) + "d"
	}
	return decimal(n, ok)
}
