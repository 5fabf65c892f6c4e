package ignore

import (
	"slices"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/policy/pattern"
)

// dimension is something that an entry wants of a finding and that is looked up
// rather than compared: there can be thousands of entries, and a hundred
// thousand findings.
type dimension int

const (
	byPrint   dimension = iota // the fingerprint
	byName                     // the rule's id or another name
	byRule                     // how the rule's id begins
	byPath                     // how the path begins
	byElement                  // a directory or file anywhere in the path
	byPackage                  // how the package's name, or its URL, begins
	dimensions
)

// prefixed reports whether only the beginning is known.
func (d dimension) prefixed() bool { return d == byRule || d == byPath || d == byPackage }

// keys are what an entry wants, as far as it can be looked up. What an entry
// has no key for, it may be about anything of.
type keys [dimensions]string

// beginning is a pattern up to its first special character.
func beginning(pattern, special string) string {
	if i := strings.IndexAny(pattern, special); i >= 0 {
		return pattern[:i]
	}
	return pattern
}

// keysOf are those of an entry's names, which all entries have in common.
func (e *Entry) keysOf() keys {
	k := e.keys
	k[byPrint], k[byName], k[byRule] = strings.ToLower(e.Fingerprint), strings.ToLower(e.ID), beginning(strings.ToLower(e.Rule), "*")
	return k
}

// keysOfPath are those of a pattern of paths.
func keysOfPath(p *pattern.Path) (path, element string) {
	if path = p.Start(); path == "" {
		element = p.Name()
	}
	return path, element
}

// maxLeaf is how many entries are compared one by one without a thought.
const maxLeaf = 8

// node has entries by one dimension, and those without a key there.
type node struct {
	leaf    []int // compared one by one
	by      dimension
	kids    map[string]*node
	lengths []int // of the keys, where only the beginning is known
	rest    *node
}

// split sorts entries, which are indices of all, by what tells most of them
// apart.
func split(all []keys, entries []int, left []dimension) *node {
	if len(entries) <= maxLeaf {
		return &node{leaf: entries}
	}
	best, least := dimension(-1), len(entries)
	for _, d := range left {
		sizes, most := map[string]int{}, 0
		for _, i := range entries {
			sizes[all[i][d]]++
		}
		for _, n := range sizes {
			most = max(most, n)
		}
		if most < least {
			best, least = d, most
		}
	}
	if best < 0 {
		return &node{leaf: entries}
	}
	groups := map[string][]int{}
	for _, i := range entries {
		groups[all[i][best]] = append(groups[all[i][best]], i)
	}
	n := &node{by: best, kids: map[string]*node{}}
	left = slices.DeleteFunc(slices.Clone(left), func(d dimension) bool { return d == best })
	for key, group := range groups {
		kid := split(all, group, left)
		if key == "" {
			n.rest = kid
			continue
		}
		n.kids[key] = kid
		if best.prefixed() && !slices.Contains(n.lengths, len(key)) {
			n.lengths = append(n.lengths, len(key))
		}
	}
	slices.Sort(n.lengths)
	return n
}

// subject is a finding with its values, each found out when it is asked for.
type subject struct {
	finding *finding.Finding
	known   [dimensions]bool
	values  [dimensions][]string
}

// of are the finding's values, each once.
func (s *subject) of(d dimension) []string {
	if s.known[d] {
		return s.values[d]
	}
	s.known[d] = true
	f := s.finding
	var out []string
	add := func(v string) {
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	switch d {
	case byPrint:
		add(strings.ToLower(f.Fingerprint))
	case byName:
		add(strings.ToLower(f.RuleID))
		for _, a := range f.Aliases {
			add(strings.ToLower(a))
		}
	case byRule:
		add(strings.ToLower(f.RuleID))
	case byPath:
		out = s.paths()
	case byElement:
		for _, p := range s.paths() {
			for e := range strings.SplitSeq(p, "/") {
				add(e)
			}
		}
	case byPackage:
		if p := f.Package; p != nil {
			add(strings.ToLower(p.Name) + "@" + strings.ToLower(p.Version))
			add(strings.ReplaceAll(strings.ToLower(p.PURL), "%40", "@"))
		}
	}
	s.values[d] = out
	return out
}

// paths are where the finding is, in the repository and in an image.
func (s *subject) paths() (out []string) {
	if p := s.finding.Location.Path; p != "" {
		out = append(out, p)
	}
	if l := s.finding.Layer; l != nil && l.File != "" {
		out = append(out, strings.TrimPrefix(l.File, "/"))
	}
	return out
}

// candidates calls do with the entries that may fit a finding, all that do
// among them, some perhaps twice.
func (n *node) candidates(s *subject, do func(entries []int)) {
	for ; n != nil; n = n.rest {
		if n.leaf != nil {
			do(n.leaf)
			return
		}
		for _, v := range s.of(n.by) {
			if !n.by.prefixed() {
				if kid := n.kids[v]; kid != nil {
					kid.candidates(s, do)
				}
				continue
			}
			for _, length := range n.lengths {
				if length > len(v) {
					break
				}
				if kid := n.kids[v[:length]]; kid != nil {
					kid.candidates(s, do)
				}
			}
		}
	}
}
