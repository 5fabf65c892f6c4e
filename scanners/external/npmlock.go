package external

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/scangate/scangate/scanners"
)

const (
	// maxLock bounds a lockfile, in bytes.
	maxLock = 128 << 20
	// maxLevels bounds how deep packages of an old lockfile nest.
	maxLevels = 100
	// maxChain bounds the way to a package that is told, in packages.
	maxChain = 50
)

// npmFolder is where a package is installed.
type npmFolder struct {
	Name         string            `json:"name"` // where it differs from the folder's
	Version      string            `json:"version"`
	Resolved     string            `json:"resolved"`
	Link         bool              `json:"link"`
	Dev          bool              `json:"dev"`
	Dependencies map[string]string `json:"dependencies"`
	Optional     map[string]string `json:"optionalDependencies"`
	Peer         map[string]string `json:"peerDependencies"`
	Development  map[string]string `json:"devDependencies"`
}

// npmLock is what a lockfile says of the folders that npm names in a report.
type npmLock struct {
	folders map[string]npmFolder
	lines   map[string]int    // of folders, or of name@version in old lockfiles
	from    map[string]string // the folder that requires one, on the shortest way to it
}

// npmInstalled is a version that is installed, in whatever folders.
type npmInstalled struct {
	version string
	line    int
	dev     bool
	known   bool // the lockfile says who requires it
	chain   []string
}

func (p npmInstalled) relationship() string {
	switch {
	case !p.known:
		return ""
	case len(p.chain) == 0:
		return "direct"
	}
	return "indirect"
}

// readNPMLock reads a lockfile of any version.
func readNPMLock(t *scanners.Tree, name string) (*npmLock, error) {
	data, err := t.Read(name, maxLock)
	if err != nil {
		return nil, err
	}
	var lock struct {
		Packages     map[string]npmFolder `json:"packages"`
		Dependencies json.RawMessage      `json:"dependencies"`
	}
	if err := json.Unmarshal(data, &lock); err != nil {
		return nil, errors.New("it is no lockfile of npm")
	}
	l := &npmLock{folders: lock.Packages, lines: map[string]int{}}
	if len(l.folders) == 0 {
		l.folders = map[string]npmFolder{"": npmProject(t, path.Dir(name))}
		var top map[string]npmNested
		if len(lock.Dependencies) > 0 && json.Unmarshal(lock.Dependencies, &top) != nil {
			return nil, errors.New("it is no lockfile of npm")
		}
		l.nest("", top, 0)
	}
	l.number(data)
	l.walk()
	return l, nil
}

// npmNested is a package in a lockfile of npm 6 and earlier.
type npmNested struct {
	Version      string               `json:"version"`
	Dev          bool                 `json:"dev"`
	Requires     json.RawMessage      `json:"requires"` // of the whole file it is true
	Dependencies map[string]npmNested `json:"dependencies"`
}

// nest turns nested packages into the folders that they mean.
func (l *npmLock) nest(below string, all map[string]npmNested, level int) {
	if level > maxLevels {
		return
	}
	for name, n := range all {
		folder := path.Join(below, "node_modules", name)
		f := npmFolder{Version: n.Version, Dev: n.Dev}
		json.Unmarshal(n.Requires, &f.Dependencies) // what is no list of requirements is none
		l.folders[folder] = f
		l.nest(folder, n.Dependencies, level+1)
	}
}

// npmProject is what package.json requires; nothing when it cannot be read.
func npmProject(t *scanners.Tree, dir string) (f npmFolder) {
	data, err := t.Read(path.Join(dir, "package.json"), maxLock)
	if err != nil || json.Unmarshal(data, &f) != nil {
		return npmFolder{}
	}
	return f
}

