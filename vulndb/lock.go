package vulndb

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/scangate/scangate/fileio"
)

// lock waits until no other process, and nobody else in this one, writes to
// the store of dir. The system lets go of it when the process ends.
func (k *Kind) lock(ctx context.Context, dir string) (unlock func(), err error) {
	name := filepath.Join(store(dir), "lock")
	unlock, err = fileio.Lock(ctx, name)
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("another process is updating the %s in %s: %w", k.name, dir, ctx.Err())
	}
	return nil, fmt.Errorf("cannot lock %s: %w", name, fileio.Cause(err))
}
