package dependency

import (
	"bufio"
	"bytes"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	xio "github.com/aquasecurity/trivy/pkg/x/io"
	"github.com/scangate/scangate/scanners"
)

// source is a lockfile to parse, and the tree it lies in: some formats refer to
// other files.
type source struct {
	path string
	data []byte
	tree *scanners.Tree
}

// inventory is what a lockfile names.
type inventory struct {
	packages []ftypes.Package
	requires []ftypes.Dependency // which package requires which, by their ids
	remarks  []string            // what could not be looked at
}

// parseFunc reads the packages of a lockfile.
type parseFunc func(source) (inventory, error)

// with makes a parseFunc of one of the engine's parsers. A parser holds a
// logger, so each file gets its own, made after the engine was silenced.
func with[P interface {
	Parse(xio.ReadSeekerAt) ([]ftypes.Package, []ftypes.Dependency, error)
}](parser func() P) parseFunc {
	return func(in source) (inv inventory, err error) {
		inv.packages, inv.requires, err = parser().Parse(bytes.NewReader(in.data))
		return inv, err
	}
}

// byLine is with for parsers that stop at a line over 64 KiB as if the file
// ended there.
func byLine[P interface {
	Parse(xio.ReadSeekerAt) ([]ftypes.Package, []ftypes.Dependency, error)
}](parser func() P) parseFunc {
	return func(in source) (inventory, error) {
		tooLong := false
		eachLine(in.data, func(_ int, line []byte) { tooLong = tooLong || len(line) >= bufio.MaxScanTokenSize })
		if tooLong {
			return inventory{}, bufio.ErrTooLong
		}
		return with(parser)(in)
	}
}

// relate marks packages as direct that the project's own ones require, and all
// others as indirect.
func (inv *inventory) relate() {
	own, direct := map[string]bool{}, map[string]bool{}
	for _, p := range inv.packages {
		if projectsOwn(p) {
			own[p.ID] = true
		}
	}
	if len(own) == 0 {
		return
	}
	for _, d := range inv.requires {
		if own[d.ID] {
			for _, id := range d.DependsOn {
				direct[id] = true
			}
		}
	}
	inv.direct(direct)
}

// direct marks the packages of those ids as direct, and all others but the
// project's own as indirect.
func (inv *inventory) direct(ids map[string]bool) {
	for i, p := range inv.packages {
		switch {
		case projectsOwn(p):
		case ids[p.ID]:
			inv.packages[i].Relationship = ftypes.RelationshipDirect
		default:
			inv.packages[i].Relationship = ftypes.RelationshipIndirect
		}
	}
}

// projectsOwn tells the scanned project and its workspaces from what they
// require.
func projectsOwn(p ftypes.Package) bool {
	return p.Relationship == ftypes.RelationshipRoot || p.Relationship == ftypes.RelationshipWorkspace
}
