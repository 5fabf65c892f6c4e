package ignore

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/scangate/scangate/text"
)

// MaxFile bounds the ignore files of other tools, in bytes: whoever reads them
// makes a larger one a problem.
const MaxFile = 256 << 10

// maxForeign bounds the entries of one file of another tool.
const maxForeign = 10_000

// maxProblems bounds the problems that one file can have.
const maxProblems = 20

// The names of the files of other tools that are understood.
const (
	trivyName     = ".trivyignore"
	trivyYAMLName = ".trivyignore.yaml"
	osvName       = "osv-scanner.toml"
	grypeName     = ".grype.yaml"
	grypeYMLName  = ".grype.yml"
)

// RootFiles are the files of other tools that are looked for in the root of
// what is scanned.
func RootFiles() []string {
	return []string{trivyName, trivyYAMLName, grypeName, grypeYMLName, osvName}
}

// DirFile is the file that every directory may have, and which is about that
// directory alone.
const DirFile = osvName

// Foreign reads an ignore file of another tool. name is its path in what is
// scanned, and says by its last element what it is. What is not understood is
// not honoured, and becomes a problem of the list.
func Foreign(name string, data []byte) List {
	ends := func(s string) int { return strings.Count(string(data), s) }
	f := foreign{name: text.OneLine(name, 300), dir: path.Dir(name), lines: 1 + ends("\n") + ends("\r") - ends("\r\n")}
	switch {
	case len(data) > MaxFile:
		return Unreadable(name, fmt.Errorf("over the limit of %d KiB", MaxFile>>10))
	case path.Base(name) == trivyName:
		f.trivy(string(data))
	case path.Base(name) == trivyYAMLName:
		f.yaml(data, f.trivyYAML)
	case path.Base(name) == grypeName, path.Base(name) == grypeYMLName:
		f.yaml(data, f.grype)
	case path.Base(name) == osvName:
		f.osv(string(data))
	}
	return f.List
}

// Unreadable is the list of a file of another tool that cannot be read.
func Unreadable(name string, err error) List {
	return List{Problems: []string{text.OneLine(name, 300) + " is not honoured: " + text.OneLine(err.Error(), 300)}}
}

// foreign collects what a file of another tool asks for.
type foreign struct {
	List
	name string
	dir  string // that the file is in
	cut  bool   // more problems than are kept

	lines int // at most so many
}

func (f *foreign) origin(line int) string {
	if line == 0 {
		return f.name
	}
	return fmt.Sprintf("%s:%d", f.name, min(line, f.lines)) // YAML has a value behind the end of some
}

func (f *foreign) problem(line int, format string, args ...any) {
	switch {
	case len(f.Problems) < maxProblems:
		f.Problems = append(f.Problems, f.origin(line)+" is not honoured: "+fmt.Sprintf(format, args...))
	case !f.cut:
		f.cut = true
		f.Problems = append(f.Problems, f.name+" has more that is not honoured")
	}
}

// add keeps an entry, whose conditions are complete.
func (f *foreign) add(line int, e Entry) {
	if len(f.Entries) == maxForeign {
		f.problem(line, "there are more than %d entries", maxForeign)
		return
	}
	e.Origin = f.origin(line)
	f.Entries = append(f.Entries, e)
}

// yaml parses a file and calls do with its top mapping.
func (f *foreign) yaml(data []byte, do func(*yaml.Node)) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		line, msg := 0, strings.TrimPrefix(err.Error(), "yaml: ")
		if number, rest, ok := strings.Cut(strings.TrimPrefix(msg, "line "), ": "); ok && strings.HasPrefix(msg, "line ") {
			if n, err := strconv.Atoi(number); err == nil {
				line, msg = max(1, n), rest
			}
		}
		f.problem(line, "not valid YAML: %s", text.OneLine(msg, 200))
		return
	}
	if len(doc.Content) == 0 {
		return
	}
	do(doc.Content[0])
}

// fields calls do for each key of a mapping that is among those it may have. It
// reports whether there was nothing else: a condition that is not understood
// must not be left out of an entry, which would ignore more than was meant.
func (f *foreign) fields(n *yaml.Node, keys []string, do func(key string, v *yaml.Node) bool) bool {
	if n.Kind != yaml.MappingNode {
		f.problem(n.Line, "want keys and values here")
		return false
	}
	ok := true
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if !slices.Contains(keys, key) {
			f.problem(n.Content[i].Line, "%q is not understood here%s", text.OneLine(key, 60), text.Suggest(key, keys))
			ok = false
			continue
		}
		ok = do(key, n.Content[i+1]) && ok
	}
	return ok
}

// items calls do for each item of a list.
func (f *foreign) items(n *yaml.Node, do func(*yaml.Node)) {
	if n.Tag == "!!null" {
		return
	}
	if n.Kind != yaml.SequenceNode {
		f.problem(n.Line, "want a list here")
		return
	}
	for _, item := range n.Content {
		do(item)
	}
}

// word reads a single value.
func (f *foreign) word(n *yaml.Node, to *string) bool {
	if n.Kind != yaml.ScalarNode || len(n.Value) > maxPattern {
		f.problem(n.Line, "want a single value here, of at most %d characters", maxPattern)
		return false
	}
	*to = strings.TrimSpace(n.Value)
	return true
}

// words reads a list of single values.
func (f *foreign) words(n *yaml.Node, each func(word string) bool) bool {
	ok := true
	f.items(n, func(item *yaml.Node) {
		var word string
		ok = ok && f.word(item, &word) && each(word)
	})
	return ok && (n.Kind == yaml.SequenceNode || n.Tag == "!!null")
}

// date reads the day on which something no longer holds.
func date(word string) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, word); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
