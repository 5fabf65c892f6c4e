package external

import (
	"bytes"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/scangate/scangate/scanners"
)

// cargoLock is what a Cargo.lock says of the packages in a report.
type cargoLock struct {
	packages map[string]cargoLocked // by name@version
	from     map[string]string      // the package that requires one, on the shortest way to it
}

// cargoLocked is an entry of a Cargo.lock.
type cargoLocked struct {
	line    int // where it begins
	sourced bool
	needs   []string // "name", "name version" or "name version (source)"
}

// readCargoLock reads a Cargo.lock by its lines: Cargo writes one value on each,
// and nobody else writes the file. cargo-audit has refused what is no TOML.
func readCargoLock(t *scanners.Tree, name string) (*cargoLock, error) {
	data, err := t.Read(name, maxLock)
	if err != nil {
		return nil, err
	}
	l := &cargoLock{packages: map[string]cargoLocked{}, from: map[string]string{}}
	versions := map[string][]string{} // by name
	var crate, version string
	var p cargoLocked
	var listing bool
	finish := func() {
		key := crate + "@" + version
		if _, again := l.packages[key]; crate != "" && !again {
			l.packages[key] = p
			versions[crate] = append(versions[crate], version)
		}
		crate, version, p, listing = "", "", cargoLocked{}, false
	}
	for number := 1; len(data) > 0; number++ {
		row, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		text := string(bytes.TrimSpace(row))
		if strings.HasPrefix(text, "[") {
			finish()
			p.line = number
			continue
		}
		if listing {
			if listing = !strings.HasPrefix(text, "]"); listing {
				p.needs = append(p.needs, strings.Trim(text, `",`))
			}
			continue
		}
		key, value, _ := strings.Cut(text, " = ")
		switch value = strings.Trim(value, `"`); key {
		case "name":
			crate = value
		case "version":
			version = value
		case "source":
			p.sourced = true
		case "dependencies":
			listing = value == "["
		}
	}
	finish()
	l.walk(versions)
	return l, nil
}

// walk finds the shortest way to each package from the crates of the project,
// which are those without a source.
func (l *cargoLock) walk(versions map[string][]string) {
	var queue []string
	for key, p := range l.packages {
		if !p.sourced {
			queue = append(queue, key)
		}
	}
	slices.Sort(queue)
	for _, key := range queue {
		l.from[key] = key
	}
	for len(queue) > 0 {
		key := queue[0]
		queue = queue[1:]
		for _, need := range l.packages[key].needs {
			name, version, _ := strings.Cut(need, " ")
			version, _, _ = strings.Cut(version, " ")
			if all := versions[name]; version == "" && len(all) > 0 {
				version = all[0]
			}
			to := name + "@" + version
			if _, known := l.packages[to]; !known {
				continue
			}
			if _, been := l.from[to]; !been {
				l.from[to] = key
				queue = append(queue, to)
			}
		}
	}
}

// chain is the way to a package: what the project requires first. It is empty
// for what the project requires itself.
func (l *cargoLock) chain(key string) (chain []string, relationship string) {
	for len(chain) < maxChain {
		above, ok := l.from[key]
		if !ok {
			return nil, ""
		}
		if above == key {
			break
		}
		chain = append(chain, line(key, maxID))
		key = above
	}
	slices.Reverse(chain)
	if len(chain) <= 1 {
		return nil, "direct"
	}
	return chain, "indirect"
}

// cargoFixed is the lowest patched version above the installed one. What is
// patched is told as requirements: ">= 1.2.3", "^1.1.4", ">= 1.0, < 2.0".
func cargoFixed(patched []string, installed string) string {
	v, err := semver.NewVersion(installed)
	if err != nil {
		return ""
	}
	var best *semver.Version
	for _, requirement := range patched[:min(len(patched), maxLinks)] {
		for bound := range strings.SplitSeq(requirement, ",") {
			bound = strings.TrimSpace(bound)
			lowest, err := semver.NewVersion(strings.TrimSpace(strings.TrimLeft(bound, ">=^~ ")))
			if err != nil || strings.HasPrefix(bound, "<") || strings.HasPrefix(bound, ">") && !strings.HasPrefix(bound, ">=") {
				continue
			}
			if lowest.GreaterThan(v) && (best == nil || lowest.LessThan(best)) {
				best = lowest
			}
		}
	}
	if best == nil {
		return ""
	}
	return best.String()
}
