package pattern

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxGlob = 256 // bytes of a pattern
	maxPath = 1024

	// MaxMatched bounds what is matched, in bytes: nothing longer matches.
	MaxMatched = 4096
)

// Glob is a pattern of texts: * stands for any text, ? for one character,
// [a-z] for one of several, and \ takes the next character as it is. It is
// matched in time proportional to both lengths, whatever they hold.
type Glob []token

// token is a part of a pattern.
type token struct {
	kind    tokenKind
	literal string
	ranges  [][2]rune // of a class
	negated bool
}

type tokenKind byte

const (
	literal tokenKind = iota
	anyText
	oneRune
	class
)

// Compile reads a pattern of texts.
func Compile(pattern string) (Glob, error) {
	if len(pattern) > maxGlob {
		return nil, fmt.Errorf("a pattern of over %d bytes", maxGlob)
	}
	return compile(pattern)
}

func compile(pattern string) (Glob, error) {
	switch {
	case pattern == "":
		return nil, errors.New("an empty pattern matches nothing")
	case !utf8.ValidString(pattern):
		return nil, errors.New("the pattern is not UTF-8")
	}
	var g Glob
	add := func(r rune) {
		if n := len(g); n > 0 && g[n-1].kind == literal {
			g[n-1].literal += string(r)
			return
		}
		g = append(g, token{literal: string(r)})
	}
	for rest := []rune(pattern); len(rest) > 0; rest = rest[1:] {
		switch rest[0] {
		case '*':
			if n := len(g); n == 0 || g[n-1].kind != anyText {
				g = append(g, token{kind: anyText})
			}
		case '?':
			g = append(g, token{kind: oneRune})
		case '\\':
			if rest = rest[1:]; len(rest) == 0 {
				return nil, fmt.Errorf("pattern %q ends in a \\", pattern)
			}
			add(rest[0])
		case '[':
			t, n := compileClass(rest[1:])
			switch n {
			case 0:
				return nil, fmt.Errorf("pattern %q has a [ without its ]; write \\[ for the character itself", pattern)
			case -1:
				return nil, fmt.Errorf("pattern %q has a class of characters that is not known; want one such as [:digit:]", pattern)
			}
			g, rest = append(g, t), rest[n:]
		default:
			add(rest[0])
		}
	}
	return g, nil
}

// compileClass reads what follows a [, and returns how much of it belongs to
// the class, 0 when it has no end, and -1 when it names classes that are none.
func compileClass(rest []rune) (token, int) {
	t, at := token{kind: class}, 0
	if len(rest) > 0 && (rest[0] == '!' || rest[0] == '^') {
		t.negated, at = true, 1
	}
	one := func() rune { // the character at at, which a \ may be before
		if rest[at] == '\\' && at+1 < len(rest) {
			at++
		}
		return rest[at]
	}
	for start := at; at < len(rest); at++ {
		if rest[at] == ']' && at > start {
			return t, at + 1
		}
		if rest[at] == '[' && at+1 < len(rest) && rest[at+1] == ':' {
			if end := strings.Index(string(rest[at+2:]), ":]"); end >= 0 {
				ranges, ok := named(string(rest[at+2:])[:end])
				if !ok {
					return token{}, -1
				}
				t.ranges = append(t.ranges, ranges...)
				at += 3 + utf8.RuneCountInString(string(rest[at+2:])[:end])
				continue
			}
		}
		low := one()
		high := low
		if at+2 < len(rest) && rest[at+1] == '-' && rest[at+2] != ']' {
			at += 2
			high = max(one(), low) // of [b-a] git takes the b
		}
		t.ranges = append(t.ranges, [2]rune{low, high})
	}
	return token{}, 0
}

// named are the characters of a class that has a name, as [:digit:] in [ ].
func named(class string) (ranges [][2]rune, ok bool) {
	switch class {
	case "alnum":
		return [][2]rune{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, true
	case "alpha":
		return [][2]rune{{'A', 'Z'}, {'a', 'z'}}, true
	case "blank":
		return [][2]rune{{' ', ' '}, {'\t', '\t'}}, true
	case "cntrl":
		return [][2]rune{{0, 0x1f}, {0x7f, 0x7f}}, true
	case "digit":
		return [][2]rune{{'0', '9'}}, true
	case "graph":
		return [][2]rune{{'!', '~'}}, true
	case "lower":
		return [][2]rune{{'a', 'z'}}, true
	case "print":
		return [][2]rune{{' ', '~'}}, true
	case "punct":
		return [][2]rune{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, true
	case "space":
		return [][2]rune{{' ', ' '}, {'\t', '\r'}}, true
	case "upper":
		return [][2]rune{{'A', 'Z'}}, true
	case "xdigit":
		return [][2]rune{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, true
	}
	return nil, false
}

// take returns how many bytes of s the token stands for, -1 when for none.
func (t *token) take(s string) int {
	if t.kind == literal {
		if strings.HasPrefix(s, t.literal) {
			return len(t.literal)
		}
		return -1
	}
	if s == "" {
		return -1
	}
	r, n := utf8.DecodeRuneInString(s)
	if t.kind == class {
		in := slices.ContainsFunc(t.ranges, func(x [2]rune) bool { return x[0] <= r && r <= x[1] })
		if in == t.negated {
			return -1
		}
	}
	return n
}

// Exact returns the only text that the pattern stands for, if there is only one.
func (g Glob) Exact() (text string, ok bool) {
	return g[0].literal, len(g) == 1 && g[0].kind == literal
}

// Match reports whether the whole of s is what the pattern stands for.
func (g Glob) Match(s string) bool {
	if len(g) == 1 && g[0].kind == literal {
		return s == g[0].literal
	}
	if last := &g[len(g)-1]; len(s) > MaxMatched || last.kind == literal && !strings.HasSuffix(s, last.literal) {
		return false
	}
	at, pos := 0, 0       // in the pattern, in s
	star, resume := -1, 0 // the last *, and where what follows it is tried
	for at < len(g) || pos < len(s) {
		if at < len(g) {
			if g[at].kind == anyText {
				if at == len(g)-1 {
					return true
				}
				star, resume = at, pos
				at++
				continue
			}
			if n := g[at].take(s[pos:]); n >= 0 {
				at, pos = at+1, pos+n
				continue
			}
		}
		if star < 0 || resume >= len(s) {
			return false
		}
		_, n := utf8.DecodeRuneInString(s[resume:])
		resume += n
		at, pos = star+1, resume
	}
	return true
}
