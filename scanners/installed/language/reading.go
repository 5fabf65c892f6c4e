package language

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	ftypes "github.com/aquasecurity/trivy/pkg/fanal/types"
	"github.com/scangate/scangate/scanners/installed"
)

type readFunc func(context.Context, installed.File) (*installed.Result, error)

var errCrashed = errors.New("cannot be read: its content crashed the reader")

// safely adds what every reader must keep: the limit of size, whatever its
// caller checked, and that a panic costs one file only.
func safely(limit int64, read readFunc) readFunc {
	return func(ctx context.Context, f installed.File) (res *installed.Result, err error) {
		defer func() {
			if p := recover(); p != nil { // its value may quote the content
				res, err = nil, errCrashed
			}
		}()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if f.Size > limit {
			return nil, tooLarge(limit)
		}
		return read(ctx, f)
	}
}

func tooLarge(limit int64) error {
	if limit < 1<<20 {
		return fmt.Errorf("larger than %d KB: not looked at", limit>>10)
	}
	return fmt.Errorf("larger than %d MB: not looked at", limit>>20)
}

// whole is safely for small files, which are read into memory first.
func whole(parse func(path string, data []byte) (*installed.Result, error)) readFunc {
	return safely(maxMetadata, func(_ context.Context, f installed.File) (*installed.Result, error) {
		data, err := readUpTo(f.Content, f.Size, maxMetadata)
		if err != nil {
			return nil, err
		}
		return parse(f.Path, data)
	})
}

// readUpTo reads all of r. The size is what to expect, and not relied on.
func readUpTo(r io.Reader, size, limit int64) ([]byte, error) {
	data := make([]byte, 0, min(max(size, 0)+1, 64<<10))
	for {
		n, err := r.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case int64(len(data)) > limit:
			return nil, tooLarge(limit)
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, fmt.Errorf("cannot be read: %w", err)
		case len(data) == cap(data):
			data = slices.Grow(data, len(data))
		}
	}
}

// ctxReader ends a long read soon after its context does.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// errLongName says that a package has a name or a version that none has. It
// would be repeated wherever the package is.
var errLongName = errors.New("names a package in more than 1024 bytes: not looked at")

func longName(name, version string) bool { return len(name)+len(version) > 1024 }

// single is the result of a file that describes one package: path is the place
// of the package, as the engine has it.
func single(kind ftypes.LangType, path string, p ftypes.Package) (*installed.Result, error) {
	if longName(p.Name, p.Version) {
		return nil, errLongName
	}
	p.FilePath = path
	return &installed.Result{Type: kind, Packages: []ftypes.Package{p}}, nil
}

// listed is the result of a file that lists packages; they have no path of
// their own.
func listed(kind ftypes.LangType, pkgs []ftypes.Package, requires []ftypes.Dependency) (*installed.Result, error) {
	if len(pkgs) == 0 {
		return nil, nil
	}
	on := make(map[string][]string, len(requires))
	for _, d := range requires {
		slices.Sort(d.DependsOn)
		on[d.ID] = d.DependsOn
	}
	for i, p := range pkgs {
		if longName(p.Name, p.Version) {
			return nil, errLongName
		}
		pkgs[i].DependsOn = on[p.ID]
		pkgs[i].Indirect = p.Relationship == ftypes.RelationshipIndirect
	}
	return &installed.Result{Type: kind, Packages: pkgs}, nil
}
