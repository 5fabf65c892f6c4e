package vulndb

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/aquasecurity/trivy-db/pkg/metadata"
)

const (
	// MaxAge is the age from which a database is stale: upstream builds one
	// every six hours.
	MaxAge = 48 * time.Hour

	// clockSkew is how far UpdatedAt may lie in the future before it is an
	// error: clocks differ, and a date far ahead would never grow stale.
	clockSkew = time.Hour

	maxMetadataSize = 64 << 10
)

// DB is an open vulnerability database. It is safe for concurrent use.
type DB struct {
	dir     string // of the two files
	updated time.Time

	mu     sync.RWMutex // held for reading while the database is in use
	closed bool
}

// Open opens the database in dir for reading. Several users of one process
// may open the same directory, each with a Close of its own; while one is
// open, another directory is an error. Errors name the file and the remedy.
func Open(dir string) (*DB, error) {
	abs, err := vulnerabilities.place(dir)
	if err != nil {
		return nil, err
	}
	for {
		at, _, err := vulnerabilities.locate(abs)
		if err != nil {
			return nil, err
		}
		db, err := openAt(abs, at)
		if err == nil {
			return db, nil
		}
		// An update may have put another in its place meanwhile.
		if now, _, e := vulnerabilities.locate(abs); e != nil || now == at {
			return nil, err
		}
	}
}

func openAt(dir, at string) (*DB, error) {
	meta, err := vulnerabilities.readMetadata(at, time.Now())
	if err != nil {
		return nil, err
	}
	in, err := acquire(dir, opened{at, meta.UpdatedAt})
	if err != nil {
		return nil, err
	}
	return &DB{dir: in.dir, updated: in.updated}, nil
}

// Close lets go of the database. A second Close does nothing.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	return release()
}

// UpdatedAt is when the database was built.
func (d *DB) UpdatedAt() time.Time { return d.updated }

// Age is how long ago the database was built, as of now. It is never negative.
func (d *DB) Age(now time.Time) time.Duration { return max(now.Sub(d.updated), 0) }

// Stale reports whether the database is MaxAge old or older.
func (d *DB) Stale(now time.Time) bool { return d.Age(now) >= MaxAge }

func (k *Kind) readMetadata(dir string, now time.Time) (metadata.Metadata, error) {
	var meta metadata.Metadata
	// Both files first: half a database is a missing one.
	for _, name := range []string{k.path(dir), metadata.Path(dir)} {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return meta, fmt.Errorf("no %s: %s does not exist: run `%s`, or name its directory with --db DIR", k.name, name, k.update)
		case err != nil:
			return meta, fmt.Errorf("%s: %w", k.name, err)
		case !info.Mode().IsRegular():
			return meta, fmt.Errorf("%s: %s is not a regular file", k.name, name)
		}
	}
	name := metadata.Path(dir)
	f, err := os.Open(name)
	if err != nil {
		return meta, fmt.Errorf("%s: %w", k.name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxMetadataSize+1))
	if err != nil {
		return meta, fmt.Errorf("%s: %w", k.name, err)
	}
	if len(data) > maxMetadataSize {
		return meta, fmt.Errorf("%s %s is corrupt: over %d KiB", k.name, name, maxMetadataSize>>10)
	}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&meta); err != nil {
		return meta, fmt.Errorf("%s %s is corrupt: %w", k.name, name, err)
	}
	switch {
	case meta.Version != k.schema:
		return meta, fmt.Errorf("%s %s has schema version %d: this scangate reads version %d", k.name, dir, meta.Version, k.schema)
	case meta.UpdatedAt.IsZero():
		return meta, fmt.Errorf("%s %s does not say when it was built (UpdatedAt)", k.name, name)
	case meta.UpdatedAt.Sub(now) > clockSkew:
		return meta, fmt.Errorf("%s %s says it was built in the future, %s: check this machine's clock",
			k.name, name, meta.UpdatedAt.UTC().Format(time.RFC3339))
	}
	return meta, nil
}
