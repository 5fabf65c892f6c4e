package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy/pattern"
)

// subject is a finding while it is judged.
type subject struct {
	run      *finding.Run
	finding  *finding.Finding
	facts    Facts
	severity finding.Severity         // the one that counts
	from     string                   // whose it is, in words, when it is another scanner's
	rules    map[string]*finding.Rule // of the run, by id
	parts    []string                 // of the path, once somebody has asked
}

// pathParts are the folders and the name of the file of the finding.
func (s *subject) pathParts() []string {
	path := s.finding.Location.Path
	if s.parts == nil && path != "" && len(path) <= pattern.MaxMatched {
		s.parts = strings.Split(path, "/")
	}
	return s.parts
}

// ids are all names of what was found.
func (s *subject) ids() []string {
	return append([]string{s.finding.RuleID}, s.finding.Aliases...)
}

// tags are those of the rule that found it.
func (s *subject) tags() []string {
	if r := s.rules[s.finding.RuleID]; r != nil {
		return r.Tags
	}
	return nil
}

// cwes are the weaknesses that the tags name, such as "79".
func (s *subject) cwes() (out []string) {
	for _, tag := range s.tags() {
		if n, ok := strings.CutPrefix(strings.ToLower(tag), "external/cwe/cwe-"); ok {
			out = append(out, strings.TrimLeft(n, "0"))
		}
	}
	return out
}

// score is the CVSS base score, 0 when there is none.
func (s *subject) score() float64 {
	if r := s.rules[s.finding.RuleID]; s.finding.Score == 0 && r != nil {
		return r.Score
	}
	return s.finding.Score
}

// purlTypes are the types of package URLs whose ecosystems have other names.
var purlTypes = map[string]string{"go": "golang", "pip": "pypi", "rubygems": "gem", "gradle": "maven"}

// packageNames are what a pattern for packages can stand for: the name, and the
// package URL in full, without its qualifiers, and without its version.
func (s *subject) packageNames() []string {
	p := s.finding.Package
	if p == nil {
		return nil
	}
	out := []string{p.Name}
	purl := p.PURL
	if purl == "" {
		kind := p.Ecosystem
		if t, ok := purlTypes[kind]; ok {
			kind = t
		}
		purl = "pkg:" + kind + "/" + strings.ReplaceAll(p.Name, ":", "/") // as Maven's are
		if p.Version != "" {
			purl += "@" + p.Version
		}
	}
	purl = strings.ReplaceAll(purl, "%40", "@")
	bare, _, _ := strings.Cut(purl, "#")
	bare, _, _ = strings.Cut(bare, "?")
	out = append(out, purl, bare)
	if at := strings.LastIndexByte(bare, '@'); at > strings.LastIndexByte(bare, '/') {
		out = append(out, bare[:at])
	}
	return out
}

// ecosystems are the names that the package's ecosystem goes by.
func (s *subject) ecosystems() []string {
	p := s.finding.Package
	if p == nil {
		return nil
	}
	out := []string{p.Ecosystem}
	if kind, _, ok := strings.Cut(strings.TrimPrefix(p.PURL, "pkg:"), "/"); ok {
		out = append(out, kind)
	} else if t, ok := purlTypes[p.Ecosystem]; ok {
		out = append(out, t)
	}
	return out
}

// rulesOf are the rules of a run by their ids.
func rulesOf(run *finding.Run) map[string]*finding.Rule {
	out := make(map[string]*finding.Rule, len(run.Rules))
	for i := range run.Rules {
		out[run.Rules[i].ID] = &run.Rules[i]
	}
	return out
}

// list shows values to people.
func list(values []string) string {
	shown := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
	if len(shown) == 0 {
		return "none"
	}
	return strings.Join(slices.Compact(shown), ", ")
}

// decimal shows a number, or that there is none.
func decimal(n float64, ok bool) string {
	if !ok {
		return "none"
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}
