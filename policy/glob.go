package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxGlob    = 256  // bytes of a pattern
	maxMatched = 4096 // bytes of what is matched; nothing longer matches
)

// glob is a compiled pattern: * stands for any text, ? for one character,
// [a-z] for one of several, and \ takes the next character as it is. It is
// matched in time proportional to both lengths, whatever they hold.
type glob []token

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

// compileGlob reads a pattern.
func compileGlob(pattern string) (glob, error) {
	switch {
	case pattern == "":
		return nil, errors.New("an empty pattern matches nothing")
	case len(pattern) > maxGlob:
		return nil, fmt.Errorf("a pattern of over %d bytes", maxGlob)
	case !utf8.ValidString(pattern):
		return nil, errors.New("the pattern is not UTF-8")
	}
	var g glob
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
			if n == 0 {
				return nil, fmt.Errorf("pattern %q has a [ without its ]; write \\[ for the character itself", pattern)
			}
			g, rest = append(g, t), rest[n:]
		default:
			add(rest[0])
		}
	}
	return g, nil
}

// compileClass reads what follows a [, and returns how much of it belongs to
// the class, 0 when it has no end.
func compileClass(rest []rune) (token, int) {
	t, at := token{kind: class}, 0
	if len(rest) > 0 && (rest[0] == '!' || rest[0] == '^') {
		t.negated, at = true, 1
	}
	for start := at; at < len(rest); at++ {
		if rest[at] == ']' && at > start {
			return t, at + 1
		}
		low, high := rest[at], rest[at]
		if at+2 < len(rest) && rest[at+1] == '-' && rest[at+2] != ']' {
			high = rest[at+2]
			at += 2
		}
		t.ranges = append(t.ranges, [2]rune{low, high})
	}
	return token{}, 0
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

// exact returns the only text that the pattern stands for, if there is only one.
func (g glob) exact() (text string, ok bool) {
	return g[0].literal, len(g) == 1 && g[0].kind == literal
}

// match reports whether the whole of s is what the pattern stands for.
func (g glob) match(s string) bool {
	if len(g) == 1 && g[0].kind == literal {
		return s == g[0].literal
	}
	if last := &g[len(g)-1]; len(s) > maxMatched || last.kind == literal && !strings.HasSuffix(s, last.literal) {
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

// pathGlob is a pattern as .gitignore has them: one without a slash stands for
// a name at any depth, one with a slash begins at the root, ** stands for any
// number of folders, a slash at the end for folders only, and what stands for a
// folder stands for all below it.
type pathGlob struct {
	parts []glob // nil is **
	must  string // a text that every path has that it stands for: quick to look for
}

// compilePath reads a pattern of paths.
func compilePath(pattern string) (*pathGlob, error) {
	trimmed, folder := strings.CutSuffix(pattern, "/")
	trimmed = strings.TrimPrefix(trimmed, "./")
	rooted := strings.Contains(trimmed, "/")
	trimmed = strings.TrimPrefix(trimmed, "/")
	switch {
	case strings.HasPrefix(pattern, "!"):
		return nil, fmt.Errorf("pattern %q: there is no negation; write a rule for it before this one", pattern)
	case len(pattern) > maxGlob:
		return nil, fmt.Errorf("a pattern of over %d bytes", maxGlob)
	case trimmed == "":
		return nil, fmt.Errorf("pattern %q matches nothing; ** is everything", pattern)
	}
	out := &pathGlob{}
	add := func(g glob) {
		out.parts = append(out.parts, g)
		for i := range g {
			if len(g[i].literal) > len(out.must) {
				out.must = g[i].literal
			}
		}
	}
	if !rooted {
		add(nil)
	}
	anything := glob{{kind: anyText}}
	parts := strings.Split(trimmed, "/")
	for i, part := range parts {
		switch {
		case part == "" || part == "." || part == "..":
			return nil, fmt.Errorf("pattern %q: paths have no empty parts, and neither . nor .. among them", pattern)
		case part == "**" && i == len(parts)-1 && i > 0:
			folder = true // a/** is what is below a
		case part == "**":
			add(nil)
		default:
			g, err := compileGlob(part)
			if err != nil {
				return nil, err
			}
			add(g)
		}
	}
	if folder {
		add(anything)
	}
	add(nil) // all below what it stands for
	return out, nil
}

// match reports whether the pattern stands for a path, given whole and in its
// parts.
func (p *pathGlob) match(path string, parts []string) bool {
	if !strings.Contains(path, p.must) {
		return false
	}
	at, pos := 0, 0
	star, resume := -1, 0
	for at < len(p.parts) || pos < len(parts) {
		if at < len(p.parts) {
			if p.parts[at] == nil {
				if at == len(p.parts)-1 {
					return true
				}
				star, resume = at, pos
				at++
				continue
			}
			if pos < len(parts) && p.parts[at].match(parts[pos]) {
				at, pos = at+1, pos+1
				continue
			}
		}
		if star < 0 || resume >= len(parts) {
			return false
		}
		resume++
		at, pos = star+1, resume
	}
	return true
}
