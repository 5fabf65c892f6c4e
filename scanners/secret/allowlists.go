package secret

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/zricethezav/gitleaks/v8/config"
	"github.com/zricethezav/gitleaks/v8/report"

	"github.com/scangate/scangate/text"
)

// maxReason bounds what is repeated of a file's own words, in characters.
const maxReason = 200

// common are the allowlists of a that are in b, too.
func common(a, b []*config.Allowlist) (out []*config.Allowlist) {
	known := map[string]bool{}
	for _, list := range b {
		known[contentOf(list)] = true
	}
	for _, list := range a {
		if known[contentOf(list)] {
			out = append(out, list)
		}
	}
	return out
}

// contentOf is all that an allowlist does. Gitleaks keeps commits and words in
// no order.
func contentOf(a *config.Allowlist) string {
	patterns := func(list []*regexp.Regexp) (out []string) {
		for _, re := range list {
			out = append(out, re.String())
		}
		return out
	}
	return fmt.Sprintf("%d %q %q %q %q %q", a.MatchCondition, slices.Sorted(slices.Values(a.Commits)), patterns(a.Paths),
		a.RegexTarget, patterns(a.Regexes), slices.Sorted(slices.Values(a.StopWords)))
}

// whyNot says why a side does not report what the other side found. It is for
// readers: the detectors decided already.
func (s *side) whyNot(f fragment, r report.Finding) string {
	rule, ok := s.config.Rules[r.RuleID]
	if !ok {
		return "the rule is disabled or left out"
	}
	for _, a := range slices.Concat(s.config.Allowlists, rule.Allowlists) {
		if allows(a, f, r) {
			if d := text.OneLine(strings.TrimSpace(a.Description), maxReason); d != "" {
				return d
			}
			return "an allowlist without a description"
		}
	}
	return "the rule is changed"
}

// allows reports whether an allowlist takes in a finding, as gitleaks has it.
func allows(a *config.Allowlist, f fragment, r report.Finding) bool {
	commit := false
	if f.commit != nil {
		commit, _ = a.CommitAllowed(f.commit.hash)
	}
	target := r.Secret
	switch a.RegexTarget {
	case "match":
		target = r.Match
	case "line":
		target = r.Line
	}
	word, _ := a.ContainsStopWord(r.Secret)
	checks := [...]struct{ asked, met bool }{
		{len(a.Commits) > 0, commit},
		{len(a.Paths) > 0, a.PathAllowed(f.path)},
		{len(a.Regexes) > 0, a.RegexAllowed(target)},
		{len(a.StopWords) > 0, word},
	}
	all := true
	for _, c := range checks {
		if a.MatchCondition == config.AllowlistMatchOr && c.met {
			return true
		}
		all = all && (!c.asked || c.met)
	}
	return a.MatchCondition == config.AllowlistMatchAnd && all
}
