package pattern

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"
)

// Path is a pattern of paths of files.
type Path struct {
	parts []Glob // nil is any number of folders
	must  string // a text that every path has that it stands for: quick to look for

	// A pattern without special characters that begins at the root is compared
	// as it is: there can be thousands of them.
	literal string
	below   bool // the literal stands also for all below it
}

// CompilePath reads a pattern as .gitignore has them: one without a slash stands
// for a name at any depth, one with a slash begins at the root, ** stands for
// any number of folders, a slash at the end for folders only, and what stands
// for a folder stands for all below it. A ./ in front means nothing. What would
// stand for something else than whoever wrote it may think is an error: !, as
// one pattern takes nothing back, { and }, which git takes as they are and other
// tools as alternatives, and \ in front of a letter, which is no separator.
func CompilePath(pattern string) (*Path, error) {
	trimmed := strings.TrimRight(pattern, " ")
	if strings.HasSuffix(trimmed, `\`) && len(trimmed) < len(pattern) {
		trimmed += " " // that is escaped
	}
	trimmed, folder := strings.CutSuffix(trimmed, "/")
	trimmed = strings.TrimPrefix(trimmed, "./")
	rooted := strings.Contains(trimmed, "/")
	trimmed = strings.TrimPrefix(trimmed, "/")
	switch {
	case len(pattern) > maxPath:
		return nil, fmt.Errorf("a pattern of over %d bytes", maxPath)
	case strings.HasPrefix(pattern, "!"):
		return nil, fmt.Errorf("pattern %q: there is no negation: write what is meant in an entry of its own; \\! is the character itself", pattern)
	case trimmed == "" || trimmed == ".":
		return nil, fmt.Errorf("pattern %q matches nothing; ** is everything", pattern)
	}
	if err := surprises(trimmed); err != nil {
		return nil, err
	}
	out := &Path{}
	if !strings.ContainsAny(trimmed, `*?[\`) && rooted && !folder {
		out.literal, out.below, out.must = trimmed, true, trimmed
	}
	if !rooted {
		out.add(nil)
	}
	parts := strings.Split(trimmed, "/")
	for i, part := range parts {
		last := i == len(parts)-1
		switch {
		case part == "" || part == "." || part == "..":
			return nil, fmt.Errorf("pattern %q: paths have no empty parts, and neither . nor .. among them", pattern)
		case folders(part) && last:
			out.add(Glob{{kind: anyText}}) // a/** is what is in a
			if rooted && folder {
				out.add(nil) // a/**/ are the folders in it, at any depth
			}
		case folders(part):
			out.add(nil)
		default:
			g, err := compile(part)
			if err != nil {
				return nil, err
			}
			out.add(g)
		}
	}
	if folder {
		out.add(Glob{{kind: anyText}}) // something in the folder, not the folder
	}
	out.add(nil) // all below what it stands for
	return out, nil
}

// folders reports whether a part of a pattern stands for any number of folders.
func folders(part string) bool { return len(part) > 1 && strings.Trim(part, "*") == "" }

// CompileWhole reads a pattern that stands for whole paths, in which ** stands
// for any number of folders, as other tools have them.
func CompileWhole(pattern string) (*Path, error) {
	trimmed := strings.TrimPrefix(path.Clean(pattern), "/")
	switch {
	case len(pattern) > maxPath:
		return nil, fmt.Errorf("a pattern of over %d bytes", maxPath)
	case trimmed == "" || trimmed == ".":
		return nil, errors.New("the pattern names no path")
	case trimmed == ".." || strings.HasPrefix(trimmed, "../"):
		return nil, errors.New("the pattern leads out of the directory that is scanned")
	case strings.ContainsAny(trimmed, "{}"):
		return nil, errors.New("alternatives in { } are not supported: write a pattern for each")
	}
	out := &Path{}
	if !strings.ContainsAny(trimmed, `*?[\`) {
		out.literal, out.must = trimmed, trimmed
	}
	for part := range strings.SplitSeq(trimmed, "/") {
		if part == "**" {
			out.add(nil)
			continue
		}
		g, err := compile(part)
		if err != nil {
			return nil, err
		}
		out.add(g)
	}
	return out, nil
}

// surprises refuses what git takes otherwise than people may think.
func surprises(pattern string) error {
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			return fmt.Errorf(`pattern %q has a \ that is no separator: separate folders with /`, pattern)
		case escaped:
			escaped = false
		case r == '\\':
			escaped = true
		case r == '{' || r == '}':
			return fmt.Errorf(`pattern %q: alternatives in { } are not supported: write a pattern for each; \{ is the character itself`, pattern)
		}
	}
	return nil
}

func (p *Path) add(g Glob) {
	p.parts = append(p.parts, g)
	for i := range g {
		if len(g[i].literal) > len(p.must) {
			p.must = g[i].literal
		}
	}
}

// Match reports whether the pattern stands for a path, whose parts may be given,
// too, if somebody has them.
func (p *Path) Match(name string, parts []string) bool {
	if len(name) > MaxMatched {
		return false
	}
	if p.literal != "" {
		rest, ok := strings.CutPrefix(name, p.literal)
		return ok && (rest == "" || p.below && rest[0] == '/')
	}
	if !strings.Contains(name, p.must) {
		return false
	}
	if parts == nil {
		parts = strings.Split(name, "/")
	}
	// Only the last ** is ever tried again: with elements for letters it is as
	// in a Glob, and time is bounded by both lengths multiplied.
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
			if pos < len(parts) && p.parts[at].Match(parts[pos]) {
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

// plain is the text of a part without special characters, or the text that the
// part begins with.
func plain(g Glob) (text string, whole bool) {
	if len(g) == 0 || g[0].kind != literal {
		return "", false
	}
	return g[0].literal, len(g) == 1
}

// Start is how every path begins that the pattern stands for, to look patterns
// up by it. It ends in no slash.
func (p *Path) Start() string {
	if p.literal != "" {
		return p.literal
	}
	var start []string
	for _, part := range p.parts {
		text, whole := plain(part)
		start = append(start, text)
		if !whole {
			break
		}
	}
	return strings.TrimSuffix(strings.Join(start, "/"), "/")
}

// Name is the name of a folder or file that every path has in it that the
// pattern stands for; empty: there is none for sure.
func (p *Path) Name() string {
	for _, part := range p.parts {
		if text, whole := plain(part); whole {
			return text
		}
	}
	return ""
}
