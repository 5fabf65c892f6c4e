package ignore

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// maxPattern bounds a pattern, in bytes.
const maxPattern = 1024

// pathPattern is a pattern of paths, cut into the elements of a path. The
// element "**" stands for any number of elements.
type pathPattern struct {
	elements []string
	// A pattern without special characters is compared as it is: there can be
	// thousands of them.
	literal string
	below   bool // the literal stands also for everything below it
}

// gitPattern reads a pattern as in .gitignore: without a slash but at its end
// it is a name anywhere, else it begins at the root; a directory stands for all
// that is in it.
func gitPattern(pattern string) (pathPattern, error) {
	if strings.HasPrefix(pattern, "!") {
		return pathPattern{}, errors.New("a pattern that takes back others is not supported")
	}
	if strings.ContainsRune(pattern, '\\') {
		return pathPattern{}, errors.New("backslashes are not supported: separate directories with /, and put special characters into [ ]")
	}
	dir := strings.HasSuffix(pattern, "/")
	trimmed := strings.Trim(pattern, "/")
	anchored := strings.HasPrefix(pattern, "/") || strings.Contains(trimmed, "/")
	p, err := fullPattern(trimmed)
	switch {
	case err != nil:
		return pathPattern{}, err
	case p.literal != "" && anchored && !dir:
		p.below = true
		return p, nil
	}
	p.literal = ""
	if !anchored {
		p.elements = append([]string{"**"}, p.elements...)
	}
	if dir || p.elements[len(p.elements)-1] == "**" {
		p.elements = append(p.elements, "*") // something in the directory, not the directory
	}
	p.elements = append(p.elements, "**")
	return p, nil
}

// fullPattern reads a pattern that must fit the whole of a path.
func fullPattern(pattern string) (pathPattern, error) {
	pattern = strings.TrimPrefix(path.Clean(pattern), "/")
	switch {
	case len(pattern) > maxPattern:
		return pathPattern{}, errors.New("the pattern is too long")
	case pattern == "" || pattern == ".":
		return pathPattern{}, errors.New("the pattern names no path")
	case pattern == ".." || strings.HasPrefix(pattern, "../"):
		return pathPattern{}, errors.New("the pattern leads out of the directory that is scanned")
	case strings.ContainsAny(pattern, "{}"):
		return pathPattern{}, errors.New("alternatives in { } are not supported: write an entry for each")
	}
	if !strings.ContainsAny(pattern, `*?[\`) {
		return pathPattern{literal: pattern, elements: strings.Split(pattern, "/")}, nil
	}
	var p pathPattern
	for e := range strings.SplitSeq(strings.ReplaceAll(pattern, "[!", "[^"), "/") {
		if _, err := path.Match(e, ""); err != nil {
			return pathPattern{}, errors.New("the pattern is not closed, or otherwise malformed")
		}
		p.elements = append(p.elements, e)
	}
	return p, nil
}

func (p pathPattern) match(name string) bool {
	if p.literal != "" {
		rest, ok := strings.CutPrefix(name, p.literal)
		return ok && (rest == "" || p.below && rest[0] == '/')
	}
	// As in wildcard, with elements for letters: only the last "**" is ever
	// tried again, so time is bounded by both lengths multiplied.
	elements := strings.Split(name, "/")
	star, again := -1, 0
	i, n := 0, 0
	for n < len(elements) {
		switch {
		case i < len(p.elements) && p.elements[i] == "**":
			star, again = i, n
			i++
		case i < len(p.elements) && fits(p.elements[i], elements[n]):
			i++
			n++
		case star >= 0:
			again++
			i, n = star+1, again
		default:
			return false
		}
	}
	return !slices.ContainsFunc(p.elements[i:], func(e string) bool { return e != "**" })
}

func fits(pattern, element string) bool {
	ok, err := path.Match(pattern, element)
	return ok && err == nil
}
