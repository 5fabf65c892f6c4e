package plugin

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/text"
)

const (
	maxPatterns = 100
	maxPattern  = 500
)

// glob is a pattern for paths below the scanned root.
type glob struct {
	text string
	re   *regexp.Regexp
}

// patterns compiles what `files` lists: * and ? stay within a directory, and
// ** as a whole element is any number of directories.
func patterns(list []string) ([]glob, error) {
	if len(list) > maxPatterns {
		return nil, fmt.Errorf("files: more than %d patterns", maxPatterns)
	}
	var out []glob
	for _, p := range list {
		re, err := compile(p)
		if err != nil {
			return nil, fmt.Errorf("files: %q %w", text.OneLine(p, 80), err)
		}
		out = append(out, glob{p, re})
	}
	return out, nil
}

func compile(pattern string) (*regexp.Regexp, error) {
	switch {
	case pattern == "" || len(pattern) > maxPattern:
		return nil, fmt.Errorf("is empty, or over %d bytes", maxPattern)
	case strings.HasPrefix(pattern, "/") || strings.Contains(pattern, `\`) || strings.ContainsAny(pattern, "[]{}!"):
		return nil, errors.New("is not a pattern of /, *, ? and ** relative to the scanned root, such as **/*.go")
	}
	var sb strings.Builder
	sb.WriteString(`(?s)\A`)
	elements := strings.Split(pattern, "/")
	for i, e := range elements {
		last := i == len(elements)-1
		switch {
		case e == "**" && last:
			sb.WriteString(`.+`)
		case e == "**":
			sb.WriteString(`(?:.+/)?`)
		case e == "" || e == "." || e == ".." || strings.Contains(e, "**"):
			return nil, errors.New("has an element that no path has: write it as in **/*.go")
		default:
			quoted := regexp.QuoteMeta(e)
			sb.WriteString(strings.NewReplacer(`\*`, `[^/]*`, `\?`, `[^/]`).Replace(quoted))
			if !last {
				sb.WriteByte('/')
			}
		}
	}
	sb.WriteString(`\z`)
	return regexp.Compile(sb.String())
}

// matching lists the files of a tree that a plug-in is for: all of them, if it
// does not say.
func (p *Plugin) matching(tree *scanners.Tree) []string {
	var out []string
	for _, f := range tree.Files() {
		wanted := len(p.files) == 0
		for _, g := range p.files {
			wanted = wanted || g.re.MatchString(f.Path)
		}
		if wanted {
			out = append(out, f.Path)
		}
	}
	return out
}

// list writes paths one to a line. A path with a line end in it cannot be
// told, which is a gap.
func list(paths []string) (content []byte, told int, gaps []finding.Note) {
	for _, name := range paths {
		if strings.ContainsAny(name, "\r\n") {
			gaps = append(gaps, finding.Note{Level: finding.Gap, Path: name, Message: "cannot be told to the plug-in: its name has a line end in it"})
			continue
		}
		content = append(append(content, name...), '\n')
		told++
	}
	return content, told, gaps
}
