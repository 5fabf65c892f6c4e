package vulndb

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/scangate/scangate/fileio"
)

// retryWait is how long after a try to update, whatever came of it, a scan
// leaves it at what it has. Upstream has been days old before, and every job
// asking again every time has brought mirrors down.
const retryWait = time.Hour

// attempt is the content of attempt.json.
type attempt struct {
	Time    time.Time `json:"time"`
	Problem string    `json:"problem,omitempty"`
	Older   []string  `json:"older,omitempty"` // layers known to be older than what is here
}

func attemptName(dir string) string { return filepath.Join(store(dir), "attempt.json") }

// readAttempt returns what is known about the last try; one from the future
// would keep the next away for ever.
func readAttempt(dir string, now time.Time) attempt {
	var a attempt
	if err := readState(attemptName(dir), &a); err != nil || a.Time.After(now) {
		return attempt{}
	}
	return a
}

func writeAttempt(dir string, a attempt) error {
	if err := writeState(attemptName(dir), a); err != nil {
		return fmt.Errorf("cannot write %s: %w", attemptName(dir), fileio.Cause(err))
	}
	return nil
}

// Refresh updates the database in dir if there is none, or a newer one should
// be out. Otherwise it touches neither network nor disk. While there is one,
// an hour lies between two tries; in that time Refresh returns the error of
// the last one again.
func (k *Kind) Refresh(ctx context.Context, dir string, options UpdateOptions) error {
	u, err := newUpdater(k, dir, options)
	if err != nil {
		return err
	}
	if wanted, err := u.wanted(); !wanted {
		return err
	}
	var last error
	_, err = u.run(ctx, func(usable bool) bool {
		if !usable {
			return true
		}
		var wanted bool
		wanted, last = u.wanted() // another process may have been faster
		return wanted
	})
	if err == nil {
		err = last
	}
	return err
}

// wanted looks at the dates, without reading the database itself.
func (u *updater) wanted() (bool, error) {
	now := u.now()
	at, _, err := u.kind.locate(u.dir)
	if err != nil {
		return true, nil
	}
	meta, err := u.kind.readMetadata(at, now)
	if err != nil {
		return true, nil
	}
	if !u.kind.due(meta.UpdatedAt, meta.NextUpdate, now) {
		return false, nil
	}
	last := readAttempt(u.dir, now)
	if now.Sub(last.Time) >= retryWait {
		return true, nil
	}
	if last.Problem != "" {
		return false, errors.New(last.Problem)
	}
	return false, nil
}
