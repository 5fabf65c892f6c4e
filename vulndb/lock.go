package vulndb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/scangate/scangate/fileio"
)

// lockPoll is how often a lock that somebody else holds is tried again.
const lockPoll = 20 * time.Millisecond

// lock waits until no other process, and nobody else in this one, writes to
// the store of dir. The system lets go of it when the process ends.
func (k *Kind) lock(ctx context.Context, dir string) (unlock func(), err error) {
	name := filepath.Join(store(dir), "lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", name, fileio.Cause(err))
	}
	for {
		taken, err := tryLock(f)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("cannot lock %s: %w", name, fileio.Cause(err))
		}
		if taken {
			return func() { f.Close() }, nil
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("another process is updating the %s in %s: %w", k.name, dir, ctx.Err())
		case <-time.After(lockPoll):
		}
	}
}
