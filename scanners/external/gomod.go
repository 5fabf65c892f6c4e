package external

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners"
)

// goModules are the modules of the tree that have code, but for those that are
// vendored or test data. A unit's mode is the go.work that counts for it.
func goModules(t *scanners.Tree) (Units, error) {
	u := Units{None: "no go.mod with Go files"}
	code := map[string]bool{} // directories, and those above up to their module
	for _, f := range t.Files() {
		if !strings.HasSuffix(f.Path, ".go") {
			continue
		}
		for dir := path.Dir(f.Path); !code[dir]; dir = path.Dir(dir) {
			code[dir] = true
			if dir == "." || t.Has(path.Join(dir, "go.mod")) {
				break
			}
		}
	}
	for _, f := range t.Files() {
		if dir := path.Dir(f.Path); path.Base(f.Path) == "go.mod" && code[dir] && !below(f.Path, "vendor", "testdata") {
			u.List = append(u.List, Unit{Dir: dir, Name: f.Path, File: f.Path, Mode: workspaceOf(t, dir)})
		}
	}
	return u, nil
}

// workspaceOf is the go.work of the tree that uses a module, or "".
func workspaceOf(t *scanners.Tree, dir string) string {
	for above := dir; ; above = path.Dir(above) {
		file := path.Join(above, "go.work")
		if t.Has(file) {
			data, err := t.Read(file, maxLock)
			if err != nil {
				return ""
			}
			for _, word := range strings.Fields(string(data)) {
				if path.Join(above, strings.Trim(word, "\"`")) == dir {
					return file
				}
			}
			return ""
		}
		if above == "." {
			return ""
		}
	}
}

// goMod is what a go.mod says of the modules in a report.
type goMod struct {
	module   string
	requires map[string]goRequired
}

type goRequired struct {
	line         int
	relationship string
}

// readGoMod reads a go.mod by its lines. The standard library stands where the
// toolchain does, or else the lowest version of Go.
func readGoMod(t *scanners.Tree, name string) (*goMod, error) {
	data, err := t.Read(name, maxLock)
	if err != nil {
		return nil, err
	}
	m := &goMod{requires: map[string]goRequired{}}
	block := ""
	for number := 1; len(data) > 0; number++ {
		row, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		code, comment, _ := strings.Cut(string(row), "//")
		words := strings.Fields(code)
		switch {
		case len(words) == 0:
			continue
		case words[0] == ")":
			block = ""
			continue
		case len(words) > 1 && words[1] == "(":
			block = words[0]
			continue
		case block != "":
			words = append([]string{block}, words...)
		}
		if len(words) < 2 {
			continue
		}
		what := strings.Trim(words[1], "\"`")
		switch required := (goRequired{line: number, relationship: "direct"}); words[0] {
		case "module":
			m.module = what
		case "go", "toolchain":
			m.requires["stdlib"] = required
		case "require":
			if strings.HasPrefix(strings.TrimSpace(comment), "indirect") {
				required.relationship = "indirect"
			}
			m.requires[what] = required
		case "replace":
			m.replace(words, number)
		}
	}
	return m, nil
}

// replace notes a module that takes another one's place.
func (m *goMod) replace(words []string, number int) {
	i := slices.Index(words, "=>")
	if i < 0 || i+2 >= len(words) {
		return // by a directory, which has no version
	}
	by, of := strings.Trim(words[i+1], "\"`"), strings.Trim(words[1], "\"`")
	if by != of {
		m.requires[by] = goRequired{line: number, relationship: m.requires[of].relationship}
	}
}
