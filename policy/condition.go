package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/scangate/scangate/config"
	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy/pattern"
	"github.com/scangate/scangate/text"
)

// condition is one key of a rule's match with what it wants.
type condition struct {
	key  *matchKey
	want string // as it is written
	// admits reports whether one of the values is wanted.
	admits func(value string) bool
	exact  []string // all values that are wanted, when they are so few
	paths  []*pattern.Path
	holds  func(n float64) bool
}

// test answers whether the condition holds for a finding.
func (c *condition) test(s *subject) truth {
	switch {
	case c.key.takes == paths:
		parts := s.pathParts()
		return answer(parts != nil && slices.ContainsFunc(c.paths, func(p *pattern.Path) bool { return p.Match(s.finding.Location.Path, parts) }))
	case c.admits != nil:
		return answer(slices.ContainsFunc(c.key.folded(s), c.admits))
	case !s.facts.has(c.key.name):
		return unknown
	}
	n, ok := c.key.number(s)
	return answer(ok && c.holds(n))
}

// folded are the finding's values in the form in which they are compared, the
// empty ones left out.
func (k *matchKey) folded(s *subject) []string {
	var out []string
	for _, v := range k.values(s) {
		if v == "" || len(v) > pattern.MaxMatched {
			continue
		}
		if k.takes == patterns {
			v = strings.ToLower(v)
		}
		out = append(out, v)
	}
	return out
}

// word is a value with its place in the file.
type word struct {
	at   config.Section
	text string
}

// readWords reads one word, or a list of them.
func readWords(v config.Section) ([]word, error) {
	if v.Absent() {
		return nil, v.Errorf("want a value, or leave the key out")
	}
	if one, err := v.Text(); err == nil {
		return []word{{v, one}}, nil
	}
	var items []config.Section
	if err := v.Decode(&items); err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, v.Errorf("an empty list matches nothing: leave the key out to match everything")
	}
	var out []word
	for _, item := range items {
		if item.Absent() {
			return nil, item.Errorf("an empty value in a list")
		}
		one, err := item.Text()
		if err != nil {
			return nil, err
		}
		out = append(out, word{item, one})
	}
	return out, nil
}

// parseCondition reads what a key wants.
func parseCondition(k *matchKey, v config.Section, known Known, scanners []string) (condition, error) {
	all, err := readWords(v)
	if err != nil {
		return condition{}, err
	}
	c := condition{key: k}
	var shown []string
	var numbers []comparisons
	var tests []func(string) bool
	for _, w := range all {
		var test func(string) bool
		switch k.takes {
		case scannerNames:
			test, err = parseName(w.text, known.names(), "scanner")
		case frameworkNames:
			test, err = parseName(w.text, known.frameworks(scanners), "framework")
		case patterns:
			var only string
			if test, only, err = parsePattern(w.text); only != "" {
				c.exact = append(c.exact, only)
			}
		case words:
			test, err = parseWord(k.name, w.text)
		case weaknesses:
			test, err = parseWeakness(w.text)
		case severities:
			test, err = parseSeverities(w.text)
		case paths:
			var p *pattern.Path
			p, err = pattern.CompilePath(w.text)
			c.paths = append(c.paths, p)
		default:
			var n comparisons
			n, err = parseNumbers(k.takes, w.text)
			numbers = append(numbers, n)
		}
		if err != nil {
			return condition{}, w.at.Errorf("%s: %v", k.name, err)
		}
		shown, tests = append(shown, w.text), append(tests, test)
	}
	c.want = text.OneLine(strings.Join(shown, ", "), 200)
	switch {
	case k.values != nil:
		if len(c.exact) < len(all) {
			c.exact = nil // others are wanted, too
		}
		c.admits = func(v string) bool {
			return slices.ContainsFunc(tests, func(t func(string) bool) bool { return t(v) })
		}
	case k.number != nil:
		c.holds = func(n float64) bool {
			return slices.ContainsFunc(numbers, func(c comparisons) bool { return c.hold(n) })
		}
	}
	return c, nil
}

// parseName reads a name, or a pattern of names, that must be among the known
// ones: a misspelt one would be a hole in the gate.
func parseName(name string, known []string, thing string) (func(string) bool, error) {
	g, err := pattern.Compile(name)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(known, g.Match) {
		if len(known) == 0 {
			return nil, fmt.Errorf("no scanner that is meant has a %s", thing)
		}
		return nil, fmt.Errorf("unknown %s %q%s", thing, name, text.Suggest(name, known))
	}
	return g.Match, nil
}

// parsePattern reads a pattern, and returns the only text that it stands for
// when there is only one. Case does not count: values come in lower case.
func parsePattern(word string) (test func(string) bool, only string, err error) {
	g, err := pattern.Compile(strings.ToLower(word))
	if err != nil {
		return nil, "", err
	}
	if only, ok := g.Exact(); ok {
		return g.Match, only, nil
	}
	return g.Match, "", nil
}

func relationshipNames() []string { return []string{"direct", "indirect", "transitive"} }

func parseWord(key, word string) (func(string) bool, error) {
	relationships := relationshipNames()
	switch {
	case word == "":
		return nil, errors.New("an empty word matches nothing")
	case key == "relationship" && !slices.Contains(relationships, word):
		return nil, fmt.Errorf("unknown relationship %q%s", word, text.Suggest(word, relationships))
	}
	if key == "relationship" && word == "transitive" {
		word = "indirect"
	}
	return func(v string) bool { return strings.EqualFold(v, word) }, nil
}

func parseWeakness(word string) (func(string) bool, error) {
	digits := strings.TrimLeft(strings.TrimPrefix(strings.ToUpper(word), "CWE-"), "0")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil, fmt.Errorf("%q is not a weakness such as CWE-79", word)
	}
	return func(v string) bool { return v == digits }, nil
}

// parseSeverities reads a severity, or a comparison with one.
func parseSeverities(word string) (func(string) bool, error) {
	operator, name := cutOperator(word)
	limit, err := finding.ParseSeverity(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a severity%s", name, text.Suggest(name, severityNames()))
	}
	var names []string
	for s := finding.Unknown; s <= finding.Critical; s++ {
		if compare(float64(s), operator, float64(limit)) {
			names = append(names, s.String())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no severity is %q", word)
	}
	return func(v string) bool { return slices.Contains(names, v) }, nil
}

func severityNames() (out []string) {
	for s := finding.Unknown; s <= finding.Critical; s++ {
		out = append(out, s.String())
	}
	return out
}

// parseNumbers reads what is compared with a number.
func parseNumbers(kind valueKind, word string) (comparisons, error) {
	switch kind {
	case flag:
		switch word {
		case "true":
			return comparisons{{"=", 1}}, nil
		case "false":
			return comparisons{{"=", 0}}, nil
		}
		return nil, fmt.Errorf("want true or false, not %q", word)
	case scores:
		return parseComparisons(word, number(10))
	case chances:
		return parseComparisons(word, number(1))
	}
	return parseComparisons(word, days)
}

// frameworks are those of the scanners, of all when none is named.
func (k Known) frameworks(scanners []string) []string {
	var out []string
	for _, name := range k.names() {
		if len(scanners) == 0 || slices.Contains(scanners, name) {
			out = append(out, k[name]...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
