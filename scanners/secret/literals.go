package secret

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxStrings bounds the sets of strings that are told from an expression.
const maxStrings = 64

// folds are the characters outside ASCII that a case-insensitive expression,
// or the lower-casing of a text, takes for an ASCII letter.
var folds = [...]struct{ from, to string }{{"\u017F", "s"}, {"\u212A", "k"}, {"\u0130", "i"}}

// unfold returns the text with those letters in ASCII, and what gives for a
// place in it the place in text; nil if the text is its own.
func unfold(text string) (ascii string, place func(int) int) {
	var longer []piece // where a letter stood, and by how much it was longer
	for _, f := range folds {
		for from := 0; ; {
			i := strings.Index(text[from:], f.from)
			if i < 0 {
				break
			}
			longer = append(longer, piece{from + i, len(f.from) - len(f.to)})
			from += i + len(f.from)
		}
	}
	if longer == nil {
		return text, nil
	}
	slices.SortFunc(longer, func(a, b piece) int { return a.from - b.from })
	lost := 0
	for i := range longer {
		longer[i].from -= lost // now a place in ascii
		lost += longer[i].to
		longer[i].to = lost
	}
	pairs := make([]string, 0, 2*len(folds))
	for _, f := range folds {
		pairs = append(pairs, f.from, f.to)
	}
	return strings.NewReplacer(pairs...).Replace(text), func(at int) int {
		i, _ := slices.BinarySearchFunc(longer, at, func(l piece, at int) int { return l.from - at })
		if i == 0 {
			return at
		}
		return at + longer[i-1].to
	}
}

// prefixes returns lower-case strings such that whatever the sequence matches
// begins, case aside, with one of them. The last resort is the empty string.
func prefixes(seq []*syntax.Regexp) []string {
	out := []string{""}
	for _, re := range seq {
		set, exact := beginnings(re)
		if len(set)*len(out) > maxStrings {
			break
		}
		var longer []string
		for _, a := range out {
			for _, b := range set {
				longer = append(longer, a+b)
			}
		}
		out = longer
		if !exact {
			break
		}
	}
	return out
}

// beginnings is prefixes of one expression; exact says that the strings are
// all of what it matches.
func beginnings(re *syntax.Regexp) (set []string, exact bool) {
	unknown := []string{""}
	switch re.Op {
	case syntax.OpLiteral:
		s := strings.ToLower(string(re.Rune))
		for i, r := range re.Rune {
			if r >= utf8.RuneSelf {
				return []string{strings.ToLower(string(re.Rune[:i]))}, false
			}
		}
		return []string{s}, true
	case syntax.OpCharClass:
		seen := map[rune]bool{}
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				low := unicode.ToLower(r)
				if r == '\u017F' {
					low = 's'
				}
				if low >= utf8.RuneSelf || len(seen) > 8 {
					return unknown, false
				}
				if !seen[low] {
					seen[low] = true
					set = append(set, string(low))
				}
			}
		}
		return set, true
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return unknown, true
	case syntax.OpCapture:
		return beginnings(re.Sub[0])
	case syntax.OpQuest:
		set, exact := beginnings(re.Sub[0])
		return append(set, ""), exact
	case syntax.OpPlus:
		set, _ := beginnings(re.Sub[0])
		return set, false
	case syntax.OpRepeat:
		if re.Min > 0 {
			set, _ := beginnings(re.Sub[0])
			return set, false
		}
	case syntax.OpConcat:
		exact := true
		for _, sub := range re.Sub {
			_, e := beginnings(sub)
			exact = exact && e
		}
		set := prefixes(re.Sub)
		return set, exact && len(set) < maxStrings/2
	case syntax.OpAlternate:
		exact := true
		for _, sub := range re.Sub {
			s, e := beginnings(sub)
			set, exact = append(set, s...), exact && e
		}
		if len(set) <= maxStrings {
			return set, exact
		}
	}
	return unknown, false
}

// opensWithAssertion reports whether a match of the sequence can begin with
// an empty-width assertion, which looks at what stands before the match.
func opensWithAssertion(seq []*syntax.Regexp) bool {
	for _, re := range seq {
		switch re.Op {
		case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
			return true
		case syntax.OpAlternate:
			for _, sub := range re.Sub {
				if opensWithAssertion([]*syntax.Regexp{sub}) {
					return true
				}
			}
		case syntax.OpCapture, syntax.OpConcat, syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
			if opensWithAssertion(re.Sub) {
				return true
			}
		}
		if !canBeEmpty(re) {
			return false
		}
	}
	return false
}

func canBeEmpty(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpNoMatch:
		return false
	case syntax.OpCapture, syntax.OpPlus:
		return canBeEmpty(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min == 0 || canBeEmpty(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if !canBeEmpty(sub) {
				return false
			}
		}
		return true
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			if canBeEmpty(sub) {
				return true
			}
		}
		return false
	}
	return true
}

// unbounded is the extent of what can be of any length.
const unbounded = -1

// extent returns how many bytes the sequence matches at most, and whether a
// line break can be among them.
func extent(seq []*syntax.Regexp) (most int, lines bool) {
	for _, re := range seq {
		n, l := extentOf(re)
		lines = lines || l
		if n == unbounded || most == unbounded {
			most = unbounded
		} else {
			most += n
		}
	}
	return most, lines
}

func extentOf(re *syntax.Regexp) (most int, lines bool) {
	switch re.Op {
	case syntax.OpLiteral:
		return utf8.UTFMax * len(re.Rune), strings.ContainsRune(string(re.Rune), '\n')
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			lines = lines || re.Rune[i] <= '\n' && '\n' <= re.Rune[i+1]
		}
		return utf8.UTFMax, lines
	case syntax.OpAnyChar:
		return utf8.UTFMax, true
	case syntax.OpAnyCharNotNL:
		return utf8.UTFMax, false
	case syntax.OpStar, syntax.OpPlus:
		_, lines = extent(re.Sub)
		return unbounded, lines
	case syntax.OpRepeat:
		n, lines := extent(re.Sub)
		if n == unbounded || re.Max < 0 {
			return unbounded, lines
		}
		return n * re.Max, lines
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			n, l := extentOf(sub)
			lines = lines || l
			if n == unbounded || most == unbounded {
				most = unbounded
			} else {
				most = max(most, n)
			}
		}
		return most, lines
	case syntax.OpCapture, syntax.OpConcat, syntax.OpQuest:
		return extent(re.Sub)
	}
	return 0, false
}