// number finds the lines of folders and, for old lockfiles, of versions.
func (l *npmLock) number(data []byte) {
	var name string
	var at int
	for number := 1; len(data) > 0; number++ {
		row, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		row = bytes.TrimSpace(row)
		if !bytes.HasPrefix(row, []byte{'"'}) {
			continue
		}
		switch key, value, _ := bytes.Cut(row[1:], []byte(`": `)); {
		case string(value) == "{":
			name, at = string(key), number
			l.first(name, at)
		case string(key) == "version":
			l.first(name+"@"+strings.Trim(string(value), `",`), at)
		}
	}
}

func (l *npmLock) first(key string, at int) {
	if l.lines[key] == 0 {
		l.lines[key] = at
	}
}

// walk finds the shortest way to each folder, starting from the project's own.
func (l *npmLock) walk() {
	l.from = map[string]string{}
	var queue []string
	for folder := range l.folders {
		if !strings.Contains(folder, "node_modules/") {
			queue = append(queue, folder)
		}
	}
	slices.Sort(queue)
	for _, folder := range queue {
		l.from[folder] = folder
	}
	for len(queue) > 0 {
		folder := queue[0]
		queue = queue[1:]
		f := l.folders[folder]
		lists := []map[string]string{f.Dependencies, f.Optional, f.Peer}
		if !strings.Contains(folder, "node_modules/") {
			lists = append(lists, f.Development)
		}
		for _, list := range lists {
			for _, name := range slices.Sorted(maps.Keys(list)) {
				to, ok := l.resolve(folder, name)
				if _, been := l.from[to]; ok && !been {
					l.from[to] = folder
					queue = append(queue, to)
				}
			}
		}
	}
}

// resolve finds the folder of what code in another one requires.
func (l *npmLock) resolve(from, name string) (string, bool) {
	for level := 0; level <= maxLevels; level++ {
		to := path.Join(from, "node_modules", name)
		if f, ok := l.folders[to]; ok {
			if f.Link {
				_, ok = l.folders[f.Resolved]
				return f.Resolved, ok
			}
			return to, true
		}
		if from == "" || from == "." {
			return "", false
		}
		if i := strings.LastIndex(from, "node_modules/"); i >= 0 {
			from = strings.TrimSuffix(from[:i], "/")
		} else if from = path.Dir(from); from == "." {
			from = ""
		}
	}
	return "", false
}

// chain is the way to a folder: what the project requires first.
func (l *npmLock) chain(folder string) (chain []string, known bool) {
	for len(chain) < maxChain {
		above, ok := l.from[folder]
		if !ok {
			return nil, false
		}
		if above == folder {
			break
		}
		chain = append(chain, line(l.name(folder)+"@"+l.folders[folder].Version, maxID))
		folder = above
	}
	slices.Reverse(chain)
	if len(chain) <= 1 {
		chain = nil
	}
	return chain, true
}

func (l *npmLock) name(folder string) string {
	if n := l.folders[folder].Name; n != "" {
		return n
	}
	if i := strings.LastIndex(folder, "node_modules/"); i >= 0 {
		return folder[i+len("node_modules/"):]
	}
	return folder
}

// installed are the versions in some folders, one entry for each version. What
// the lockfile does not have is reported all the same, without a version.
func (l *npmLock) installed(name string, folders []string) []npmInstalled {
	all := map[string]npmInstalled{}
	for _, folder := range slices.Sorted(slices.Values(folders)) {
		f, ok := l.folders[folder]
		if !ok {
			continue
		}
		p := npmInstalled{version: f.Version, line: l.lines[folder], dev: f.Dev}
		p.chain, p.known = l.chain(folder)
		if p.line == 0 {
			p.line = l.lines[name+"@"+f.Version]
		}
		if old, ok := all[p.version]; ok {
			p.dev = p.dev && old.dev
			if old.line > 0 && (p.line == 0 || old.line < p.line) {
				p.line = old.line
			}
			if old.known && (!p.known || len(old.chain) <= len(p.chain)) {
				p.chain, p.known = old.chain, true
			}
		}
		all[p.version] = p
	}
	if len(all) == 0 {
		return []npmInstalled{{}}
	}
	out := make([]npmInstalled, 0, len(all))
	for _, version := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[version])
	}
	return out
}
