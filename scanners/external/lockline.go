package external

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/scangate/scangate/scanners"
)

const (
	// maxIndexed bounds a lockfile whose lines are looked up, in bytes.
	maxIndexed = 32 << 20
	// maxIndexes bounds how many lockfiles are looked up for one output.
	maxIndexes = 500
	// near is how far below a package's name its version may stand, in lines.
	near = 3
	// maxSame bounds how many lines of one name are tried.
	maxSame = 200
)

// lockLines finds the lines of packages in lockfiles of any kind: where the
// name stands, and the version beside it or right below.
type lockLines struct {
	tree  *scanners.Tree
	files map[string]map[string][]int // words and the lines they stand on
}

func newLockLines(t *scanners.Tree) *lockLines {
	return &lockLines{tree: t, files: map[string]map[string][]int{}}
}

// line is a package's line in a file of the tree, and 1 when it is not found.
// The path must come from Path; "" has no line.
func (l *lockLines) line(file, name, version string) int {
	if file == "" {
		return 0
	}
	words, ok := l.files[file]
	if !ok {
		if len(l.files) < maxIndexes {
			words = l.index(file)
		}
		l.files[file] = words
	}
	names := []string{name}
	if i := strings.LastIndexAny(name, ":/"); i >= 0 && i+1 < len(name) {
		names = append(names, name[i+1:])
	}
	version = strings.TrimPrefix(version, "v")
	if at := words[name+"@"+version]; len(at) > 0 {
		return at[0]
	}
	distance := near
	if path.Base(file) == "Gemfile.lock" {
		distance = 0 // what others require of it stands there as well
	}
	for _, n := range names {
		at := words[n]
		for _, number := range at[:min(len(at), maxSame)] {
			if version == "" || follows(words[version], number, distance) {
				return number
			}
		}
	}
	if at := words[name]; len(at) == 1 {
		return at[0] // a manifest may require a range of versions
	}
	return 1
}

// follows tells whether one of the lines, which are in order, is the given one
// or within a distance behind it.
func follows(lines []int, number, distance int) bool {
	low, high := 0, len(lines)
	for low < high {
		if middle := (low + high) / 2; lines[middle] < number {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low < len(lines) && lines[low] <= number+distance
}

// index lists the words of a file that could be names or versions.
func (l *lockLines) index(file string) map[string][]int {
	if slices.Contains(npmLockNames, path.Base(file)) {
		return l.indexNPM(file)
	}
	data, err := l.tree.Read(file, maxIndexed)
	if err != nil || !utf8.Valid(data) {
		return nil
	}
	words := map[string][]int{}
	add := func(word string, number int) {
		if all := words[word]; word != "" && (len(all) == 0 || all[len(all)-1] != number) {
			words[word] = append(all, number)
		}
	}
	for number := 1; len(data) > 0; number++ {
		row, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		const longest = 64 << 10 // a line of a minified file: it would say nothing
		if len(row) > longest {
			continue
		}
		for _, word := range strings.FieldsFunc(string(row), separates) {
			word = strings.Trim(word, "/:.")
			add(word, number)
			add(strings.TrimPrefix(word, "v"), number)
			// name@version, group:name:version
			for _, at := range []string{"@", ":"} {
				if i := strings.LastIndex(word, at); i > 0 {
					add(word[:i], number)
					add(strings.TrimPrefix(word[i+1:], "v"), number)
				}
			}
		}
	}
	return words
}

// indexNPM lists name@version of the folders in a lockfile of npm, which names
// packages in many other places as well.
func (l *lockLines) indexNPM(file string) map[string][]int {
	lock, err := readNPMLock(l.tree, file)
	if err != nil {
		return nil
	}
	words := map[string][]int{}
	for key, at := range lock.lines {
		if i := strings.LastIndex(key, "node_modules/"); i >= 0 {
			key = key[i+len("node_modules/"):]
		}
		if old := words[key]; len(old) == 0 || at < old[0] {
			words[key] = []int{at}
		}
	}
	return words
}

// separates tells what can be no part of a name or a version.
func separates(c rune) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return false
	}
	return !strings.ContainsRune("@/._:+-~", c)
}
