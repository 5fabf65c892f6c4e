package vulndb

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	trivydb "github.com/aquasecurity/trivy-db/pkg/db"
	"github.com/aquasecurity/trivy-db/pkg/metadata"
	bolt "go.etcd.io/bbolt"
)

// refreshAge is the age from which a newer database is looked for, whatever
// this one says about the next.
const refreshAge = 24 * time.Hour

// Info says what a database is, without what is in it.
type Info struct {
	Dir        string // the directory it was looked for in
	Schema     int
	Built      time.Time // when upstream made it; its age counts from here
	Next       time.Time // when upstream means to have made the next
	Downloaded time.Time // when it came here; zero where nobody noted it
	Size       int64     // of trivy.db, in bytes
	Source     string    // the repository or file it came from; empty if it was put there by hand
	Digest     string    // of the repository's manifest; may be empty

	Tried   time.Time // the last try to update; zero if there was none
	Problem string    // why that try failed; empty if it did not
}

// Inspect checks the database in dir as Open does, reading all of it, without
// keeping it open. What is known about the last update comes with an error,
// too.
func Inspect(dir string, now time.Time) (Info, error) {
	if dir == "" {
		return Info{}, errors.New("no vulnerability database: name its directory with --db DIR")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Info{}, err
	}
	tried := readAttempt(abs, now)
	info := Info{Dir: abs, Tried: tried.Time, Problem: tried.Problem}
	at, from, err := locate(abs)
	if err != nil {
		return info, err
	}
	meta, err := check(at, now)
	if err != nil {
		return info, err
	}
	file, err := os.Stat(trivydb.Path(at))
	if err != nil {
		return info, err
	}
	info.Schema, info.Built, info.Next, info.Downloaded = meta.Version, meta.UpdatedAt, meta.NextUpdate, meta.DownloadedAt
	info.Size, info.Source, info.Digest = file.Size(), from.Source, from.Digest
	return info, nil
}

// Age is how long ago the database was built, as of now. It is never negative.
func (i Info) Age(now time.Time) time.Duration { return max(now.Sub(i.Built), 0) }

// Stale reports whether the database is MaxAge old or older.
func (i Info) Stale(now time.Time) bool { return i.Age(now) >= MaxAge }

// Due reports whether upstream should have a newer one.
func (i Info) Due(now time.Time) bool { return due(i.Built, i.Next, now) }

func due(built, next, now time.Time) bool { return now.After(next) || now.Sub(built) >= refreshAge }

// check verifies the pair of files in dir without touching the handle that
// the engine keeps, which may have another open.
func check(dir string, now time.Time) (metadata.Metadata, error) {
	meta, err := readMetadata(dir, now)
	if err != nil {
		return meta, err
	}
	path := trivydb.Path(dir)
	if err := verify(path); err != nil {
		return meta, err
	}
	return meta, guard(path, func() (err error) {
		db, err := bolt.Open(path, 0o644, readOnly())
		if err != nil {
			return beingWritten(path, err)
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		return notEmpty(db, path)
	})
}
