package vulndb

import (
	"errors"
	"os"
	"time"

	"github.com/aquasecurity/trivy-db/pkg/metadata"
	bolt "go.etcd.io/bbolt"

	"github.com/scangate/scangate/vulndb/feed"
)

// Info says what a database is, without what is in it.
type Info struct {
	Dir        string // the directory it was looked for in
	Schema     int
	Built      time.Time // when upstream made it; its age counts from here
	Next       time.Time // when upstream means to have made the next
	Downloaded time.Time // when it came here; zero where nobody noted it
	Size       int64     // of its file, in bytes
	Source     string    // the repository or file it came from; empty if it was put there by hand
	Digest     string    // of the repository's manifest; may be empty

	Tried   time.Time // the last try to update; zero if there was none
	Problem string    // why that try failed; empty if it did not

	// Feeds are those that came with an import, as they are in use now.
	Feeds []feed.Info

	kind *Kind
}

// Inspect checks the database in dir as Open does, reading all of it, without
// keeping it open. What is known about the last update comes with an error,
// too.
func (k *Kind) Inspect(dir string, now time.Time) (Info, error) {
	abs, err := k.place(dir)
	if err != nil {
		return Info{}, err
	}
	tried := readAttempt(abs, now)
	info := Info{Dir: abs, Tried: tried.Time, Problem: tried.Problem, kind: k}
	at, from, err := k.locate(abs)
	if err != nil {
		return info, err
	}
	if err := k.absent(abs, at); err != nil {
		return info, err
	}
	meta, err := k.check(at, now)
	if err != nil {
		return info, err
	}
	file, err := os.Stat(k.path(at))
	if err != nil {
		return info, err
	}
	info.Schema, info.Built, info.Next, info.Downloaded = meta.Version, meta.UpdatedAt, meta.NextUpdate, meta.DownloadedAt
	info.Size, info.Source, info.Digest = file.Size(), from.Source, from.Digest
	return info, nil
}

// Age is how long ago the database was built, as of now. It is never negative.
func (i Info) Age(now time.Time) time.Duration { return max(now.Sub(i.Built), 0) }

// Stale reports whether the database is so old that it cannot be relied on.
func (i Info) Stale(now time.Time) bool { return i.Age(now) >= i.of().maxAge }

// of is what it is about; the zero value is of the vulnerability database.
func (i Info) of() *Kind {
	if i.kind == nil {
		return &vulnerabilities
	}
	return i.kind
}

// Due reports whether upstream should have a newer one.
func (i Info) Due(now time.Time) bool { return i.of().due(i.Built, i.Next, now) }

func (k *Kind) due(built, next, now time.Time) bool {
	return now.After(next) || now.Sub(built) >= k.refreshAge
}

// check verifies the pair of files in dir without touching the handle that
// the engine keeps, which may have another open.
func (k *Kind) check(dir string, now time.Time) (metadata.Metadata, error) {
	meta, err := k.readMetadata(dir, now)
	if err != nil {
		return meta, err
	}
	return meta, k.verify(k.path(dir))
}

// verifyAdvisories checks the structure of the file, and that it has any
// advisories.
func verifyAdvisories(path string) error {
	if err := verify(path); err != nil {
		return err
	}
	return guard(path, func() (err error) {
		db, err := bolt.Open(path, 0o644, readOnly())
		if err != nil {
			return beingWritten(path, err)
		}
		defer func() { err = errors.Join(err, db.Close()) }()
		return notEmpty(db, path)
	})
}
