package dependency

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	xjson "github.com/aquasecurity/trivy/pkg/x/json"
)

// bunEntry is what a package's key stands for in bun.lock: an array that begins
// with name@version, and has an object of what the package requires.
type bunEntry []json.RawMessage

func (e bunEntry) identifier() string {
	var id string
	if len(e) > 0 {
		_ = json.Unmarshal(e[0], &id) // no text: no package
	}
	return id
}

func (e bunEntry) requires() (names []string) {
	for _, raw := range e[min(len(e), 1):] {
		var info struct {
			Dependencies map[string]string `json:"dependencies"`
			Optional     map[string]string `json:"optionalDependencies"`
		}
		if json.Unmarshal(raw, &info) != nil { // a registry or a hash
			continue
		}
		for name := range info.Dependencies {
			names = append(names, name)
		}
		for name := range info.Optional {
			names = append(names, name)
		}
	}
	return names
}

// parseBun reads the text form of bun's lockfile. The engine's parser takes
// the key of a package that lies inside another one, a/b, for its name, and
// so finds no version.
func parseBun(in source) (inv inventory, err error) {
	var lock struct {
		Workspaces map[string]struct {
			Name         string            `json:"name"`
			Dependencies map[string]string `json:"dependencies"`
			Dev          map[string]string `json:"devDependencies"`
			Optional     map[string]string `json:"optionalDependencies"`
			Peer         map[string]string `json:"peerDependencies"`
		} `json:"workspaces"`
		Packages map[string]bunEntry `json:"packages"`
	}
	if err := json.Unmarshal(xjson.ToRFC8259(in.data), &lock); err != nil {
		return inv, fmt.Errorf("bun.lock: %w", err)
	}
	resolve := func(from, name string) string {
		for {
			if _, ok := lock.Packages[from+"/"+name]; ok && from != "" {
				return from + "/" + name
			}
			if from == "" {
				return name
			}
			from = bunParent(from)
		}
	}
	direct, queue := map[string]bool{}, []string{}
	for dir, w := range lock.Workspaces {
		if dir == "" { // what the project itself requires lies in no other package
			w.Name = ""
		}
		for _, names := range []map[string]string{w.Dependencies, w.Optional, w.Peer} {
			for name := range names {
				key := resolve(w.Name, name)
				direct[key] = true
				queue = append(queue, key)
			}
		}
		for name := range w.Dev {
			direct[resolve(w.Name, name)] = true
		}
	}
	requires := make(map[string][]string, len(lock.Packages))
	for key, e := range lock.Packages {
		for _, name := range e.requires() {
			requires[key] = append(requires[key], resolve(key, name))
		}
	}
	production := map[string]bool{}
	for len(queue) > 0 {
		key := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if !production[key] {
			production[key] = true
			queue = append(queue, requires[key]...)
		}
	}
	for key, e := range lock.Packages {
		name, version, ok := cutVersion(e.identifier())
		if !ok {
			continue
		}
		p := ftypes.Package{ID: key, Name: name, Version: version, Dev: !production[key], Relationship: ftypes.RelationshipIndirect}
		switch {
		case strings.HasPrefix(version, "workspace:"):
			p.Relationship, p.Dev = ftypes.RelationshipRoot, false
		case direct[key]:
			p.Relationship = ftypes.RelationshipDirect
		}
		inv.packages = append(inv.packages, p)
		inv.requires = append(inv.requires, ftypes.Dependency{ID: key, DependsOn: requires[key]})
	}
	return inv, nil
}

// bunParent is the key of the package around another: a/@b/c lies in a.
func bunParent(key string) string {
	i := strings.LastIndexByte(key, '/')
	if i < 0 {
		return ""
	}
	key = key[:i]
	if j := strings.LastIndexByte(key, '/'); strings.HasPrefix(key[j+1:], "@") {
		return key[:max(j, 0)]
	}
	return key
}

// cutVersion splits name@version, where the name may begin with an @.
func cutVersion(id string) (name, version string, ok bool) {
	i := strings.IndexByte(id[min(len(id), 1):], '@') + 1
	if i < 1 {
		return "", "", false
	}
	return id[:i], id[i+1:], true
}

var bunKey = regexp.MustCompile(`^\s*"[^"]+": \["([^"]+)"`)

func bunLines(data []byte, want map[string]int) {
	eachLine(data, func(number int, line []byte) {
		if m := bunKey.FindSubmatch(line); m != nil {
			if name, version, ok := cutVersion(string(m[1])); ok {
				note(want, name, version, number)
			}
		}
	})
}
