package secret

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// minAnchor is the length, in bytes, of the shortest string that is looked for
// where none of a rule's keywords has to be in its matches.
const minAnchor = 4

// branch is one way in which a rule can match: a part that is not looked at,
// then a tail, which begins with one of the anchors. Every match of a rule
// goes one of the rule's ways, and is, from where its tail begins, the match
// of that tail there.
type branch struct {
	rule    int      // in prefilter.rules
	anchors []string // in lower case
	tail    []*syntax.Regexp
	back    int              // how many bytes a match can begin before its tail, or unbounded
	lines   bool             // a line break can be among them
	close   []*syntax.Regexp // what must stand right before the tail, in the same line; may be none
	near    int              // how many bytes that can be, or unbounded

	once     sync.Once
	pattern  *regexp.Regexp // the tail, at the start of the text
	prog     *syntax.Prog   // the same
	approach *regexp.Regexp // close, at the end of the text; nil: nothing must stand there
}

// vague reports that a match can begin anywhere before its tail.
func (b *branch) vague() bool { return b.back == unbounded && b.lines }

// compile prepares the tail. Most rules never meet their anchors, so it is
// done when first needed.
func (b *branch) compile() {
	b.once.Do(func() {
		tail := expression(b.tail)
		b.pattern = regexp.MustCompile(`\A(?:` + tail + `)`)
		re, err := syntax.Parse(tail, syntax.Perl)
		if err != nil {
			return // it was compiled just now
		}
		b.prog, _ = syntax.Compile(re.Simplify())
		if b.close != nil {
			b.approach = regexp.MustCompile(`(?:` + expression(b.close) + `)\z`)
		}
	})
}

// way is a branch while it is looked for.
type way struct {
	before, tail []*syntax.Regexp
	anchors      []string
}

// ways takes an expression apart so that each tail begins with one of the
// accepted strings. It returns nil if that cannot be done.
func ways(re *syntax.Regexp, accept func(prefixes []string) []string) []way {
	return waysOf(re, way{}, accept)
}

// waysOf does so for an expression that stands between the parts of around.
func waysOf(re *syntax.Regexp, around way, accept func([]string) []string) []way {
	seq := []*syntax.Regexp{re}
	if re.Op == syntax.OpConcat {
		seq = re.Sub
	}
	for i := range seq {
		tail := slices.Concat(seq[i:], around.tail)
		if opensWithAssertion(tail) {
			continue
		}
		if anchors := accept(prefixes(tail)); anchors != nil {
			return []way{{slices.Concat(around.before, seq[:i]), tail, anchors}}
		}
	}
	for i, sub := range seq {
		inner := way{before: slices.Concat(around.before, seq[:i]), tail: slices.Concat(seq[i+1:], around.tail)}
		if found := inside(sub, inner, accept); found != nil {
			return found
		}
	}
	return nil
}

// inside looks for tails that begin within one element.
func inside(re *syntax.Regexp, around way, accept func([]string) []string) []way {
	switch re.Op {
	case syntax.OpCapture:
		return waysOf(re.Sub[0], around, accept)
	case syntax.OpConcat:
		return waysOf(re, around, accept)
	case syntax.OpAlternate:
		var all []way
		for _, sub := range re.Sub {
			found := waysOf(sub, around, accept)
			if found == nil {
				return nil
			}
			all = append(all, found...)
		}
		return all
	case syntax.OpLiteral:
		for i := 1; i < len(re.Rune); i++ {
			front, back := *re, *re
			front.Rune, back.Rune = re.Rune[:i], re.Rune[i:]
			tail := append([]*syntax.Regexp{&back}, around.tail...)
			if anchors := accept(prefixes(tail)); anchors != nil {
				return []way{{append(slices.Clone(around.before), &front), tail, anchors}}
			}
		}
	}
	return nil
}

// beginWith accepts sets of which every string begins with a keyword, and
// returns those keywords.
func beginWith(keywords []string) func([]string) []string {
	return func(set []string) (anchors []string) {
		for _, s := range set {
			i := slices.IndexFunc(keywords, func(k string) bool { return k != "" && strings.HasPrefix(s, k) })
			if i < 0 {
				return nil
			}
			anchors = append(anchors, keywords[i])
		}
		slices.Sort(anchors)
		return slices.Compact(anchors)
	}
}

// longEnough accepts sets of strings that are worth looking for.
func longEnough(set []string) []string {
	for _, s := range set {
		if len(s) < minAnchor {
			return nil
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

// newBranch writes a way as a branch.
func newBranch(rule int, w way) *branch {
	b := &branch{rule: rule, anchors: w.anchors, tail: w.tail}
	b.back, b.lines = extent(w.before)
	end := len(w.before)
	for end > 0 && opensWithAssertion(w.before[end-1:end]) {
		end-- // it looks at the tail
	}
	from := end
	for from > 0 {
		if _, lines := extentOf(w.before[from-1]); lines {
			break
		}
		from--
	}
	if near := w.before[from:end]; !canBeEmpty(&syntax.Regexp{Op: syntax.OpConcat, Sub: near}) {
		b.close = near
		b.near, _ = extent(near)
	}
	return b
}

// approached reports whether what stands before a place lets a match go on
// there, and how many bytes it looked at.
func (b *branch) approached(text string, at int) (ok bool, looked int) {
	if b.approach == nil {
		return true, 0
	}
	from := strings.LastIndexByte(text[:at], '\n') + 1
	if b.near != unbounded {
		from = max(from, at-b.near-utf8.UTFMax)
	}
	return b.approach.MatchString(text[from:at]), at - from
}

func expression(seq []*syntax.Regexp) string {
	re := syntax.Regexp{Op: syntax.OpConcat, Sub: seq}
	if len(seq) > 0 {
		re.Flags = seq[0].Flags
	}
	return re.String()
}
