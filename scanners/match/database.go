package match

import (
	"context"
	"fmt"
	"time"

	"github.com/scangate/scangate/finding"
	"github.com/scangate/scangate/text"
	"github.com/scangate/scangate/vulndb"
)

// Database says which vulnerability database to use.
type Database struct {
	Dir    string        // its directory
	MaxAge time.Duration // an older database leaves a gap; 0: no limit

	// Refresh brings the database up to date before it is opened, if that is
	// due. It is nil where the network must not be touched, or the database is
	// somebody else's to keep.
	Refresh func(context.Context) error
}

// Open refreshes the database, where that is wanted, and opens it. A refresh
// that failed is a note when there is a database all the same, and the error
// when there is none. A database that misses the advisories of the last days
// is a warning, and one older than MaxAge as of now a gap.
func (d Database) Open(ctx context.Context, now time.Time) (*vulndb.DB, []finding.Note, error) {
	problem := d.refresh(ctx)
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	db, err := vulndb.Open(d.Dir)
	switch {
	case problem == nil && err != nil:
		return nil, nil, err
	case err != nil:
		return nil, nil, fmt.Errorf("no usable vulnerability database in %s, and it could not be downloaded: %w: run `scangate db update`, or name another directory with --db DIR", d.Dir, problem)
	}
	var notes []finding.Note
	if problem != nil {
		notes = append(notes, finding.Note{Level: finding.Warning, Message: "vulnerability database could not be refreshed, so the one from " +
			db.UpdatedAt().UTC().Format(time.RFC3339) + " is used: " + text.OneLine(problem.Error(), 500)})
	}
	return db, append(notes, d.staleness(db, now)...), nil
}

// refresh leaves half of the time for the scan: slow mirrors must not keep it
// from using what is there.
func (d Database) refresh(ctx context.Context) error {
	if d.Refresh == nil {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	return d.Refresh(ctx)
}

func (d Database) staleness(db *vulndb.DB, now time.Time) []finding.Note {
	age := db.Age(now)
	note := finding.Note{Level: finding.Warning}
	limit := ""
	switch {
	case d.MaxAge > 0 && age > d.MaxAge:
		note.Level, limit = finding.Gap, fmt.Sprintf(", and db.max-age allows %s", d.MaxAge)
	case !db.Stale(now):
		return nil
	}
	note.Message = fmt.Sprintf("vulnerability database is %s old (built %s)%s: newer advisories are not in it, update it with `scangate db update`",
		text.Age(age), db.UpdatedAt().UTC().Format(time.RFC3339), limit)
	return []finding.Note{note}
}
