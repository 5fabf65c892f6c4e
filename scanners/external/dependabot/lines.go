package dependabot

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/scanners"
)

const (
	// maxManifest bounds a file that is searched for lines, in bytes.
	maxManifest = 32 << 20
	// maxManifests bounds all of them.
	maxManifests = 512 << 20
	// maxToken bounds what can be a package's name in a file, in bytes.
	maxToken = 512
)

// locate sets the lines of findings. Each file is read once; what is not found
// in it, or is not read for its size, has no line.
func locate(ctx context.Context, tree *scanners.Tree, all []finding.Finding) error {
	byFile := map[string][]*finding.Finding{}
	var files []string
	for i := range all {
		p := all[i].Location.Path
		if p == "" {
			continue
		}
		if byFile[p] == nil {
			files = append(files, p)
		}
		byFile[p] = append(byFile[p], &all[i])
	}
	total := 0
	for _, file := range files {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if total > maxManifests {
			return nil
		}
		data, err := tree.Read(file, maxManifest)
		if err != nil {
			continue
		}
		total += len(data)
		fold := folds[byFile[file][0].Package.Ecosystem]
		if fold == nil {
			fold = func(name string) string { return name }
		}
		want := map[string]bool{}
		for _, f := range byFile[file] {
			want[fold(f.Package.Name)] = true
		}
		lines := search(path.Base(file), data, want, fold)
		for _, f := range byFile[file] {
			f.Location.StartLine = lines[fold(f.Package.Name)]
		}
	}
	return nil
}

// folds bring the names of ecosystems that know several spellings of a name
// into one.
var folds = map[string]func(string) string{
	"pip": func(name string) string {
		return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(name), "_", "-"), ".", "-")
	},
	"nuget": strings.ToLower, "composer": strings.ToLower, "actions": strings.ToLower,
	// A package is its repository's address.
	"swift": func(name string) string {
		return strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(name), "https://"), ".git")
	},
	// Of the two parts of a name, the second has an element of its own.
	"maven": func(name string) string { return name[strings.LastIndex(name, ":")+1:] },
}

// search returns the lines of names: the first that has the form in which this
// kind of file declares a package, else the first that holds the name as a
// word of its own.
func search(file string, data []byte, want map[string]bool, fold func(string) string) map[string]int {
	declared, named := map[string]int{}, map[string]int{}
	set := func(m map[string]int, name string, number int) {
		if name = fold(name); want[name] && m[name] == 0 {
			m[name] = number
		}
	}
	quoted := strings.HasSuffix(file, ".json")
	for number := 1; len(data) > 0; number++ {
		l, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		if name := declares(file, l); len(name) > 0 && len(name) <= maxToken {
			set(declared, string(name), number)
		}
		words(l, quoted, func(word []byte) { set(named, string(word), number) })
	}
	for name, number := range named {
		if declared[name] == 0 {
			declared[name] = number
		}
	}
	return declared
}

// declares returns the name of the package that a line of a lockfile declares.
func declares(file string, l []byte) []byte {
	trimmed := bytes.TrimSpace(l)
	switch file {
	case "Cargo.lock", "poetry.lock", "uv.lock", "pdm.lock":
		if v, ok := bytes.CutPrefix(trimmed, []byte(`name = "`)); ok {
			return bytes.TrimSuffix(v, []byte{'"'})
		}
	case "package-lock.json", "npm-shrinkwrap.json":
		if key, ok := objectKey(trimmed); ok {
			if i := bytes.LastIndex(key, []byte("node_modules/")); i >= 0 {
				key = key[i+len("node_modules/"):]
			}
			return key
		}
	case "Pipfile.lock":
		key, _ := objectKey(trimmed)
		return key
	case "composer.lock":
		if v, ok := bytes.CutPrefix(trimmed, []byte(`"name": "`)); ok {
			return bytes.TrimSuffix(v, []byte(`",`))
		}
	case "yarn.lock":
		if len(l) > 0 && l[0] != ' ' && l[0] != '#' {
			return beforeVersion(bytes.TrimLeft(l, `"`))
		}
	case "pnpm-lock.yaml":
		if bytes.HasPrefix(l, []byte("  ")) && !bytes.HasPrefix(l, []byte("   ")) && bytes.ContainsAny(l, "@/") {
			return beforeVersion(bytes.TrimLeft(trimmed, `'"/`))
		}
	case "Gemfile.lock":
		if bytes.HasPrefix(l, []byte("    ")) && !bytes.HasPrefix(l, []byte("     ")) {
			name, _, _ := bytes.Cut(trimmed, []byte(" ("))
			return name
		}
	}
	return nil
}

// objectKey is the key of a line that begins a JSON object.
func objectKey(l []byte) ([]byte, bool) {
	rest, ok := bytes.CutPrefix(l, []byte{'"'})
	key, rest, ok2 := bytes.Cut(rest, []byte{'"'})
	return key, ok && ok2 && bytes.HasSuffix(rest, []byte("{"))
}

// beforeVersion cuts name@version, or name/version as pnpm had it.
func beforeVersion(l []byte) []byte {
	if i := bytes.IndexByte(l[min(len(l), 1):], '@'); i >= 0 {
		return l[:i+1]
	}
	if i := bytes.LastIndexByte(l, '/'); i > 0 {
		return l[:i]
	}
	return nil
}

// words calls f with each run of characters that names of packages are made
// of; for JSON with each quoted one. It calls f again without what follows an
// @, as that may be a version.
func words(l []byte, quoted bool, f func([]byte)) {
	emit := func(w []byte) {
		if len(w) == 0 || len(w) > maxToken {
			return
		}
		w = bytes.TrimLeft(bytes.TrimRight(w, "."), "/")
		f(w)
		if i := bytes.LastIndexByte(w, '@'); i > 0 {
			f(w[:i])
		}
	}
	if quoted {
		for {
			_, rest, ok := bytes.Cut(l, []byte{'"'})
			word, rest, ok2 := bytes.Cut(rest, []byte{'"'})
			if !ok || !ok2 {
				return
			}
			emit(word)
			l = rest
		}
	}
	start := -1
	for i, c := range l {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == '/', c == '@':
			if start < 0 {
				start = i
			}
		default:
			if start >= 0 {
				emit(l[start:i])
			}
			start = -1
		}
	}
	if start >= 0 {
		emit(l[start:])
	}
}
