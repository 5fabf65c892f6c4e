package dependency

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/scangate/scangate/scanners"
	"github.com/scangate/scangate/scanners/match"
)

// Locked is a version that a lockfile names.
type Locked struct {
	Name, Version string
	Line          int      // 0 when it is not found
	Relationship  string   // "direct", "indirect", or "" when the file does not tell
	Dev           bool     // nothing but development needs it
	Path          []string // the shortest way by which an indirect one is required: name@version, the direct one first
}

// ReadLocked reads a lockfile of the tree and returns the versions of the
// wanted names, in the order of names and versions, and how many packages the
// file has. It is for scanners that ask others what is wrong with them. Errors
// quote nothing of the file.
func ReadLocked(ctx context.Context, tree *scanners.Tree, file string, wanted func(name string) bool) (found []Locked, packages int, err error) {
	k, ok := kindOf(file)
	if !ok {
		return nil, 0, fmt.Errorf("%s is no lockfile of a known kind", path.Base(file))
	}
	data, err := tree.Read(file, maxSize)
	if err != nil {
		return nil, 0, err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if n := bytes.Count(data, []byte(k.entry)); n > maxPackages {
		return nil, 0, fmt.Errorf("it has about %d packages, and %d is the limit", n, maxPackages)
	}
	if k.nesting != nil && k.nesting(data, maxNesting) > 0 {
		return nil, 0, fmt.Errorf("its values are nested more than %d deep", maxNesting)
	}
	parsing, cancel := context.WithTimeout(ctx, maxParse)
	defer cancel()
	inv, err := parse(parsing, k, source{file, data, tree})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, 0, fmt.Errorf("it takes more than %v to parse", maxParse)
	}
	if err != nil {
		_, why := parseProblem(k, data, err)
		return nil, 0, errors.New("it cannot be parsed" + why)
	}
	lines := linesOf(k, data, inv.packages)
	chains := paths(inv, func(key match.Key) bool { return wanted(key.Name) })
	all := tidy(slices.Clone(inv.packages))
	for _, p := range all {
		if !wanted(p.Name) {
			continue
		}
		key := keyOf(p).String()
		found = append(found, Locked{Name: p.Name, Version: p.Version, Line: lines[key], Relationship: relationship(p), Dev: p.Dev, Path: chains[key]})
	}
	return found, len(all), nil
}
