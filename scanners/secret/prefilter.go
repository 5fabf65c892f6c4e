package secret

import (
	"maps"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"

	"github.com/zricethezav/gitleaks/v8/config"
)

// prefilter tells, much faster than gitleaks' detector, which rules can find
// something in a text, and where. What it lets pass is for the detector to
// decide on; what it holds back is what the detector would not find.
type prefilter struct {
	rules    []*sieve
	branches []*branch
	anchors  *anchorSet
	starts   [][]int // by anchor: the branches that begin with it
	keywords [][]int // by anchor: the rules of which it is a keyword, and that need to know
	global   []*config.Allowlist
	table    *charTable

	mu   sync.Mutex
	idle []*sifter
}

// sieve is what the prefilter knows of a rule.
type sieve struct {
	config.Rule
	branches []*branch // nil: the expression is tried where there is a keyword
	own      bool      // its anchors are no keywords: only in the whole text gitleaks sees one
	judged   bool      // the secret of a match can be told from the match of the tail
}

// remote reports that the keyword which makes gitleaks try the rule can be
// anywhere in the text.
func (s *sieve) remote() bool { return s.own || s.branches == nil }

// newPrefilter returns nil for rules that cannot be sifted: those that look
// at each other's findings, or at every text.
func newPrefilter(cfg config.Config) (*prefilter, error) {
	p := &prefilter{global: cfg.Allowlists, table: newCharTable()}
	for _, id := range slices.Sorted(maps.Keys(cfg.Rules)) {
		r := cfg.Rules[id]
		if r.Regex == nil {
			continue // on the path alone
		}
		if len(r.RequiredRules) > 0 || r.SkipReport || len(r.Keywords) == 0 || slices.Contains(r.Keywords, "") {
			return nil, nil
		}
		s := &sieve{Rule: r}
		s.Keywords = nil
		for _, k := range r.Keywords {
			s.Keywords = append(s.Keywords, strings.ToLower(k))
		}
		re, err := syntax.Parse(r.Regex.String(), syntax.Perl)
		if err != nil {
			return nil, err
		}
		found := ways(re, beginWith(s.Keywords))
		if found == nil {
			s.own = true
			found = ways(re, longEnough)
		}
		for _, w := range found {
			s.branches = append(s.branches, newBranch(len(p.rules), w))
		}
		s.judged = !s.own && len(found) == 1 && judgeable(re, found[0], r)
		p.branches = append(p.branches, s.branches...)
		p.rules = append(p.rules, s)
	}
	p.index()
	return p, nil
}

// index makes the automaton of all anchors.
func (p *prefilter) index() {
	ids := map[string]int{}
	var words []string
	id := func(word string) int {
		n, ok := ids[word]
		if !ok {
			n = len(words)
			ids[word] = n
			words = append(words, word)
			p.starts = append(p.starts, nil)
			p.keywords = append(p.keywords, nil)
		}
		return n
	}
	for i, b := range p.branches {
		for _, word := range b.anchors {
			n := id(word)
			p.starts[n] = append(p.starts[n], i)
		}
	}
	for i, s := range p.rules {
		if s.branches == nil {
			for _, word := range s.Keywords {
				n := id(word)
				p.keywords[n] = append(p.keywords[n], i)
			}
		}
	}
	p.anchors = newAnchorSet(words)
}

// judgeable reports whether the rule's secret is decided by its tail: what
// comes before it is only a lazy run of one class of characters without line
// breaks, and all groups are in the tail.
func judgeable(re *syntax.Regexp, w way, r config.Rule) bool {
	if re.Op != syntax.OpConcat || len(re.Sub) < 2 || len(w.before) != 1 || len(w.tail) != len(re.Sub)-1 || re.MaxCap() == 0 {
		return false
	}
	run := w.before[0]
	if run.Flags&syntax.NonGreedy == 0 || run.Op != syntax.OpStar && !(run.Op == syntax.OpRepeat && run.Min == 0) || run.Sub[0].Op != syntax.OpCharClass {
		return false
	}
	_, lines := extent(w.before)
	return !lines && w.tail[0] == re.Sub[1]
}
