package language

import (
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"io"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

// maxCrates bounds the list of crates, unpacked, in bytes; cargo-auditable
// refuses more. The list of a large program has 50 KB.
const maxCrates = 8 << 20

var errCrates = errors.New("its list of Rust crates cannot be read")

// rustPackages returns nil for a program without cargo-auditable's list.
func rustPackages(ctx context.Context, x *executable) (*installed.Result, error) {
	s := x.rust
	if s.size == 0 {
		s = x.oldRust
	}
	if s.size == 0 {
		return nil, nil
	}
	if s.packed { // no linker does that to a list that is compressed already
		return nil, errCrates
	}
	z, err := zlib.NewReader(ctxReader{ctx, io.NewSectionReader(x.r, int64(min(s.offset, 1<<62)), int64(min(s.size, 1<<62)))})
	if err != nil {
		return nil, errCrates
	}
	defer z.Close()
	data, err := io.ReadAll(io.LimitReader(z, maxCrates+1))
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, errCrates
	case len(data) > maxCrates:
		return nil, errors.New("its list of Rust crates is larger than 8 MB: not looked at")
	}
	var list struct {
		Packages []crate `json:"packages"`
	}
	if json.Unmarshal(data, &list) != nil {
		return nil, errCrates
	}
	var pkgs []ftypes.Package
	var requires []ftypes.Dependency
	for _, c := range list.Packages {
		if longName(c.Name, c.Version) {
			return nil, errLongName
		}
		if !c.runs() {
			continue
		}
		p := ftypes.Package{ID: c.id(), Name: c.Name, Version: c.Version}
		if c.Root {
			p.Relationship = ftypes.RelationshipRoot
		}
		pkgs = append(pkgs, p)
		d := ftypes.Dependency{ID: p.ID}
		for _, i := range c.Dependencies {
			if i < uint(len(list.Packages)) && list.Packages[i].runs() {
				d.DependsOn = append(d.DependsOn, list.Packages[i].id())
			}
		}
		if d.DependsOn != nil {
			requires = append(requires, d)
		}
	}
	return listed(ftypes.RustBinary, pkgs, requires)
}

// crate is an entry of cargo-auditable's list.
type crate struct {
	Name         string `json:"name"`
	Version      string `json:"version"`
	Kind         string `json:"kind"`
	Dependencies []uint `json:"dependencies"` // their places in the list
	Root         bool   `json:"root"`
}

// runs reports whether the crate is part of the program, and did not only help
// to build it.
func (c crate) runs() bool { return c.Kind == "" || c.Kind == "runtime" }

func (c crate) id() string {
	if c.Version == "" {
		return c.Name
	}
	return c.Name + "@" + c.Version
}
